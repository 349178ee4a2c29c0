//! Reads the official CIFAR-100 binary release, and accepts only its exact bytes.
//!
//! A record is one coarse label, one fine label and 3072 pixel bytes (red, green, blue planes of 32
//! x 32, row-major). The fine labels are the classes.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use super::names::{COARSE_NAMES, FINE_NAMES};
use crate::data::error::DataError;
use crate::data::image_set::{CHANNELS, ImageSet, ImageSetParts, PixelStore};
use crate::data::split::Split;
use crate::data::splits::SourceChecksum;
use crate::run::{read_regular, read_text, sha256};

/// Name of the data set.
pub(super) const NAME: &str = "cifar-100";

/// Height and width, pixels.
pub(super) const SIDE: usize = 32;

/// Bytes before the pixels of a record: the coarse and the fine label.
const LABEL_BYTES: usize = 2;

/// Bytes of a record.
const RECORD_BYTES: usize = LABEL_BYTES + CHANNELS * SIDE * SIDE;

/// The file with the names of the fine classes.
pub(super) const NAMES_FILE: &str = "fine_label_names.txt";

/// One of the release's two data files.
#[derive(Clone, Copy, Debug)]
pub(super) struct DataFile {
    pub(super) name: &'static str,
    split: Split,
    pub(super) records: usize,
    /// SHA-256 of the published content.
    sha256: &'static str,
}

impl DataFile {
    /// Returns the size of the file in bytes.
    pub(super) const fn bytes(&self) -> u64 {
        (self.records * RECORD_BYTES) as u64
    }
}

/// The 50,000 training images.
pub(super) const TRAIN_FILE: DataFile = DataFile {
    name: "train.bin",
    split: Split::Train,
    records: 50_000,
    sha256: "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
};

/// The 10,000 test images.
pub(super) const TEST_FILE: DataFile = DataFile {
    name: "test.bin",
    split: Split::Test,
    records: 10_000,
    sha256: "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
};

/// The whole release, verified.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) train: ImageSet,
    pub(super) test: ImageSet,
    pub(super) sources: Vec<SourceChecksum>,
}

/// Reads both files of the release in `folder`, one thread each, and verifies every byte.
///
/// # Errors
/// A missing file, a wrong size, a label outside its range (with record and offset), a wrong
/// checksum, or a name file with other names.
pub(super) fn read(folder: &Path) -> Result<Content, DataError> {
    check_names(&folder.join(NAMES_FILE))?;
    let (train, test) = thread::scope(|scope| {
        let test = scope.spawn(|| read_file(folder, &TEST_FILE));
        let train = read_file(folder, &TRAIN_FILE);
        let test = test
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (train, test)
    });
    let sources = [&TRAIN_FILE, &TEST_FILE].map(|file| SourceChecksum {
        source: format!("{NAME}/{}", file.name),
        sha256: file.sha256.to_owned(),
    });
    Ok(Content {
        train: train?,
        test: test?,
        sources: sources.to_vec(),
    })
}

fn read_file(folder: &Path, file: &DataFile) -> Result<ImageSet, DataError> {
    let path = folder.join(file.name);
    check_size(&path, file)?;
    let bytes = read_regular(&path).map_err(DataError::io("read", &path))?;
    check_length(&path, file, bytes.len() as u64)?;
    // The labels are checked first: the record of an invalid label is more informative than a
    // checksum.
    let labels = read_labels(&path, &bytes)?;
    let found = sha256(&bytes);
    if found != file.sha256 {
        return Err(DataError::Checksum {
            dataset: NAME,
            path,
            algorithm: "SHA-256",
            found,
            expected: file.sha256.to_owned(),
        });
    }
    Ok(ImageSet::new(ImageSetParts {
        dataset: NAME,
        split: file.split,
        generated: false,
        class_names: class_names(),
        size: (SIDE, SIDE),
        store: PixelStore {
            bytes,
            stride: RECORD_BYTES,
            header: LABEL_BYTES,
            labels,
            annotations: None,
        },
    }))
}

/// Checks the size before memory for the content is allocated.
fn check_size(path: &Path, file: &DataFile) -> Result<(), DataError> {
    let metadata = fs::metadata(path).map_err(DataError::missing_or_io(NAME, path))?;
    check_length(path, file, metadata.len())
}

fn check_length(path: &Path, file: &DataFile, found: u64) -> Result<(), DataError> {
    let record_bytes = RECORD_BYTES as u64;
    let expected = file.bytes();
    if found == expected {
        return Ok(());
    }
    Err(DataError::Size {
        dataset: NAME,
        path: path.to_path_buf(),
        found,
        whole: found / record_bytes,
        record_bytes,
        rest: found % record_bytes,
        expected,
    })
}

