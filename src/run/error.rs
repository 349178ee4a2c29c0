//! Errors of a run folder.

use std::path::{Path, PathBuf};

/// A failure to read or write the run folder.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The operating system refused a read or a write.
    #[error("cannot {action} {path:?}: {source}")]
    Io {
        /// The failed action, as a verb phrase: "read", "write", "create".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A JSON, CSV or safetensors file is malformed.
    #[error("{path:?} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where in it.
        reason: String,
    },
    /// A file's content does not match the checksum in its checkpoint's state file.
    #[error("{path:?} is damaged: expected sha-256 {expected}, found {found} ({bytes} bytes)")]
    ChecksumMismatch {
        /// The file.
        path: PathBuf,
        /// The expected checksum, first 16 hexadecimal digits.
        expected: String,
        /// The measured checksum, first 16 hexadecimal digits.
        found: String,
        /// The measured size in bytes.
        bytes: u64,
    },
    /// A checkpoint was written by a newer program.
    #[error("{path:?} has checkpoint format {found}, this program reads up to {supported}")]
    NewerFormat {
        /// The state file.
        path: PathBuf,
        /// The format in the file.
        found: u32,
        /// The newest format that this program supports.
        supported: u32,
    },
    /// A checkpoint is in the place of another one.
    #[error("{path:?} is the state of {found} of seed {seed}, copied or renamed")]
    Misplaced {
        /// The state file.
        path: PathBuf,
        /// The checkpoint that it was written for.
        found: String,
        /// The training seed that it was written for.
        seed: u64,
    },
    /// Another process is writing into the run folder.
    #[error("the run folder {path:?} is in use by {owner}")]
    Locked {
        /// The run folder.
        path: PathBuf,
        /// The process and host that hold it.
        owner: String,
    },
    /// Another process is writing into an output folder.
    #[error("the folder {path:?} is in use by {owner}")]
    OutputLocked {
        /// The output folder.
        path: PathBuf,
        /// The process and host that hold it.
        owner: String,
    },
    /// Results cannot be written to a place.
    #[error("cannot write to {path:?}: {reason}")]
    Unwritable {
        /// The folder or file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// There is no such checkpoint.
    #[error("no checkpoint {wanted} in {path:?}{known}")]
    NoCheckpoint {
        /// The run folder.
        path: PathBuf,
        /// The requested checkpoint, such as "for epoch 12".
        wanted: String,
        /// The existing checkpoints, as a phrase, or nothing.
        known: String,
    },
}

impl RunError {
    /// Returns the error for a failed `action` on `path`.
    pub fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_path_buf(),
            source,
        }
    }

    /// Returns the error for a malformed file at `path`.
    pub fn damaged(path: &Path, reason: impl std::fmt::Display) -> Self {
        Self::Damaged {
            path: path.to_path_buf(),
            reason: reason.to_string(),
        }
    }
}
