//! A stopped run that is resumed ends, on the CPU, with the same bits as one that was never
//! stopped; what a run keeps; and what it does when the loss is no longer a number.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use burn::module::{Module, ModuleMapper, Param, ParamId, list_param_ids};
use burn::optim::AdamConfig;
use burn::store::burn_pack::Reader;
use burn::tensor::{Bytes, Device, Tensor};
use camtrail::data::{Augmentation, DataOptions, SHAPES, ShapesOptions, Splits};
use camtrail::model::{
    BlockActivation, BlockDropout, BlockNormalisation, CheckpointError, Head, InTraining,
    Initialisation, LATEST_FILE, MODEL_FILE, ModelSpec, OPTIMIZER_FILE, PlainCnn, load_training,
};
use camtrail::run::{
    BestCheckpoint, CheckpointName, CheckpointState, EpochRow, RunDir, RunError, RunManifest,
    RunStatus, read_epoch_records, sha256,
};
use camtrail::train::{
    CheckpointSpec, ClassifyJob, EpochReport, OptimizerName, Outcome, Progress, Schedule,
    StartMode, StopReason, TrainError, TrainEvents, TrainSpec, train,
};

/// Training images of the small data set.
const TRAIN_IMAGES: usize = 96;
/// Images a step; six steps are an epoch.
const BATCH_SIZE: usize = 16;
/// Parameters of the small network: weights and bias of two convolutions and the dense layer.
const PARAMETERS: u64 = 6;

/// Burn's random generator is one for the whole process, and a step seeds it before it draws: two
/// trainings at once would draw from each other's seeds.
static GENERATOR: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    GENERATOR.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A small trial: two blocks, dropout at both places, augmentation, three epochs.
struct Trial {
    model: ModelSpec,
    train: TrainSpec,
    checkpoints: CheckpointSpec,
    augmentation: Augmentation,
    seed: u64,
    /// What the run claims to have, by which its size on disk is estimated.
    parameters: u64,
}

impl Trial {
    fn small() -> Self {
        Self {
            model: ModelSpec {
                block_dropout: BlockDropout::All(0.25),
                head_dropout: 0.25,
                ..ModelSpec::plain(&[4, 8])
            },
            train: TrainSpec {
                epochs: 3,
                batch_size: BATCH_SIZE,
                learning_rate: 0.01,
                beta_1: 0.9,
                beta_2: 0.999,
                epsilon: 1e-8,
                schedule: Schedule::Cosine,
                ..TrainSpec::default()
            },
            checkpoints: CheckpointSpec {
                at: vec![0, 1, 2],
                every: 0,
            },
            augmentation: Augmentation {
                crop_padding: 4,
                horizontal_flip: true,
                ..Augmentation::NONE
            },
            seed: 11,
            parameters: 0,
        }
    }

    fn dir(&self, root: &Path) -> RunDir {
        RunDir::new(root, "small", self.seed)
    }

    /// Trains on, and stops after `most_steps`.
    fn train(&self, root: &Path, mode: StartMode, most_steps: u64) -> Trained {
        let data = shapes();
        let steps = Cell::new(0);
        let mut witness = Witness {
            steps: &steps,
            warnings: Vec::new(),
        };
        let run = self.dir(root);
        let result = train(
            ClassifyJob {
                run: &run,
                model: &self.model,
                architecture: &self.model.describe(),
                train: &self.train,
                checkpoints: &self.checkpoints,
                augmentation: &self.augmentation,
                data: &data,
                device: &Device::flex(),
                experiment: "# the experiment\n",
                manifest: self.manifest(),
                mode,
            },
            &mut witness,
            &|| steps.get() >= most_steps,
        );
        let warnings = witness.warnings;
        Trained { result, warnings }
    }

    fn manifest(&self) -> RunManifest {
        RunManifest {
            trial: "small".to_string(),
            network_title: String::new(),
            seed: self.seed,
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
            blocks: 2,
            parameters: self.parameters,
            multiply_adds: 0,
            started: 1,
            updated: 1,
            status: RunStatus::Running,
            warnings: Vec::new(),
            experiments: Vec::new(),
            sha256: String::new(),
        }
    }

    /// Trains to the end without a stop, and returns what is left on disk.
    fn whole(&self, root: &Path) -> Remains {
        let trained = self.train(root, StartMode::Fresh, u64::MAX);
        assert!(
            matches!(trained.result, Ok(Outcome::Done { .. })),
            "{:?}",
            trained.result
        );
        Remains::of(&self.dir(root))
    }
}

struct Trained {
    result: Result<Outcome, TrainError>,
    warnings: Vec<String>,
}

impl Trained {
    fn saved(&self) -> CheckpointName {
        match &self.result {
            Ok(Outcome::Stopped { saved, .. }) => *saved,
            other => panic!("expected a stopped run, found {other:?}"),
        }
    }
}

struct Witness<'a> {
    steps: &'a Cell<u64>,
    warnings: Vec<String>,
}

