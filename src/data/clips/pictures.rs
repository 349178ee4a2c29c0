//! Pictures of digits for clips, as a separate data set.

use super::glyphs::Glyphs;
use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::splits::SourceChecksum;

/// A whole release of pictures of digits, verified.
#[derive(Debug)]
pub(in crate::data) struct DigitPictures {
    /// The training pictures.
    pub(in crate::data) train: Glyphs,
    /// The test pictures.
    pub(in crate::data) test: Glyphs,
    /// Their source files.
    pub(in crate::data) sources: Vec<SourceChecksum>,
}

/// A data set of pictures of digits.
pub(in crate::data) trait DigitSource: Origin {
    /// Reads and verifies every byte.
    fn read(&self, search: &DataSearch) -> Result<DigitPictures, DataError>;
}
