//! What a training run reports while it runs, and how it is asked to stop.

use crate::run::{CheckpointName, Quality};

/// Where a run stands inside an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The epoch, from 1.
    pub epoch: u32,
    /// Epochs in all.
    pub epochs: u32,
    /// Steps done of this epoch.
    pub step: u64,
    /// Steps of an epoch.
    pub steps: u64,
    /// Mean loss of this epoch so far: cross-entropy in nats, or what the experiment names.
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
    /// Epochs done, from 0.
    pub epoch: u32,
    /// Epochs in all.
    pub epochs: u32,
    /// Means over the epoch's training steps; nothing before training.
    pub trained: Option<EpochMeans>,
    /// Mean loss on the validation split.
    pub validation_loss: f64,
    /// Mean quality on the validation split.
    pub validation_quality: Quality,
    /// Whether it is the best so far.
    pub is_best: bool,
}

/// Receives what happens.
pub trait TrainEvents {
    /// A step is done.
    fn step(&mut self, progress: &Progress);
    /// An epoch is done, trained and validated.
    fn epoch(&mut self, report: &EpochReport);
    /// Training goes on from a checkpoint.
    fn resumed(&mut self, from: CheckpointName);
    /// Something went wrong that does not stop the run.
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

/// Asked before every step whether to stop.
pub trait StopSignal {
    /// Returns whether the run is to save and stop.
    fn requested(&self) -> bool;
}

impl<F: Fn() -> bool> StopSignal for F {
    fn requested(&self) -> bool {
        self()
    }
}
