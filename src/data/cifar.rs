//! Reads the official binary releases of CIFAR-10 and CIFAR-100, and accepts only their exact bytes.
//!
//! A record is one or two labels, the last of which is the class, and 3072 pixel bytes (red, green, blue
//! planes of 32 x 32, row-major).

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use crate::data::archive::Contents;
use crate::data::checksum::Fingerprint;
use crate::data::dataset::{
    ClassGroups, DataOptions, ImageDataset, ImageShape, OptionRange, Parts,
};
use crate::data::error::DataError;
use crate::data::image_set::{
    CHANNELS, ImageSet, ImageSetParts, Normalisation, PixelStore, Pixels,
};
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::release::{PackedFile, Packing, Release};
use crate::data::split::Split;
use crate::data::splits::{SourceChecksum, Splits};
use crate::data::stratify::{Quantity, held_out};
use crate::run::{open_regular, read_text, sha256};

/// Height and width, pixels.
const SIDE: usize = 32;

/// Bytes of the pixels of a record.
const PIXEL_BYTES: usize = CHANNELS * SIDE * SIDE;

/// The location of the official archives.
///
/// # Source
/// <https://www.cs.toronto.edu/~kriz/cifar.html>
const PUBLISHER: &str = "https://www.cs.toronto.edu/~kriz/";

/// Larger than the archives (168.5 and 170.1 MB); a longer download is something else.
const ARCHIVE_CAP: u64 = 200_000_000;

/// Maximum size of a file of names, in bytes.
pub(super) const NAMES_CAP: u64 = 64 << 10;

/// One of the two data sets.
#[derive(Debug)]
pub(super) struct Cifar {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    /// Name of the archive, and its published MD5.
    pub(super) archive: &'static str,
    pub(super) archive_md5: &'static str,
    /// The folder inside the archive, which is also the one in the data folder, and its files.
    pub(super) contents: Contents,
    /// The release for Python: its folder, its archive, and files in that folder.
    pub(super) pickled: [&'static str; 2],
    pub(super) pickles: [&'static str; 3],
    /// The data files, training files first.
    pub(super) files: &'static [DataFile],
    /// The labels of a record, each with its number of classes.
    pub(super) labels: &'static [(&'static str, u8)],
    /// The file with the names of the classes, and those names.
    pub(super) names_file: &'static str,
    pub(super) class_names: &'static [&'static str],
    /// The groups of its classes, if it has any.
    pub(super) groups: Option<ClassGroups>,
    /// Statistics of the training files if they are constants; otherwise they are measured.
    pub(super) normalisation: Option<Normalisation>,
    /// [`Cifar::find`] and [`Cifar::read`] of this data set.
    pub(super) locate: fn(&DataSearch) -> Result<PathBuf, DataError>,
    pub(super) check: fn(&Path) -> Result<(), DataError>,
}

/// One of a release's data files.
#[derive(Clone, Copy, Debug)]
pub(super) struct DataFile {
    pub(super) name: &'static str,
    pub(super) split: Split,
    pub(super) records: usize,
    /// Digest of the published content: all digits.
    pub(super) digest: Fingerprint<'static>,
}

impl DataFile {
    /// Returns the size of the file in bytes, with `labels` labels in each record.
    pub(super) const fn bytes(&self, labels: usize) -> u64 {
        (self.records * (labels + PIXEL_BYTES)) as u64
    }
}

/// The content of one file, verified.
struct Verified {
    labels: Vec<u16>,
    sha256: String,
}

impl Origin for Cifar {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn release(&self) -> Option<Release> {
        Some(Release {
            dataset: self.name,
            folder: self.contents.folder,
            mirrors: vec![PUBLISHER.to_owned()],
            files: vec![PackedFile {
                name: self.archive.to_owned(),
                md5: self.archive_md5.to_owned(),
                cap: ARCHIVE_CAP,
                packing: Packing::TarGz(self.contents),
            }],
            locate: self.locate,
            check: self.check,
        })
    }
}

impl ImageDataset for Cifar {
    fn groups(&self) -> Option<ClassGroups> {
        self.groups
    }

    fn known_shape(&self) -> Option<ImageShape> {
        Some(ImageShape {
            side: SIDE,
            classes: self.class_names.len(),
        })
    }

