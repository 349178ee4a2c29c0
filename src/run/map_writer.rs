//! Writes an explanation folder part by part, so that memory holds only one part.

use std::path::{Path, PathBuf};

use super::arrays::ArraySpool;
use super::{ExplanationSet, MAPS_TENSORS, RunError};

/// File of the arrays so far, in the order in which they came. Hidden: it is no part of the folder.
const SPOOL: &str = ".arrays";

/// An explanation folder that is being written. Its files appear at the end.
#[derive(Debug)]
pub struct MapWriter {
    folder: PathBuf,
    spool: ArraySpool,
    /// Everything but the arrays.
    set: ExplanationSet,
}

impl MapWriter {
    /// Returns the writer of a folder without pictures; `folder` exists.
    ///
    /// # Errors
    /// [`RunError::Io`] if no file can be created in it.
    pub fn create(folder: &Path) -> Result<Self, RunError> {
        Ok(Self {
            folder: folder.to_path_buf(),
            spool: ArraySpool::create(&folder.join(SPOOL))?,
            set: ExplanationSet::default(),
        })
    }

    /// Adds pictures with their maps. What a set says of all its pictures is that of the last part.
    ///
    /// # Errors
    /// [`RunError::Io`] if the arrays cannot be written.
    pub fn add(&mut self, part: ExplanationSet) -> Result<(), RunError> {
        for (name, array) in part.arrays {
            self.spool.add(name, &array)?;
        }
        self.set.images.extend(part.images);
        self.set.records.extend(part.records);
        self.set.selection_rule = part.selection_rule;
        self.set.drawn_as = part.drawn_as;
        Ok(())
    }

    /// Returns the number of pictures so far.
    pub fn pictures(&self) -> usize {
        self.set.images.len()
    }

    /// Writes both files, the same bytes as [`ExplanationSet::write`] of all parts together, and
    /// returns everything but the arrays.
    ///
    /// # Errors
    /// As [`ExplanationSet::write`].
    pub fn finish(self) -> Result<ExplanationSet, RunError> {
        self.spool.finish(&self.folder.join(MAPS_TENSORS))?;
        self.set.write_manifest(&self.folder)?;
        Ok(self.set)
    }
}
