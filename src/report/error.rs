//! Errors of the page.

use std::path::PathBuf;

use crate::run::RunError;

/// A page that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A file that cannot be read or written.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The folder holds neither maps nor tables nor figures.
    #[error("there is nothing to report in {folder:?} or below it")]
    Nothing {
        /// The folder.
        folder: PathBuf,
    },
    /// A picture that cannot be embedded.
    #[error("cannot embed {name:?} of {file:?}: {reason}")]
    Picture {
        /// The file.
        file: PathBuf,
        /// The array in the file.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The page was not finished.
    #[error("stopped")]
    Stopped,
}
