//! What a training run tells while it goes on, and how it is told to stop. Implemented by `cli`.

use crate::run::{CheckpointName, EpochRow};

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
    /// Mean cross-entropy of this epoch so far, in nats.
    pub loss: f64,
    /// Share of this epoch's images predicted right so far, 0 to 1.
    pub accuracy: f64,
    /// Training images per second of this epoch so far.
    pub images_per_second: f64,
}

/// Takes note of what happens.
pub trait TrainEvents {
    /// A step is done.
    fn step(&mut self, progress: &Progress);
    /// An epoch is done, trained and validated.
    fn epoch(&mut self, row: &EpochRow, epochs: u32, is_best: bool);
    /// Training goes on from a checkpoint.
    fn resumed(&mut self, from: CheckpointName);
    /// Something went wrong that does not stop the run.
    fn warn(&mut self, message: &str);
}

/// Takes no note.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl TrainEvents for Silent {
    fn step(&mut self, _progress: &Progress) {}
    fn epoch(&mut self, _row: &EpochRow, _epochs: u32, _is_best: bool) {}
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
