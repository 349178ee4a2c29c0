//! Published networks that are trained here: a stopped training that goes on ends with the same bits,
//! its loss falls, and every verb takes the run; a name alone means the ImageNet network.

mod support;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::store::burn_pack::Reader;
use burn::tensor::{Bytes, Device};
use camtrail::data::{Augmentation, DataOptions, SHAPES, ShapesOptions};
use camtrail::model::backbones::BackboneName;
use camtrail::model::weights::WeightFile;
use camtrail::model::{MODEL_FILE, ModelSpec, NetworkName, OPTIMIZER_FILE};
use camtrail::run::{CheckpointName, EpochRow, RunDir, RunManifest, RunStatus, read_epoch_records};
use camtrail::train::{
    CheckpointSpec, ClassifyJob, EpochReport, Outcome, Progress, Schedule, StartMode, TrainEvents,
    TrainSpec, train,
};
use support::{done_in, new_folder, run_in};

/// Training images of the small data set; four steps are an epoch.
const TRAIN_IMAGES: usize = 48;
/// Images a step.
const BATCH_SIZE: usize = 12;

struct Witness<'a> {
    steps: &'a Cell<u64>,
}

impl TrainEvents for Witness<'_> {
    fn step(&mut self, _progress: &Progress) {
        self.steps.set(self.steps.get() + 1);
    }
    fn epoch(&mut self, _report: &EpochReport) {}
    fn resumed(&mut self, _from: CheckpointName) {}
    fn warn(&mut self, message: &str) {
        panic!("nothing to warn of: {message}");
    }
}