/// Returns the fine label of every record, after checking the range of both labels.
fn read_labels(path: &Path, bytes: &[u8]) -> Result<Vec<u16>, DataError> {
    let mut labels = Vec::with_capacity(bytes.len() / RECORD_BYTES);
    for (record, content) in bytes.chunks_exact(RECORD_BYTES).enumerate() {
        let limits = [("coarse", COARSE_NAMES.len()), ("fine", FINE_NAMES.len())];
        for (place, (kind, classes)) in limits.into_iter().enumerate() {
            if usize::from(content[place]) >= classes {
                return Err(DataError::Label {
                    dataset: NAME,
                    path: path.to_path_buf(),
                    kind,
                    record,
                    offset: record * RECORD_BYTES + place,
                    value: content[place],
                    last: classes as u8 - 1,
                });
            }
        }
        labels.push(u16::from(content[1]));
    }
    Ok(labels)
}

fn class_names() -> Arc<[String]> {
    FINE_NAMES.iter().map(|name| (*name).to_owned()).collect()
}

/// Compares the release's name file, if present, with the official names.
fn check_names(path: &Path) -> Result<(), DataError> {
    let text = match read_text(path) {
        Ok(text) => text,
        // The names are constants of this crate; the file is only a further check.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(DataError::io("read", path)(error)),
    };
    let lines: Vec<&str> = text.trim_end().lines().map(str::trim).collect();
    for line in 0..lines.len().max(FINE_NAMES.len()) {
        let found = lines.get(line).copied().unwrap_or_default();
        let expected = FINE_NAMES.get(line).copied().unwrap_or_default();
        if found != expected {
            return Err(DataError::ClassName {
                dataset: NAME,
                path: path.to_path_buf(),
                line: line + 1,
                found: found.to_owned(),
                expected: expected.to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `count` records of zeros.
    fn records(count: usize) -> Vec<u8> {
        vec![0; count * RECORD_BYTES]
    }

    fn file_of(
        content: &[u8],
        records: usize,
        sha256: &'static str,
    ) -> Result<ImageSet, DataError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("test.bin"), content).unwrap();
        read_file(
            folder.path(),
            &DataFile {
                records,
                sha256,
                ..TEST_FILE
            },
        )
    }

    #[test]
    fn a_cut_file_is_told_by_its_size() {
        let error = file_of(&records(3)[..2 * RECORD_BYTES + 5], 3, "")
            .unwrap_err()
            .to_string();
        assert!(
            error.ends_with("has 6153 bytes (2 records of 3074 and 5 bytes over), expected 9222"),
            "{error}"
        );
        assert!(matches!(
            file_of(&records(2), 3, ""),
            Err(DataError::Size { rest: 0, .. })
        ));
        assert!(matches!(
            file_of(&[], 3, ""),
            Err(DataError::Size { found: 0, .. })
        ));
    }

    #[test]
    fn a_label_out_of_range_is_told_by_record_and_offset() {
        let mut content = records(3);
        content[2 * RECORD_BYTES + 1] = 100;
        let error = file_of(&content, 3, "").unwrap_err().to_string();
        assert!(
            error.ends_with("record 2 (byte 6149) has fine label 100, outside 0 to 99"),
            "{error}"
        );
        content[RECORD_BYTES] = 20;
        let error = file_of(&content, 3, "").unwrap_err().to_string();
        assert!(
            error.ends_with("record 1 (byte 3074) has coarse label 20, outside 0 to 19"),
            "{error}"
        );
    }

    #[test]
    fn one_flipped_bit_is_told_by_the_checksum() {
        let published: &'static str = Box::leak(sha256(&records(2)).into_boxed_str());
        let set = file_of(&records(2), 2, published).unwrap();
        assert_eq!((set.len(), set.label(1), set.pixels(1).len()), (2, 0, 3072));
        let mut flipped = records(2);
        flipped[4000] ^= 0x10;
        let error = file_of(&flipped, 2, published).unwrap_err();
        assert!(matches!(&error, DataError::Checksum { expected, .. } if expected == published));
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = read(folder.path()).unwrap_err();
        assert!(
            error.to_string().ends_with("train.bin\" is missing"),
            "{error}"
        );
        assert!(matches!(
            error,
            DataError::MissingFile { dataset: NAME, .. }
        ));
    }

    #[test]
    fn names_are_checked_when_the_file_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAMES_FILE);
        assert!(check_names(&path).is_ok());
        std::fs::write(&path, FINE_NAMES.join("\n") + "\n\n").unwrap();
        assert!(check_names(&path).is_ok());
        std::fs::write(&path, FINE_NAMES.join("\n").replace("\nbee\n", "\nwasp\n")).unwrap();
        let error = check_names(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("line 7: found \"wasp\", expected \"bee\""),
            "{error}"
        );
        std::fs::write(&path, FINE_NAMES[..99].join("\n")).unwrap();
        assert!(matches!(
            check_names(&path),
            Err(DataError::ClassName { line: 100, .. })
        ));
    }
}
