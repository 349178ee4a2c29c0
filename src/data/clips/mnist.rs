//! Reads MNIST's four IDX files, and accepts nothing but their published content.
//!
//! Called by `load_clips`, `describe` and `fetch`. An IDX file is a magic number, the extents of its
//! axes (big-endian, 32 bits each), then bytes.

use std::fs;
use std::path::{Path, PathBuf};

use super::Glyphs;
use crate::data::SourceChecksum;
use crate::data::checksum::md5_of;
use crate::data::error::DataError;
use crate::data::locate::DataSearch;
use crate::run::sha256;

/// Name of the data set.
pub(in crate::data) const NAME: &str = "mnist";

/// Its folder below the data folder.
pub(crate) const FOLDER: &str = "mnist";

/// Height and width of a picture, pixels.
pub(crate) const SIDE: usize = 28;

/// Largest label.
const LAST_LABEL: u8 = 9;

/// One of the four files: its name, the MD5 of its unpacked content, and its extents.
#[derive(Debug)]
pub(crate) struct IdxFile {
    pub(crate) name: &'static str,
    pub(crate) md5: &'static str,
    extents: &'static [u32],
}

/// Training pictures and labels, test pictures and labels.
///
/// # Source
/// <http://yann.lecun.com/exdb/mnist>; MD5 of the unpacked files.
pub(crate) const FILES: [IdxFile; 4] = [
    IdxFile {
        name: "train-images-idx3-ubyte",
        md5: "6bbc9ace898e44ae57da46a324031adb",
        extents: &[60_000, SIDE as u32, SIDE as u32],
    },
    IdxFile {
        name: "train-labels-idx1-ubyte",
        md5: "a25bea736e30d166cdddb491f175f624",
        extents: &[60_000],
    },
    IdxFile {
        name: "t10k-images-idx3-ubyte",
        md5: "2646ac647ad5339dbf082846283269ea",
        extents: &[10_000, SIDE as u32, SIDE as u32],
    },
    IdxFile {
        name: "t10k-labels-idx1-ubyte",
        md5: "27ae3e4e09519cfbb04c329615203637",
        extents: &[10_000],
    },
];

/// The third byte of an IDX file's magic number where its values are unsigned bytes.
const UNSIGNED_BYTES: u8 = 0x08;

/// The whole release, checked.
#[derive(Debug)]
pub(crate) struct Mnist {
    pub(crate) train: Glyphs,
    pub(crate) test: Glyphs,
    pub(crate) sources: Vec<SourceChecksum>,
}

impl IdxFile {
    /// The bytes that the file begins with.
    fn header(&self) -> Vec<u8> {
        let mut header = vec![0, 0, UNSIGNED_BYTES, self.extents.len() as u8];
        for extent in self.extents {
            header.extend(extent.to_be_bytes());
        }
        header
    }

    /// Bytes of the whole file.
    pub(crate) fn bytes(&self) -> u64 {
        let values: u64 = self
            .extents
            .iter()
            .map(|extent| u64::from(*extent))
            .product();
        self.header().len() as u64 + values
    }

    fn records(&self) -> usize {
        self.extents[0] as usize
    }
}

/// Finds the folder with the files.
///
/// # Errors
/// [`DataError::NotFound`].
pub(crate) fn locate(search: &DataSearch) -> Result<PathBuf, DataError> {
    search.find(NAME, FOLDER, &FILES.each_ref().map(|file| file.name))
}

/// Reads the four files in `folder` and checks every byte.
///
/// # Errors
/// A missing file, a wrong size, a label above 9 (with record and offset), or another checksum than
/// the published one.
pub(crate) fn read(folder: &Path) -> Result<Mnist, DataError> {
    let [train_images, train_labels, test_images, test_labels] = FILES;
    let mut sources = Vec::new();
    let mut glyphs = |images: &IdxFile, labels: &IdxFile| {
        let pixels = read_file(folder, images, &mut sources)?;
        let labels = read_file(folder, labels, &mut sources)?;
        Ok::<_, DataError>(Glyphs::new(SIDE, pixels, labels))
    };
    let train = glyphs(&train_images, &train_labels)?;
    let test = glyphs(&test_images, &test_labels)?;
    Ok(Mnist {
        train,
        test,
        sources,
    })
}

