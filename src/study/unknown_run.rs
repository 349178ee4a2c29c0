//! Errors of runs named for an export.

use std::path::PathBuf;

/// Why there is nothing to export.
#[derive(Debug, thiserror::Error)]
pub enum UnknownRun {
    /// There is no run at all.
    #[error("there is no run in {:?}", .0.display())]
    None(PathBuf),
    /// No run has this name.
    #[error("there is no run {name:?}")]
    Named {
        /// The name.
        name: String,
        /// Similar names of runs.
        near: Vec<String>,
    },
}
