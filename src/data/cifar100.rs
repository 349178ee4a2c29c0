//! The CIFAR-100 data set: the location of its official binary release, and its splits.

mod files;
mod names;

use std::path::PathBuf;

use crate::data::archive::Contents;
use crate::data::dataset::{
    ClassGroups, DataOptions, Dataset, ImageDataset, ImageShape, OptionRange,
};
use crate::data::error::DataError;
use crate::data::image_set::{ImageSet, Normalisation};
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::release::{PackedFile, Packing, Release};
use crate::data::shapes::options::ShapesOptions;
use crate::data::split::Split;
use crate::data::splits::{SourceChecksum, Splits};
use crate::data::stratify::stratified;
use files::{NAME, NAMES_FILE, SIDE, TEST_FILE, TRAIN_FILE, read};
use names::{COARSE_NAMES, COARSE_OF_FINE, FINE_NAMES};

/// CIFAR-100: 60,000 photographs of 32 x 32 pixels in 100 classes.
pub const DATASET: Dataset = Dataset::new(&Cifar100);

/// The folder inside the official archive, and in the data folder.
const FOLDER: &str = "cifar-100-binary";

/// The location of the official archive, its name, and its published MD5.
///
/// # Source
/// <https://www.cs.toronto.edu/~kriz/cifar.html>
const PUBLISHER: &str = "https://www.cs.toronto.edu/~kriz/";
const ARCHIVE: &str = "cifar-100-binary.tar.gz";
const ARCHIVE_MD5: &str = "03b5dce01913d631647c71ecec9e9cb8";

/// The release for Python: its folder, its archive, and the files in that folder.
const PICKLED: [&str; 2] = ["cifar-100-python", "cifar-100-python.tar.gz"];
const PICKLES: [&str; 3] = ["meta", "train", "test"];

/// Larger than the archive (168.5 MB); a longer download is something else.
const ARCHIVE_CAP: u64 = 200_000_000;

/// The content of the archive, each file with its maximum size in bytes.
const ARCHIVE_CONTENTS: Contents = Contents {
    folder: FOLDER,
    files: &[
        (TRAIN_FILE.name, TRAIN_FILE.bytes()),
        (TEST_FILE.name, TEST_FILE.bytes()),
        ("coarse_label_names.txt", NAMES_CAP),
        (NAMES_FILE, NAMES_CAP),
    ],
};

/// Maximum size of a file of names, in bytes.
const NAMES_CAP: u64 = 64 << 10;

/// Size and classes of the images.
const SHAPE: ImageShape = ImageShape {
    side: SIDE,
    classes: FINE_NAMES.len(),
};

/// Mean and standard deviation of all 50,000 images of `train.bin`, measured with
/// [`ImageSet::channel_statistics`]; the ignored test below repeats the measurement.
pub const CIFAR100_NORMALISATION: Normalisation = Normalisation {
    mean: [0.507_075, 0.486_549, 0.440_918],
    std: [0.267_334, 0.256_438, 0.276_150],
};

#[derive(Debug)]
struct Cifar100;

impl Origin for Cifar100 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "photographs: 60,000 of 32 x 32 pixels in 100 classes"
    }

    fn release(&self) -> Option<Release> {
        Some(Release {
            dataset: NAME,
            folder: FOLDER,
            mirrors: vec![PUBLISHER.to_owned()],
            files: vec![PackedFile {
                name: ARCHIVE.to_owned(),
                md5: ARCHIVE_MD5.to_owned(),
                cap: ARCHIVE_CAP,
                packing: Packing::TarGz(ARCHIVE_CONTENTS),
            }],
            locate,
            check: |folder| read(folder).map(drop),
        })
    }
}

impl ImageDataset for Cifar100 {
    fn groups(&self) -> Option<ClassGroups> {
        Some(ClassGroups {
            names: &COARSE_NAMES,
            of_class: &COARSE_OF_FINE,
        })
    }

    fn known_shape(&self) -> Option<ImageShape> {
        Some(SHAPE)
    }

    fn shape(&self, _search: &DataSearch) -> Result<ImageShape, DataError> {
        Ok(SHAPE)
    }

    fn ranges(&self, options: &DataOptions) -> Vec<OptionRange> {
        vec![OptionRange {
            key: "data.validation_images",
            value: options.validation_images,
            least: SHAPE.classes,
            most: TRAIN_FILE.records - SHAPE.classes,
        }]
    }

    fn train_images(&self, options: &DataOptions) -> Option<usize> {
        TRAIN_FILE.records.checked_sub(options.validation_images)
    }