/// The values of a file, after its size, labels and checksum were found right.
fn read_file(
    folder: &Path,
    file: &IdxFile,
    sources: &mut Vec<SourceChecksum>,
) -> Result<Vec<u8>, DataError> {
    let path = folder.join(file.name);
    let size = fs::metadata(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => DataError::MissingFile {
            dataset: NAME,
            path: path.clone(),
        },
        _ => DataError::io("read", &path)(source),
    })?;
    check_size(&path, file, size.len())?;
    let mut content = fs::read(&path).map_err(DataError::io("read", &path))?;
    check_size(&path, file, content.len() as u64)?;
    let header = file.header();
    if file.extents.len() == 1 {
        check_labels(&path, &content, header.len())?;
    }
    let (found, _) = md5_of(&mut content.as_slice()).map_err(DataError::io("read", &path))?;
    if found != file.md5 {
        return Err(DataError::Checksum {
            dataset: NAME,
            path,
            algorithm: "MD5",
            found,
            expected: file.md5.to_owned(),
        });
    }
    sources.push(SourceChecksum {
        source: format!("{NAME}/{}", file.name),
        sha256: sha256(&content),
    });
    Ok(content.split_off(header.len()))
}

fn check_size(path: &Path, file: &IdxFile, found: u64) -> Result<(), DataError> {
    let expected = file.bytes();
    if found == expected {
        return Ok(());
    }
    let header = file.header().len() as u64;
    let record_bytes = (expected - header) / file.records() as u64;
    let values = found.saturating_sub(header);
    Err(DataError::Size {
        dataset: NAME,
        path: path.to_path_buf(),
        found,
        whole: values / record_bytes,
        record_bytes,
        rest: values % record_bytes,
        expected,
    })
}

fn check_labels(path: &Path, content: &[u8], header: usize) -> Result<(), DataError> {
    let labels = content[header..].iter();
    match labels.enumerate().find(|(_, label)| **label > LAST_LABEL) {
        None => Ok(()),
        Some((record, &value)) => Err(DataError::Label {
            dataset: NAME,
            path: path.to_path_buf(),
            kind: "digit",
            record,
            offset: header + record,
            value,
            last: LAST_LABEL,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(file: &IdxFile, content: &[u8]) -> (tempfile::TempDir, DataError) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join(file.name), content).expect("written");
        let error = read_file(folder.path(), file, &mut Vec::new()).expect_err("not MNIST");
        (folder, error)
    }

    #[test]
    fn headers_by_hand() {
        assert_eq!(FILES[1].header(), [0, 0, 8, 1, 0, 0, 0xEA, 0x60]);
        assert_eq!(FILES[0].bytes(), 47_040_016);
        assert_eq!(FILES[3].bytes(), 10_008);
    }

    #[test]
    fn a_cut_file_an_impossible_label_and_other_bytes_are_named() {
        let file = &FILES[3];
        let (folder, error) = written(file, &[0; 1008]);
        let path = folder.path().join(file.name);
        assert_eq!(
            error.to_string(),
            format!("{path:?} has 1008 bytes (1000 records of 1 and 0 bytes over), expected 10008")
        );
        let mut content = vec![0; 10_008];
        content[8 + 17] = 10;
        let (folder, error) = written(file, &content);
        let path = folder.path().join(file.name);
        assert_eq!(
            error.to_string(),
            format!("{path:?}: record 17 (byte 25) has digit label 10, outside 0 to 9")
        );
        let (_folder, error) = written(file, &[0; 10_008]);
        assert!(error.to_string().contains("is damaged: MD5 is"), "{error}");
        let empty = tempfile::tempdir().expect("a temporary folder");
        let error = read(empty.path()).expect_err("nothing there");
        assert!(matches!(error, DataError::MissingFile { .. }), "{error}");
        let hint = error.hint().expect("a hint");
        assert!(
            hint.ends_with("take digits that camtrail draws: --base digits"),
            "{hint}"
        );
    }
}