    fn shape(&self, _options: &DataOptions, _search: &DataSearch) -> Result<ImageShape, DataError> {
        Ok(self.known_shape().expect("it is a constant"))
    }

    fn ranges(&self, options: &DataOptions) -> Vec<OptionRange> {
        let classes = self.class_names.len();
        vec![OptionRange {
            key: "data.validation_images",
            value: options.validation_images,
            least: classes,
            most: self.records(Split::Train) - classes,
        }]
    }

    fn train_images(&self, options: &DataOptions) -> Option<usize> {
        self.records(Split::Train)
            .checked_sub(options.validation_images)
    }

    fn load(&self, options: &DataOptions, search: &DataSearch) -> Result<Splits, DataError> {
        let Parts {
            sets,
            sources,
            warnings,
        } = self.parts(options, search)?;
        let [all, test] = <[ImageSet; 2]>::try_from(sets).expect("training and test images");
        let count = Quantity::Count(options.validation_images);
        let [train, validation] = held_out(&all, count, options.split_seed, Split::Validation)?;
        let measured = || all.channel_statistics();
        Ok(Splits {
            train,
            validation,
            test,
            normalisation: self.normalisation.unwrap_or_else(measured),
            sources,
            warnings,
        })
    }

    fn parts(&self, _options: &DataOptions, search: &DataSearch) -> Result<Parts, DataError> {
        self.read(&(self.locate)(search)?)
    }
}

impl Cifar {
    /// Finds the folder of the release.
    ///
    /// # Errors
    /// [`DataError::NotFound`]; [`DataError::Pickled`].
    pub(super) fn find(&self, search: &DataSearch) -> Result<PathBuf, DataError> {
        let files: Vec<&str> = self.files.iter().map(|file| file.name).collect();
        let found = search.find(self.name, &[self.contents.folder], &files);
        let root = search.root();
        let is_pickled = || self.pickles.iter().all(|name| root.join(name).is_file());
        let below = self.pickled.map(|name| root.join(name)).into_iter();
        let mut other = below
            .filter(|path| path.exists())
            .chain(is_pickled().then(|| root.clone()));
        found.map_err(|absent| match other.next() {
            Some(path) => DataError::Pickled {
                dataset: self.name,
                path,
            },
            None => absent,
        })
    }

    /// Reads the files of the release in `folder`, one thread each, and verifies every byte.
    ///
    /// # Errors
    /// A missing file, a wrong size, a label outside its range (with record and offset), a wrong
    /// checksum, or a name file with other names.
    pub(super) fn read(&self, folder: &Path) -> Result<Parts, DataError> {
        self.check_names(&folder.join(self.names_file))?;
        // Before memory for the content is allocated.
        self.files
            .iter()
            .try_for_each(|file| self.check_size(&folder.join(file.name), file))?;
        let mut parts = Parts {
            sets: Vec::new(),
            sources: Vec::new(),
            warnings: Vec::new(),
        };
        for split in [Split::Train, Split::Test] {
            let files: Vec<&DataFile> = self.files_of(split).collect();
            let mut bytes = vec![0; self.records(split) * self.record_bytes()];
            let mut labels = Vec::with_capacity(self.records(split));
            for (file, read) in files.iter().zip(self.read_into(folder, &files, &mut bytes)) {
                let read = read?;
                labels.extend(read.labels);
                parts.sources.push(SourceChecksum {
                    source: format!("{}/{}", self.name, file.name),
                    sha256: read.sha256,
                });
            }
            parts.sets.push(self.set(split, bytes, labels));
        }
        Ok(parts)
    }

    fn set(&self, split: Split, bytes: Vec<u8>, labels: Vec<u16>) -> ImageSet {
        let names = self.class_names.iter();
        ImageSet::new(ImageSetParts {
            dataset: self.name,
            split,
            generated: false,
            class_names: names
                .map(|name| (*name).to_owned())
                .collect::<Arc<[String]>>(),
            size: (SIDE, SIDE),
            store: PixelStore {
                pixels: Pixels::Memory {
                    bytes,
                    stride: self.record_bytes(),
                    header: self.labels.len(),
                },
                labels,
                annotations: None,
            },
        })
    }