impl TrainEvents for Witness<'_> {
    fn step(&mut self, _progress: &Progress) {
        self.steps.set(self.steps.get() + 1);
    }
    fn epoch(&mut self, _report: &EpochReport) {}
    fn resumed(&mut self, _from: CheckpointName) {}
    fn warn(&mut self, message: &str) {
        self.warnings.push(message.to_string());
    }
}

fn shapes() -> Splits {
    let shapes = ShapesOptions {
        train_images: TRAIN_IMAGES,
        validation_images: 24,
        test_images: 12,
        seed: 5,
    };
    let options = DataOptions {
        dataset: SHAPES,
        validation_images: 0,
        split_seed: 0,
        shapes,
        pictures: Default::default(),
        train_limit: None,
    };
    camtrail::data::load(&options, &Default::default()).expect("generated data need no file")
}

/// Everything of a run that must not depend on whether it was stopped.
#[derive(Debug, PartialEq)]
struct Remains {
    checkpoints: Vec<CheckpointName>,
    /// SHA-256 of the file.
    model: String,
    /// The same of the weights that are averaged, if they are.
    latest: Option<String>,
    /// The file's order is that of a hash map, so it is compared by name.
    optimizer: Tensors,
    total_steps: u64,
    rows: Vec<EpochRow>,
    best: BestCheckpoint,
}

type Tensors = (
    BTreeMap<String, (Vec<usize>, String)>,
    BTreeMap<String, String>,
);

impl Remains {
    fn of(run: &RunDir) -> Self {
        let checkpoints = run.checkpoints().expect("a run folder");
        let last = *checkpoints.last().expect("a checkpoint");
        let rows = read_epoch_records::<EpochRow>(&run.epochs()).expect("a table");
        Self {
            model: model(run, last),
            latest: std::fs::read(run.checkpoint(last).join(LATEST_FILE))
                .ok()
                .map(|content| sha256(&content)),
            optimizer: tensors(run, last, OPTIMIZER_FILE),
            total_steps: run.read_state(last).expect("a state").total_steps,
            rows: rows.into_iter().map(without_times).collect(),
            best: run.read_best().expect("a best epoch"),
            checkpoints,
        }
    }
}

fn without_times(row: EpochRow) -> EpochRow {
    EpochRow {
        images_per_second: None,
        seconds: 0.0,
        ..row
    }
}

/// SHA-256 of a checkpoint's weights.
fn model(run: &RunDir, name: CheckpointName) -> String {
    sha256(&std::fs::read(run.checkpoint(name).join(MODEL_FILE)).expect("weights"))
}

/// Shape and SHA-256 of every tensor of a file, and its scalars.
fn tensors(run: &RunDir, name: CheckpointName, file: &str) -> Tensors {
    let content = std::fs::read(run.checkpoint(name).join(file)).expect("a file");
    let reader = Reader::from_bytes(Bytes::from_bytes_vec(content)).expect("a burnpack file");
    let scalars = reader
        .scalars()
        .iter()
        .map(|(key, value)| (key.clone(), format!("{value:?}")));
    let scalars = scalars.collect();
    let tensors = reader
        .into_tensors()
        .expect("whole tensors")
        .into_iter()
        .map(|tensor| {
            let (name, _dtype, shape, _id, bytes) = tensor.into_parts().expect("bytes");
            (name, (shape.to_vec(), sha256(&bytes)))
        });
    (tensors.collect(), scalars)
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// A change of a trial.
type Change = fn(&mut Trial);

/// Every ingredient of a training, alone.
const INGREDIENTS: [(&str, Change); 16] = [
    ("adamw", |trial| {
        trial.train.optimizer = OptimizerName::Adamw;
        trial.train.weight_decay = 0.1;
    }),
    ("sgd", |trial| {
        trial.train.optimizer = OptimizerName::Sgd;
        trial.train.momentum = 0.9;
    }),
    ("nesterov", |trial| {
        trial.train.optimizer = OptimizerName::Sgd;
        trial.train.momentum = 0.9;
        trial.train.nesterov = true;
        trial.train.weight_decay = 0.01;
    }),
    ("weight decay", |trial| trial.train.weight_decay = 0.01),
    ("warm-up", |trial| trial.train.warmup_epochs = 2),
    ("one-cycle", |trial| {
        trial.train.schedule = Schedule::OneCycle
    }),
    ("step", |trial| {
        trial.train.schedule = Schedule::Step;
        trial.train.milestones = vec![1, 2];
        trial.train.step_factor = 0.1;
    }),
    ("label smoothing", |trial| trial.train.label_smoothing = 0.1),
    ("clipping", |trial| trial.train.gradient_norm = 0.1),
    ("average", |trial| trial.train.weight_average = 0.9),
    ("average of running statistics", |trial| {
        trial.train.weight_average = 0.9;
        trial.model.normalisation = BlockNormalisation::Batch;
    }),
    ("cutout", |trial| trial.augmentation.cutout = 8),
    ("mixup", |trial| trial.augmentation.mixup = 0.5),
    ("colour jitter", |trial| {
        trial.augmentation.colour_jitter = 0.3
    }),
    ("shortcut", |trial| {
        trial.model.convolutions_per_block = 3;
        trial.model.shortcut = true;
        trial.model.normalisation = BlockNormalisation::Batch;
    }),
    (
        "activation, kernel, initialisation and dropout per block",
        |trial| {
            trial.model.activation = BlockActivation::Gelu;
            trial.model.kernel = 5;
            trial.model.initialisation = Initialisation::Kaiming;
            trial.model.block_dropout = BlockDropout::Each(vec![0.1, 0.3]);
        },
    ),
];

/// Each ends differently from the plain trial, and equally whether it was stopped in the middle of an
/// epoch or not.
#[test]
fn every_ingredient_resumes_with_the_same_bits_and_changes_them() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let plain = Trial::small().whole(&folder.path().join("plain"));
    for (name, change) in INGREDIENTS {
        let [whole, once] =
            ["whole", "once"].map(|kind| folder.path().join(format!("{name} {kind}")));
        let mut trial = Trial::small();
        change(&mut trial);
        let expected = trial.whole(&whole);
        assert_ne!(expected.model, plain.model, "{name}");
        let saved = trial.train(&once, StartMode::Fresh, 8).saved();
        assert_eq!(saved, CheckpointName { epoch: 1, step: 2 }, "{name}");
        let end = trial.train(&once, StartMode::Resume, u64::MAX).result;
        assert!(matches!(end, Ok(Outcome::Done { .. })), "{name}: {end:?}");
        assert_eq!(Remains::of(&trial.dir(&once)), expected, "{name}");
        assert_eq!(
            expected.latest.is_some(),
            trial.train.weight_average > 0.0,
            "{name}"
        );
    }
}

