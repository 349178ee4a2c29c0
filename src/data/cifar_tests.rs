//! Tests of the CIFAR reader on synthetic releases: one with two labels and two files, one with one
//! label and three files.

use super::*;
use crate::data::archive::tests::{Member, archive_of};
use crate::data::{
    CIFAR_10, CIFAR_100, CatalogueEntry, DataOptions, PictureOptions, ShapesOptions,
};

/// A release whose records have the given labels, with its folder.
struct Made {
    cifar: &'static Cifar,
    folder: tempfile::TempDir,
}

/// Returns `count` records of zeros.
fn records(count: usize, labels: usize) -> Vec<u8> {
    vec![0; count * (labels + PIXEL_BYTES)]
}

fn leaked<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Returns a release of `files` with `records` records each, whose digests are those of `published`.
fn made(
    files: &[(&'static str, Split)],
    count: usize,
    labels: &'static [(&'static str, u8)],
    published: &[u8],
) -> Made {
    let digest: &'static String = leaked(sha256(published));
    let file = |&(name, split): &(&'static str, Split)| DataFile {
        name,
        split,
        records: count,
        digest: Fingerprint::Sha256Start(digest),
    };
    let files: Vec<DataFile> = files.iter().map(file).collect();
    let cifar = leaked(Cifar {
        name: "made",
        summary: "made up",
        archive: "made.tar.gz",
        archive_md5: "",
        contents: Contents {
            folder: "made-bin",
            files: &[],
            optional: &[],
        },
        pickled: ["made-py", "made-py.tar.gz"],
        pickles: ["meta", "train", "test"],
        files: leaked(files),
        labels,
        names_file: "names.txt",
        class_names: &["cat", "dog", "bee"],
        groups: None,
        normalisation: None,
        locate: |_| unreachable!("not searched for"),
        check: |_| unreachable!("not fetched"),
    });
    let folder = tempfile::tempdir().unwrap();
    Made { cifar, folder }
}

const TWO_FILES: [(&str, Split); 2] = [("train.bin", Split::Train), ("test.bin", Split::Test)];
const TWO_LABELS: &[(&str, u8)] = &[("coarse", 20), ("fine", 3)];
const ONE_LABEL: &[(&str, u8)] = &[("class", 3)];

/// Reads a release whose two files both hold `content`.
fn read_two(content: &[u8], count: usize, published: &[u8]) -> Result<Parts, DataError> {
    let made = made(&TWO_FILES, count, TWO_LABELS, published);
    for (name, _) in TWO_FILES {
        std::fs::write(made.folder.path().join(name), content).unwrap();
    }
    made.cifar.read(made.folder.path())
}

#[test]
fn a_cut_file_is_told_by_its_size() {
    let error = read_two(&records(3, 2)[..2 * 3074 + 5], 3, b"").unwrap_err();
    let error = error.to_string();
    assert!(
        error.ends_with("has 6153 bytes (2 records of 3074 and 5 bytes over), expected 9222"),
        "{error}"
    );
    assert!(matches!(
        read_two(&records(2, 2), 3, b""),
        Err(DataError::Size { rest: 0, .. })
    ));
    assert!(matches!(
        read_two(&[], 3, b""),
        Err(DataError::Size { found: 0, .. })
    ));
}

#[test]
fn a_label_out_of_range_is_told_by_record_and_offset() {
    let mut content = records(3, 2);
    content[2 * 3074 + 1] = 3;
    let error = read_two(&content, 3, b"").unwrap_err().to_string();
    assert!(
        error.ends_with("record 2 (byte 6149) has fine label 3, outside 0 to 2"),
        "{error}"
    );
    content[3074] = 20;
    let error = read_two(&content, 3, b"").unwrap_err().to_string();
    assert!(
        error.ends_with("record 1 (byte 3074) has coarse label 20, outside 0 to 19"),
        "{error}"
    );
}

#[test]
fn one_flipped_bit_is_told_by_the_checksum() {
    let published = records(2, 2);
    let parts = read_two(&published, 2, &published).unwrap();
    let set = &parts.sets[0];
    assert_eq!((set.len(), set.label(1), set.pixels(1).len()), (2, 0, 3072));
    assert_eq!(parts.sources[0].sha256, sha256(&published));
    let mut flipped = published.clone();
    flipped[4000] ^= 0x10;
    let error = read_two(&flipped, 2, &published).unwrap_err();
    let digest = sha256(&published);
    assert!(matches!(&error, DataError::Checksum { expected, .. } if *expected == digest));
}

