//! What can stop a training run.

use std::path::PathBuf;

use crate::model::{CheckpointError, ForecastSpecError};
use crate::run::{CheckpointName, RunError};

/// A training run that cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The experiment names a network that cannot be built.
    #[error(transparent)]
    Network(#[from] ForecastSpecError),
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
    /// One of the keys in [`FIXED_ON_RESUME`](super::FIXED_ON_RESUME) changed.
    #[error(
        "data, model and batch size of {path:?} cannot change in a run that goes on: {changes}"
    )]
    FixedKeysChanged {
        /// The run folder.
        path: PathBuf,
        /// The keys that differ, with both values.
        changes: String,
    },
    /// A checkpoint stands at a step that this run does not have.
    #[error("checkpoint {checkpoint} of {path:?} counts other steps than this run: {reason}")]
    OtherSteps {
        /// The run folder.
        path: PathBuf,
        /// The checkpoint.
        checkpoint: CheckpointName,
        /// Which count differs.
        reason: String,
    },
    /// The data files or generated data are not the ones that the run was started with.
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
        /// Estimated size of all checkpoints that are kept, in bytes.
        needed: u64,
        /// What is free, and what the run's checkpoints take already, in bytes.
        free: u64,
    },
    /// The loss is no longer a number.
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
        /// Batches of an epoch.
        batches: usize,
        /// Where to go on from, if there is a checkpoint.
        last_good: Option<CheckpointName>,
    },
    /// The loss on the validation split is no longer a number.
    #[error(
        "the validation loss became {loss} after epoch {epoch}; last good checkpoint: {}",
        shown(last_good)
    )]
    ValidationNotANumber {
        /// The loss.
        loss: f64,
        /// Epochs done; 0 before any training.
        epoch: u32,
        /// Where to go on from, if there is a checkpoint.
        last_good: Option<CheckpointName>,
    },
}

fn shown(checkpoint: &Option<CheckpointName>) -> String {
    checkpoint.map_or_else(|| "none".to_string(), |name| name.to_string())
}

impl TrainError {
    /// Returns how to fix it, to print below the error.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::FixedKeysChanged { .. } => {
                Some("start over with --force, or train another seed or trial")
            }
            Self::AlreadyThere { .. } => Some("go on with --resume, or start over with --force"),
            Self::NothingToResume { .. } => Some("start it without --resume"),
            Self::AllDamaged { .. } => Some("start over with --force"),
            Self::ExperimentChanged { .. } => Some(
                "take the run's own values with --set, go on with the new ones by --resume \
                     --accept-changes, or start over with --force",
            ),
            Self::OtherSteps { .. } => {
                Some("take the run's own data and batch size, or start over with --force")
            }
            Self::DataChanged { .. } => {
                Some("give the run its own data with --data-dir, or start over with --force")
            }
            Self::TooLittleSpace { .. } => Some(
                "free some space, write elsewhere with --runs, or keep fewer checkpoints, for \
                 example with --set checkpoints.every=0",
            ),
            Self::NotANumber { .. } | Self::ValidationNotANumber { .. } => Some(
                "lower the learning rate, for example --set train.learning_rate=0.0003 --force",
            ),
            Self::Run(RunError::Locked { .. }) => {
                Some("wait for it, or train another seed with --seed")
            }
            Self::Run(RunError::Damaged { .. }) => {
                Some("mend or remove that file, or start over with --force")
            }
            Self::Checkpoint(CheckpointError::Run(RunError::NewerFormat { .. })) => {
                Some("update camtrail, or start over with --force")
            }
            Self::Checkpoint(CheckpointError::OtherArchitecture { .. }) => {
                Some("start over with --force, or train another seed or trial")
            }
            Self::Run(_) | Self::Checkpoint(_) | Self::Network(_) => None,
        }
    }
}