/// A learning rate of almost 0 never improves: epoch 0 stays the best, so the training ends after two
/// epochs of five, whether it was stopped or not.
#[test]
fn a_training_that_stalls_ends_early() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut trial = Trial::small();
    trial.train.early_stopping = 2;
    trial.train.epochs = 5;
    trial.train.learning_rate = 1e-30;
    let expected = trial.whole(&folder.path().join("whole"));
    assert_eq!((expected.rows.len(), expected.best.epoch), (3, 0));
    let once = folder.path().join("once");
    let _ = trial.train(&once, StartMode::Fresh, 8).saved();
    let end = trial.train(&once, StartMode::Resume, u64::MAX).result;
    let ended = matches!(end, Ok(Outcome::Done { early: Some(2), .. }));
    assert!(ended, "{end:?}");
    assert_eq!(Remains::of(&trial.dir(&once)), expected);
}

/// The average begins with the weights that were not averaged so far, and the training goes on.
#[test]
fn an_average_can_begin_and_end_on_resume() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut trial = Trial::small();
    let _ = trial.train(folder.path(), StartMode::Fresh, 8).saved();
    trial.train.weight_average = 0.5;
    let _ = trial.train(folder.path(), StartMode::Resume, 3).saved();
    let latest = |trial: &Trial| Remains::of(&trial.dir(folder.path())).latest;
    assert!(latest(&trial).is_some());
    trial.train.weight_average = 0.0;
    let end = trial
        .train(folder.path(), StartMode::Resume, u64::MAX)
        .result;
    assert!(matches!(end, Ok(Outcome::Done { .. })), "{end:?}");
    assert_eq!(latest(&trial), None);
}

/// Every call takes at least one step, and all of them together give the same bits.
#[test]
fn a_time_limit_saves_and_stops() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut trial = Trial::small();
    let expected = trial.whole(&folder.path().join("whole"));
    trial.train.max_minutes = 1e-9;
    let parts = folder.path().join("parts");
    let mut mode = StartMode::Fresh;
    let mut calls = 0;
    loop {
        match trial
            .train(&parts, mode, u64::MAX)
            .result
            .expect("no error")
        {
            Outcome::Done { .. } => break,
            Outcome::Stopped { reason, .. } => assert_eq!(reason, StopReason::TimeLimit),
        }
        mode = StartMode::Resume;
        calls += 1;
        assert!(calls < 100, "it goes on");
    }
    // 18 steps, of which the last of each epoch ends in a checkpoint of its own.
    assert!(calls >= 15, "{calls}");
    assert_eq!(Remains::of(&trial.dir(&parts)), expected);
}

