//! Errors that stop a training run.

use std::path::PathBuf;

use crate::model::{CheckpointError, ForecastSpecError};
use crate::run::{CheckpointName, RunError};

use super::RateChange;

/// A training run that cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The experiment's network cannot be built.
    #[error(transparent)]
    Network(#[from] ForecastSpecError),
    /// The run folder failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A checkpoint failed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The folder already holds a run.
    #[error("{path:?} holds a run already ({status})")]
    AlreadyThere {
        /// The run folder.
        path: PathBuf,
        /// Status of that run.
        status: String,
    },
    /// There is nothing to resume.
    #[error("nothing to resume in {path:?}")]
    NothingToResume {
        /// The run folder.
        path: PathBuf,
    },
    /// No checkpoint of the run is complete.
    #[error("no checkpoint in {path:?} is whole: {reasons}")]
    AllDamaged {
        /// The run folder.
        path: PathBuf,
        /// What is wrong with each.
        reasons: String,
    },
    /// The experiment differs from the one that the run was started with.
    #[error(
        "the experiment changed since the run in {path:?} was started: {changes}{}",
        then(rate)
    )]
    ExperimentChanged {
        /// The run folder.
        path: PathBuf,
        /// The keys that differ, with both values.
        changes: String,
        /// The jump of the learning rate that they cause.
        rate: Option<RateChange>,
    },
    /// One of the keys in [`FIXED_ON_RESUME`](super::FIXED_ON_RESUME) changed.
    #[error(
        "data, model, optimizer and batch size of {path:?} cannot change when a run is resumed: {changes}"
    )]
    FixedKeysChanged {
        /// The run folder.
        path: PathBuf,
        /// The keys that differ, with both values.
        changes: String,
    },
    /// A checkpoint is at a step that this run does not have.
    #[error("checkpoint {checkpoint} of {path:?} counts other steps than this run: {reason}")]
    OtherSteps {
        /// The run folder.
        path: PathBuf,
        /// The checkpoint.
        checkpoint: CheckpointName,
        /// The count that differs.
        reason: String,
    },
    /// The run has completed more epochs than it should have.
    #[error("{path:?} is at {checkpoint}, so it cannot end after {epochs} epochs")]
    FewerEpochs {
        /// The run folder.
        path: PathBuf,
        /// The latest checkpoint.
        checkpoint: CheckpointName,
        /// The requested number of epochs.
        epochs: u32,
    },
    /// A checkpoint was written by the training of another experiment.
    #[error("checkpoint {checkpoint} of {path:?} is of another experiment than the run: {changes}")]
    OtherExperiment {
        /// The run folder.
        path: PathBuf,
        /// The checkpoint.
        checkpoint: CheckpointName,
        /// The keys that differ, with both values.
        changes: String,
    },
    /// The table of epochs lost rows that a checkpoint had recorded.
    #[error("rows of the run's table are lost")]
    TableChanged {
        /// The table, and what is missing.
        #[source]
        source: RunError,
    },
    /// The data files or generated data differ from those that the run was started with.
    #[error("the data are not those that the run in {path:?} was started with")]
    DataChanged {
        /// The run folder.
        path: PathBuf,
    },
    /// The file system cannot hold the run's checkpoints.
    #[error(
        "the checkpoints of {path:?} need about {needed} bytes, the file system has {free} for them"
    )]
    TooLittleSpace {
        /// The run folder.
        path: PathBuf,
        /// Estimated size of all kept checkpoints, in bytes.
        needed: u64,
        /// Free space plus the space of the run's existing checkpoints, in bytes.
        free: u64,
    },
    /// The loss is no longer finite.
    #[error(
        "the loss became {loss} in epoch {epoch}, batch {batch} of {batches}; \
         last good checkpoint: {}",
        shown(last_good)
    )]
    NotANumber {
        /// The loss.
        loss: f64,
        /// The epoch, from 1.
        epoch: u32,
        /// The batch, from 1.
        batch: usize,
        /// Number of batches in an epoch.
        batches: usize,
        /// The checkpoint to resume from, if there is one.
        last_good: Option<CheckpointName>,
    },
    /// The loss on the validation split is no longer finite.
    #[error(
        "the validation loss became {loss} after epoch {epoch}; last good checkpoint: {}",
        shown(last_good)
    )]
    ValidationNotANumber {
        /// The loss.
        loss: f64,
        /// Completed epochs; 0 before any training.
        epoch: u32,
        /// The checkpoint to resume from, if there is one.
        last_good: Option<CheckpointName>,
    },
}

fn shown(checkpoint: &Option<CheckpointName>) -> String {
    checkpoint.map_or_else(|| "none".to_string(), |name| name.to_string())
}

/// Returns the text of a consequence, after what causes it.
fn then(rate: &Option<RateChange>) -> String {
    rate.map_or(String::new(), |rate| format!("; {rate}"))
}
