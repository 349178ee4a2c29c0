//! SHA-256 as lower-case hexadecimal.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Number of hexadecimal digits of a checksum in an error text.
const SHOWN_DIGITS: usize = 16;

/// The size and SHA-256 of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Checksum {
    /// Returns the checksum of `content`.
    pub fn of(content: &[u8]) -> Self {
        Self {
            bytes: content.len() as u64,
            sha256: sha256(content),
        }
    }

    /// Returns the first digits of the checksum, for messages.
    pub fn short(&self) -> &str {
        self.sha256.get(..SHOWN_DIGITS).unwrap_or(&self.sha256)
    }
}

/// Returns the SHA-256 of `content` as 64 lower-case hexadecimal digits.
pub fn sha256(content: &[u8]) -> String {
    hexadecimal(&Sha256::digest(content))
}

/// Returns two lower-case digits for each of `bytes`.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1.
    #[test]
    fn the_standards_own_example() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
