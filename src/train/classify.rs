//! A training run of a classifier: what it needs, how it ends, and its record. Called by `cli`.

use burn::tensor::Device;

use crate::data::{Augmentation, Splits};
use crate::model::ModelSpec;
use crate::run::{
    BestCheckpoint, CheckpointName, RunDir, RunError, RunLock, RunManifest, RunStatus,
    write_atomically,
};

use super::epochs::Loop;
use super::session::{Notes, prepare};
use super::space::check_space;
use super::{CheckpointSpec, StartMode, StopSignal, TrainError, TrainEvents, TrainSpec};

/// Everything that a training run needs.
#[derive(Debug)]
pub struct ClassifyJob<'a> {
    /// Where it is kept.
    pub run: &'a RunDir,
    /// The network.
    pub model: &'a ModelSpec,
    /// The network in words, for checkpoints.
    pub architecture: &'a str,
    /// How to train.
    pub train: &'a TrainSpec,
    /// Which checkpoints to keep.
    pub checkpoints: &'a CheckpointSpec,
    /// What is done to training images at random.
    pub augmentation: &'a Augmentation,
    /// The images.
    pub data: &'a Splits,
    /// The device, without autodiff.
    pub device: &'a Device,
    /// The resolved experiment as TOML, kept beside the weights.
    pub experiment: &'a str,
    /// What the run says of itself.
    pub manifest: RunManifest,
    /// What to do with a run that is there already.
    pub mode: StartMode,
}

/// How a training run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// All epochs are done.
    Done {
        /// The best epoch on the validation split.
        best: Option<BestCheckpoint>,
    },
    /// It was told to stop and saved.
    Stopped {
        /// What it saved.
        saved: CheckpointName,
    },
}

/// Trains until the last epoch or until `stop` asks, and returns how it ended.
///
/// # Errors
/// [`TrainError`]; once training began, the run's manifest then says that it failed. Its
/// checkpoints stay in any case.
pub fn train(
    job: ClassifyJob<'_>,
    events: &mut dyn TrainEvents,
    stop: &dyn StopSignal,
) -> Result<Outcome, TrainError> {
    let run = job.run;
    // Before the lock, which makes the folder.
    if job.mode == StartMode::Resume && !run.path().is_dir() {
        return Err(TrainError::NothingToResume { path: run.path() });
    }
    let _lock = RunLock::take(&run.path())?;
    let mut notes = Notes {
        events,
        warnings: Vec::new(),
    };
    check_space(&job, &mut notes)?;
    prepare(run, job.mode, &mut notes)?;
    let mut manifest = job.manifest.clone();
    if job.mode == StartMode::Resume
        && let Some(before) = earlier_manifest(run)?
    {
        if before.data != manifest.data {
            return Err(TrainError::DataChanged { path: run.path() });
        }
        manifest.started = before.started;
        manifest.warnings = before.warnings;
    }
    // Opened before the run's own files are written: a resume that is refused changes nothing.
    let mut training = Loop::open(&job, &mut notes)?;
    manifest.warnings.append(&mut notes.warnings);
    write_atomically(&run.experiment(), job.experiment.as_bytes())?;
    write_status(run, &mut manifest, RunStatus::Running)?;
    let result = training.run(notes.events, stop);
    let status = match &result {
        Ok(Outcome::Done { .. }) => RunStatus::Done,
        Ok(Outcome::Stopped { .. }) => RunStatus::Interrupted,
        Err(error) => RunStatus::Failed {
            reason: error.to_string(),
        },
    };
    let written = write_status(run, &mut manifest, status);
    let outcome = result?;
    written?;
    Ok(outcome)
}

/// Returns the record of the run that is to go on; nothing where there is none, as after the user
/// removed a damaged one.
fn earlier_manifest(run: &RunDir) -> Result<Option<RunManifest>, RunError> {
    let path = run.manifest();
    if path.exists() {
        RunManifest::read(&path).map(Some)
    } else {
        Ok(None)
    }
}

fn write_status(
    run: &RunDir,
    manifest: &mut RunManifest,
    status: RunStatus,
) -> Result<(), RunError> {
    manifest.status = status;
    manifest.write(&run.manifest())
}
