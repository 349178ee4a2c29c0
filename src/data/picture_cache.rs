//! Decodes pictures once: to one size, into a cache file that later loads read.
//!
//! A cache is used only if its bytes are those that were written, and if every picture still has the
//! path, size and time of modification that it had then. Otherwise it is written again.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use rayon::prelude::*;

use crate::data::cache_file::{CacheFile, Entry, Index, Outcome, Source, write_index};
use crate::data::error::DataError;
use crate::data::image_set::{CHANNELS, PIXEL_MAX};
use crate::data::photo::{Photo, View};
use crate::data::picture_event::{PictureEvent, report};
use crate::data::picture_tree::Tree;
use crate::run::{RunError, clear_beside, sha256, write_with};

/// Folder of all caches, in the data folder. It is hidden from those who list data sets and classes.
pub(crate) const CACHE_FOLDER: &str = ".camtrail-cache";

/// Pictures decoded between two writes; each thread holds one undecoded picture at a time.
const DECODED_AT_ONCE: usize = 64;

/// The pictures to decode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoding<'a> {
    /// Their folder.
    pub(crate) tree: &'a Tree,
    /// The pictures, in order.
    pub(crate) sources: &'a [Source],
    /// Height and width to which the largest centred square of each is resized, pixels.
    pub(crate) side: usize,
    /// Whether every picture must have this size itself.
    pub(crate) own_size: bool,
    /// Whether pictures that cannot be decoded are skipped.
    pub(crate) skip_bad: bool,
}

impl Decoding<'_> {
    /// Returns the verified cache of the pictures at `path`, which is written first if necessary.
    ///
    /// # Errors
    /// A picture that cannot be decoded, unless those are skipped; a cache that cannot be written;
    /// [`DataError::Interrupted`].
    pub(crate) fn cached(&self, path: &Path) -> Result<Arc<CacheFile>, DataError> {
        match CacheFile::open(path, |index| self.is_current(index)) {
            Ok(Some(found)) => return Ok(Arc::new(found)),
            Ok(None) => {}
            Err(problem) => {
                DataError::unless_interrupted()?;
                let (cache, problem) = (path, problem.as_str());
                report(PictureEvent::DamagedCache { cache, problem });
            }
        }
        self.write(path)?;
        match CacheFile::open(path, |index| self.is_current(index)) {
            Ok(Some(found)) => Ok(Arc::new(found)),
            found => {
                DataError::unless_interrupted()?;
                Err(DataError::Format {
                    path: path.to_path_buf(),
                    problem: match found {
                        Err(problem) => format!("was written and is damaged: {problem}"),
                        Ok(_) => "was replaced by another process: the pictures differ".to_owned(),
                    },
                })
            }
        }
    }

    /// Returns whether a cache with this `index` holds these pictures.
    fn is_current(&self, index: &Index) -> bool {
        let is_wanted =
            |entry: &Entry| self.skip_bad || matches!(entry.outcome, Outcome::Digest(_));
        index.side == self.side
            && index.own_size == self.own_size
            && index.folder == self.tree.real
            && index
                .entries
                .iter()
                .map(|entry| &entry.source)
                .eq(self.sources)
            && index.entries.iter().all(is_wanted)
    }

    fn write(&self, path: &Path) -> Result<(), DataError> {
        clear_beside(path);
        let mut failure = None;
        let written = write_with(path, |file| {
            self.write_records(file).map_err(|stop| match stop {
                Stop::Write(error) => error,
                Stop::Picture(error) => {
                    failure = Some(error);
                    io::Error::other("the pictures could not be decoded")
                }
            })
        });
        match (failure, written) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(()),
            (None, Err(RunError::Io { path, source, .. })) => {
                Err(DataError::Cache { path, source })
            }
            (None, Err(other)) => Err(DataError::Cache {
                path: path.to_path_buf(),
                source: io::Error::other(other),
            }),
        }
    }

    fn write_records(&self, file: &mut File) -> Result<(), Stop> {
        let mut file = BufWriter::new(file);
        let mut entries = Vec::with_capacity(self.sources.len());
        let (folder, total) = (self.tree.root.as_path(), self.sources.len());
        for sources in self.sources.chunks(DECODED_AT_ONCE) {
            DataError::unless_interrupted()?;
            let done = entries.len();
            report(PictureEvent::Decoding {
                folder,
                done,
                total,
            });
            let decoded: Vec<Result<Vec<u8>, DataError>> = sources
                .par_iter()
                .map(|source| self.decoded(source))
                .collect();
            for (source, decoded) in sources.iter().zip(decoded) {
                let outcome = match decoded {
                    Ok(record) => {
                        file.write_all(&record)?;
                        Outcome::Digest(sha256(&record))
                    }
                    Err(DataError::SetPicture { problem, .. }) if self.skip_bad => {
                        Outcome::Skipped(problem)
                    }
                    Err(error) => return Err(error.into()),
                };
                let source = source.clone();
                entries.push(Entry { source, outcome });
            }
        }
        report(PictureEvent::Decoded { folder, total });
        let index = Index {
            folder: self.tree.real.clone(),
            side: self.side,
            own_size: self.own_size,
            entries,
        };
        write_index(&mut file, &index)?;
        Ok(file.flush()?)
    }

    /// Returns the record of a picture: `[channels, side, side]`.
    fn decoded(&self, source: &Source) -> Result<Vec<u8>, DataError> {
        let path = self.tree.root.join(&source.path);
        let photo = Photo::read(&path).map_err(of_set)?;
        let side = self.side;
        let size = [photo.width(), photo.height()];
        if self.own_size && size != [side; 2] {
            let side = Some(side);
            return Err(DataError::UnequalSize { path, size, side });
        }
        let pixels = View::LargestSquare { side }.pixels(&photo);
        debug_assert_eq!(pixels.len(), CHANNELS * side * side);
        // Whole numbers divided by the maximum: rounding gives them back.
        let byte = |value: f32| (value * PIXEL_MAX).round() as u8;
        Ok(pixels.into_iter().map(byte).collect())
    }
}

/// Returns the error of a picture that belongs to a data set.
pub(crate) fn of_set(error: DataError) -> DataError {
    match error {
        DataError::Picture { path, problem, .. } => DataError::SetPicture { path, problem },
        other => other,
    }
}

/// Why a cache is not written.
enum Stop {
    /// A picture cannot be decoded.
    Picture(DataError),
    /// The file cannot be written.
    Write(io::Error),
}

impl From<DataError> for Stop {
    fn from(error: DataError) -> Self {
        Self::Picture(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}
