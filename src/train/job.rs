//! A training run of any kind: what it needs, how it ends, and its record. Called by `classify` and
//! `forecast`, which say what a step is.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;

use crate::device::is_gpu;
use crate::run::{
    BestCheckpoint, CheckpointName, EpochRecord, EpochTotals, RunDir, RunError, RunLock,
    RunManifest, RunStatus, write_atomically,
};

use super::epochs::Loop;
use super::session::{Notes, prepare};
use super::space::check_space;
use super::{CheckpointSpec, StartMode, StopSignal, TrainError, TrainEvents, TrainSpec};

/// What every training run needs, whatever it trains.
#[derive(Debug)]
pub(super) struct Job<'a> {
    /// Where it is kept.
    pub(super) run: &'a RunDir,
    /// The network in words, for checkpoints.
    pub(super) architecture: &'a str,
    /// How to train.
    pub(super) train: &'a TrainSpec,
    /// Which checkpoints to keep.
    pub(super) checkpoints: &'a CheckpointSpec,
    /// The device, without autodiff.
    pub(super) device: &'a Device,
    /// The resolved experiment as TOML, kept beside the weights.
    pub(super) experiment: &'a str,
    /// What the run says of itself.
    pub(super) manifest: RunManifest,
    /// What to do with a run that is there already.
    pub(super) mode: StartMode,
    /// Steps after which their results are read from the device.
    pub(super) read_every: usize,
}

/// Steps after which results are read: all at once on a GPU, which would idle while it is waited
/// for; each one on the CPU, where nothing runs ahead.
pub(super) fn read_every(device: &Device) -> usize {
    /// A second or less of any experiment here, so that progress still shows.
    const STEPS_ON_A_GPU: usize = 20;
    if is_gpu(device) { STEPS_ON_A_GPU } else { 1 }
}

/// What is trained: the network, what a step does, and how it is validated.
pub(super) trait Task {
    /// The network.
    type Network: Module;
    /// What a step leaves on the device, to be read after the optimizer was given its work.
    type Pending;
    /// A row of the run's table.
    type Row: EpochRecord;

    /// The network before training, on `device`, which has autodiff.
    fn build(&self, seed: u64, device: &Device) -> Self::Network;

    /// Images or clips of an epoch.
    fn items(&self) -> usize;

    /// The gradients of one step. Epochs count from 1, steps from 0.
    fn step(&mut self, network: &Self::Network, at: StepPlace) -> (GradientsParams, Self::Pending);

    /// What steps brought, each added up over its images or clips.
    fn read(pending: Vec<Self::Pending>) -> Vec<EpochTotals>;

    /// How good the network is on the validation split, by what picks the best, and its row's
    /// values; `trained` is the epoch's sums and learning rate, and nothing before training.
    fn validate(&self, network: Self::Network) -> Validation;

    /// The row of an epoch.
    fn row(
        &self,
        epoch: u32,
        trained: Option<Trained>,
        validation: &Validation,
        seconds: f64,
    ) -> Self::Row;
}

/// Which step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StepPlace {
    /// Training seed.
    pub(super) seed: u64,
    /// Epoch, from 1.
    pub(super) epoch: u32,
    /// Step of the epoch, from 0.
    pub(super) step: usize,
    /// Images or clips a step.
    pub(super) batch_size: usize,
}

/// What an epoch's training brought.
#[derive(Debug, Clone, Copy)]
pub(super) struct Trained {
    pub(super) totals: EpochTotals,
    /// Learning rate of its last step.
    pub(super) learning_rate: f64,
}

/// Scores on the validation split.
#[derive(Debug, Clone, Copy)]
pub(super) struct Validation {
    /// Mean loss.
    pub(super) loss: f64,
    /// Share of images predicted right, where classes are predicted.
    pub(super) accuracy: Option<f64>,
    /// Squared error of a frame summed over its pixels, where frames are predicted.
    pub(super) frame_error: Option<f64>,
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

/// Trains `task` until the last epoch or until `stop` asks, and returns how it ended.
pub(super) fn run<T: Task>(
    job: &Job<'_>,
    task: T,
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
    check_space(job, &mut notes)?;
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
    let mut training = Loop::open(job, task, &mut notes)?;
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
