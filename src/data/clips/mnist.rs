//! Reads MNIST's four IDX files, packed or unpacked, and accepts only their published content.
//!
//! An IDX file is a magic number, the extents of its axes (big-endian, 32 bits each), then bytes.

use std::fs;
use std::path::{Path, PathBuf};

use super::glyphs::Glyphs;
use super::pictures::{DigitPictures, DigitSource};
use crate::data::checksum::md5_of;
use crate::data::error::DataError;
use crate::data::gzip::gunzip;
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::release::{PackedFile, Packing, Release};
use crate::data::splits::SourceChecksum;
use crate::run::{read_regular, sha256};

/// Handwritten digits: 70,000 pictures of 28 x 28 pixels.
pub(in crate::data) const DATASET: &dyn DigitSource = &Mnist;

/// Name of the data set.
const NAME: &str = "mnist";

/// The folder of a fetched copy, in the data folder.
const FOLDER: &str = "mnist";

/// Folders to look in: that folder, and torchvision's folder below the folder given to torchvision
/// or below the data set's own.
const FOLDERS: [&str; 3] = [FOLDER, "MNIST/raw", "raw"];

/// Servers with the official packed files.
const MIRRORS: [&str; 2] = [
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
];

/// Height and width of a picture, pixels.
const SIDE: usize = 28;

/// Largest label.
const LAST_LABEL: u8 = 9;

/// One of the four files.
#[derive(Debug)]
struct IdxFile {
    name: &'static str,
    /// MD5 of the unpacked content.
    md5: &'static str,
    /// MD5 of the official packed file.
    packed_md5: &'static str,
    extents: &'static [u32],
}

/// Training pictures and labels, test pictures and labels.
///
/// # Source
/// <http://yann.lecun.com/exdb/mnist>; the MD5s of the packed files are those checked by
/// torchvision.
const FILES: [IdxFile; 4] = [
    IdxFile {
        name: "train-images-idx3-ubyte",
        md5: "6bbc9ace898e44ae57da46a324031adb",
        packed_md5: "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        extents: &[60_000, SIDE as u32, SIDE as u32],
    },
    IdxFile {
        name: "train-labels-idx1-ubyte",
        md5: "a25bea736e30d166cdddb491f175f624",
        packed_md5: "d53e105ee54ea40749a09fcbcd1e9432",
        extents: &[60_000],
    },
    IdxFile {
        name: "t10k-images-idx3-ubyte",
        md5: "2646ac647ad5339dbf082846283269ea",
        packed_md5: "9fb629c4189551a2d022fa330f9573f3",
        extents: &[10_000, SIDE as u32, SIDE as u32],
    },
    IdxFile {
        name: "t10k-labels-idx1-ubyte",
        md5: "27ae3e4e09519cfbb04c329615203637",
        packed_md5: "ec29112dd5afa0611ce80d1b7f02629c",
        extents: &[10_000],
    },
];

/// The third byte of an IDX file's magic number for unsigned bytes.
const UNSIGNED_BYTES: u8 = 0x08;

#[derive(Debug)]
struct Mnist;

impl Origin for Mnist {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "handwritten digits: 70,000 of 28 x 28 pixels"
    }

    fn release(&self) -> Option<Release> {
        Some(release())
    }
}

impl DigitSource for Mnist {
    fn read(&self, search: &DataSearch) -> Result<DigitPictures, DataError> {
        read(&locate(search)?)
    }
}

impl IdxFile {
    /// Returns the first bytes of the file.
    fn header(&self) -> Vec<u8> {
        let mut header = vec![0, 0, UNSIGNED_BYTES, self.extents.len() as u8];
        for extent in self.extents {
            header.extend(extent.to_be_bytes());
        }
        header
    }

