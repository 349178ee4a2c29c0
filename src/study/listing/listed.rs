//! One run, with what its folder says of it.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use crate::experiment::values;
use crate::run::{
    BestCheckpoint, RunDir, RunError, RunManifest, RunStatus, is_locked, list_runs, read_measured,
};

use crate::study::{AnyExperiment, Watch};

/// The fields that stand first in tables of all fields.
const FIRST: [&str; 9] = [
    "run",
    "seed",
    "dataset",
    "state",
    "epochs",
    "best_epoch",
    "validation_accuracy",
    "validation_loss",
    "test_accuracy",
];

/// What a run is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Every epoch is done.
    Done,
    /// A process is training it.
    Running,
    /// Stopped by a signal, or by the limit of its time.
    Interrupted,
    /// Its process ended without a word.
    Killed,
    /// Stopped by an error.
    Failed,
    /// Its record cannot be read.
    Unknown,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Done,
        Self::Running,
        Self::Interrupted,
        Self::Killed,
        Self::Failed,
        Self::Unknown,
    ];

    /// Returns the name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Killed => "killed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    fn of(run: &RunDir, manifest: Option<&RunManifest>) -> Self {
        match manifest.map(|manifest| &manifest.status) {
            Some(RunStatus::Done) => Self::Done,
            Some(RunStatus::Running) if is_locked(&run.path()) => Self::Running,
            Some(RunStatus::Running) => Self::Killed,
            Some(RunStatus::Interrupted) => Self::Interrupted,
            Some(RunStatus::Failed { .. }) => Self::Failed,
            None => Self::Unknown,
        }
    }
}

/// A run: its fields are those of `list --json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ListedRun {
    /// Name: the path of its folder below the root, without the seed, such as "shapes/trial-d".
    pub run: String,
    /// Training seed.
    pub seed: u64,
    /// Its folder.
    pub path: PathBuf,
    /// "classifier" or "predictor", if its experiment can be read.
    pub kind: Option<&'static str>,
    /// Data set, if its record can be read.
    pub dataset: Option<String>,
    /// Whether the data are generated.
    pub generated: Option<bool>,
    /// What it is doing.
    pub state: State,
    /// Completed epochs, of the latest checkpoint.
    pub epochs: Option<u32>,
    /// Best epoch on the validation split.
    pub best_epoch: Option<u32>,
    /// Share of validation images that the best epoch predicts correctly, 0 to 1.
    pub validation_accuracy: Option<f64>,
    /// Mean validation loss of the best epoch.
    pub validation_loss: Option<f64>,
    /// Share of test images that the best epoch predicts correctly, 0 to 1, if it was measured.
    pub test_accuracy: Option<f64>,
    /// The same for the five most probable classes.
    pub test_top5_accuracy: Option<f64>,
    /// Number of test images.
    pub test_images: Option<usize>,
    /// Number of trainable parameters.
    pub parameters: Option<u64>,
    /// Multiply-adds of one forward pass.
    pub multiply_adds: Option<u64>,
    /// When it was first started, in seconds since 1970-01-01 UTC.
    pub started: Option<u64>,
    /// When its record was last written, in seconds since 1970-01-01 UTC.
    pub updated: Option<u64>,
    /// Seconds since then.
    pub age_seconds: Option<u64>,
    /// The experiment that it was trained with.
    pub experiment: Option<Value>,
}

impl ListedRun {
    /// Returns everything known of it by key: its own fields, then the keys of its experiment.
    pub fn fields(&self) -> Vec<(String, Value)> {
        let fields =
            serde_json::to_value(self).expect("numbers, texts and sections all have a form");
        let Value::Object(mut fields) = fields else {
            return Vec::new();
        };
        let experiment = fields.remove("experiment").filter(|value| !value.is_null());
        let first = FIRST.iter().filter_map(|key| fields.remove_entry(*key));
        let mut found: Vec<(String, Value)> = first.collect();
        found.extend(fields);
        found.extend(experiment.iter().flat_map(values));
        found
    }

    /// Returns the value of a key of the experiment.
    pub fn setting(&self, key: &str) -> Option<&Value> {
        let mut keys = key.split('.');
        keys.try_fold(self.experiment.as_ref()?, |value, key| value.get(key))
    }
}

/// Returns every run below `root`, by name and seed. What cannot be read is noted and left open.
///
/// # Errors
/// A folder that cannot be listed.
pub fn listed(root: &std::path::Path, watch: &dyn Watch) -> Result<Vec<ListedRun>, RunError> {
    let now = RunManifest::now();
    let runs = list_runs(root)?.into_iter();
    Ok(runs.map(|run| one(&run, now, watch)).collect())
}

fn one(run: &RunDir, now: u64, watch: &dyn Watch) -> ListedRun {
    let warn = |error: &dyn std::fmt::Display| watch.note(&format!("warning: {error}"));
    let manifest = RunManifest::read(&run.manifest());
    if let Err(error) = &manifest {
        warn(error);
    }
    let manifest = manifest.ok();
    let best = run.read_best();
    if let Err(error @ RunError::Damaged { .. }) = &best {
        warn(error);
    }
    let best: Option<BestCheckpoint> = best.ok();
    let epochs = run.latest_state().ok().flatten().map(|state| state.epoch);
    let experiment = AnyExperiment::saved(run);
    if let (Err(error), true) = (&experiment, epochs.is_some()) {
        warn(error);
    }
    let experiment = experiment.ok();
    let measured = read_measured(run).unwrap_or_else(|error| {
        warn(&error);
        Vec::new()
    });
    let epoch = best.as_ref().map(|best| best.epoch);
    let test = (measured.iter()).find(|found| Some(found.epoch) == epoch && found.split == "test");
    let of = |of: fn(&RunManifest) -> u64| manifest.as_ref().map(of);
    ListedRun {
        run: run.trial().to_string(),
        seed: run.seed(),
        path: run.path(),
        kind: experiment.as_ref().map(AnyExperiment::kind),
        dataset: manifest.as_ref().map(|manifest| manifest.dataset.clone()),
        generated: manifest.as_ref().map(|manifest| manifest.generated),
        state: State::of(run, manifest.as_ref()),
        epochs,
        best_epoch: epoch,
        validation_accuracy: best.as_ref().and_then(|best| best.validation_accuracy),
        validation_loss: best.as_ref().map(|best| best.validation_loss),
        test_accuracy: test.map(|found| found.accuracy),
        test_top5_accuracy: test.map(|found| found.top5_accuracy),
        test_images: test.map(|found| found.images),
        parameters: of(|manifest| manifest.parameters),
        multiply_adds: of(|manifest| manifest.multiply_adds),
        started: of(|manifest| manifest.started),
        updated: of(|manifest| manifest.updated),
        age_seconds: manifest
            .as_ref()
            .map(|manifest| now.saturating_sub(manifest.updated)),
        experiment: experiment.as_ref().map(AnyExperiment::values),
    }
}