    /// Reads `files`, one after the other, into `bytes`.
    fn read_into(
        &self,
        folder: &Path,
        files: &[&DataFile],
        mut bytes: &mut [u8],
    ) -> Vec<Result<Verified, DataError>> {
        thread::scope(|scope| {
            let mut threads = Vec::new();
            for file in files {
                let part = file.bytes(self.labels.len()) as usize;
                let (part, rest) = std::mem::take(&mut bytes).split_at_mut(part);
                bytes = rest;
                threads.push(scope.spawn(move || self.read_file(folder, file, part)));
            }
            let joined = threads.into_iter().map(|thread| {
                let panicked = |panic| std::panic::resume_unwind(panic);
                thread.join().unwrap_or_else(panicked)
            });
            joined.collect()
        })
    }

    fn read_file(
        &self,
        folder: &Path,
        file: &DataFile,
        bytes: &mut [u8],
    ) -> Result<Verified, DataError> {
        let path = folder.join(file.name);
        let mut content = open_regular(&path).map_err(DataError::io("read", &path))?;
        content
            .read_exact(bytes)
            .map_err(DataError::io("read", &path))?;
        // The labels are checked first: the record of an invalid label is more informative than a
        // checksum.
        let labels = self.read_labels(&path, bytes)?;
        let found = file.digest.of_bytes(bytes);
        if found != file.digest.digits() {
            return Err(DataError::Checksum {
                dataset: self.name,
                path,
                algorithm: file.digest.algorithm(),
                found,
                expected: file.digest.digits().to_owned(),
            });
        }
        let sha256 = sha256(bytes);
        Ok(Verified { labels, sha256 })
    }

    fn files_of(&self, split: Split) -> impl Iterator<Item = &DataFile> {
        self.files.iter().filter(move |file| file.split == split)
    }

    fn records(&self, split: Split) -> usize {
        self.files_of(split).map(|file| file.records).sum()
    }

    /// Returns the number of bytes of a record.
    fn record_bytes(&self) -> usize {
        self.labels.len() + PIXEL_BYTES
    }

    fn check_size(&self, path: &Path, file: &DataFile) -> Result<(), DataError> {
        let metadata = fs::metadata(path).map_err(DataError::missing_or_io(self.name, path))?;
        let record_bytes = self.record_bytes() as u64;
        let (found, expected) = (metadata.len(), file.bytes(self.labels.len()));
        // What is no file is reported when it is opened.
        if found == expected || !metadata.is_file() {
            return Ok(());
        }
        Err(DataError::Size {
            dataset: self.name,
            path: path.to_path_buf(),
            found,
            whole: found / record_bytes,
            record_bytes,
            rest: found % record_bytes,
            expected,
        })
    }

    /// Returns the class of every record, after checking the range of all labels.
    fn read_labels(&self, path: &Path, bytes: &[u8]) -> Result<Vec<u16>, DataError> {
        let record_bytes = self.record_bytes();
        let mut labels = Vec::with_capacity(bytes.len() / record_bytes);
        for (record, content) in bytes.chunks_exact(record_bytes).enumerate() {
            let mut class = 0;
            for (place, &(kind, classes)) in self.labels.iter().enumerate() {
                class = content[place];
                if class >= classes {
                    return Err(DataError::Label {
                        dataset: self.name,
                        path: path.to_path_buf(),
                        kind,
                        record,
                        offset: record * record_bytes + place,
                        value: class,
                        last: classes - 1,
                    });
                }
            }
            labels.push(u16::from(class));
        }
        Ok(labels)
    }

    /// Compares the release's name file, if present, with the official names.
    fn check_names(&self, path: &Path) -> Result<(), DataError> {
        let text = match read_text(path) {
            Ok(text) => text,
            // The names are constants of this crate; the file is only a further check.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(DataError::io("read", path)(error)),
        };
        let lines: Vec<&str> = text.trim_end().lines().map(str::trim).collect();
        for line in 0..lines.len().max(self.class_names.len()) {
            let found = lines.get(line).copied().unwrap_or_default();
            let expected = self.class_names.get(line).copied().unwrap_or_default();
            if found != expected {
                return Err(DataError::ClassName {
                    dataset: self.name,
                    path: path.to_path_buf(),
                    line: line + 1,
                    found: found.to_owned(),
                    expected: expected.to_owned(),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "cifar_tests.rs"]
mod tests;
