//! Records that contain their own checksum, so that any changed bit is found when they are read.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Checksum, RunError, sha256};

/// A record with a field for the SHA-256 of the rest of its file.
pub(super) trait Sealed: Serialize + DeserializeOwned + Clone {
    /// Returns the field with the 64 digits.
    fn seal(&mut self) -> &mut String;

    /// Returns the record as JSON, with its checksum.
    ///
    /// # Errors
    /// [`RunError::Damaged`] if it could not be read back: JSON has no number that is not finite.
    fn sealed(&self, path: &Path) -> Result<Vec<u8>, RunError> {
        let damaged = |reason| RunError::damaged(path, reason);
        let mut record = self.clone();
        record.seal().clear();
        let body = serde_json::to_string_pretty(&record).map_err(damaged)?;
        serde_json::from_str::<Self>(&body).map_err(damaged)?;
        *record.seal() = sha256(body.as_bytes());
        serde_json::to_vec_pretty(&record).map_err(damaged)
    }

    /// Returns the record in `content`, read from `path`. One without a checksum is not verified.
    ///
    /// # Errors
    /// [`RunError::ChecksumMismatch`] or [`RunError::Damaged`].
    fn unsealed(path: &Path, content: &[u8]) -> Result<Self, RunError> {
        let text =
            std::str::from_utf8(content).map_err(|reason| RunError::damaged(path, reason))?;
        let mut record: Self =
            serde_json::from_str(text).map_err(|reason| RunError::damaged(path, reason))?;
        let expected = record.seal().clone();
        if expected.is_empty() {
            return Ok(record);
        }
        // A line end after the record is not part of it.
        let unsigned = text.trim_end_matches('\n').replacen(&expected, "", 1);
        let found = Checksum::of(unsigned.as_bytes());
        if found.sha256 != expected {
            return Err(RunError::ChecksumMismatch {
                path: path.to_path_buf(),
                expected: expected.chars().take(16).collect(),
                found: found.short().to_string(),
                bytes: content.len() as u64,
            });
        }
        Ok(record)
    }
}
