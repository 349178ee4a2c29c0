//! Device differences change no result: training with images on the device and rare readings of
//! results ends with the same bits as training without either.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::data::{DataOptions, SHAPES, ShapesOptions};
use crate::model::{BlockNormalisation, MODEL_FILE};
use crate::run::{CheckpointName, EpochRow, RunManifest, RunStatus, read_epoch_records};
use crate::train::{CheckpointSpec, Progress, Schedule, TrainEvents, TrainSpec};

/// As on the CPU.
const AT_ONCE: Pace = Pace {
    resident: false,
    read_every: 1,
};
/// As on a GPU; five is not a divisor of the six steps of an epoch.
const RARELY: Pace = Pace {
    resident: true,
    read_every: 5,
};

struct Witness<'a> {
    /// Number of readings of results.
    reports: &'a Cell<usize>,
}

impl TrainEvents for Witness<'_> {
    fn step(&mut self, _progress: &Progress) {
        self.reports.set(self.reports.get() + 1);
    }
    fn epoch(&mut self, _report: &crate::train::EpochReport) {}
    fn resumed(&mut self, _from: CheckpointName) {}
    fn warn(&mut self, _message: &str) {}
}

/// Trains [`PLAIN`] below `root`, until `most_steps` were requested; returns the number of readings
/// of results.
fn train_small(root: &Path, pace: Pace, mode: StartMode, most_steps: usize) -> usize {
    train_with(PLAIN, (root, pace), mode, most_steps)
}

/// What differs between the tests' trainings.
struct Variant {
    filters: &'static [usize],
    normalisation: BlockNormalisation,
    /// A multiple of the 12 classes.
    train_images: usize,
    batch_size: usize,
    learning_rate: f64,
    epochs: u32,
}

/// Two epochs of six steps.
const PLAIN: Variant = Variant {
    filters: &[4, 8],
    normalisation: BlockNormalisation::None,
    train_images: 96,
    batch_size: 16,
    learning_rate: 0.01,
    epochs: 2,
};
const NORMALISED: Variant = Variant {
    normalisation: BlockNormalisation::Batch,
    ..PLAIN
};

/// As [`train_small`], for a variant of it.
fn train_with(
    variant: Variant,
    (root, pace): (&Path, Pace),
    mode: StartMode,
    most_steps: usize,
) -> usize {
    let options = DataOptions {
        dataset: SHAPES,
        validation_images: 0,
        split_seed: 0,
        shapes: ShapesOptions {
            train_images: variant.train_images,
            validation_images: 24,
            test_images: 12,
            seed: 5,
        },
        pictures: Default::default(),
        train_limit: None,
    };
    let data = crate::data::load(&options, &Default::default()).expect("generated");
    let model = ModelSpec {
        normalisation: variant.normalisation,
        // Dropout would use a generator shared with other tests of this process.
        ..ModelSpec::plain(variant.filters)
    };
    let (asked, reports) = (Cell::new(0), Cell::new(0));
    let job = ClassifyJob {
        run: &RunDir::new(root, "small", 3),
        model: &model,
        architecture: &model.describe(),
        train: &TrainSpec {
            epochs: variant.epochs,
            batch_size: variant.batch_size,
            learning_rate: variant.learning_rate,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            schedule: Schedule::Cosine,
            ..TrainSpec::default()
        },
        checkpoints: &CheckpointSpec {
            at: vec![0, 1, 2],
            every: 0,
        },
        augmentation: &Augmentation {
            crop_padding: 4,
            horizontal_flip: true,
            ..Augmentation::NONE
        },
        data: &data,
        device: &Device::flex(),
        experiment: "# the experiment\n",
        manifest: manifest(),
        mode,
    };
    let mut witness = Witness { reports: &reports };
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > most_steps
    };
    train_at(pace, job, &mut witness, &stop).expect("trained");
    reports.get()
}

fn manifest() -> RunManifest {
    RunManifest {
        trial: "small".to_owned(),
        network_title: String::new(),
        seed: 3,
        camtrail: String::new(),
        burn: String::new(),
        git_revision: None,
        device: String::new(),
        host: String::new(),
        dataset: "shapes".to_owned(),
        generated: true,
        data: BTreeMap::new(),
        statistics: None,
        images: None,
        blocks: 2,
        parameters: 0,
        multiply_adds: 0,
        started: 1,
        updated: 1,
        status: RunStatus::Running,
        warnings: Vec::new(),
        experiments: Vec::new(),
        sha256: String::new(),
    }
}

