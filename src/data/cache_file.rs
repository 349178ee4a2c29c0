//! A file of decoded pictures of one size, from which single pictures are read. It is verified when it
//! is opened.
//!
//! Layout: the records (`[channels, side, side]`, one byte per value), then the index as JSON, then the
//! [`Trailer`]: whatever is missing or changed is noticed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::data::error::DataError;
use crate::data::pixel_statistics::CHANNELS;
use crate::run::{open_regular, sha256};

/// Last bytes of a file; they change with the layout.
const MAGIC: &[u8; 16] = b"camtrail cache 1";
/// Bytes of a checksum in hexadecimal.
const DIGITS: usize = 64;
/// Bytes after the index: its length, its checksum, and [`MAGIC`].
const TRAILER: u64 = 8 + DIGITS as u64 + MAGIC.len() as u64;
/// Records read and verified at a time by one thread.
const VERIFIED_AT_ONCE: usize = 16;

/// A picture file that the cache was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    /// Its path in the data set's folder.
    pub(crate) path: PathBuf,
    /// Its size in bytes.
    pub(crate) bytes: u64,
    /// When it was last modified, in nanoseconds since 1970.
    pub(crate) modified: u64,
}

/// A source, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) source: Source,
    /// SHA-256 of its record, or why it was skipped.
    pub(crate) outcome: Outcome,
}

/// What became of a picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// It is a record with this SHA-256.
    Digest(String),
    /// It could not be decoded, for this reason.
    Skipped(String),
}

/// What the records are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    /// The folder of the sources.
    pub(crate) folder: PathBuf,
    /// Height and width of a record, pixels.
    pub(crate) side: usize,
    /// Whether the pictures have this size themselves.
    pub(crate) own_size: bool,
    /// The sources in order; records follow the same order without the skipped ones.
    pub(crate) entries: Vec<Entry>,
}

/// An open and verified cache file.
#[derive(Debug)]
pub(crate) struct CacheFile {
    file: File,
    path: PathBuf,
    record_len: usize,
    index: Index,
    /// The entry of each record.
    records: Vec<usize>,
}

impl CacheFile {
    /// Opens the file at `path` and verifies every byte. `Ok(None)` if there is no file, or if it is of
    /// other `sources` than expected.
    ///
    /// # Errors
    /// What is damaged, in words.
    pub(crate) fn open(
        path: &Path,
        is_current: impl FnOnce(&Index) -> bool,
    ) -> Result<Option<Self>, String> {
        let file = match open_regular(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let index = read_index(&file)?;
        if !is_current(&index) {
            return Ok(None);
        }
        let found = Self::of(file, path, index);
        found.verify()?;
        Ok(Some(found))
    }

    fn of(file: File, path: &Path, index: Index) -> Self {
        let is_record = |place: &usize| matches!(index.entries[*place].outcome, Outcome::Digest(_));
        Self {
            file,
            path: path.to_path_buf(),
            record_len: CHANNELS * index.side * index.side,
            records: (0..index.entries.len()).filter(is_record).collect(),
            index,
        }
    }

    /// Fails unless every record has its checksum.
    fn verify(&self) -> Result<(), String> {
        let size = self.file.metadata().map_err(|error| error.to_string())?;
        let numbers: Vec<usize> = (0..self.len()).collect();
        if size.len() < (self.len() * self.record_len) as u64 + TRAILER {
            return Err("it is too short".to_owned());
        }
        numbers
            .par_chunks(VERIFIED_AT_ONCE)
            .try_for_each(|numbers| {
                DataError::unless_interrupted().map_err(|stopped| stopped.to_string())?;
                for &number in numbers {
                    let record = self.read(number).map_err(|error| error.to_string())?;
                    if sha256(&record) != self.digest(number) {
                        return Err(format!("the pixels of {:?} changed", self.name(number)));
                    }
                }
                Ok(())
            })
    }

    /// Returns the number of records.
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Returns the number of bytes of a record.
    pub(crate) fn record_len(&self) -> usize {
        self.record_len
    }

    /// Returns what the records are.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// Returns the path of the picture of a record, in its folder.
    pub(crate) fn name(&self, record: usize) -> &Path {
        &self.index.entries[self.records[record]].source.path
    }

    /// Returns the SHA-256 of a record.
    pub(crate) fn digest(&self, record: usize) -> &str {
        match &self.index.entries[self.records[record]].outcome {
            Outcome::Digest(digest) => digest,
            Outcome::Skipped(_) => unreachable!("a skipped picture has no record"),
        }
    }

    /// Returns a record, read from the file.
    ///
    /// # Errors
    /// [`DataError::Io`].
    pub(crate) fn read(&self, record: usize) -> Result<Vec<u8>, DataError> {
        let mut pixels = vec![0; self.record_len];
        let place = (record * self.record_len) as u64;
        read_exact_at(&self.file, &mut pixels, place).map_err(DataError::io("read", &self.path))?;
        Ok(pixels)
    }
}

/// Writes `index` and the trailer after the records.
///
/// # Errors
/// Those of writing.
pub(crate) fn write_index(file: &mut impl Write, index: &Index) -> io::Result<()> {
    let text = serde_json::to_vec(index)?;
    file.write_all(&text)?;
    file.write_all(&(text.len() as u64).to_le_bytes())?;
    file.write_all(sha256(&text).as_bytes())?;
    file.write_all(MAGIC)
}

fn read_index(mut file: &File) -> Result<Index, String> {
    let unreadable = |error: io::Error| error.to_string();
    let size = file.metadata().map_err(unreadable)?.len();
    let end = size.checked_sub(TRAILER).ok_or("it is too short")?;
    let mut trailer = Vec::new();
    file.seek(SeekFrom::Start(end)).map_err(unreadable)?;
    file.read_to_end(&mut trailer).map_err(unreadable)?;
    let cut = "its end is missing";
    let (length, rest) = trailer.split_first_chunk::<8>().ok_or(cut)?;
    let digest = rest.strip_suffix(MAGIC).ok_or(cut)?;
    let length = u64::from_le_bytes(*length);
    let start = end.checked_sub(length).ok_or("its index is damaged")?;
    file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    let mut text = Vec::new();
    file.take(length)
        .read_to_end(&mut text)
        .map_err(unreadable)?;
    if sha256(&text).as_bytes() != digest {
        return Err("its index is damaged".to_owned());
    }
    serde_json::from_slice(&text).map_err(|error| format!("its index is damaged: {error}"))
}

#[cfg(unix)]
fn read_exact_at(file: &File, into: &mut [u8], place: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, place)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut into: &mut [u8], mut place: u64) -> io::Result<()> {
    while !into.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, into, place)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                into = &mut into[count..];
                place += count as u64;
            }
        }
    }
    Ok(())
}
