//! The names that the `data` verbs know: what networks are trained on, and what that is made from.
//!
//! Parsed by `cli`; `fetch` and `describe` say what each of them is.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::data::DatasetName;
use crate::data::clips::{ClipDataset, MNIST};
use crate::data::error::DataError;

/// A data set that can be listed, checked and, where it is not made here, fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CatalogueEntry {
    /// Images that classifiers are trained on.
    Images(DatasetName),
    /// Pictures of handwritten digits, from which clips are made.
    Mnist,
    /// Clips that next-frame predictors are trained on.
    Clips(ClipDataset),
}

impl CatalogueEntry {
    /// Every entry.
    pub const ALL: [Self; 5] = [
        Self::Images(DatasetName::Cifar100),
        Self::Images(DatasetName::Shapes),
        Self::Mnist,
        Self::Clips(ClipDataset::MovingMnist),
        Self::Clips(ClipDataset::Digits),
    ];

    /// The kebab-case name, as the command line spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Images(dataset) => dataset.name(),
            Self::Mnist => MNIST,
            Self::Clips(dataset) => dataset.name(),
        }
    }

    /// Whether its pictures are drawn by this crate; outputs must then say so.
    pub fn is_generated(self) -> bool {
        match self {
            Self::Images(dataset) => dataset.is_generated(),
            Self::Mnist => false,
            Self::Clips(dataset) => dataset.is_generated(),
        }
    }

    /// One line on what it is.
    pub fn summary(self) -> &'static str {
        match self {
            Self::Images(DatasetName::Cifar100) => {
                "photographs: 60,000 of 32 x 32 pixels in 100 classes"
            }
            Self::Images(DatasetName::Shapes) => {
                "generated: 12 forms over clutter, 32 x 32, with masks and boxes"
            }
            Self::Mnist => "handwritten digits: 70,000 of 28 x 28 pixels",
            Self::Clips(ClipDataset::MovingMnist) => {
                "clips of two moving digits of mnist, 20 frames of 64 x 64"
            }
            Self::Clips(ClipDataset::Digits) => {
                "generated: such clips of digits drawn from strokes, with footprints"
            }
        }
    }
}

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
        Self::ALL
            .into_iter()
            .find(|entry| entry.name() == name)
            .ok_or_else(|| DataError::unknown("data set", name, Self::ALL.map(Self::name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_data_set_is_left_out() {
        for entry in CatalogueEntry::ALL {
            assert_eq!(entry.to_string().parse::<CatalogueEntry>().unwrap(), entry);
        }
        for dataset in DatasetName::ALL {
            assert!(CatalogueEntry::ALL.contains(&CatalogueEntry::Images(dataset)));
        }
        for dataset in ClipDataset::ALL {
            assert!(CatalogueEntry::ALL.contains(&CatalogueEntry::Clips(dataset)));
        }
        let error = "minst".parse::<CatalogueEntry>().unwrap_err();
        assert_eq!(
            error.hint().unwrap(),
            "did you mean \"mnist\"? known: cifar-100, shapes, mnist, moving-mnist, digits"
        );
    }
}
