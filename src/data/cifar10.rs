//! The CIFAR-10 data set: its official binary release.

use crate::data::archive::Contents;
use crate::data::checksum::Fingerprint;
use crate::data::cifar::{Cifar, DataFile, NAMES_CAP};
use crate::data::dataset::Dataset;
use crate::data::split::Split;

/// CIFAR-10: 60,000 photographs of 32 x 32 pixels in 10 classes.
pub const DATASET: Dataset = Dataset::new(&CIFAR);

/// Number of images in each file.
const RECORDS: usize = 10_000;

/// The five training files and the test file, with the MD5 of each.
///
/// # Source
/// The publisher gives the MD5 of the archive alone. Those of the files are from
/// <https://github.com/rai-project/dldataset> (`vision/cifar10.go`); build scripts of unrelated projects
/// check the same six.
const FILES: [DataFile; 6] = [
    train("data_batch_1.bin", "5dd7e06a14cb22eb9f671a540d1b7c25"),
    train("data_batch_2.bin", "5ea93a67294ea407fff1d09f752e9692"),
    train("data_batch_3.bin", "942cd6a4bcdd0dd3c604fbe906cb4421"),
    train("data_batch_4.bin", "ae636b3ba5c66a11e91e8cb52e771fcb"),
    train("data_batch_5.bin", "53f37980c15c3d472c316c40844f3f0d"),
    DataFile {
        split: Split::Test,
        ..train("test_batch.bin", "803d5f7f4d78ea53de84dbe85f74fb6d")
    },
];

/// The label of a record.
const LABELS: [(&str, u8); 1] = [("class", CLASS_NAMES.len() as u8)];

/// Names of the classes, by label.
///
/// # Source
/// `batches.meta.txt` of the official binary release (A. Krizhevsky, 2009).
const CLASS_NAMES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

/// The file with those names.
const NAMES_FILE: &str = "batches.meta.txt";

/// The size of a data file in bytes.
const FILE_BYTES: u64 = FILES[0].bytes(LABELS.len());

pub(super) static CIFAR: Cifar = Cifar {
    name: "cifar-10",
    summary: "photographs: 60,000 of 32 x 32 pixels in 10 classes",
    archive: "cifar-10-binary.tar.gz",
    archive_md5: "c32a1d4ab5d03f1284b67883e8d87530",
    contents: Contents {
        folder: "cifar-10-batches-bin",
        files: &[
            (FILES[0].name, FILE_BYTES),
            (FILES[1].name, FILE_BYTES),
            (FILES[2].name, FILE_BYTES),
            (FILES[3].name, FILE_BYTES),
            (FILES[4].name, FILE_BYTES),
            (FILES[5].name, FILE_BYTES),
            (NAMES_FILE, NAMES_CAP),
        ],
        optional: &[("readme.html", NAMES_CAP)],
    },
    pickled: ["cifar-10-batches-py", "cifar-10-python.tar.gz"],
    pickles: ["batches.meta", "data_batch_1", "test_batch"],
    files: &FILES,
    labels: &LABELS,
    names_file: NAMES_FILE,
    class_names: &CLASS_NAMES,
    groups: None,
    normalisation: None,
    locate: |search| CIFAR.find(search),
    check: |folder| CIFAR.read(folder).map(drop),
};

const fn train(name: &'static str, md5: &'static str) -> DataFile {
    DataFile {
        name,
        split: Split::Train,
        records: RECORDS,
        digest: Fingerprint::Md5(md5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::locate::DataSearch;

    #[test]
    #[ignore = "needs the real CIFAR-10 in $CAMTRAIL_DATA"]
    fn the_real_release_has_balanced_classes_and_the_known_statistics() {
        let folder = CIFAR.find(&DataSearch::default()).unwrap();
        let [train, test] = &CIFAR.read(&folder).unwrap().sets[..] else {
            panic!("two sets");
        };
        assert_eq!(train.class_counts(), [5000; 10]);
        assert_eq!(test.class_counts(), [1000; 10]);
        // As widely used, with four decimals.
        let measured = train.channel_statistics();
        let near = |found: [f32; 3], known: [f32; 3]| {
            found
                .iter()
                .zip(known)
                .all(|(found, known)| (found - known).abs() < 1e-4)
        };
        assert!(
            near(measured.mean, [0.4914, 0.4822, 0.4465]),
            "{measured:?}"
        );
        assert!(near(measured.std, [0.2470, 0.2435, 0.2616]), "{measured:?}");
    }
}
