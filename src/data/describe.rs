//! The state of a data set on this machine: present, verified, counted, measured.

use std::path::PathBuf;

use image::RgbImage;
use serde::Serialize;

use crate::data::catalogue::{CatalogueEntry, Kind};
use crate::data::clips::{ClipDataset, ClipOptions, ClipSplits, Glyphs, load_clips};
use crate::data::contact_sheet::{sheet_of_clips, sheet_of_digits, sheet_of_images};
use crate::data::data_warning::DataWarning;
use crate::data::dataset::{DataOptions, Dataset};
use crate::data::error::DataError;
use crate::data::folder::found_in;
use crate::data::image_set::ImageSet;
use crate::data::locate::DataSearch;
use crate::data::picture_set::doubles;
use crate::data::split::Split;
use crate::data::splits::SourceChecksum;

/// Number of images of each class, and of clips, on a contact sheet.
const SHEET_IMAGES: usize = 8;
const SHEET_CLIPS: usize = 10;

/// A known data set and whether it is present.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataListing {
    /// The data set.
    pub entry: CatalogueEntry,
    /// A one-line description.
    pub summary: &'static str,
    /// Folder of its files; generated data need none.
    pub folder: Option<PathBuf>,
    /// Whether training on it can start now (its files are present, or it needs none). Only
    /// [`check`] reads the content.
    pub available: bool,
    /// If it is absent and can be downloaded: the name of the data set to fetch.
    pub to_fetch: Option<&'static str>,
}

/// A data set after verification of every byte.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataReport {
    /// The data set.
    pub entry: CatalogueEntry,
    /// Folder of its files; generated data have none.
    pub folder: Option<PathBuf>,
    /// The files or generated splits, with their verified checksums.
    pub sources: Vec<SourceChecksum>,
    /// One entry per file or generated split.
    pub parts: Vec<PartReport>,
    /// What is odd about them.
    pub warnings: Vec<DataWarning>,
}

/// The images and clips to describe; their data set is always the requested one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DescribeOptions {
    /// Options of images: the size of `shapes`, and how pictures are read.
    pub images: DataOptions,
    /// Options of clips.
    pub clips: ClipOptions,
}

impl DescribeOptions {
    fn of(&self, dataset: Dataset) -> DataOptions {
        DataOptions {
            dataset,
            ..self.images
        }
    }
}

/// One file or generated split of a data set; for clips, their pictures of digits.
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
    /// Number of images of the smallest class.
    pub fewest_per_class: usize,
    /// Number of images of the largest class.
    pub most_per_class: usize,
    /// Measured mean by channel, 0 to 1: red, green and blue, or grey.
    pub mean: Vec<f32>,
    /// Measured standard deviation by channel, in the same unit.
    pub deviation: Vec<f32>,
}

/// Returns every known data set and every folder of pictures in the data folder, with its location.
pub fn list(search: &DataSearch) -> Vec<DataListing> {
    let folders = found_in(&search.root()).into_iter();
    CatalogueEntry::all()
        .chain(folders.map(CatalogueEntry::from))
        .map(|entry| {
            let located = entry.locate(search);
            let absent = located.as_ref().is_some_and(Result::is_err);
            let release = entry.release().filter(|_| absent);
            DataListing {
                entry,
                summary: entry.summary(),
                available: !absent,
                to_fetch: release.map(|release| release.dataset),
                folder: located.and_then(Result::ok),
            }
        })
        .collect()
}

/// Reads or generates a whole data set, verifies it, and counts and measures its images. For clips,
/// it measures their pictures of digits.
///
/// # Errors
/// Absent or damaged data; counts of `options` out of range; [`DataError::Interrupted`].
pub fn check(
    entry: CatalogueEntry,
    options: &DescribeOptions,
    search: &DataSearch,
) -> Result<DataReport, DataError> {
    let folder = entry.locate(search).transpose()?;
    let mut warnings = Vec::new();
    let (sources, parts) = match entry.kind() {
        Kind::Images(dataset) => {
            let found = dataset.parts(&options.of(dataset), search)?;
            let mut parts = Vec::new();
            for set in &found.sets {
                DataError::unless_interrupted()?;
                parts.push(part_of_images(set));
            }
            warnings.extend(found.warnings);
            warnings.extend(doubles(&found.sets.iter().collect::<Vec<_>>()));
            (found.sources, parts)
        }
        Kind::Digits(source) => {
            let pictures = source.read(search)?;
            let train = part_of_digits(Split::Train, &pictures.train);
            let test = part_of_digits(Split::Test, &pictures.test);
            (pictures.sources, vec![train, test])
        }
        Kind::Clips(dataset) => {
            let splits = clips(dataset, options, search)?;
            let parts = [&splits.train, &splits.validation, &splits.test]
                .map(|clips| part_of_digits(clips.split(), clips.glyphs()));
            (splits.sources, parts.to_vec())
        }
    };
    Ok(DataReport {
        entry,
        folder,
        sources,
        parts,
        warnings,
    })
}

/// Returns a picture of the first training images of each class, or of the first training clips.
///
/// # Errors
/// As [`check`].
pub fn contact_sheet(
    entry: CatalogueEntry,
    options: &DescribeOptions,
    search: &DataSearch,
) -> Result<RgbImage, DataError> {
    Ok(match entry.kind() {
        Kind::Images(dataset) => {
            let found = dataset.parts(&options.of(dataset), search)?;
            sheet_of_images(&found.sets[0], SHEET_IMAGES)
        }
        Kind::Digits(source) => sheet_of_digits(&source.read(search)?.train, SHEET_IMAGES),
        Kind::Clips(dataset) => {
            sheet_of_clips(&clips(dataset, options, search)?.train, SHEET_CLIPS)
        }
    })
}

