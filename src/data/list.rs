//! Data sets by name: the lists, and the parsing of names in experiments.

use std::str::FromStr;
use std::sync::LazyLock;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::clips::CLIPS;
use super::{IMAGES, folder};
use crate::data::clips::ClipDataset;
use crate::data::dataset::Dataset;
use crate::data::error::DataError;

/// The names, for the parser of experiments.
static IMAGE_NAMES: LazyLock<Vec<&str>> =
    LazyLock::new(|| IMAGES.iter().map(|dataset| dataset.name()).collect());
static CLIP_NAMES: LazyLock<Vec<&str>> =
    LazyLock::new(|| CLIPS.iter().map(|dataset| dataset.name()).collect());

impl Dataset {
    /// Returns every data set with a fixed name.
    pub fn all() -> &'static [Self] {
        IMAGES
    }
}

impl ClipDataset {
    /// Returns every data set of clips.
    pub fn all() -> &'static [Self] {
        CLIPS
    }
}

impl FromStr for Dataset {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        let known = IMAGES.iter().find(|dataset| dataset.name() == name);
        known
            .copied()
            .or_else(|| folder::named(name))
            .ok_or_else(|| DataError::unknown("data set", name, IMAGE_NAMES.iter().copied()))
    }
}

impl FromStr for ClipDataset {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        let known = CLIPS.iter().find(|dataset| dataset.name() == name);
        known.copied().ok_or_else(|| {
            DataError::unknown("data set of clips", name, CLIP_NAMES.iter().copied())
        })
    }
}

impl<'de> Deserialize<'de> for Dataset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = |_| D::Error::unknown_variant(&name, &IMAGE_NAMES);
        name.parse().map_err(unknown)
    }
}

impl<'de> Deserialize<'de> for ClipDataset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = |_| D::Error::unknown_variant(&name, &CLIP_NAMES);
        name.parse().map_err(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_set_names_read_back_and_unknown_ones_are_reported() {
        for dataset in Dataset::all() {
            assert_eq!(dataset.to_string().parse::<Dataset>().unwrap(), *dataset);
            let json = serde_json::to_string(&dataset).unwrap();
            assert_eq!(json, format!("\"{dataset}\""));
            assert_eq!(serde_json::from_str::<Dataset>(&json).unwrap(), *dataset);
        }
        for dataset in ClipDataset::all() {
            assert_eq!(dataset.name().parse::<ClipDataset>().unwrap(), *dataset);
        }
        let error = "shape".parse::<Dataset>().unwrap_err();
        assert_eq!(error.to_string(), "no data set is called \"shape\"");
        let DataError::Unknown { near, known, .. } = error else {
            panic!("{error:?}");
        };
        assert_eq!(near, ["shapes"]);
        assert_eq!(known, *IMAGE_NAMES);
        let error = serde_json::from_str::<Dataset>("\"cifar100\"").unwrap_err();
        let expected = "unknown variant `cifar100`, expected ";
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
