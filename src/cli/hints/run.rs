//! How to fix a run folder.

use crate::run::{MANIFEST_FILE, RunError};

/// Returns how to fix `error`.
pub(in crate::cli) fn run(error: &RunError) -> Option<&'static str> {
    match error {
        RunError::NewerFormat { .. } => {
            Some("update camtrail, or train the run again with --force")
        }
        RunError::ChecksumMismatch { path, .. } if path.ends_with(MANIFEST_FILE) => {
            Some("remove it: --resume writes another one")
        }
        RunError::ChecksumMismatch { .. } | RunError::Misplaced { .. } => {
            Some("train on from the checkpoint before it with --resume")
        }
        RunError::OutputLocked { .. } => {
            Some("wait until it ends, or name another folder with --out")
        }
        RunError::Unwritable { .. } => Some("name a place that can be written to"),
        _ => None,
    }
}
