//! What a publisher offers of a data set, and what must come of it.
//!
//! Described by the readers of the data sets (`cifar100`, `mnist`), carried out by `fetch`.

use std::path::{Path, PathBuf};

use crate::data::archive::Contents;
use crate::data::catalogue::CatalogueEntry;
use crate::data::clips::{ClipDataset, mnist};
use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::data::{DatasetName, cifar100};

/// A data set as it is published.
#[derive(Debug)]
pub(crate) struct Release {
    /// Name of the data set.
    pub(crate) dataset: &'static str,
    /// The folder that it is put into, below the data folder.
    pub(crate) folder: &'static str,
    /// Where its files are, each an address that a file's name is put after; tried in turn.
    pub(crate) mirrors: Vec<String>,
    /// The files, packed.
    pub(crate) files: Vec<PackedFile>,
    /// Finds a folder with the unpacked files.
    pub(crate) locate: fn(&DataSearch) -> Result<PathBuf, DataError>,
    /// Checks every byte of such a folder.
    pub(crate) check: fn(&Path) -> Result<(), DataError>,
}

/// One file at the publisher.
#[derive(Debug)]
pub(crate) struct PackedFile {
    pub(crate) name: String,
    /// The publisher's MD5, lower-case hexadecimal.
    pub(crate) md5: String,
    /// Most bytes that it may have.
    pub(crate) cap: u64,
    pub(crate) packing: Packing,
}

/// How a file is packed.
#[derive(Clone, Debug)]
pub(crate) enum Packing {
    /// A `.tar.gz` of one folder.
    TarGz(Contents),
    /// A `.gz` of one file.
    Gzip {
        /// The unpacked file's name.
        name: &'static str,
        /// Most bytes that it may have.
        cap: u64,
    },
}

impl CatalogueEntry {
    /// What is published of it, or of what it is made from; `None` where this crate makes all of it.
    pub(crate) fn release(self) -> Option<Release> {
        match self {
            Self::Images(DatasetName::Cifar100) => Some(cifar100::release()),
            Self::Mnist | Self::Clips(ClipDataset::MovingMnist) => Some(mnist::release()),
            Self::Images(DatasetName::Shapes) | Self::Clips(ClipDataset::Digits) => None,
        }
    }
}
