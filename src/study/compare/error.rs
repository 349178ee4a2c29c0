//! Errors of a comparison: the reason as data.

use std::path::PathBuf;

use crate::study::StudyError;

/// Why runs cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// No run on a base.
    #[error("there is no run on {base:?}")]
    NoneOnBase {
        /// The base.
        base: String,
    },
    /// Fewer than two runs.
    #[error("{name} alone cannot be compared")]
    One {
        /// The run.
        name: String,
    },
    /// One run is named twice, by itself or by a name that includes it.
    #[error("{:?} is named twice", path.display())]
    Twice {
        /// Its folder.
        path: PathBuf,
    },
    /// A run without a best checkpoint.
    #[error("{:?} has no best checkpoint yet", path.display())]
    NoBest {
        /// Its folder.
        path: PathBuf,
    },
    /// Networks that classify and networks that predict frames.
    #[error("{classifier} classifies images, {predictor} predicts frames")]
    TwoKinds {
        /// The one.
        classifier: String,
        /// The other.
        predictor: String,
    },
    /// Runs of different data.
    #[error("{first} and {second} have different test data: {differences}")]
    OtherData {
        /// One run.
        first: String,
        /// The other.
        second: String,
        /// The keys that differ.
        differences: String,
    },
    /// Anything else.
    #[error(transparent)]
    Study(#[from] StudyError),
}

impl From<crate::run::RunError> for CompareError {
    fn from(error: crate::run::RunError) -> Self {
        Self::Study(error.into())
    }
}