/// Trains EfficientNet-B0, which has all that a network can: batch normalisation, dropout and blocks
/// that are left out. Stops after `most_steps`.
fn train_on(root: &Path, mode: StartMode, most_steps: u64) -> Outcome {
    let options = DataOptions {
        dataset: SHAPES,
        validation_images: 0,
        split_seed: 0,
        shapes: ShapesOptions {
            train_images: TRAIN_IMAGES,
            validation_images: 12,
            test_images: 12,
            seed: 5,
        },
        pictures: Default::default(),
        train_limit: None,
    };
    let data = camtrail::data::load(&options, &Default::default()).expect("generated");
    let model = ModelSpec {
        network: NetworkName::Backbone(BackboneName::EfficientnetB0),
        ..ModelSpec::plain(&[])
    };
    let steps = Cell::new(0);
    let job = ClassifyJob {
        run: &RunDir::new(root, "small", 4),
        model: &model,
        architecture: &model.describe(),
        train: &TrainSpec {
            epochs: 2,
            batch_size: BATCH_SIZE,
            learning_rate: 0.002,
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
    let mut witness = Witness { steps: &steps };
    train(job, &mut witness, &|| steps.get() >= most_steps).expect("trained")
}

fn manifest() -> RunManifest {
    RunManifest {
        trial: "small".to_string(),
        network_title: String::new(),
        seed: 4,
        camtrail: String::new(),
        burn: String::new(),
        git_revision: None,
        device: String::new(),
        host: String::new(),
        dataset: "shapes".to_string(),
        generated: true,
        data: BTreeMap::new(),
        statistics: None,
        images: None,
        blocks: 17,
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

/// The bytes of every tensor by name; the optimizer's file has them in the order of a hash map.
type Tensors = BTreeMap<String, Vec<u8>>;

fn tensors(file: &Path) -> Tensors {
    let content = std::fs::read(file).expect("a file");
    let reader = Reader::from_bytes(Bytes::from_bytes_vec(content)).expect("a burnpack file");
    let tensors = reader.into_tensors().expect("whole tensors").into_iter();
    tensors
        .map(|tensor| {
            let (name, _dtype, _shape, _id, bytes) = tensor.into_parts().expect("bytes");
            (name, bytes.to_vec())
        })
        .collect()
}

/// Weights with running statistics, and the optimizer's state, of every epoch; the rows without times.
fn remains(root: &Path) -> (Vec<Tensors>, Vec<EpochRow>) {
    let run = RunDir::new(root, "small", 4);
    let files = (0..=2).flat_map(|epoch| {
        let folder = run.checkpoint(CheckpointName::epoch(epoch));
        [MODEL_FILE, OPTIMIZER_FILE].map(|file| tensors(&folder.join(file)))
    });
    let rows = read_epoch_records::<EpochRow>(&run.epochs()).expect("a table");
    let rows = rows.into_iter().map(|row| EpochRow {
        images_per_second: None,
        seconds: 0.0,
        ..row
    });
    (files.collect(), rows.collect())
}

/// The only test here that trains in this process: the random generator is one for all of it.
#[test]
fn a_training_that_was_stopped_twice_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    assert!(matches!(
        train_on(&whole, StartMode::Fresh, u64::MAX),
        Outcome::Done { .. }
    ));
    let expected = remains(&whole);
    assert_ne!(expected.0[0], expected.0[4], "training moved the weights");

    for (mode, steps) in [(StartMode::Fresh, 3), (StartMode::Resume, 2)] {
        let outcome = train_on(&parts, mode, steps);
        assert!(matches!(outcome, Outcome::Stopped { .. }), "{outcome:?}");
    }
    let state = RunDir::new(&parts, "small", 4).read_state(CheckpointName { epoch: 1, step: 1 });
    let tensors = state.expect("a checkpoint within the second epoch").tensors;
    let statistics = tensors
        .iter()
        .filter(|tensor| tensor.name.contains("running"))
        .count();
    // A mean and a variance for each of 49 normalisations.
    assert_eq!(statistics, 2 * 49);
    train_on(&parts, StartMode::Resume, u64::MAX);
    let found = remains(&parts);
    assert_eq!(found.1, expected.1);
    assert!(found.0 == expected.0, "a tensor differs in some bit");
}

/// Trains `network` on few generated images in `folder`.
fn train_small(folder: &Path, network: &str, changes: &[&str]) {
    let mut arguments = vec![
        "train",
        network,
        "--dataset",
        "shapes",
        "--name",
        network,
        "--device",
        "cpu",
    ];
    let small = [
        "data.shapes.train_images=48",
        "data.shapes.validation_images=12",
        "data.shapes.test_images=12",
        "train.batch_size=12",
        "train.schedule=constant",
    ];
    for change in small.iter().chain(changes) {
        arguments.extend(["--set", change]);
    }
    done_in(folder, &arguments);
}

fn losses(folder: &Path, network: &str) -> Vec<f64> {
    let run = RunDir::new(&folder.join("checkpoints/shapes"), network, 0);
    let rows = read_epoch_records::<EpochRow>(&run.epochs()).expect("a table");
    rows.iter().filter_map(|row| row.train_loss).collect()
}

/// Twelve pictures of each epoch are seen again in the next: a network that learns remembers them.
#[test]
fn its_loss_falls_and_every_verb_takes_the_run() {
    let folder = new_folder("published-verbs");
    train_small(&folder, "mobilenet-v2", &["train.epochs=4"]);
    let losses = losses(&folder, "mobilenet-v2");
    assert!(losses[3] < losses[0], "{losses:?}");

    let named = ["mobilenet-v2", "--dataset", "shapes", "--device", "cpu"];
    let done = |verb: &str, more: &[&str]| {
        let arguments = [&[verb], &named[..], more].concat();
        done_in(&folder, &arguments).stdout
    };
    let evaluated = done("evaluate", &[]);
    let words: Vec<&str> = evaluated
        .lines()
        .nth(1)
        .expect("a row")
        .split_whitespace()
        .collect();
    assert_eq!(
        words[..5],
        ["mobilenet-v2", "0", "19", "2,239,244", "87,979,008"]
    );
    let explained = done("explain", &["--test-index", "3", "--method", "cam"]);
    assert!(
        explained.contains("shapes/test/3  features.18   4 x 4  cam"),
        "{explained}"
    );
    let few = ["--limit", "2", "--methods", "grad-cam,random"];
    for verb in ["score", "localize"] {
        let told = done(verb, &few);
        // The deepest block of 8 x 8 cells, and the last.
        assert!(
            told.contains("features.13") && told.contains("features.18"),
            "{verb}: {told}"
        );
    }
    let one = ["--layers", "features.18", "--draws", "1", "--pictures", "1"];
    let checked = done("sanity", &[&few[..], &one].concat());
    assert!(
        checked.contains("sum over the HiResCAM = logit - bias holds"),
        "{checked}"
    );
    assert!(checked.contains("classifier  + features.18"), "{checked}");
    let drawn = done_in(
        &folder,
        &[
            "ablate",
            "mobilenet-v2",
            "--dataset",
            "shapes",
            "--images",
            "1",
            "--device",
            "cpu",
        ],
    );
    assert!(
        drawn.stdout.contains("ablation-cam-seed-0.png"),
        "{}",
        drawn.stdout
    );

    // The network is compared with what is read back from the run.
    done("export", &["--format", "run", "--out", "shared"]);
    let exported = PathBuf::from(done("export", &[]).trim());
    let weights = exported.to_str().expect("UTF-8");
    let check = ["weights", "check", "mobilenet-v2", "--weights", weights];
    let taken = run_in(&folder, &check);
    assert_eq!(taken.code, 1, "{}", taken.stdout);
    for part in [
        "are of mobilenet-v2 for small images",
        "mobilenet-v2 --base shapes",
    ] {
        assert!(taken.stderr.contains(part), "{}", taken.stderr);
    }
    let file = WeightFile::open(&folder.join(exported)).expect("a weight file");
    // Torchvision's state dict has 314, of which 52 count batches, which nothing needs.
    assert_eq!(file.entries().len(), 314 - 52);
    for name in [
        "features.18.1.running_var",
        "features.1.conv.0.0.weight",
        "classifier.1.bias",
    ] {
        assert!(file.entries().contains_key(name), "{name}");
    }
}

#[test]
fn what_is_not_meant_is_told() {
    let folder = new_folder("published-misuse");
    let refused = |arguments: &[&str]| {
        let shown = run_in(&folder, arguments);
        assert_eq!(shown.code, 2, "{arguments:?}: {}", shown.stderr);
        shown.stderr
    };
    for option in [
        ["--seed", "3"],
        ["--checkpoint", "last"],
        ["--test-index", "1"],
    ] {
        let mut arguments = vec!["explain", "resnet50"];
        if option[0] != "--test-index" {
            arguments.extend(["--image", "cat.jpg"]);
        }
        arguments.extend(option);
        let told = refused(&arguments);
        let expected = format!(
            "error: {} is for networks trained here; resnet50 is an ImageNet network",
            option[0]
        );
        assert!(told.starts_with(&expected), "{told}");
        assert!(told.contains("--dataset cifar-100"), "{told}");
    }
    let told = refused(&["evaluate", "resnet50"]);
    assert!(
        told.contains("on photographs") && told.contains("--dataset cifar-100"),
        "{told}"
    );
    let told = refused(&["train", "resnet50", "--set", "model.filters=[8]"]);
    let expected = "\"model.network\" is \"resnet50\": resnet50 has layers of its own: \
                    leave out model.filters, which is for \"plain-cnn\"";
    assert!(told.contains(expected), "{told}");
    let told = refused(&["train", "trial-a", "--set", "model.network=resnet5"]);
    let expected = "no such network, known are \"plain-cnn\", \"vgg16\", \"resnet50\"";
    assert!(told.contains(expected), "{told}");

    let shown = run_in(
        &folder,
        &[
            "explain",
            "resnet50",
            "--dataset",
            "shapes",
            "--test-index",
            "1",
        ],
    );
    assert_eq!(shown.code, 1, "{}", shown.stderr);
    assert!(
        shown
            .stderr
            .contains("train resnet50 --base shapes --seed 0"),
        "{}",
        shown.stderr
    );
}
