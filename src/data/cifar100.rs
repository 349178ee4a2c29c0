//! The CIFAR-100 data set: its official binary release.

mod names;

use crate::data::archive::Contents;
use crate::data::checksum::Fingerprint;
use crate::data::cifar::{Cifar, DataFile, NAMES_CAP};
use crate::data::dataset::{ClassGroups, Dataset};
use crate::data::image_set::Normalisation;
use crate::data::split::Split;
use names::{COARSE_NAMES, COARSE_OF_FINE, FINE_NAMES};

/// CIFAR-100: 60,000 photographs of 32 x 32 pixels in 100 classes.
pub const DATASET: Dataset = Dataset::new(&CIFAR);

/// The 50,000 training images.
const TRAIN_FILE: DataFile = DataFile {
    name: "train.bin",
    split: Split::Train,
    records: 50_000,
    digest: Fingerprint::Sha256Start(
        "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
    ),
};

/// The 10,000 test images.
const TEST_FILE: DataFile = DataFile {
    name: "test.bin",
    split: Split::Test,
    records: 10_000,
    digest: Fingerprint::Sha256Start(
        "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
    ),
};

/// The file with the names of the fine classes.
const NAMES_FILE: &str = "fine_label_names.txt";

/// The labels of a record: the 20 coarse classes, then the fine ones.
const LABELS: [(&str, u8); 2] = [
    ("coarse", COARSE_NAMES.len() as u8),
    ("fine", FINE_NAMES.len() as u8),
];

/// Mean and standard deviation of all 50,000 images of `train.bin`, measured with
/// [`ImageSet::channel_statistics`](crate::data::ImageSet::channel_statistics); the ignored test below
/// repeats the measurement.
pub const CIFAR100_NORMALISATION: Normalisation = Normalisation {
    mean: [0.507_075, 0.486_549, 0.440_918],
    std: [0.267_334, 0.256_438, 0.276_150],
};

pub(super) static CIFAR: Cifar = Cifar {
    name: "cifar-100",
    summary: "photographs: 60,000 of 32 x 32 pixels in 100 classes",
    archive: "cifar-100-binary.tar.gz",
    archive_md5: "03b5dce01913d631647c71ecec9e9cb8",
    contents: Contents {
        folder: "cifar-100-binary",
        files: &[
            (TRAIN_FILE.name, TRAIN_FILE.bytes(LABELS.len())),
            (TEST_FILE.name, TEST_FILE.bytes(LABELS.len())),
            ("coarse_label_names.txt", NAMES_CAP),
            (NAMES_FILE, NAMES_CAP),
        ],
        optional: &[],
    },
    pickled: ["cifar-100-python", "cifar-100-python.tar.gz"],
    pickles: ["meta", "train", "test"],
    files: &[TRAIN_FILE, TEST_FILE],
    labels: &LABELS,
    names_file: NAMES_FILE,
    class_names: &FINE_NAMES,
    groups: Some(ClassGroups {
        names: &COARSE_NAMES,
        of_class: &COARSE_OF_FINE,
    }),
    normalisation: Some(CIFAR100_NORMALISATION),
    locate: |search| CIFAR.find(search),
    check: |folder| CIFAR.read(folder).map(drop),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::image_set::CHANNELS;
    use crate::data::locate::DataSearch;

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
        let folder = CIFAR.find(&DataSearch::default()).unwrap();
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
        let folder = CIFAR.find(&DataSearch::default()).unwrap();
        let [train, test] = &CIFAR.read(&folder).unwrap().sets[..] else {
            panic!("two sets");
        };
        assert_eq!(train.class_counts(), [500; 100]);
        assert_eq!(test.class_counts(), [100; 100]);
        // The first record of test.bin is a mountain.
        assert_eq!(test.class_names()[test.label(0)], "mountain");
        let measured = train.channel_statistics();
        for channel in 0..CHANNELS {
            // The constants have six decimals.
            let mean = measured.mean[channel] - CIFAR100_NORMALISATION.mean[channel];
            let std = measured.std[channel] - CIFAR100_NORMALISATION.std[channel];
            assert!(mean.abs() < 1e-6 && std.abs() < 1e-6, "{measured:?}");
        }
    }
}
