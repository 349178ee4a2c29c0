//! The official test set of Moving MNIST, `mnist_test_seq.npy`, if a user has it.
//!
//! Its clips have no digits: the file contains only grey values.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::moving::{CANVAS_SIDE, CLIP_FRAMES, Clip};
use crate::data::error::DataError;
use crate::run::open_regular;

/// First bytes of a NumPy file.
const MAGIC: &[u8] = b"\x93NUMPY";
/// Bytes of magic, version and the header's length, in version 1 of the format.
const PREFIX: usize = 10;
/// Required text of the header, without spaces.
const EXPECTED: [&str; 3] = ["'descr':'|u1'", "'fortran_order':False", "'shape':(20,"];

/// The clips of `mnist_test_seq.npy`: 8-bit, `[20, clips, 64, 64]`.
#[derive(Debug)]
pub struct OfficialTestSet {
    path: PathBuf,
    file: File,
    first_value: u64,
    clips: usize,
}

impl OfficialTestSet {
    /// Opens the file and checks its header and its length.
    ///
    /// # Errors
    /// [`DataError::Io`]; [`DataError::Format`] if it is not a NumPy file of that type and shape.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let io = |action| DataError::io(action, path);
        let wrong = |problem: String| DataError::Format {
            path: path.to_path_buf(),
            problem,
        };
        let mut file = open_regular(path).map_err(io("read"))?;
        let length = file.metadata().map_err(io("read"))?.len();
        let mut prefix = [0; PREFIX];
        file.read_exact(&mut prefix).map_err(io("read"))?;
        if !prefix.starts_with(MAGIC) || prefix[6] != 1 {
            return Err(wrong("is not a NumPy file of format 1".into()));
        }
        let header_length = u16::from_le_bytes([prefix[8], prefix[9]]);
        let mut header = vec![0; usize::from(header_length)];
        file.read_exact(&mut header).map_err(io("read"))?;
        let header = String::from_utf8_lossy(&header).replace(' ', "");
        if let Some(missing) = EXPECTED.iter().find(|part| !header.contains(**part)) {
            return Err(wrong(format!("has no {missing} in its header: {header:?}")));
        }
        let clips = shape_after_time(&header)
            .ok_or_else(|| wrong(format!("holds no frames of 64 x 64: {header:?}")))?;
        let first_value = PREFIX as u64 + u64::from(header_length);
        // As wide as the largest value in a header.
        let clip_bytes = (CLIP_FRAMES * CANVAS_SIDE * CANVAS_SIDE) as u128;
        let expected = u128::from(first_value) + clips as u128 * clip_bytes;
        if u128::from(length) != expected {
            return Err(wrong(format!("has {length} bytes, expected {expected}")));
        }
        Ok(Self {
            path: path.to_path_buf(),
            file,
            first_value,
            clips,
        })
    }

    /// Returns the number of clips.
    pub fn len(&self) -> usize {
        self.clips
    }

    /// Returns whether there are no clips.
    pub fn is_empty(&self) -> bool {
        self.clips == 0
    }

    /// Returns clip `number`, from 0.
    ///
    /// # Errors
    /// [`DataError::Io`].
    ///
    /// # Panics
    /// If there is no such clip.
    pub fn clip(&mut self, number: usize) -> Result<Clip, DataError> {
        assert!(number < self.clips, "clip {number} of {}", self.clips);
        let area = CANVAS_SIDE * CANVAS_SIDE;
        let mut frames = vec![0; CLIP_FRAMES * area];
        for (time, frame) in frames.chunks_exact_mut(area).enumerate() {
            let place = self.first_value + ((time * self.clips + number) * area) as u64;
            self.file
                .seek(SeekFrom::Start(place))
                .and_then(|_| self.file.read_exact(frame))
                .map_err(DataError::io("read", &self.path))?;
        }
        Ok(Clip {
            frames,
            digits: Vec::new(),
        })
    }
}

/// Returns the number of clips, at least 1, in a header whose shape is `(20, clips, 64, 64)`.
fn shape_after_time(header: &str) -> Option<usize> {
    let shape = header.split("'shape':(20,").nth(1)?;
    let (clips, rest) = shape.split_once(',')?;
    let clips = clips.parse().ok().filter(|clips| *clips > 0)?;
    rest.starts_with("64,64)").then_some(clips)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(header: &str, values: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("mnist_test_seq.npy");
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 0]);
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(values);
        std::fs::write(&path, bytes).expect("written");
        (folder, path)
    }

    const HEADER: &str = "{'descr': '|u1', 'fortran_order': False, 'shape': (20, 2, 64, 64), }  \n";

    #[test]
    fn a_clip_is_gathered_from_all_times() {
        let area = CANVAS_SIDE * CANVAS_SIDE;
        // The grey value is 2 * time + clip.
        let values: Vec<u8> = (0..40).flat_map(|block| vec![block as u8; area]).collect();
        let (_folder, path) = npy(HEADER, &values);
        let mut set = OfficialTestSet::open(&path).expect("opened");
        assert_eq!(set.len(), 2);
        let clip = set.clip(1).expect("read");
        assert_eq!(clip.len(), 20);
        assert!((0..20).all(|time| clip.frame(time) == vec![2 * time as u8 + 1; area]));
    }

    #[test]
    fn other_files_are_refused_by_what_is_wrong_with_them() {
        let refuse = |header: &str, bytes: usize| {
            let (_folder, path) = npy(header, &vec![0; bytes]);
            OfficialTestSet::open(&path)
                .expect_err("not the test set")
                .to_string()
        };
        assert!(refuse(HEADER, 5).contains("bytes, expected"));
        let huge = HEADER.replace("20, 2,", &format!("20, {},", u64::MAX));
        assert!(refuse(&huge, 0).ends_with("bytes, expected 1511157274518286468300900"));
        assert!(refuse(&HEADER.replace("|u1", "<f4"), 0).contains("'descr':'|u1'"));
        assert!(refuse(&HEADER.replace("64, 64", "32, 32"), 0).contains("no frames of 64 x 64"));
        assert!(refuse(&HEADER.replace("2,", "0,"), 0).contains("no frames of 64 x 64"));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.npy");
        std::fs::write(&path, b"<html>not found</html>").expect("written");
        let error = OfficialTestSet::open(&path).expect_err("HTML").to_string();
        assert!(error.contains("is not a NumPy file"), "{error}");
    }
}