#[test]
fn a_stopped_run_ends_with_the_same_bits() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [whole, once, often] = ["whole", "once", "often"].map(|name| folder.path().join(name));
    let trial = Trial::small();
    let expected = trial.whole(&whole);
    assert_eq!(expected.total_steps, 18);
    assert_eq!(expected.rows.len(), 4);
    let untrained = model(&trial.dir(&whole), CheckpointName::epoch(0));
    assert_ne!(expected.model, untrained, "training moved the weights");

    // In the middle of epoch 2, where the epoch's sums must be carried over too.
    let saved = trial.train(&once, StartMode::Fresh, 8).saved();
    assert_eq!(saved, CheckpointName { epoch: 1, step: 2 });
    let end = trial.train(&once, StartMode::Resume, u64::MAX).result;
    assert_eq!(
        end.expect("done"),
        Outcome::Done {
            early: None,
            best: Some(expected.best.clone())
        }
    );
    assert_eq!(Remains::of(&trial.dir(&once)), expected);

    // In epoch 1, twice in epoch 2, and at the end of it.
    let stops = [(3, 0, 3), (5, 1, 2), (1, 1, 3), (3, 2, 0)];
    for (number, (steps, epoch, step)) in stops.into_iter().enumerate() {
        let mode = if number == 0 {
            StartMode::Fresh
        } else {
            StartMode::Resume
        };
        let saved = trial.train(&often, mode, steps).saved();
        assert_eq!(saved, CheckpointName { epoch, step });
        let manifest = RunManifest::read(&trial.dir(&often).manifest()).expect("a manifest");
        assert_eq!(manifest.status, RunStatus::Interrupted);
    }
    trial
        .train(&often, StartMode::Resume, u64::MAX)
        .result
        .expect("done");
    assert_eq!(Remains::of(&trial.dir(&often)), expected);
}

/// The comparison above can fail: each source of the bits is seen in them.
#[test]
fn seed_dropout_augmentation_and_adam_state_are_all_in_the_bits() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = |name: &str| folder.path().join(name);
    let trial = Trial::small();
    let expected = trial.whole(&root("whole"));
    let start = model(&trial.dir(&root("whole")), CheckpointName::epoch(0));

    let other = Trial {
        seed: 12,
        ..Trial::small()
    };
    assert_ne!(other.whole(&root("seed")).model, expected.model);
    assert_ne!(
        model(&other.dir(&root("seed")), CheckpointName::epoch(0)),
        start
    );

    let mut others = [Trial::small(), Trial::small(), Trial::small()];
    others[0].model.head_dropout = 0.0;
    others[1].model.block_dropout = BlockDropout::All(0.0);
    others[2].augmentation = Augmentation::NONE;
    for (number, other) in others.iter().enumerate() {
        let root = root(&number.to_string());
        assert_ne!(other.whole(&root).model, expected.model, "variant {number}");
        let own_start = model(&other.dir(&root), CheckpointName::epoch(0));
        assert_eq!(
            own_start, start,
            "variant {number} starts from the same weights"
        );
    }

    // The optimizer of epoch 0, which has seen no gradient, in the place of epoch 2's.
    let run = trial.dir(&root("whole"));
    let [epoch_0, epoch_2, epoch_3] = [0, 2, 3].map(CheckpointName::epoch);
    let state = run.read_state(epoch_2).expect("a state");
    let weights = run.read_checked(&state, MODEL_FILE).expect("weights");
    let fresh = std::fs::read(run.checkpoint(epoch_0).join(OPTIMIZER_FILE)).expect("a file");
    run.write_checkpoint(state, &[(MODEL_FILE, &weights), (OPTIMIZER_FILE, &fresh)])
        .expect("written");
    std::fs::remove_dir_all(run.checkpoint(epoch_3)).expect("removed");
    trial
        .train(&root("whole"), StartMode::Resume, u64::MAX)
        .result
        .expect("done");
    assert_ne!(
        model(&run, epoch_3),
        expected.model,
        "Adam's moments matter"
    );
}

/// The optimizer keeps its state by parameter number, so a number that is lost is a moment lost.
#[test]
fn parameters_keep_their_numbers_through_the_disk() {
    struct Renumber;
    impl ModuleMapper for Renumber {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let (id, tensor, mapper) = param.consume();
            Param::from_mapped_value(ParamId::from(id.val() + 100), tensor, mapper)
        }
    }

    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    trial.whole(folder.path());
    let run = trial.dir(folder.path());
    let numbers: Vec<ParamId> = (1..=PARAMETERS).map(ParamId::from).collect();

    let device = Device::flex().autodiff();
    let network = PlainCnn::new(&trial.model, (32, 32), 12, 0, &device);
    assert_eq!(list_param_ids(&network), numbers);
    let renumbered = network.map(&mut Renumber);
    assert_ne!(list_param_ids(&renumbered), numbers);
    let (name, words) = (CheckpointName::epoch(3), &trial.model.describe());
    let training = InTraining {
        latest: renumbered,
        average: None,
        optimizer: AdamConfig::new().init(),
    };
    let (
        InTraining {
            latest, optimizer, ..
        },
        _,
    ) = load_training(&run, name, words, training).expect("loaded");
    assert_eq!(list_param_ids(&latest), numbers);

    let (moments, scalars) = tensors(&run, name, OPTIMIZER_FILE);
    for number in 1..=PARAMETERS {
        for moment in ["moment_1", "moment_2"] {
            let key = format!("{number}.momentum.{moment}");
            assert!(moments.contains_key(&key), "{key} in {:?}", moments.keys());
        }
    }
    assert_eq!(moments.len() as u64, 2 * PARAMETERS);
    assert_eq!(
        optimizer.to_record().len(),
        moments.len(),
        "all of them are taken"
    );
    assert!(!scalars.is_empty(), "the step count is kept");
}

