//! How a study is followed and stopped: progress, notes and stop requests.

use crate::data::DataError;
use crate::explain::ExplainError;
use crate::train::{Silent, TrainEvents};

use super::error::StudyError;

/// Follows a study. Each method's default is silent and never stops.
pub trait Watch {
    /// Returns whether the study should end. Checked between steps, when nothing is half-done.
    fn should_stop(&self) -> bool {
        false
    }

    /// Receives a note that is not a result: the next step, what was skipped, a warning.
    fn note(&self, message: &str) {
        let _ = message;
    }

    /// Starts a piece of work of `items` items, or of unknown length; it ends when the returned
    /// value is dropped.
    fn begin(&self, label: &str, items: Option<usize>) -> Box<dyn Progress> {
        let _ = (label, items);
        Box::new(NoProgress)
    }

    /// Returns the observer of a run's training; `label` is its name, such as "trial-d seed 0".
    fn training(&self, label: &str) -> Box<dyn TrainEvents> {
        let _ = label;
        Box::new(Silent)
    }
}

impl dyn Watch + '_ {
    /// Fails if the study should end.
    ///
    /// # Errors
    /// [`StudyError::Stopped`].
    pub fn go_on(&self) -> Result<(), StudyError> {
        match self.should_stop() {
            true => Err(StudyError::Stopped),
            false => Ok(()),
        }
    }
}

/// Counts the items of one piece of work.
pub trait Progress {
    /// Counts `items` more items as done.
    fn advance(&self, items: usize);
}

/// Counts nothing.
struct NoProgress;

impl Progress for NoProgress {
    fn advance(&self, _items: usize) {}
}

impl From<DataError> for StudyError {
    fn from(error: DataError) -> Self {
        match error {
            DataError::Interrupted => Self::Stopped,
            error => Self::Data(error),
        }
    }
}

impl From<ExplainError> for StudyError {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::Interrupted => Self::Stopped,
            error => Self::Explain(error),
        }
    }
}

/// Follows nothing and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}
