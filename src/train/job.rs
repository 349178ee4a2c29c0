//! A training run of any kind: what it needs, what a step of it is, and how it ends.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;

use crate::device::is_gpu;
use crate::run::{BestCheckpoint, CheckpointName, EpochRecord, EpochTotals, RunDir, RunManifest};

use super::{CheckpointSpec, TrainSpec};

/// What to do with a run folder that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartMode {
    /// Refuse.
    #[default]
    Fresh,
    /// Continue from its latest complete checkpoint.
    Resume,
    /// Remove what is there and start over.
    Force,
}

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

    /// The sums of each step over its images or clips; the seconds are left at 0.
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
    /// Mean quality, of the kind that the row type names.
    pub(super) quality: f64,
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