#[test]
fn a_kill_between_two_writes_costs_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    let whole = folder.path().join("whole");
    let expected = trial.whole(&whole);
    let resumed = |name: &str, damage: &dyn Fn(&RunDir)| {
        let root = folder.path().join(name);
        copy_folder(&whole, &root);
        damage(&trial.dir(&root));
        trial
            .train(&root, StartMode::Resume, u64::MAX)
            .result
            .expect("done");
        assert_eq!(Remains::of(&trial.dir(&root)), expected, "{name}");
    };
    let remove = |run: &RunDir, epochs: &[u32]| {
        for epoch in epochs {
            std::fs::remove_dir_all(run.checkpoint(CheckpointName::epoch(*epoch))).expect("gone");
        }
    };

    resumed("after the row, before its checkpoint", &|run| {
        remove(run, &[3])
    });
    resumed("after the first row, before any checkpoint", &|run| {
        remove(run, &[0, 1, 2, 3])
    });
    resumed("after a checkpoint, before best.json", &|run| {
        let stale = BestCheckpoint {
            epoch: 0,
            validation_accuracy: Some(0.0),
            validation_loss: 9.0,
        };
        stale.write(&run.best()).expect("written");
    });
    resumed("in the middle of a row", &|run| {
        remove(run, &[2, 3]);
        let mut text = std::fs::read_to_string(run.epochs()).expect("a table");
        text.push_str("4,2.5,0.");
        std::fs::write(run.epochs(), text).expect("written");
    });
}

#[test]
fn the_schedule_the_last_and_the_best_are_kept_and_nothing_else() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut trial = Trial::small();
    trial.train.epochs = 7;
    trial.checkpoints = CheckpointSpec {
        at: vec![0, 2],
        every: 3,
    };
    let root = folder.path().join("schedule");
    let remains = trial.whole(&root);
    let better = |a: &&EpochRow, b: &&EpochRow| {
        let by_accuracy = a.validation_accuracy.total_cmp(&b.validation_accuracy);
        by_accuracy.then(b.validation_loss.total_cmp(&a.validation_loss))
    };
    let best = remains.rows.iter().max_by(better).expect("rows").epoch;
    assert_eq!(remains.best.epoch, best);
    let mut expected = vec![0, 2, 3, 6, 7, best];
    expected.sort();
    expected.dedup();
    let kept: Vec<u32> = remains.checkpoints.iter().map(|name| name.epoch).collect();
    assert_eq!(kept, expected);

    // Weights that do not move: epoch 0 stays the best, for a tie beats nothing.
    trial.train.learning_rate = 1e-30;
    trial.checkpoints = CheckpointSpec {
        at: vec![],
        every: 0,
    };
    let root = folder.path().join("still");
    let remains = trial.whole(&root);
    assert_eq!(remains.checkpoints, [0, 7].map(CheckpointName::epoch));
    assert_eq!(remains.best.epoch, 0);
    let mut names: Vec<String> = std::fs::read_dir(trial.dir(&root).path())
        .expect("a run folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    let files = [
        ".lock",
        "best.json",
        "epoch-000",
        "epoch-007",
        "epochs.csv",
        "experiment.toml",
    ];
    assert_eq!(
        names,
        [files.as_slice(), &["metrics.jsonl", "run.json"]].concat()
    );
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_at_that_batch() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut trial = Trial::small();
    trial.train.learning_rate = 1e30;
    let run = trial.dir(folder.path());
    let error = trial
        .train(folder.path(), StartMode::Fresh, u64::MAX)
        .result
        .expect_err("NaN");
    let TrainError::NotANumber {
        loss,
        epoch,
        batch,
        batches,
        last_good,
    } = &error
    else {
        panic!("{error:?}");
    };
    assert!(!loss.is_finite());
    assert_eq!(
        (*epoch, *batches, *last_good),
        (1, 6, Some(CheckpointName::epoch(0)))
    );
    assert_eq!(
        *batch, 2,
        "the first step moves the weights, the second batch shows it"
    );
    let text = error.to_string();
    assert!(
        text.contains("in epoch 1, batch 2 of 6; last good checkpoint: epoch-000"),
        "{text}"
    );
    let status = RunManifest::read(&run.manifest())
        .expect("a manifest")
        .status;
    assert_eq!(status, RunStatus::Failed { reason: text });
    assert_eq!(run.read_best().expect("a best epoch").epoch, 0);
    let state = run.read_state(CheckpointName::epoch(0)).expect("whole");
    run.read_checked(&state, MODEL_FILE).expect("whole");

    // One batch an epoch: only the validation can show it before the checkpoint is written.
    trial.train.batch_size = TRAIN_IMAGES;
    trial.train.epochs = 1;
    let trained = trial.train(folder.path(), StartMode::Force, u64::MAX);
    let error = trained.result.expect_err("NaN");
    assert!(
        matches!(error, TrainError::ValidationNotANumber { epoch: 1, .. }),
        "{error:?}"
    );
    assert_eq!(
        run.checkpoints().expect("listed"),
        [CheckpointName::epoch(0)]
    );
    assert_eq!(run.read_best().expect("a best epoch").epoch, 0);

    let none = TrainError::ValidationNotANumber {
        loss: f64::NAN,
        epoch: 0,
        last_good: None,
    };
    let text = "the validation loss became NaN after epoch 0; last good checkpoint: none";
    assert_eq!(none.to_string(), text);
}