#[test]
fn several_training_files_are_one_set_in_their_order() {
    let files = [
        ("batch_1.bin", Split::Train),
        ("batch_2.bin", Split::Train),
        ("test.bin", Split::Test),
    ];
    // Every file has the same bytes: record 0 of class 2 with red 7, record 1 of class 1 with blue 9.
    let mut content = records(2, 1);
    (content[0], content[1]) = (2, 7);
    (content[3073], content[3073 + 3072]) = (1, 9);
    let made = made(&files, 2, ONE_LABEL, &content);
    for (name, _) in files {
        std::fs::write(made.folder.path().join(name), &content).unwrap();
    }
    let parts = made.cifar.read(made.folder.path()).unwrap();
    let [train, test] = &parts.sets[..] else {
        panic!("two sets")
    };
    assert_eq!(
        (train.labels(), test.labels()),
        (vec![2, 1, 2, 1], vec![2, 1])
    );
    assert_eq!(train.pixels(2)[0], 7);
    assert_eq!(train.pixels(3)[3071], 9);
    assert_eq!(train.id(3), "made/train/3");
    let sources: Vec<&str> = parts.sources.iter().map(|s| s.source.as_str()).collect();
    assert_eq!(
        sources,
        ["made/batch_1.bin", "made/batch_2.bin", "made/test.bin"]
    );
}

#[test]
fn a_missing_file_is_named() {
    let made = made(&TWO_FILES, 1, TWO_LABELS, b"");
    let error = made.cifar.read(made.folder.path()).unwrap_err();
    assert!(
        error.to_string().ends_with("train.bin\" is missing"),
        "{error}"
    );
    assert!(matches!(
        error,
        DataError::MissingFile {
            dataset: "made",
            ..
        }
    ));
}

#[test]
fn names_are_checked_when_the_file_is_there() {
    let made = made(&TWO_FILES, 1, TWO_LABELS, b"");
    let path = made.folder.path().join("names.txt");
    let check = || made.cifar.check_names(&path);
    assert!(check().is_ok());
    std::fs::write(&path, "cat\ndog\nbee\n\n").unwrap();
    assert!(check().is_ok());
    std::fs::write(&path, "cat\ndog\nwasp").unwrap();
    let error = check().unwrap_err().to_string();
    assert!(
        error.ends_with("line 3: found \"wasp\", expected \"bee\""),
        "{error}"
    );
    std::fs::write(&path, "cat\ndog").unwrap();
    assert!(matches!(check(), Err(DataError::ClassName { line: 3, .. })));
}

#[test]
fn the_releases_for_python_are_recognised() {
    let found = |entry: CatalogueEntry, folder: &Path| {
        let flag = Some(folder.to_path_buf());
        let found = entry.locate(&DataSearch { flag }).expect("has files");
        found.unwrap_err()
    };
    let releases = [
        (CIFAR_100, "cifar-100-python", ["meta", "train", "test"]),
        (
            CIFAR_10,
            "cifar-10-batches-py",
            ["batches.meta", "data_batch_1", "test_batch"],
        ),
    ];
    for (dataset, name, pickles) in releases {
        let root = tempfile::tempdir().unwrap();
        let absent = found(dataset.into(), root.path());
        assert!(matches!(absent, DataError::NotFound { .. }));
        let folder = root.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        for name in pickles {
            std::fs::write(folder.join(name), "").unwrap();
        }
        let expected =
            format!("{folder:?} holds {dataset} as pickles for Python, which are not read");
        assert_eq!(found(dataset.into(), root.path()).to_string(), expected);
        assert_eq!(found(dataset.into(), &folder).to_string(), expected);
    }
}

#[test]
fn validation_images_of_cifar_10_are_cut_by_class() {
    let options = DataOptions {
        dataset: CIFAR_10,
        validation_images: 5,
        split_seed: 1,
        shapes: ShapesOptions {
            train_images: 1,
            validation_images: 1,
            test_images: 1,
            seed: 0,
        },
        pictures: PictureOptions::default(),
        train_limit: None,
    };
    let [range] = CIFAR_10.ranges(&options)[..] else {
        panic!("one range")
    };
    assert_eq!((range.least, range.most), (10, 49_990));
    assert_eq!(CIFAR_10.train_images(&options), Some(49_995));
    assert_eq!(CIFAR_10.known_shape().map(|shape| shape.classes), Some(10));
}

/// The archive of CIFAR-10, as far as its members go, is accepted with and without its read-me.
#[test]
fn the_members_of_the_archive_are_known() {
    let release = CatalogueEntry::from(CIFAR_10).release().expect("published");
    let Packing::TarGz(contents) = &release.files[0].packing else {
        panic!("a .tar.gz")
    };
    let names: Vec<&str> = (contents.files.iter().chain(contents.optional))
        .map(|(name, _)| *name)
        .collect();
    assert_eq!(names.len(), 8);
    for kept in [7, 8] {
        let paths: Vec<String> = (names[..kept].iter())
            .map(|name| format!("cifar-10-batches-bin/{name}"))
            .collect();
        let members: Vec<Member<'_>> = paths
            .iter()
            .map(|path| Member(path, tar::EntryType::Regular, b"x"))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("archive.tar.gz");
        std::fs::write(&archive, archive_of(&members)).unwrap();
        let into = folder.path().join("into");
        std::fs::create_dir(&into).unwrap();
        crate::data::archive::unpack(&archive, contents, &into).unwrap();
        assert_eq!(std::fs::read_dir(&into).unwrap().count(), kept);
    }
}
