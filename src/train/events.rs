//! Events of a training run, and the signal to stop it.

use crate::run::{CheckpointName, Quality};

/// Progress of a run within an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The epoch, from 1.
    pub epoch: u32,
    /// Number of epochs.
    pub epochs: u32,
    /// Completed steps of this epoch.
    pub step: u64,
    /// Number of steps per epoch.
    pub steps: u64,
    /// Mean loss of this epoch so far: cross-entropy in nats, or the experiment's loss.
    pub loss: f64,
    /// Mean quality of this epoch so far.
    pub quality: Quality,
    /// Training images or clips per second of this epoch so far.
    pub images_per_second: f64,
}

/// Means over an epoch's training steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochMeans {
    /// Loss.
    pub loss: f64,
    /// Quality.
    pub quality: Quality,
    /// Training images or clips per second.
    pub images_per_second: f64,
}

/// The result of an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochReport {
    /// Completed epochs, from 0.
    pub epoch: u32,
    /// Number of epochs.
    pub epochs: u32,
    /// Means over the epoch's training steps; `None` before training.
    pub trained: Option<EpochMeans>,
    /// Mean loss on the validation split.
    pub validation_loss: f64,
    /// Mean quality on the validation split.
    pub validation_quality: Quality,
    /// Whether it is the best so far.
    pub is_best: bool,
}

/// Receives the events of a run.
pub trait TrainEvents {
    /// Receives a completed step.
    fn step(&mut self, progress: &Progress);
    /// Receives a completed epoch, trained and validated.
    fn epoch(&mut self, report: &EpochReport);
    /// Receives the checkpoint that training resumes from.
    fn resumed(&mut self, from: CheckpointName);
    /// Receives a problem that does not stop the run.
    fn warn(&mut self, message: &str);
}

/// Ignores everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl TrainEvents for Silent {
    fn step(&mut self, _progress: &Progress) {}
    fn epoch(&mut self, _report: &EpochReport) {}
    fn resumed(&mut self, _from: CheckpointName) {}
    fn warn(&mut self, _message: &str) {}
}

/// A stop request, checked before every step.
pub trait StopSignal {
    /// Returns whether the run should save and stop.
    fn requested(&self) -> bool;
}

impl<F: Fn() -> bool> StopSignal for F {
    fn requested(&self) -> bool {
        self()
    }
}
