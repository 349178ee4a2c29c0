//! How a study is followed and stopped: progress, notes and the wish to end.

use crate::train::{Silent, TrainEvents};

use super::StudyError;

/// Follows a study. Every method has a default that stays silent and never stops.
pub trait Watch {
    /// Whether the study should end; asked between steps that leave nothing half-done.
    fn should_stop(&self) -> bool {
        false
    }

    /// Takes a sentence that is not a result: what is about to be done, what was skipped, a warning.
    fn note(&self, message: &str) {
        let _ = message;
    }

    /// Starts a piece of work of so many items, or of an unknown number; it ends when the value
    /// returned is dropped.
    fn begin(&self, label: &str, items: Option<usize>) -> Box<dyn Progress> {
        let _ = (label, items);
        Box::new(NoProgress)
    }

    /// Returns what follows the training of the run called `label`, such as "trial-d seed 0".
    fn training(&self, label: &str) -> Box<dyn TrainEvents> {
        let _ = label;
        Box::new(Silent)
    }
}

impl dyn Watch + '_ {
    /// Fails where the study should end.
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
    /// So many more items are done.
    fn advance(&self, items: usize);
}

/// Counts nothing.
struct NoProgress;

impl Progress for NoProgress {
    fn advance(&self, _items: usize) {}
}

/// Follows nothing and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {}
