//! Reads MNIST's four IDX files, packed or unpacked, and accepts nothing but their published content.
//!
//! Called by `load_clips`, `describe` and `fetch`. An IDX file is a magic number, the extents of its
//! axes (big-endian, 32 bits each), then bytes.

use std::fs;
use std::path::{Path, PathBuf};

use super::Glyphs;
use crate::data::SourceChecksum;
use crate::data::checksum::md5_of;
use crate::data::error::DataError;
use crate::data::gzip::gunzip;
use crate::data::locate::DataSearch;
use crate::data::release::{PackedFile, Packing, Release};
use crate::run::sha256;

/// Name of the data set.
pub(in crate::data) const NAME: &str = "mnist";

/// The folder that a fetch puts it into, below the data folder.
pub(in crate::data) const FOLDER: &str = "mnist";

/// Where it is looked for: there, and where torchvision leaves it, below the folder that torchvision
/// was given or the data set's own.
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
/// <http://yann.lecun.com/exdb/mnist>; the MD5 of the packed files are those that torchvision checks.
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

    /// Bytes of the whole file, unpacked.
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

    /// The packed file's name.
    fn packed_name(&self) -> String {
        format!("{}.gz", self.name)
    }
}

/// What is published.
pub(in crate::data) fn release() -> Release {
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
        // Packed it is smaller.
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
pub(in crate::data) fn locate(search: &DataSearch) -> Result<PathBuf, DataError> {
    let packed = FILES.each_ref().map(IdxFile::packed_name);
    let names: Vec<&str> = (FILES.iter().map(|file| file.name))
        .chain(packed.iter().map(String::as_str))
        .collect();
    search.find(NAME, &FOLDERS, &names)
}

/// Reads the four files in `folder` and checks every byte. A file that is there packed alone is
/// unpacked in memory.
///
/// # Errors
/// A missing file, one that cannot be unpacked, a wrong size, a label above 9 (with record and
/// offset), or another checksum than the published one.
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

/// The path and the unpacked content of a file, of the right size.
fn content_of(folder: &Path, file: &IdxFile) -> Result<(PathBuf, Vec<u8>), DataError> {
    let (path, packed) = (folder.join(file.name), folder.join(file.packed_name()));
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
    let content = fs::read(&path).map_err(DataError::io("read", &path))?;
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
mod tests {
    use super::*;
    use crate::data::gzip::tests::gzipped;

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
        assert_eq!(hint, "cargo run -- data fetch mnist");
    }

    #[test]
    fn a_packed_file_is_read_where_the_unpacked_one_is_not_there() {
        let file = &FILES[3];
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(file.packed_name());
        let pack = |content: &[u8]| fs::write(&path, gzipped(content)).expect("written");
        let content = || content_of(folder.path(), file);
        let problem = || content().expect_err("not whole").to_string();
        let whole: Vec<u8> = (0..10_008).map(|place| (place % 251) as u8).collect();

        pack(&whole);
        assert_eq!(content().expect("read"), (path.clone(), whole.clone()));
        pack(&whole[..10_007]);
        let short = format!("cannot unpack {path:?}: it holds 10007 bytes, expected 10008");
        assert_eq!(problem(), short);
        pack(&vec![0; 64 << 20]);
        let bomb = format!("cannot unpack {path:?}: more data than it should unpack to");
        assert_eq!(problem(), bomb);
        fs::write(&path, "<html>").expect("written");
        assert!(problem().starts_with(&format!("cannot unpack {path:?}: ")));

        // Beside the unpacked file the packed one does not count.
        let unpacked = folder.path().join(file.name);
        fs::write(&unpacked, &whole).expect("written");
        assert_eq!(content().expect("read"), (unpacked, whole));
    }

    #[test]
    fn it_is_found_where_torchvision_leaves_it_and_after_what_was_fetched() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let search = |below: &str| DataSearch {
            flag: Some(root.path().join(below)),
        };
        let put = |folder: &str, name: &str| {
            fs::create_dir_all(root.path().join(folder)).expect("created");
            fs::write(root.path().join(folder).join(name), "").expect("written");
        };
        let error = locate(&search("")).expect_err("nothing there").to_string();
        for place in ["mnist\"", "MNIST/raw\"", "raw\""] {
            assert!(error.contains(place), "{error}");
        }
        put("MNIST/raw", "t10k-labels-idx1-ubyte.gz");
        let raw = root.path().join("MNIST/raw");
        for below in ["", "MNIST", "MNIST/raw"] {
            assert_eq!(locate(&search(below)).expect("found"), raw);
        }
        put("mnist", "train-images-idx3-ubyte");
        let fetched = root.path().join("mnist");
        assert_eq!(locate(&search("")).expect("found"), fetched);
    }

    #[test]
    #[ignore = "needs the real MNIST in $CAMTRAIL_DATA"]
    fn the_real_release_has_the_known_statistics_packed_and_unpacked() {
        let folder = locate(&DataSearch::default()).expect("MNIST is there");
        let release = read(&folder).expect("whole");
        // 0.1307 and 0.3081 to more places.
        let (mean, deviation) = release.train.statistics();
        assert!((mean - 0.130_660).abs() < 1e-6, "{mean}");
        assert!((deviation - 0.308_108).abs() < 1e-6, "{deviation}");
        // Published counts of the test digits.
        let counts = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009];
        assert_eq!(release.test.label_counts(), counts);

        let packed = tempfile::tempdir().expect("a temporary folder");
        for file in &FILES {
            let content = fs::read(folder.join(file.name)).expect("unpacked");
            let path = packed.path().join(file.packed_name());
            fs::write(path, gzipped(&content)).expect("written");
        }
        let again = read(packed.path()).expect("whole");
        assert!(again.train == release.train && again.test == release.test);
        assert_eq!(again.sources, release.sources);
    }
}
