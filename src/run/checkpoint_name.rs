//! The name of a checkpoint's folder.

use std::fmt;
use std::str::FromStr;

use super::CheckpointState;

/// Prefix of a checkpoint's folder, before the number.
const EPOCH_PREFIX: &str = "epoch-";
/// Separates the epoch from the step in an interrupted checkpoint's name.
const STEP_INFIX: &str = "-step-";

/// A checkpoint's position in training: completed epochs, then completed steps of the next epoch.
/// Later ones compare greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckpointName {
    /// Completed epochs.
    pub epoch: u32,
    /// Completed steps of the next epoch; 0 at an epoch's end.
    pub step: u64,
}

impl CheckpointName {
    /// Returns the name of the checkpoint at the end of `epoch`.
    pub fn epoch(epoch: u32) -> Self {
        Self { epoch, step: 0 }
    }

    /// Returns the name of the checkpoint of `state`.
    pub fn of(state: &CheckpointState) -> Self {
        Self {
            epoch: state.epoch,
            step: state.step,
        }
    }
}

impl fmt::Display for CheckpointName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{EPOCH_PREFIX}{:03}", self.epoch)?;
        if self.step > 0 {
            write!(formatter, "{STEP_INFIX}{:05}", self.step)?;
        }
        Ok(())
    }
}

impl FromStr for CheckpointName {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let digits = name.strip_prefix(EPOCH_PREFIX).ok_or(())?;
        let (epoch, step) = match digits.split_once(STEP_INFIX) {
            Some((epoch, step)) => (epoch, step.parse().map_err(|_| ())?),
            None => (digits, 0),
        };
        let parsed = Self {
            epoch: epoch.parse().map_err(|_| ())?,
            step,
        };
        // Only the spelling written here is a checkpoint.
        if parsed.to_string() == name {
            Ok(parsed)
        } else {
            Err(())
        }
    }
}
