//! The result of a comparison, and its files.

use std::path::{Path, PathBuf};

use crate::run::{RunError, StabilityPictures, StabilityRow, StabilitySummaryRow, TableRow};

/// The result of a comparison.
#[derive(Debug, Default)]
pub struct Findings {
    /// One row per experiment, layer, method and picture.
    pub rows: Vec<StabilityRow>,
    /// The means over pictures.
    pub summary: Vec<StabilitySummaryRow>,
    /// A few pictures with their maps.
    pub pictures: StabilityPictures,
}

impl Findings {
    /// Writes tables and pictures into `folder`, and returns the tables.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 2], RunError> {
        let paths = [StabilitySummaryRow::FILE, StabilityRow::FILE].map(|name| folder.join(name));
        StabilitySummaryRow::write(&paths[0], &self.summary)?;
        StabilityRow::write(&paths[1], &self.rows)?;
        self.pictures.write(folder)?;
        Ok(paths)
    }
}
