//! What there is to know about a data set on this machine: present or not, checked, counted, measured.
//!
//! Called by `camtrail data list` and `camtrail data check`, which print these structs.

use std::path::PathBuf;

use image::RgbImage;
use serde::Serialize;

use crate::data::catalogue::CatalogueEntry;
use crate::data::clips::{ClipDataset, ClipOptions, ClipSplits, Glyphs, load_clips, mnist};
use crate::data::contact_sheet::{sheet_of_clips, sheet_of_digits, sheet_of_images};
use crate::data::error::DataError;
use crate::data::image_set::ImageSet;
use crate::data::locate::DataSearch;
use crate::data::split::Split;
use crate::data::{DatasetName, ShapesOptions, SourceChecksum, cifar100, shapes};

/// Images of each class, and clips, on a contact sheet.
const SHEET_IMAGES: usize = 8;
const SHEET_CLIPS: usize = 10;

/// A known data set and whether it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataListing {
    /// The data set.
    pub entry: CatalogueEntry,
    /// One line on what it is.
    pub summary: &'static str,
    /// Where its files were found; generated data need none.
    pub folder: Option<PathBuf>,
    /// Whether training on it can start now (its files are there, or it needs none). The content is
    /// looked at by [`check`] only.
    pub available: bool,
    /// The command that gets it, where it is absent.
    pub how_to_get: Option<String>,
}

/// A data set whose every byte was checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DataReport {
    /// The data set.
    pub entry: CatalogueEntry,
    /// Where its files are; generated data have none.
    pub folder: Option<PathBuf>,
    /// The files or generated splits, with the checksums that were found (and are right).
    pub sources: Vec<SourceChecksum>,
    /// One for each file or generated split.
    pub parts: Vec<PartReport>,
}

/// How much of the generated data sets to make, and from which seeds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedOptions {
    /// For `shapes`.
    pub shapes: ShapesOptions,
    /// For clips; their data set is the one that is asked for, whatever these name.
    pub clips: ClipOptions,
}

/// One file or generated split of a data set; of clips, the pictures that they are made of.
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
    /// Measured mean by channel, 0 to 1: red, green and blue, or grey.
    pub mean: Vec<f32>,
    /// Measured standard deviation by channel, in the same unit.
    pub deviation: Vec<f32>,
}

/// Every known data set, with where it was found.
pub fn list(search: &DataSearch) -> Vec<DataListing> {
    CatalogueEntry::ALL
        .into_iter()
        .map(|entry| {
            let release = entry.release();
            let located = release.as_ref().map(|release| (release.locate)(search));
            let absent = located.as_ref().is_some_and(Result::is_err);
            DataListing {
                entry,
                summary: entry.summary(),
                available: !absent,
                how_to_get: release
                    .filter(|_| absent)
                    .map(|release| format!("cargo run -- data fetch {}", release.dataset)),
                folder: located.and_then(Result::ok),
            }
        })
        .collect()
}

/// Reads or generates all of a data set, checks it, and counts and measures its images. Of clips, the
/// pictures that they are made of are measured.
///
/// # Errors
/// The data are absent or damaged; the counts of `generated` are out of range.
pub fn check(
    entry: CatalogueEntry,
    generated: &GeneratedOptions,
    search: &DataSearch,
) -> Result<DataReport, DataError> {
    let release = entry.release();
    let folder = release
        .map(|release| (release.locate)(search))
        .transpose()?;
    let (sources, parts) = match entry {
        CatalogueEntry::Images(dataset) => {
            let (sets, sources) = image_sets(dataset, generated, search)?;
            (sources, sets.iter().map(part_of_images).collect())
        }
        CatalogueEntry::Mnist => {
            let release = mnist::read(&mnist::locate(search)?)?;
            let train = part_of_digits(Split::Train, &release.train);
            let test = part_of_digits(Split::Test, &release.test);
            (release.sources, vec![train, test])
        }
        CatalogueEntry::Clips(dataset) => {
            let splits = clips(dataset, generated, search)?;
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
    })
}