    /// Returns the size of the unpacked file in bytes.
    fn bytes(&self) -> u64 {
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

    /// Returns the names of the unpacked file: the publisher's, and Kaggle's with a dot.
    fn names(&self) -> [String; 2] {
        [self.name.to_owned(), self.name.replace("-idx", ".idx")]
    }

    /// Returns the packed file's name.
    fn packed_name(&self) -> String {
        format!("{}.gz", self.name)
    }
}

/// Returns the published release.
pub(super) fn release() -> Release {
    Release {
        dataset: NAME,
        folder: FOLDER,
        mirrors: MIRRORS.map(str::to_owned).to_vec(),
        files: FILES.iter().map(packed).collect(),
        locate,
        check: |folder| read(folder).map(drop),
    }
}

fn packed(file: &IdxFile) -> PackedFile {
    PackedFile {
        name: file.packed_name(),
        md5: file.packed_md5.to_owned(),
        // The packed file is smaller.
        cap: file.bytes(),
        packing: Packing::Gzip {
            name: file.name,
            cap: file.bytes(),
        },
    }
}

/// Finds the folder with the files.
///
/// # Errors
/// [`DataError::NotFound`].
pub(super) fn locate(search: &DataSearch) -> Result<PathBuf, DataError> {
    let packed = FILES.each_ref().map(IdxFile::packed_name);
    let plain = FILES.each_ref().map(IdxFile::names);
    let plain = plain.iter().flatten();
    let names: Vec<&str> = plain.chain(&packed).map(String::as_str).collect();
    search.find(NAME, &FOLDERS, &names)
}

/// Reads the four files in `folder` and verifies every byte. A file present only in packed form is
/// unpacked in memory.
///
/// # Errors
/// A missing file, one that cannot be unpacked, a wrong size, a label above 9 (with record and
/// offset), or a wrong checksum.
pub(super) fn read(folder: &Path) -> Result<DigitPictures, DataError> {
    let [train_images, train_labels, test_images, test_labels] = FILES;
    let mut sources = Vec::new();
    let mut glyphs = |images: &IdxFile, labels: &IdxFile| {
        let pixels = read_file(folder, images, &mut sources)?;
        let labels = read_file(folder, labels, &mut sources)?;
        Ok::<_, DataError>(Glyphs::new(SIDE, pixels, labels))
    };
    let train = glyphs(&train_images, &train_labels)?;
    let test = glyphs(&test_images, &test_labels)?;
    Ok(DigitPictures {
        train,
        test,
        sources,
    })
}

/// Returns the values of a file, after verifying its size, labels and checksum.
fn read_file(
    folder: &Path,
    file: &IdxFile,
    sources: &mut Vec<SourceChecksum>,
) -> Result<Vec<u8>, DataError> {
    let (path, mut content) = content_of(folder, file)?;
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

/// Returns the path and the unpacked content of a file, after verifying its size.
fn content_of(folder: &Path, file: &IdxFile) -> Result<(PathBuf, Vec<u8>), DataError> {
    let (names, packed) = (file.names(), folder.join(file.packed_name()));
    // Kaggle's copy also has a folder with the publisher's name for the file.
    let mut places = names.iter().map(|name| folder.join(name));
    let found = places.find(|path| path.is_file());
    let path = found.unwrap_or_else(|| folder.join(file.name));
    if packed.exists() && !path.exists() {
        let content = gunzip(NAME, &packed, file.bytes())?;
        let (found, expected) = (content.len() as u64, file.bytes());
        if found == expected {
            return Ok((packed, content));
        }
        return Err(DataError::Packed {
            dataset: NAME,
            path: packed,
            problem: format!("it holds {found} bytes, expected {expected}"),
        });
    }
    let size = fs::metadata(&path).map_err(DataError::missing_or_io(NAME, &path))?;
    check_size(&path, file, size.len())?;
    let content = read_regular(&path).map_err(DataError::io("read", &path))?;
    check_size(&path, file, content.len() as u64)?;
    Ok((path, content))
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
#[path = "mnist_tests.rs"]
mod tests;