#[test]
fn a_resume_that_is_refused_changes_nothing() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    trial.train(folder.path(), StartMode::Fresh, 8).saved();
    let run = trial.dir(folder.path());
    let before = [run.manifest(), run.experiment(), run.epochs(), run.best()]
        .map(|path| (path.clone(), std::fs::read(path).expect("a file")));

    let mut wider = Trial::small();
    wider.model.filters = vec![4, 9];
    let error = wider
        .train(folder.path(), StartMode::Resume, u64::MAX)
        .result
        .expect_err("other");
    let TrainError::Checkpoint(CheckpointError::OtherArchitecture { difference, .. }) = &error
    else {
        panic!("{error:?}");
    };
    let shapes = "has shape [8, 4, 3, 3], expected [9, 4, 3, 3]";
    assert_eq!(
        *difference,
        format!("tensor \"blocks.1.convolution.weight\" {shapes}")
    );
    let networks = "the checkpoint's is \"plain-cnn 4-8 flatten\", the experiment's is \
                    \"plain-cnn 4-9 flatten\"";
    assert!(error.to_string().ends_with(networks), "{error}");
    for (path, content) in before {
        assert_eq!(std::fs::read(&path).expect("a file"), content, "{path:?}");
    }
}

#[test]
fn a_checkpoint_in_anothers_place_is_passed_over() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    let expected = trial.whole(&folder.path().join("whole"));

    // Epoch 1 under the name of epoch 2.
    let root = folder.path().join("renamed");
    copy_folder(&folder.path().join("whole"), &root);
    let run = trial.dir(&root);
    let [first, second, third] =
        [1, 2, 3].map(|epoch| run.checkpoint(CheckpointName::epoch(epoch)));
    std::fs::remove_dir_all(&third).expect("removed");
    std::fs::remove_dir_all(&second).expect("removed");
    copy_folder(&first, &second);
    let resumed = trial.train(&root, StartMode::Resume, u64::MAX);
    resumed.result.expect("done");
    assert_eq!(resumed.warnings.len(), 1, "{:?}", resumed.warnings);
    let warning = &resumed.warnings[0];
    assert!(
        warning.starts_with("skipped checkpoint epoch-002: "),
        "{warning}"
    );
    assert!(
        warning.contains("is the state of epoch-001 of small of seed 11"),
        "{warning}"
    );
    assert_eq!(Remains::of(&run), expected);
    let kept = RunManifest::read(&run.manifest())
        .expect("a manifest")
        .warnings;
    assert_eq!(kept, resumed.warnings, "the run's record keeps the warning");

    // A run of another seed.
    let other = Trial {
        seed: 12,
        ..Trial::small()
    };
    copy_folder(
        &trial.dir(&folder.path().join("whole")).path(),
        &other.dir(&root).path(),
    );
    let error = other
        .train(&root, StartMode::Resume, u64::MAX)
        .result
        .expect_err("refused");
    assert!(matches!(error, TrainError::AllDamaged { .. }), "{error:?}");
}

/// Writes the checkpoint `name` anew, its state changed; the files keep their content.
fn rewrite(run: &RunDir, name: CheckpointName, change: impl Fn(&mut CheckpointState)) {
    let mut state = run.read_state(name).expect("a state");
    let files = [MODEL_FILE, OPTIMIZER_FILE];
    let contents = files.map(|file| run.read_checked(&state, file).expect("a file"));
    change(&mut state);
    let files = [(files[0], &contents[0][..]), (files[1], &contents[1][..])];
    run.write_checkpoint(state, &files).expect("written");
}

/// On 32 pixels, five pools leave one cell: flattened or averaged, the dense layer is of one shape.
#[test]
fn a_network_of_equal_shapes_and_another_head_is_refused() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut trial = Trial::small();
    trial.model.filters = vec![2; 5];
    trial.train(folder.path(), StartMode::Fresh, 1).saved();
    trial.model.head = Head::AveragePool;
    let resumed = trial.train(folder.path(), StartMode::Resume, u64::MAX);
    let error = resumed.result.expect_err("another network").to_string();
    let expected = "holds another network: its tensors have the same shapes, its architecture \
                    differs; the checkpoint's is \"plain-cnn 2-2-2-2-2 flatten\", the \
                    experiment's is \"plain-cnn 2-2-2-2-2 average-pool\"";
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn a_resume_with_other_steps_is_refused() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    // In the middle of epoch 2, and at its end.
    for (steps, batch_size, reason) in [
        (
            8,
            96,
            "it stands after step 2 of an epoch, this run's epochs have 1",
        ),
        (8, 32, "it saw 32 images in 2 steps, this run sees 64"),
        (
            12,
            32,
            "it stands after 12 steps in all, this run would have 6",
        ),
    ] {
        let root = folder.path().join(format!("{steps}-{batch_size}"));
        let mut trial = Trial::small();
        let saved = trial.train(&root, StartMode::Fresh, steps).saved();
        trial.train.batch_size = batch_size;
        let resumed = trial.train(&root, StartMode::Resume, u64::MAX);
        let error = resumed.result.expect_err("other steps");
        assert!(
            matches!(&error, TrainError::OtherSteps { checkpoint, .. } if *checkpoint == saved)
        );
        assert!(error.to_string().ends_with(reason), "{error}");
        assert_eq!(
            trial.dir(&root).checkpoints().expect("listed").last(),
            Some(&saved)
        );
    }
}