fn clips(
    dataset: ClipDataset,
    options: &DescribeOptions,
    search: &DataSearch,
) -> Result<ClipSplits, DataError> {
    let options = ClipOptions {
        dataset,
        ..options.clips.clone()
    };
    load_clips(&options, search)
}

fn part_of_images(set: &ImageSet) -> PartReport {
    let counts = set.class_counts();
    let statistics = set.channel_statistics();
    PartReport {
        split: set.split(),
        images: set.len(),
        size: (set.height(), set.width()),
        classes: set.classes(),
        fewest_per_class: counts.iter().copied().min().unwrap_or(0),
        most_per_class: counts.iter().copied().max().unwrap_or(0),
        mean: statistics.mean.to_vec(),
        deviation: statistics.std.to_vec(),
    }
}

fn part_of_digits(split: Split, glyphs: &Glyphs) -> PartReport {
    let counts = glyphs.label_counts();
    let (mean, deviation) = glyphs.statistics();
    PartReport {
        split,
        images: glyphs.len(),
        size: (glyphs.side(), glyphs.side()),
        classes: counts.len(),
        fewest_per_class: counts.into_iter().min().unwrap_or(0),
        most_per_class: counts.into_iter().max().unwrap_or(0),
        mean: vec![mean],
        deviation: vec![deviation],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::clips::{DRAWN_DIGITS, MOVING_MNIST};
    use crate::data::{CIFAR_100, SHAPES, ShapesOptions};

    fn made(named: ClipDataset) -> DescribeOptions {
        DescribeOptions {
            images: DataOptions {
                dataset: CIFAR_100,
                validation_images: 12,
                split_seed: 0,
                shapes: ShapesOptions {
                    train_images: 25,
                    validation_images: 12,
                    test_images: 12,
                    seed: 0,
                },
                pictures: Default::default(),
                train_limit: None,
            },
            clips: ClipOptions {
                dataset: named,
                train_clips: 2,
                validation_clips: 1,
                test_clips: 1,
                seed: 0,
            },
        }
    }

    fn checked(entry: CatalogueEntry) -> Result<DataReport, DataError> {
        // The data set in the options is not the requested one.
        check(entry, &made(MOVING_MNIST), &DataSearch::default())
    }

    #[test]
    fn the_list_says_what_is_absent_and_what_to_fetch() {
        let empty = tempfile::tempdir().unwrap();
        let listings = list(&DataSearch {
            flag: Some(empty.path().to_path_buf()),
        });
        for (name, available, to_fetch) in [
            ("cifar-100", false, Some("cifar-100")),
            ("cifar-10", false, Some("cifar-10")),
            ("tiny-imagenet", false, Some("tiny-imagenet")),
            ("shapes", true, None),
            ("mnist", false, Some("mnist")),
            ("moving-mnist", false, Some("mnist")),
            ("digits", true, None),
        ] {
            let of_name = |listing: &&DataListing| listing.entry.name() == name;
            let listing = listings.iter().find(of_name).expect(name);
            assert_eq!((listing.available, listing.to_fetch), (available, to_fetch));
        }
        assert!(listings.iter().all(|listing| listing.folder.is_none()));
    }

    #[test]
    fn generated_splits_are_counted() {
        let report = checked(SHAPES.into()).unwrap();
        assert_eq!(report.parts.len(), 3);
        let train = &report.parts[0];
        assert_eq!(
            (train.images, train.classes, train.size),
            (25, 12, (32, 32))
        );
        assert_eq!((train.fewest_per_class, train.most_per_class), (2, 3));
        assert_eq!((train.mean.len(), train.deviation.len()), (3, 3));
    }

    #[test]
    fn of_clips_the_digits_are_counted() {
        let report = checked(DRAWN_DIGITS.into()).unwrap();
        let images: Vec<usize> = report.parts.iter().map(|part| part.images).collect();
        assert_eq!(images, [10_000, 1_000, 2_000]);
        let test = &report.parts[2];
        assert_eq!((test.classes, test.size), (10, (28, 28)));
        assert_eq!((test.fewest_per_class, test.most_per_class), (200, 200));
        // About as much ink as MNIST, 0.1307.
        assert_eq!(test.mean.len(), 1);
        assert!((0.11..0.15).contains(&test.mean[0]), "{:?}", test.mean);
    }

    #[test]
    #[ignore = "needs the real CIFAR-100 in $CAMTRAIL_DATA"]
    fn the_real_release_is_whole() {
        let report = checked(CIFAR_100.into()).unwrap();
        let images: Vec<usize> = report.parts.iter().map(|part| part.images).collect();
        assert_eq!(images, [50_000, 10_000]);
        assert_eq!(report.parts[1].fewest_per_class, 100);
    }

    #[test]
    #[ignore = "needs the real MNIST in $CAMTRAIL_DATA"]
    fn the_real_mnist_is_whole_and_its_clips_share_it_out() {
        let of = |entry| {
            let report = checked(entry).unwrap();
            assert_eq!(report.sources.len(), 4);
            let images = report.parts.iter().map(|part| part.images);
            images.collect::<Vec<usize>>()
        };
        assert_eq!(of("mnist".parse().unwrap()), [60_000, 10_000]);
        let clips = MOVING_MNIST.into();
        assert_eq!(of(clips), [55_000, 5_000, 10_000]);
    }
}
