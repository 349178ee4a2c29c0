//! Unpacks a `.gz` of one file without trusting its content.

use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::data::error::DataError;
use crate::run::open_regular;

/// Returns the content of the gzip file `packed` of `dataset`, of at most `cap` bytes.
///
/// # Errors
/// [`DataError::Packed`] for another format, a damaged or truncated file, or too much content;
/// [`DataError::Io`].
pub(crate) fn gunzip(dataset: &'static str, packed: &Path, cap: u64) -> Result<Vec<u8>, DataError> {
    let file = open_regular(packed).map_err(DataError::io("read", packed))?;
    let mut unpacked = Capped {
        inner: MultiGzDecoder::new(BufReader::new(file)),
        left: cap,
    };
    let mut content = Vec::new();
    match unpacked.read_to_end(&mut content) {
        Ok(_) => Ok(content),
        Err(error) => Err(DataError::Packed {
            dataset,
            path: packed.to_path_buf(),
            problem: error.to_string(),
        }),
    }
}

/// A reader that fails after more than `left` bytes.
pub(crate) struct Capped<R> {
    pub(crate) inner: R,
    pub(crate) left: u64,
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other("more data than it should unpack to"))?;
        Ok(count)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    pub(crate) fn gzipped(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        io::Write::write_all(&mut encoder, content).unwrap();
        encoder.finish().unwrap()
    }

    /// Unpacks at most eight bytes.
    fn try_gunzip(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gz");
        fs::write(&path, bytes).unwrap();
        gunzip("set", &path, 8).map_err(|error| {
            assert!(matches!(error, DataError::Packed { dataset: "set", .. }));
            let text = error.to_string();
            let start = format!("cannot unpack {path:?}: ");
            text.strip_prefix(&start).unwrap().to_owned()
        })
    }

    #[test]
    fn a_gzip_file_gives_its_content_and_no_more_than_allowed() {
        let whole = gzipped(b"8 bytes.");
        assert_eq!(try_gunzip(&whole).unwrap(), b"8 bytes.");
        // As `cat a.gz b.gz` creates it.
        let two = [gzipped(b"8 by"), gzipped(b"tes.")].concat();
        assert_eq!(try_gunzip(&two).unwrap(), b"8 bytes.");
        // A bomb: 64 MiB of zeros in 64 KiB.
        let bomb = gzipped(&vec![0; 64 << 20]);
        assert!(bomb.len() < 1 << 19, "{}", bomb.len());
        let error = try_gunzip(&bomb).unwrap_err();
        assert_eq!(error, "more data than it should unpack to");
    }

    #[test]
    fn gzip_files_that_are_cut_damaged_or_none_are_told() {
        let whole = gzipped(b"8 bytes.");
        for most in 0..whole.len() {
            assert!(try_gunzip(&whole[..most]).is_err(), "cut after {most}");
        }
        let mut flipped = whole.clone();
        // The checksum is in the last eight bytes.
        flipped[whole.len() - 6] ^= 1;
        let error = try_gunzip(&flipped).unwrap_err();
        assert!(error.contains("checksum"), "{error}");
        let error = try_gunzip(b"<html>not found</html>").unwrap_err();
        assert!(error.contains("gzip header"), "{error}");
    }
}
