//! What can stop a training run. Printed by `main`.

use std::path::PathBuf;

use crate::model::CheckpointError;
use crate::run::{CheckpointName, RunError};

/// A training run that cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The run folder failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A checkpoint failed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The folder holds a run already.
    #[error("{path:?} holds a run already ({status})")]
    AlreadyThere {
        /// The run folder.
        path: PathBuf,
        /// How that run stands.
        status: String,
    },
    /// There is nothing to resume.
    #[error("nothing to resume in {path:?}")]
    NothingToResume {
        /// The run folder.
        path: PathBuf,
    },
    /// No checkpoint of the run is whole.
    #[error("no checkpoint in {path:?} is whole: {reasons}")]
    AllDamaged {
        /// The run folder.
        path: PathBuf,
        /// What is wrong with each.
        reasons: String,
    },
    /// The experiment is not the one that the run was started with.
    #[error("the experiment changed since the run in {path:?} was started: {changes}")]
    ExperimentChanged {
        /// The run folder.
        path: PathBuf,
        /// The keys that differ, with both values.
        changes: String,
    },
    /// The loss is no longer a number.
    #[error(
        "the loss became {loss} in epoch {epoch}, batch {batch} of {batches}; \
         last good checkpoint: {last_good}"
    )]
    NotANumber {
        /// The loss.
        loss: f64,
        /// The epoch, from 1.
        epoch: u32,
        /// The batch, from 1.
        batch: usize,
        /// Batches of an epoch.
        batches: usize,
        /// Where to go on from.
        last_good: CheckpointName,
    },
    /// The loss on the validation split is no longer a number.
    #[error(
        "the validation loss became {loss} after epoch {epoch}; last good checkpoint: {last_good}"
    )]
    ValidationNotANumber {
        /// The loss.
        loss: f64,
        /// The epoch, from 1.
        epoch: u32,
        /// Where to go on from.
        last_good: CheckpointName,
    },
}

impl TrainError {
    /// Returns the way out, to print below the error.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::AlreadyThere { .. } => Some("go on with --resume, or start over with --force"),
            Self::NothingToResume { .. } => Some("start it without --resume"),
            Self::AllDamaged { .. } => Some("start over with --force"),
            Self::ExperimentChanged { .. } => {
                Some("take the run's own values with --set, or start over with --force")
            }
            Self::NotANumber { .. } | Self::ValidationNotANumber { .. } => Some(
                "lower the learning rate, for example --set train.learning_rate=0.0003 --force",
            ),
            Self::Run(RunError::Locked { .. }) => {
                Some("wait for it, or train another seed with --seed")
            }
            Self::Run(_) | Self::Checkpoint(_) => None,
        }
    }
}