/// Returns the weights of all epochs, and the rows without their times.
fn remains(root: &Path) -> (Vec<Vec<u8>>, Vec<EpochRow>) {
    let run = RunDir::new(root, "small", 3);
    let weights = (0..=2).map(|epoch| {
        let folder = run.checkpoint(CheckpointName::epoch(epoch));
        std::fs::read(folder.join(MODEL_FILE)).expect("weights")
    });
    let rows = read_epoch_records::<EpochRow>(&run.epochs()).expect("a table");
    let rows = rows.into_iter().map(|row| EpochRow {
        images_per_second: None,
        seconds: 0.0,
        ..row
    });
    (weights.collect(), rows.collect())
}

/// Starts a run below `to` from the untrained network of the run below `from`, so that the random
/// draws of other tests cannot make the two differ.
fn copy_start(from: &Path, to: &Path) {
    let (from, to) = (RunDir::new(from, "small", 3), RunDir::new(to, "small", 3));
    let start = CheckpointName::epoch(0);
    for (from, to) in [
        (from.path(), to.path()),
        (from.checkpoint(start), to.checkpoint(start)),
    ] {
        std::fs::create_dir_all(&to).expect("a folder");
        for entry in std::fs::read_dir(from).expect("a run folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.file_name().expect("a name").to_owned();
                std::fs::copy(&path, to.join(name)).expect("copied");
            }
        }
    }
}

#[test]
fn where_images_lie_and_when_results_are_read_changes_no_bit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [start, plain, rare, parts] =
        ["start", "plain", "rare", "parts"].map(|name| folder.path().join(name));
    train_small(&start, AT_ONCE, StartMode::Fresh, 0);
    for other in [&plain, &rare, &parts] {
        copy_start(&start, other);
    }
    assert_eq!(
        train_small(&plain, AT_ONCE, StartMode::Resume, usize::MAX),
        12
    );
    let expected = remains(&plain);
    assert_ne!(expected.0[0], expected.0[2], "training moved the weights");

    // At five steps and at the last one of each epoch.
    assert_eq!(train_small(&rare, RARELY, StartMode::Resume, usize::MAX), 4);
    assert!(remains(&rare) == expected);

    // Stopped with three unread results: they are read before the checkpoint is written.
    assert_eq!(train_small(&parts, RARELY, StartMode::Resume, 3), 1);
    let run = RunDir::new(&parts, "small", 3);
    let saved = CheckpointName { epoch: 0, step: 3 };
    let state = run.read_state(saved).expect("a checkpoint");
    assert_eq!((state.totals.images, state.total_steps), (48, 3));
    train_small(&parts, RARELY, StartMode::Resume, usize::MAX);
    assert!(remains(&parts) == expected);
}

/// The running statistics are part of a checkpoint: they follow every step.
#[test]
fn a_normalised_network_resumes_to_the_bit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [start, whole, parts] = ["start", "whole", "parts"].map(|name| folder.path().join(name));
    let train =
        |root: &Path, mode, most_steps| train_with(NORMALISED, (root, AT_ONCE), mode, most_steps);
    train(&start, StartMode::Fresh, 0);
    for other in [&whole, &parts] {
        copy_start(&start, other);
    }
    train(&whole, StartMode::Resume, usize::MAX);
    train(&parts, StartMode::Resume, 3);
    train(&parts, StartMode::Resume, 5);
    train(&parts, StartMode::Resume, usize::MAX);
    let expected = remains(&whole);
    assert_ne!(expected.0[0], expected.0[2], "training moved the weights");
    assert!(remains(&parts) == expected);
}

/// Two images of each class, shifted and mirrored at random, are learned by heart.
#[test]
fn a_normalised_network_learns() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let variant = Variant {
        filters: &[16, 32, 32],
        train_images: 24,
        batch_size: 12,
        epochs: 60,
        ..NORMALISED
    };
    let place = (folder.path(), AT_ONCE);
    train_with(variant, place, StartMode::Fresh, usize::MAX);
    let run = RunDir::new(folder.path(), "small", 3);
    let rows = read_epoch_records::<EpochRow>(&run.epochs()).expect("a table");
    let last = rows.last().expect("a row");
    // Equal probabilities of twelve classes have a loss of ln 12 = 2.48.
    assert!(last.train_loss.expect("trained") < 1.0, "{last:?}");
}
