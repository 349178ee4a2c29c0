//! Errors of runs named by the user.

use std::path::PathBuf;

/// Why no run is found.
#[derive(Debug, thiserror::Error)]
pub enum UnknownRun {
    /// There is no run at all.
    #[error("there is no run in {:?}", .0.display())]
    None(PathBuf),
    /// A name that is neither that of a run nor a folder of runs.
    #[error("there is no run {name:?}{}", base.as_ref().map_or(String::new(), |base| format!(" on {base}")))]
    Named {
        /// The name.
        name: String,
        /// The base that was asked for.
        base: Option<String>,
        /// Runs of a similar name, or of the same name on another base.
        near: Vec<String>,
    },
}