/// To pass it over would be to write over it.
#[test]
fn a_newer_or_an_unreadable_checkpoint_is_not_passed_over() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    trial.train(folder.path(), StartMode::Fresh, 12).saved();
    let run = trial.dir(folder.path());
    let second = CheckpointName::epoch(2);
    let refused = || {
        let resumed = trial.train(folder.path(), StartMode::Resume, u64::MAX);
        assert_eq!(run.checkpoints().expect("listed").last(), Some(&second));
        resumed.result.expect_err("refused")
    };

    rewrite(&run, second, |state| state.format = 2);
    let error = refused();
    assert!(
        error
            .to_string()
            .ends_with("has checkpoint format 2, this program reads up to 1"),
        "{error}"
    );
    let newer = |error: &TrainError| {
        let run = match error {
            TrainError::Checkpoint(CheckpointError::Run(run)) => run,
            _ => return false,
        };
        matches!(run, RunError::NewerFormat { .. })
    };
    assert!(newer(&error), "{error:?}");

    std::fs::remove_dir_all(run.checkpoint(second)).expect("removed");
    trial.train(folder.path(), StartMode::Resume, 6).saved();
    let weights = run.checkpoint(second).join(MODEL_FILE);
    std::fs::remove_file(&weights).expect("removed");
    // Root may read every file, but none a folder.
    std::fs::create_dir(&weights).expect("created");
    let error = refused();
    let expected = matches!(
        &error,
        TrainError::Checkpoint(CheckpointError::Run(RunError::Io { path, .. })) if *path == weights
    );
    assert!(expected, "{error:?}");
}

#[test]
fn the_best_after_a_fallback_is_one_that_is_there() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    trial.train(folder.path(), StartMode::Fresh, 12).saved();
    let run = trial.dir(folder.path());
    let [zeroth, first, second] = [0, 1, 2].map(CheckpointName::epoch);
    // As if epoch 1 had been pruned for an epoch 3 that is damaged now.
    let gone = BestCheckpoint {
        epoch: 1,
        validation_accuracy: Some(1.0),
        validation_loss: 0.0,
    };
    rewrite(&run, second, |state| state.best = Some(gone.clone()));
    std::fs::remove_dir_all(run.checkpoint(first)).expect("removed");

    let resumed = trial.train(folder.path(), StartMode::Resume, 0);
    assert_eq!(resumed.saved(), second);
    let rows = read_epoch_records::<EpochRow>(&run.epochs()).expect("a table");
    let best = if rows[2].validation_accuracy > rows[0].validation_accuracy
        || (rows[2].validation_accuracy == rows[0].validation_accuracy
            && rows[2].validation_loss < rows[0].validation_loss)
    {
        2
    } else {
        0
    };
    assert_eq!(run.read_best().expect("a best epoch").epoch, best);
    let warning = format!(
        "the checkpoint of epoch 1, the best so far, is not there: epoch {best} is the best of \
         those that are"
    );
    assert_eq!(resumed.warnings, [warning]);

    // An interrupted checkpoint alone.
    let saved = trial.train(folder.path(), StartMode::Resume, 1).saved();
    assert_eq!(saved, CheckpointName { epoch: 2, step: 1 });
    for name in [zeroth, second] {
        std::fs::remove_dir_all(run.checkpoint(name)).expect("removed");
    }
    let resumed = trial.train(folder.path(), StartMode::Resume, 0);
    assert!(
        resumed.warnings[0].ends_with("none is left to be the best"),
        "{:?}",
        resumed.warnings
    );
    assert!(!run.best().exists());
    trial
        .train(folder.path(), StartMode::Resume, u64::MAX)
        .result
        .expect("done");
    assert_eq!(run.read_best().expect("a best epoch").epoch, 3);
}

#[test]
fn a_stop_without_a_step_writes_no_checkpoint_again() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    let saved = trial.train(folder.path(), StartMode::Fresh, 8).saved();
    let marker = trial.dir(folder.path()).checkpoint(saved).join("marker");
    std::fs::write(&marker, "").expect("written");
    assert_eq!(
        trial.train(folder.path(), StartMode::Resume, 0).saved(),
        saved
    );
    assert!(marker.exists(), "the folder is the same one");
}