/// A picture of the first training images of each class, or of the first training clips.
///
/// # Errors
/// As [`check`].
pub fn contact_sheet(
    entry: CatalogueEntry,
    generated: &GeneratedOptions,
    search: &DataSearch,
) -> Result<RgbImage, DataError> {
    Ok(match entry {
        CatalogueEntry::Images(dataset) => {
            let (sets, _) = image_sets(dataset, generated, search)?;
            sheet_of_images(&sets[0], SHEET_IMAGES)
        }
        CatalogueEntry::Mnist => {
            let release = mnist::read(&mnist::locate(search)?)?;
            sheet_of_digits(&release.train, SHEET_IMAGES)
        }
        CatalogueEntry::Clips(dataset) => {
            sheet_of_clips(&clips(dataset, generated, search)?.train, SHEET_CLIPS)
        }
    })
}

/// The files or generated splits of images, the training images first, and what they came from.
fn image_sets(
    dataset: DatasetName,
    generated: &GeneratedOptions,
    search: &DataSearch,
) -> Result<(Vec<ImageSet>, Vec<SourceChecksum>), DataError> {
    Ok(match dataset {
        DatasetName::Cifar100 => {
            let release = cifar100::read(&cifar100::locate(search)?)?;
            (vec![release.train, release.test], release.sources)
        }
        DatasetName::Shapes => {
            let splits = shapes::splits(&generated.shapes)?;
            let sets = vec![splits.train, splits.validation, splits.test];
            (sets, splits.sources)
        }
    })
}

fn clips(
    dataset: ClipDataset,
    generated: &GeneratedOptions,
    search: &DataSearch,
) -> Result<ClipSplits, DataError> {
    let options = ClipOptions {
        dataset,
        ..generated.clips.clone()
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

    fn made(named: ClipDataset) -> GeneratedOptions {
        GeneratedOptions {
            shapes: ShapesOptions {
                train_images: 25,
                validation_images: 12,
                test_images: 12,
                seed: 0,
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
        // What the options name is not what is asked for.
        check(
            entry,
            &made(ClipDataset::MovingMnist),
            &DataSearch::default(),
        )
    }

    #[test]
    fn the_list_says_what_is_absent_and_how_to_get_it() {
        let empty = tempfile::tempdir().unwrap();
        let listings = list(&DataSearch {
            flag: Some(empty.path().to_path_buf()),
        });
        let told: Vec<(&str, bool, Option<&str>)> = listings
            .iter()
            .map(|listing| {
                let way = listing.how_to_get.as_deref();
                (listing.entry.name(), listing.available, way)
            })
            .collect();
        let cifar_100 = Some("cargo run -- data fetch cifar-100");
        let mnist = Some("cargo run -- data fetch mnist");
        assert_eq!(
            told,
            [
                ("cifar-100", false, cifar_100),
                ("shapes", true, None),
                ("mnist", false, mnist),
                ("moving-mnist", false, mnist),
                ("digits", true, None),
            ]
        );
        assert!(listings.iter().all(|listing| listing.folder.is_none()));
    }

    #[test]
    fn generated_splits_are_counted() {
        let report = checked(CatalogueEntry::Images(DatasetName::Shapes)).unwrap();
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
        let report = checked(CatalogueEntry::Clips(ClipDataset::Digits)).unwrap();
        let images: Vec<usize> = report.parts.iter().map(|part| part.images).collect();
        assert_eq!(images, [10_000, 1_000, 2_000]);
        let test = &report.parts[2];
        assert_eq!((test.classes, test.size), (10, (28, 28)));
        assert_eq!((test.fewest_per_class, test.most_per_class), (200, 200));
        // About as much ink as MNIST's 0.1307.
        assert_eq!(test.mean.len(), 1);
        assert!((0.11..0.15).contains(&test.mean[0]), "{:?}", test.mean);
    }

    #[test]
    #[ignore = "needs the real CIFAR-100 in $CAMTRAIL_DATA"]
    fn the_real_release_is_whole() {
        let report = checked(CatalogueEntry::Images(DatasetName::Cifar100)).unwrap();
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
        assert_eq!(of(CatalogueEntry::Mnist), [60_000, 10_000]);
        let clips = CatalogueEntry::Clips(ClipDataset::MovingMnist);
        assert_eq!(of(clips), [55_000, 5_000, 10_000]);
    }
}
