//! The data sets that can be listed, checked and fetched: training data, and the data that they are
//! made from.

use std::fmt;
use std::iter;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::IMAGES;
use super::clips::{CLIPS, DIGIT_PICTURES};
use crate::data::clips::{ClipDataset, DigitSource};
use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::data::folder;
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::release::Release;

/// A data set that can be listed, checked and, if it is published, fetched.
#[derive(Clone, Copy, Debug)]
pub struct CatalogueEntry(Kind);

/// The content of a data set.
#[derive(Clone, Copy, Debug)]
pub(in crate::data) enum Kind {
    /// Images that classifiers are trained on.
    Images(Dataset),
    /// Pictures of digits, from which clips are made.
    Digits(&'static dyn DigitSource),
    /// Clips that next-frame predictors are trained on.
    Clips(ClipDataset),
}

impl CatalogueEntry {
    /// Returns every entry: images, then digits, then clips.
    pub fn all() -> impl Iterator<Item = Self> {
        let images = IMAGES.iter().map(|dataset| Kind::Images(*dataset));
        let digits = DIGIT_PICTURES.iter().map(|source| Kind::Digits(*source));
        let clips = CLIPS.iter().map(|dataset| Kind::Clips(*dataset));
        images.chain(digits).chain(clips).map(Self)
    }

    pub(in crate::data) fn kind(self) -> Kind {
        self.0
    }

    fn origin(self) -> &'static dyn Origin {
        match self.0 {
            Kind::Images(dataset) => dataset.origin(),
            Kind::Digits(source) => source,
            Kind::Clips(dataset) => dataset.origin(),
        }
    }

    /// Returns the name on the command line.
    pub fn name(self) -> &'static str {
        self.origin().name()
    }

    /// Returns whether its pictures are drawn by this crate; outputs must then state it.
    pub fn is_generated(self) -> bool {
        self.origin().is_generated()
    }

    /// Returns whether it holds images for classifiers.
    pub fn is_images(self) -> bool {
        matches!(self.0, Kind::Images(_))
    }

    /// Returns the smallest and largest side to which its pictures can be resized; `None` if they have
    /// a fixed size.
    pub fn sides(self) -> Option<[usize; 2]> {
        match self.0 {
            Kind::Images(dataset) => dataset.sides(),
            Kind::Digits(_) | Kind::Clips(_) => None,
        }
    }

    /// Returns a one-line description.
    pub fn summary(self) -> &'static str {
        self.origin().summary()
    }

    /// Returns what is published of it or of its source data; `None` if nothing can be downloaded.
    pub(crate) fn release(self) -> Option<Release> {
        self.origin().release()
    }

    /// Finds the folder with its files; `None` if it needs none.
    pub(in crate::data) fn locate(self, search: &DataSearch) -> Option<Result<PathBuf, DataError>> {
        self.origin().locate(search)
    }
}

impl From<Dataset> for CatalogueEntry {
    fn from(dataset: Dataset) -> Self {
        Self(Kind::Images(dataset))
    }
}

impl From<ClipDataset> for CatalogueEntry {
    fn from(dataset: ClipDataset) -> Self {
        Self(Kind::Clips(dataset))
    }
}

/// Two entries are the same if their names are.
impl PartialEq for CatalogueEntry {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for CatalogueEntry {}

impl fmt::Display for CatalogueEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for CatalogueEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl FromStr for CatalogueEntry {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        Self::all()
            .chain(iter::once_with(|| folder::named(name).map(Self::from)).flatten())
            .find(|entry| entry.name() == name)
            .ok_or_else(|| DataError::unknown("data set", name, Self::all().map(Self::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_data_set_is_missing() {
        for entry in CatalogueEntry::all() {
            assert_eq!(entry.to_string().parse::<CatalogueEntry>().unwrap(), entry);
        }
        let names: Vec<&str> = CatalogueEntry::all().map(CatalogueEntry::name).collect();
        for name in ["cifar-100", "shapes", "mnist", "moving-mnist", "digits"] {
            assert!(names.contains(&name), "{name}");
        }
        let error = "minst".parse::<CatalogueEntry>().unwrap_err();
        let DataError::Unknown { near, known, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(near, ["mnist"]);
        assert_eq!(known, names);
    }
}
