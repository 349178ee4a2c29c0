//! Digests of a stream, as lower-case hexadecimal: what publishers give of their files.
//!
//! Called by the download. The SHA-256 of a whole content is in [`crate::run`].

use std::io::Read;

use md5::{Digest, Md5};
use sha2::Sha256;

use crate::run::hexadecimal;

/// Bytes hashed at a time from a stream.
const CHUNK: usize = 1 << 18;

/// MD5 of everything `reader` gives, with the number of bytes.
///
/// # Errors
/// What the reader returns.
pub(crate) fn md5_of(reader: &mut impl Read) -> std::io::Result<(String, u64)> {
    digest_of::<Md5>(reader)
}

/// SHA-256 of everything `reader` gives, with the number of bytes.
///
/// # Errors
/// What the reader returns.
pub(crate) fn sha256_of(reader: &mut impl Read) -> std::io::Result<(String, u64)> {
    digest_of::<Sha256>(reader)
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
        assert_eq!(
            sha256_of(&mut b"abc".as_slice()).unwrap(),
            (sha256(b"abc"), 3)
        );
    }
}
