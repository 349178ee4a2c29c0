//! The published files of a data set, and the checks of their content.

use std::path::{Path, PathBuf};

use crate::data::archive::Contents;
use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::data::zip_archive::ZipContents;

/// A data set as it is published.
#[derive(Debug)]
pub(crate) struct Release {
    /// Name of the data set.
    pub(crate) dataset: &'static str,
    /// Its target folder, in the data folder.
    pub(crate) folder: &'static str,
    /// Addresses of its files, to which a file's name is appended; tried in turn.
    pub(crate) mirrors: Vec<String>,
    /// The files, packed.
    pub(crate) files: Vec<PackedFile>,
    /// Finds a folder with the unpacked files.
    pub(crate) locate: fn(&DataSearch) -> Result<PathBuf, DataError>,
    /// Verifies every byte of such a folder.
    pub(crate) check: fn(&Path) -> Result<(), DataError>,
}

/// One file at the publisher.
#[derive(Debug)]
pub(crate) struct PackedFile {
    pub(crate) name: String,
    /// The publisher's MD5, lower-case hexadecimal.
    pub(crate) md5: String,
    /// Maximum size in bytes.
    pub(crate) cap: u64,
    pub(crate) packing: Packing,
}

/// How a file is packed.
#[derive(Clone, Debug)]
pub(crate) enum Packing {
    /// A `.tar.gz` of one folder.
    TarGz(Contents),
    /// A `.zip` of one folder with many files.
    Zip(ZipContents),
    /// A `.gz` of one file.
    Gzip {
        /// The unpacked file's name.
        name: &'static str,
        /// Maximum size in bytes.
        cap: u64,
    },
}
