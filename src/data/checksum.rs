//! Digests of a stream, as lower-case hexadecimal, as published with files.
//!
//! The SHA-256 of content in memory is in [`crate::run`].

use std::io::{BufReader, Read};
use std::path::Path;

use md5::{Digest, Md5};
use sha2::Sha256;

use crate::data::error::DataError;
use crate::run::{hexadecimal, open_regular};

/// Bytes hashed at a time from a stream.
const CHUNK: usize = 1 << 18;

/// The published digest of a file's content, lower-case hexadecimal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fingerprint<'a> {
    /// All digits of its MD5.
    Md5(&'a str),
    /// The first digits of its SHA-256.
    Sha256Start(&'a str),
}

impl<'a> Fingerprint<'a> {
    /// Returns the name of the checksum.
    pub(crate) fn algorithm(self) -> &'static str {
        match self {
            Self::Md5(_) => "MD5",
            Self::Sha256Start(_) => "SHA-256",
        }
    }

    /// Returns the digits.
    pub(crate) fn digits(self) -> &'a str {
        match self {
            Self::Md5(digits) | Self::Sha256Start(digits) => digits,
        }
    }

    /// Returns as many digits of the digest of `content`.
    pub(crate) fn of_bytes(self, content: &[u8]) -> String {
        let mut found = match self {
            Self::Md5(_) => hexadecimal(&Md5::digest(content)),
            Self::Sha256Start(_) => hexadecimal(&Sha256::digest(content)),
        };
        found.truncate(self.digits().len());
        found
    }

    /// Returns as many digits of the digest of the file at `path`, and its size in bytes.
    ///
    /// # Errors
    /// [`DataError::Io`].
    pub(crate) fn of_file(self, path: &Path) -> Result<(String, u64), DataError> {
        let file = open_regular(path).map_err(DataError::io("read", path))?;
        let mut content = BufReader::new(file);
        let digest = match self {
            Self::Md5(_) => md5_of(&mut content),
            Self::Sha256Start(_) => digest_of::<Sha256>(&mut content),
        };
        let (mut found, bytes) = digest.map_err(DataError::io("read", path))?;
        found.truncate(self.digits().len());
        Ok((found, bytes))
    }
}

/// Returns the MD5 of all bytes of `reader`, and their number.
///
/// # Errors
/// An error of the reader.
pub(crate) fn md5_of(reader: &mut impl Read) -> std::io::Result<(String, u64)> {
    digest_of::<Md5>(reader)
}

fn digest_of<D: Digest>(reader: &mut impl Read) -> std::io::Result<(String, u64)> {
    let mut state = D::new();
    let mut buffer = vec![0; CHUNK];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((hexadecimal(&state.finalize()), total)),
            Ok(count) => {
                state.update(&buffer[..count]);
                total += count as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::sha256;

    #[test]
    fn published_test_vectors() {
        // FIPS 180-4 and RFC 1321 both give the digest of "abc".
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let (digest, bytes) = md5_of(&mut b"abc".as_slice()).unwrap();
        assert_eq!(
            (digest.as_str(), bytes),
            ("900150983cd24fb0d6963f7d28e17f72", 3)
        );
    }

    #[test]
    fn a_file_gives_as_many_digits_as_were_published() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc");
        std::fs::write(&path, "abc").unwrap();
        let found = Fingerprint::Sha256Start("00000000").of_file(&path).unwrap();
        assert_eq!(found, ("ba7816bf".to_owned(), 3));
        let all = "00000000000000000000000000000000";
        let found = Fingerprint::Md5(all).of_file(&path).unwrap();
        assert_eq!(found.0, "900150983cd24fb0d6963f7d28e17f72");
    }
}
