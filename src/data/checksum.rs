//! Checksums of bytes in memory and of streams, as lower-case hexadecimal.
//!
//! Called by the CIFAR-100 reader (SHA-256), by the download (MD5, which is what the publisher
//! gives) and for the fingerprints in a run's record.

use std::fmt::Write as _;
use std::io::Read;

use md5::Md5;
use sha2::{Digest, Sha256};

/// Bytes hashed at a time from a stream.
const CHUNK: usize = 1 << 18;

/// SHA-256 of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// MD5 of everything `reader` gives, with the number of bytes.
///
/// # Errors
/// What the reader returns.
pub(crate) fn md5_of(reader: &mut impl Read) -> std::io::Result<(String, u64)> {
    let mut state = Md5::new();
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

/// Two lower-case digits for each byte.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
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
}
