//! A training run of any kind: its inputs, its steps, and how it ends.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;

use crate::device::is_gpu;
use crate::run::{BestCheckpoint, CheckpointName, EpochRecord, EpochTotals, RunDir, RunManifest};

use super::{CheckpointSpec, TrainSpec};

/// What to do with an existing run folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartMode {
    /// Refuse to start.
    #[default]
    Fresh,
    /// Continue from its latest complete checkpoint.
    Resume,
    /// Remove it and start over.
    Force,
}

/// The inputs of any training run.
#[derive(Debug)]
pub(super) struct Job<'a> {
    /// The run folder.
    pub(super) run: &'a RunDir,
    /// The network's description, for checkpoints.
    pub(super) architecture: &'a str,
    /// Training options.
    pub(super) train: &'a TrainSpec,
    /// The checkpoints to keep.
    pub(super) checkpoints: &'a CheckpointSpec,
    /// The device, without autodiff.
    pub(super) device: &'a Device,
    /// The resolved experiment as TOML, saved next to the weights.
    pub(super) experiment: &'a str,
    /// The run's record.
    pub(super) manifest: RunManifest,
    /// What to do with an existing run.
    pub(super) mode: StartMode,
    /// Number of steps between readings of results from the device.
    pub(super) read_every: usize,
}

/// Returns the number of steps between readings of results. A GPU would idle during each reading,
/// so many steps are read at once; a CPU does not run ahead, so each step is read.
pub(super) fn read_every(device: &Device) -> usize {
    /// At most a second for any experiment here, so that progress is still shown.
    const STEPS_ON_A_GPU: usize = 20;
    if is_gpu(device) { STEPS_ON_A_GPU } else { 1 }
}

/// A training task: the network, its steps, and its validation.
pub(super) trait Task {
    /// The network.
    type Network: Module;
    /// Results that a step leaves on the device, read after the optimizer's work is queued.
    type Pending;
    /// A row of the run's table.
    type Row: EpochRecord;

    /// Returns the untrained network on `device`, which has autodiff.
    fn build(&self, seed: u64, device: &Device) -> Self::Network;

    /// Returns the number of images or clips in an epoch.
    fn items(&self) -> usize;

    /// Returns the gradients of one step. Epochs count from 1, steps from 0.
    fn step(&mut self, network: &Self::Network, at: StepPlace) -> (GradientsParams, Self::Pending);

    /// Returns the sums of each step over its images or clips, with the seconds left at 0.
    fn read(pending: Vec<Self::Pending>) -> Vec<EpochTotals>;

    /// Returns the network's loss and quality on the validation split.
    fn validate(&self, network: Self::Network) -> Validation;

    /// Returns the row of an epoch.
    fn row(
        &self,
        epoch: u32,
        trained: Option<Trained>,
        validation: &Validation,
        seconds: f64,
    ) -> Self::Row;
}

/// Position of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StepPlace {
    /// Training seed.
    pub(super) seed: u64,
    /// Epoch, from 1.
    pub(super) epoch: u32,
    /// Step of the epoch, from 0.
    pub(super) step: usize,
    /// Number of images or clips per step.
    pub(super) batch_size: usize,
}

/// The result of an epoch's training steps.
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
    /// Mean quality, of the row type's kind.
    pub(super) quality: f64,
}

/// How a training run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// All epochs are done, or no further one is expected to be better.
    Done {
        /// The best epoch on the validation split.
        best: Option<BestCheckpoint>,
        /// The last epoch, if it was not the last of the experiment.
        early: Option<u32>,
    },
    /// The run was stopped and saved.
    Stopped {
        /// The saved checkpoint.
        saved: CheckpointName,
        /// Why it was stopped.
        reason: StopReason,
    },
}

/// Why a run stopped before its last epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// The [`StopSignal`](super::StopSignal) requested it.
    Requested,
    /// The time limit of the experiment was reached.
    TimeLimit,
}