#[test]
fn a_resume_needs_the_runs_own_record_and_data() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    let absent = folder.path().join("absent");
    let error = trial
        .train(&absent, StartMode::Resume, 0)
        .result
        .expect_err("nothing");
    assert!(
        matches!(error, TrainError::NothingToResume { .. }),
        "{error:?}"
    );
    assert!(!absent.exists(), "a refused resume makes no folder");

    trial.train(folder.path(), StartMode::Fresh, 8).saved();
    let run = trial.dir(folder.path());
    let whole = RunManifest::read(&run.manifest()).expect("a manifest");
    let mut other = whole.clone();
    other
        .data
        .insert("train.bin".to_string(), "other".to_string());
    other.write(&run.manifest()).expect("written");
    let error = trial
        .train(folder.path(), StartMode::Resume, 0)
        .result
        .expect_err("other data");
    assert!(matches!(error, TrainError::DataChanged { .. }), "{error:?}");

    std::fs::write(run.manifest(), "{").expect("damaged");
    let error = trial
        .train(folder.path(), StartMode::Resume, 0)
        .result
        .expect_err("damaged");
    assert!(
        error.to_string().contains("run.json\" is damaged: "),
        "{error}"
    );
    assert!(
        matches!(error, TrainError::Run(RunError::Damaged { .. })),
        "{error:?}"
    );
    assert_eq!(std::fs::read(run.manifest()).expect("a file"), b"{");
    // Removing the file fixes it.
    std::fs::remove_file(run.manifest()).expect("removed");
    trial
        .train(folder.path(), StartMode::Resume, u64::MAX)
        .result
        .expect("done");
}

#[test]
fn a_forced_start_that_is_cut_short_leaves_no_run_that_seems_whole() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    trial.whole(folder.path());
    let run = trial.dir(folder.path());
    let checkpoints = run.checkpoints().expect("listed");
    let stale = ["curves-small-seed-11.png", "curves-small-seed-11.svg"];
    let stale = stale.map(|name| run.path().join(name));
    stale
        .iter()
        .for_each(|path| std::fs::write(path, "").expect("written"));
    // A folder in the table's place cannot be removed as a file: the start ends there.
    std::fs::remove_file(run.epochs()).expect("removed");
    std::fs::create_dir(run.epochs()).expect("created");
    let forced = trial.train(folder.path(), StartMode::Force, 0);
    assert!(matches!(
        forced.result,
        Err(TrainError::Run(RunError::Io { .. }))
    ));
    assert!(!run.manifest().exists() && !run.experiment().exists());
    assert_eq!(run.checkpoints().expect("listed"), checkpoints);

    let refused = |mode| {
        trial
            .train(folder.path(), mode, 0)
            .result
            .expect_err("refused")
    };
    let error = refused(StartMode::Resume);
    assert!(
        matches!(error, TrainError::NothingToResume { .. }),
        "{error:?}"
    );
    let error = refused(StartMode::Fresh).to_string();
    assert!(
        error.ends_with("(checkpoints without a record, half removed)"),
        "{error}"
    );
    std::fs::remove_dir(run.epochs()).expect("removed");
    trial.train(folder.path(), StartMode::Force, 0).saved();
    assert_eq!(
        run.checkpoints().expect("listed"),
        [CheckpointName::epoch(0)]
    );
    assert!(
        stale.iter().all(|path| !path.exists()),
        "old curves are gone"
    );
}

#[test]
fn too_little_space_is_refused_before_anything_is_removed() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut trial = Trial::small();
    let remains = trial.whole(folder.path());
    // Some 70 PB: three listed checkpoints and three more, of 12 bytes a parameter.
    trial.parameters = 1_000_000_000_000_000;
    let forced = trial.train(folder.path(), StartMode::Force, 0);
    let error = forced.result.expect_err("too little space");
    let TrainError::TooLittleSpace { needed, free, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*needed, 6 * 12 * trial.parameters);
    assert!(free < needed);
    assert_eq!(Remains::of(&trial.dir(folder.path())), remains);
}

#[test]
fn the_seconds_of_a_resumed_epoch_are_those_of_all_its_steps_and_its_validation() {
    let _alone = alone();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trial = Trial::small();
    let saved = trial.train(folder.path(), StartMode::Fresh, 8).saved();
    let run = trial.dir(folder.path());
    /// Seconds of the part before the stop.
    const EARLIER: f64 = 1000.0;
    rewrite(&run, saved, |state| state.totals.seconds = EARLIER);
    trial
        .train(folder.path(), StartMode::Resume, u64::MAX)
        .result
        .expect("done");
    let row = &read_epoch_records::<EpochRow>(&run.epochs()).expect("a table")[2];
    let rate = row.images_per_second.expect("a trained epoch");
    let training = TRAIN_IMAGES as f64 / rate;
    assert!(training > EARLIER, "{row:?}");
    /// Far below a validation's seconds, far above what rounding does to a thousand.
    const NOTHING: f64 = 1e-6;
    assert!(row.seconds > training + NOTHING, "{row:?}");
}