    fn load(&self, options: &DataOptions, search: &DataSearch) -> Result<Splits, DataError> {
        let content = read(&locate(search)?)?;
        let (count, seed) = (options.validation_images, options.split_seed);
        let cut = stratified(&content.train, count, seed, "validation")?;
        let validation = content.train.subset(&cut.chosen);
        Ok(Splits {
            validation: validation.with_split(Split::Validation),
            train: content.train.subset(&cut.rest),
            test: content.test,
            normalisation: CIFAR100_NORMALISATION,
            sources: content.sources,
        })
    }

    fn parts(
        &self,
        _generated: &ShapesOptions,
        search: &DataSearch,
    ) -> Result<(Vec<ImageSet>, Vec<SourceChecksum>), DataError> {
        let content = read(&locate(search)?)?;
        Ok((vec![content.train, content.test], content.sources))
    }
}

/// Finds the folder of the release.
///
/// # Errors
/// [`DataError::NotFound`]; [`DataError::Pickled`].
fn locate(search: &DataSearch) -> Result<PathBuf, DataError> {
    let found = search.find(NAME, &[FOLDER], &[TRAIN_FILE.name, TEST_FILE.name]);
    let root = search.root();
    let is_pickled = || PICKLES.iter().all(|name| root.join(name).is_file());
    let below = PICKLED.map(|name| root.join(name)).into_iter();
    let mut other = below
        .filter(|path| path.exists())
        .chain(is_pickled().then(|| root.clone()));
    found.map_err(|absent| match other.next() {
        Some(path) => DataError::Pickled {
            dataset: NAME,
            path,
        },
        None => absent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::image_set::CHANNELS;

    #[test]
    fn the_release_for_python_is_recognised() {
        let root = tempfile::tempdir().unwrap();
        let found = |folder: &std::path::Path| {
            let search = DataSearch {
                flag: Some(folder.to_path_buf()),
            };
            locate(&search).unwrap_err()
        };
        assert!(matches!(found(root.path()), DataError::NotFound { .. }));
        let folder = root.path().join("cifar-100-python");
        std::fs::create_dir(&folder).unwrap();
        for name in PICKLES {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let expected =
            format!("{folder:?} holds cifar-100 as pickles for Python, which are not read");
        assert_eq!(found(root.path()).to_string(), expected);
        assert_eq!(found(&folder).to_string(), expected);
    }

    #[test]
    fn every_superclass_has_five_classes() {
        let groups = DATASET.groups().unwrap();
        let named = |class: &str| {
            let class = FINE_NAMES.iter().position(|name| *name == class).unwrap();
            groups.of(class)
        };
        // From the table of the publisher's page.
        assert_eq!(named("apple"), "fruit_and_vegetables");
        assert_eq!(named("willow_tree"), "trees");
        assert_eq!(named("worm"), "non-insect_invertebrates");
        assert_eq!(named("streetcar"), "vehicles_2");
        for group in COARSE_NAMES {
            let classes = (0..FINE_NAMES.len()).filter(|class| groups.of(*class) == group);
            assert_eq!(classes.count(), 5, "{group}");
        }
    }

    #[test]
    #[ignore = "needs the real CIFAR-100 in $CAMTRAIL_DATA"]
    fn the_superclasses_are_those_of_the_real_records() {
        let folder = locate(&DataSearch::default()).unwrap();
        let names = std::fs::read_to_string(folder.join("coarse_label_names.txt")).unwrap();
        assert!(names.split_whitespace().eq(COARSE_NAMES));
        for file in [TRAIN_FILE, TEST_FILE] {
            let bytes = std::fs::read(folder.join(file.name)).unwrap();
            let records = bytes.chunks_exact(bytes.len() / file.records);
            assert_eq!(records.len(), file.records);
            for record in records {
                let [coarse, fine] = [record[0], record[1]];
                assert_eq!(COARSE_OF_FINE[usize::from(fine)], coarse);
            }
        }
    }

    #[test]
    #[ignore = "needs the real CIFAR-100 in $CAMTRAIL_DATA"]
    fn the_real_release_has_the_recorded_statistics_and_balanced_classes() {
        let release = read(&locate(&DataSearch::default()).unwrap()).unwrap();
        assert_eq!(release.train.class_counts(), [500; 100]);
        assert_eq!(release.test.class_counts(), [100; 100]);
        // The first record of test.bin is a mountain.
        assert_eq!(
            release.test.class_names()[release.test.label(0)],
            "mountain"
        );
        let measured = release.train.channel_statistics();
        for channel in 0..CHANNELS {
            // The constants have six decimals.
            let mean = measured.mean[channel] - CIFAR100_NORMALISATION.mean[channel];
            let std = measured.std[channel] - CIFAR100_NORMALISATION.std[channel];
            assert!(mean.abs() < 1e-6 && std.abs() < 1e-6, "{measured:?}");
        }
    }
}
