//! What there is to know about a data set on this machine: present or not, checked, counted, measured.
//!
//! Called by `camtrail data list` and `camtrail data check`, which print these structs.

use std::path::PathBuf;

use serde::Serialize;

use crate::data::error::DataError;
use crate::data::image_set::{ImageSet, Normalisation};
use crate::data::locate::DataSearch;
use crate::data::split::Split;
use crate::data::{DatasetName, ShapesOptions, SourceChecksum, cifar100, shapes};

/// A known data set and whether it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataListing {
    /// The data set.
    pub dataset: DatasetName,
    /// One line on what it is.
    pub summary: &'static str,
    /// Where its files were found; generated data need none.
    pub folder: Option<PathBuf>,
    /// Whether training on it can start now (its files are there, or it needs none). The content is
    /// looked at by [`check`] only.
    pub available: bool,
    /// Whether its images are generated.
    pub generated: bool,
    /// The command that gets it, where it is absent.
    pub how_to_get: Option<String>,
}

/// A data set whose every byte was checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataReport {
    /// The data set.
    pub dataset: DatasetName,
    /// Where its files are; generated data have none.
    pub folder: Option<PathBuf>,
    /// Whether its images are generated.
    pub generated: bool,
    /// The files or generated splits, with the checksums that were found (and are right).
    pub sources: Vec<SourceChecksum>,
    /// One for each file or generated split.
    pub parts: Vec<PartReport>,
}

/// One file or generated split of a data set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PartReport {
    /// Its split; the training file of CIFAR-100 is counted before the validation cut.
    pub split: Split,
    /// Number of images.
    pub images: usize,
    /// Height and width, pixels.
    pub size: (usize, usize),
    /// Number of classes.
    pub classes: usize,
    /// Images of the rarest class.
    pub fewest_per_class: usize,
    /// Images of the most frequent class.
    pub most_per_class: usize,
    /// Measured mean and standard deviation by channel, 0 to 1.
    pub statistics: Normalisation,
}

/// Every known data set, with where it was found.
pub fn list(search: &DataSearch) -> Vec<DataListing> {
    DatasetName::ALL
        .into_iter()
        .map(|dataset| {
            let located = match dataset {
                DatasetName::Cifar100 => Some(cifar100::locate(search)),
                DatasetName::Shapes => None,
            };
            DataListing {
                dataset,
                summary: summary(dataset),
                available: located.as_ref().is_none_or(Result::is_ok),
                generated: dataset.is_generated(),
                how_to_get: located
                    .as_ref()
                    .filter(|located| located.is_err())
                    .map(|_| format!("cargo run -- data fetch {dataset}")),
                folder: located.and_then(Result::ok),
            }
        })
        .collect()
}

/// Reads or generates all of `dataset`, checks it, and counts and measures its images.
///
/// # Errors
/// The data are absent or damaged; the counts of `generated` are out of range.
pub fn check(
    dataset: DatasetName,
    generated: &ShapesOptions,
    search: &DataSearch,
) -> Result<DataReport, DataError> {
    let (folder, sources, sets) = match dataset {
        DatasetName::Cifar100 => {
            let folder = cifar100::locate(search)?;
            let release = cifar100::read(&folder)?;
            (
                Some(folder),
                release.sources,
                vec![release.train, release.test],
            )
        }
        DatasetName::Shapes => {
            let splits = shapes::splits(generated)?;
            (
                None,
                splits.sources,
                vec![splits.train, splits.validation, splits.test],
            )
        }
    };
    Ok(DataReport {
        dataset,
        folder,
        generated: dataset.is_generated(),
        sources,
        parts: sets.iter().map(part).collect(),
    })
}

fn part(set: &ImageSet) -> PartReport {
    let counts = set.class_counts();
    PartReport {
        split: set.split(),
        images: set.len(),
        size: (set.height(), set.width()),
        classes: set.classes(),
        fewest_per_class: counts.iter().copied().min().unwrap_or(0),
        most_per_class: counts.iter().copied().max().unwrap_or(0),
        statistics: set.channel_statistics(),
    }
}

fn summary(dataset: DatasetName) -> &'static str {
    match dataset {
        DatasetName::Cifar100 => "60,000 photographs, 32 x 32, 100 classes",
        DatasetName::Shapes => "generated: 12 forms over clutter, 32 x 32, with masks and boxes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_says_what_is_absent_and_how_to_get_it() {
        let empty = tempfile::tempdir().unwrap();
        let listings = list(&DataSearch {
            flag: Some(empty.path().to_path_buf()),
        });
        assert_eq!(listings.len(), 2);
        assert!(!listings[0].available && listings[0].folder.is_none());
        assert_eq!(
            listings[0].how_to_get.as_deref(),
            Some("cargo run -- data fetch cifar-100")
        );
        assert!(listings[1].available && listings[1].generated);
        assert_eq!(listings[1].how_to_get, None);
    }

    #[test]
    fn generated_splits_are_counted() {
        let options = ShapesOptions {
            train_images: 25,
            validation_images: 12,
            test_images: 12,
            seed: 0,
        };
        let report = check(DatasetName::Shapes, &options, &DataSearch::default()).unwrap();
        assert_eq!(report.parts.len(), 3);
        let train = &report.parts[0];
        assert_eq!(
            (train.images, train.classes, train.size),
            (25, 12, (32, 32))
        );
        assert_eq!((train.fewest_per_class, train.most_per_class), (2, 3));
    }

    #[test]
    #[ignore = "needs the real CIFAR-100 in $CAMTRAIL_DATA"]
    fn the_real_release_is_whole() {
        let options = ShapesOptions {
            train_images: 1,
            validation_images: 1,
            test_images: 1,
            seed: 0,
        };
        let report = check(DatasetName::Cifar100, &options, &DataSearch::default()).unwrap();
        let images: Vec<usize> = report.parts.iter().map(|part| part.images).collect();
        assert_eq!(images, [50_000, 10_000]);
        assert_eq!(report.parts[1].fewest_per_class, 100);
    }
}
