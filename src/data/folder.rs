//! A folder of pictures as a data set. Its classes are the sub-folders, and its side is that of the
//! pictures; both are read from disk.
//!
//! `dataset = "folder:birds"` in an experiment reads the folder `birds` in the data folder:
//!
//! ```text
//! birds/train/CLASS/*.png        one folder per class; class numbers follow the sorted names
//! birds/validation/CLASS/*.png   optional; without it, validation images are cut from train
//! birds/test/CLASS/*.png
//! ```
//!
//! Pictures may be PNG, JPEG, WebP, BMP or GIF; all of them must be squares of one size. Files whose
//! names begin with a dot are ignored.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::data::dataset::{DataOptions, Dataset, ImageDataset, ImageShape};
use crate::data::error::DataError;
use crate::data::image_set::{CHANNELS, ImageSet, ImageSetParts, PixelStore};
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::photo::{Photo, is_picture};
use crate::data::shapes::options::ShapesOptions;
use crate::data::split::Split;
use crate::data::splits::{SourceChecksum, Splits};
use crate::data::stratify::stratified;
use crate::run::hexadecimal;

/// Prefix of the name of a data set that is a folder.
const PREFIX: &str = "folder:";

/// Minimum number of classes of a classifier.
const LEAST_CLASSES: usize = 2;

/// The folders used in this process; a data set lives as long as the program.
static NAMED: Mutex<Vec<Dataset>> = Mutex::new(Vec::new());

/// A data set in a folder of pictures.
#[derive(Debug)]
pub(crate) struct PictureFolder {
    /// Name of the data set.
    pub(crate) name: &'static str,
    /// One-line description.
    pub(crate) summary: &'static str,
    /// Its folder, in the data folder.
    pub(crate) folder: &'static str,
}

/// Returns the data set called `folder:NAME`, if `name` is such a name.
pub(in crate::data) fn named(name: &str) -> Option<Dataset> {
    let folder = name.strip_prefix(PREFIX)?;
    let plain = |c: char| c.is_alphanumeric() || ['-', '_', '.'].contains(&c);
    // One folder in the data folder, and nothing outside it.
    if folder.is_empty() || folder.starts_with('.') || !folder.chars().all(plain) {
        return None;
    }
    // Data sets are only ever added, so the list remains valid after a panic.
    let mut known = NAMED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(dataset) = known.iter().find(|dataset| dataset.name() == name) {
        return Some(*dataset);
    }
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    let dataset = Dataset::new(Box::leak(Box::new(PictureFolder {
        name,
        summary: "pictures in a folder, one sub-folder per class",
        folder: &name[PREFIX.len()..],
    })));
    known.push(dataset);
    Some(dataset)
}

impl Origin for PictureFolder {
    fn name(&self) -> &'static str {
        self.name
    }

    fn summary(&self) -> &'static str {
        self.summary
    }

    fn locate(&self, search: &DataSearch) -> Option<Result<PathBuf, DataError>> {
        Some(self.find(search))
    }
}

impl ImageDataset for PictureFolder {
    fn shape(&self, search: &DataSearch) -> Result<ImageShape, DataError> {
        let train = self.find(search)?.join(Split::Train.name());
        let classes = class_names(&train, LEAST_CLASSES)?;
        let first = pictures_of(&train.join(&classes[0]))?;
        let side = read_square(&first[0], None)?.height();
        Ok(ImageShape {
            side,
            classes: classes.len(),
        })
    }

    fn load(&self, options: &DataOptions, search: &DataSearch) -> Result<Splits, DataError> {
        let content = self.read(search)?;
        let (train, validation) = match content.validation {
            Some(validation) => (content.train.clone(), validation),
            None => {
                let (train, count) = (&content.train, options.validation_images);
                if count < train.classes() {
                    return Err(DataError::Option {
                        key: "data.validation_images",
                        value: count.to_string(),
                        allowed: "at least one per class",
                    });
                }
                let cut = stratified(train, count, options.split_seed, "validation")?;
                if cut.rest.is_empty() {
                    return Err(DataError::Option {
                        key: "data.validation_images",
                        value: count.to_string(),
                        allowed: "fewer than there are training pictures",
                    });
                }
                let validation = train.subset(&cut.chosen).with_split(Split::Validation);
                (train.subset(&cut.rest), validation)
            }
        };
        let normalisation = content.train.channel_statistics();
        if normalisation.std.contains(&0.0) {
            return Err(DataError::Format {
                path: content.folder.join(Split::Train.name()),
                problem: "has the same value in every pixel of a colour channel".to_owned(),
            });
        }
        Ok(Splits {
            train,
            validation,
            test: content.test,
            normalisation,
            sources: content.sources,
        })
    }

    fn parts(
        &self,
        _generated: &ShapesOptions,
        search: &DataSearch,
    ) -> Result<(Vec<ImageSet>, Vec<SourceChecksum>), DataError> {
        let content = self.read(search)?;
        let sets = [Some(content.train), content.validation, Some(content.test)];
        Ok((sets.into_iter().flatten().collect(), content.sources))
    }
}

/// Every picture of a folder.
struct Content {
    folder: PathBuf,
    train: ImageSet,
    validation: Option<ImageSet>,
    test: ImageSet,
    sources: Vec<SourceChecksum>,
}

impl PictureFolder {
    fn find(&self, search: &DataSearch) -> Result<PathBuf, DataError> {
        search.find(self.name, &[self.folder], &[Split::Train.name()])
    }

    fn read(&self, search: &DataSearch) -> Result<Content, DataError> {
        let folder = self.find(search)?;
        let classes: Arc<[String]> =
            class_names(&folder.join(Split::Train.name()), LEAST_CLASSES)?.into();
        check_all_read(&folder, &classes)?;
        let mut sources = Vec::new();
        let mut side = None;
        let mut read = |split: Split| {
            let set = self.read_split(&folder.join(split.name()), split, &classes, &mut side)?;
            sources.push(self.source_checksum(&set));
            Ok::<_, DataError>(set)
        };
        let train = read(Split::Train)?;
        let has_validation = folder.join(Split::Validation.name()).exists();
        let validation = has_validation
            .then(|| read(Split::Validation))
            .transpose()?;
        let test = read(Split::Test)?;
        Ok(Content {
            folder,
            train,
            validation,
            test,
            sources,
        })
    }

    /// Reads the pictures of one split, class by class, in the order of file names.
    fn read_split(
        &self,
        folder: &Path,
        split: Split,
        classes: &Arc<[String]>,
        side: &mut Option<usize>,
    ) -> Result<ImageSet, DataError> {
        let known: BTreeSet<&String> = classes.iter().collect();
        let found = class_names(folder, 1)?;
        if let Some(unknown) = found.iter().find(|name| !known.contains(name)) {
            return Err(DataError::Format {
                path: folder.join(unknown),
                problem: "is a class that the training pictures do not have".to_owned(),
            });
        }
        let (mut bytes, mut labels) = (Vec::new(), Vec::new());
        for (label, name) in (0u16..).zip(classes.iter()) {
            if !found.contains(name) {
                continue;
            }
            for path in pictures_of(&folder.join(name))? {
                let photo = read_square(&path, *side)?;
                *side = Some(photo.height());
                for channel in 0..CHANNELS {
                    bytes.extend(photo.pixels().iter().skip(channel).step_by(CHANNELS));
                }
                labels.push(label);
            }
        }
        let side = side.expect("a folder of pictures with no picture is an error");
        Ok(ImageSet::new(ImageSetParts {
            dataset: self.name,
            split,
            generated: false,
            class_names: Arc::clone(classes),
            size: (side, side),
            store: PixelStore {
                bytes,
                stride: CHANNELS * side * side,
                header: 0,
                labels,
                annotations: None,
            },
        }))
    }

    /// Returns the checksum of a split: of every picture's pixels and class name, in order.
    fn source_checksum(&self, set: &ImageSet) -> SourceChecksum {
        let mut state = Sha256::new();
        for i in 0..set.len() {
            state.update(set.pixels(i));
            state.update(set.class_names()[set.label(i)].as_bytes());
        }
        SourceChecksum {
            source: format!("{}/{}: {} pictures", self.name, set.split(), set.len()),
            sha256: hexadecimal(&state.finalize()),
        }
    }
}

/// Fails if a folder next to those of the splits has a folder of a class, such as "val".
fn check_all_read(folder: &Path, classes: &[String]) -> Result<(), DataError> {
    let is_split = |path: &Path| {
        let splits = [Split::Train, Split::Validation, Split::Test];
        splits.iter().any(|split| path.ends_with(split.name()))
    };
    let has_class = |path: &Path| classes.iter().any(|class| path.join(class).is_dir());
    let entries = entries_of(folder)?;
    match entries
        .iter()
        .find(|path| !is_split(path) && has_class(path))
    {
        Some(other) => Err(DataError::Format {
            path: other.clone(),
            problem: "is no split: the splits are \"train\", \"validation\" and \"test\""
                .to_owned(),
        }),
        None => Ok(()),
    }
}

/// Returns the names of the sub-folders of `folder`, sorted; at least `least`. No picture may lie
/// next to them.
fn class_names(folder: &Path, least: usize) -> Result<Vec<String>, DataError> {
    let entries = entries_of(folder)?;
    if let Some(stray) = entries.iter().find(|path| is_picture(path)) {
        return Err(DataError::Format {
            path: stray.clone(),
            problem: "has no class: it lies next to the folders of the classes".to_owned(),
        });
    }
    let classes: Vec<String> = entries
        .into_iter()
        .filter(|path| path.is_dir())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    let problem = match classes.len() {
        0 => "has no folder of a class",
        count if count < least => "has the folder of one class, a classifier needs two",
        count if count > usize::from(u16::MAX) => "has more than 65535 classes",
        _ => return Ok(classes),
    };
    Err(DataError::Format {
        path: folder.to_path_buf(),
        problem: problem.to_owned(),
    })
}

/// Returns the files of a class, sorted; at least one.
fn pictures_of(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let pictures = entries_of(folder)?;
    match pictures.is_empty() {
        true => Err(DataError::Format {
            path: folder.to_path_buf(),
            problem: "has no picture".to_owned(),
        }),
        false => Ok(pictures),
    }
}

fn entries_of(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(DataError::io("read", folder))? {
        let entry = entry.map_err(DataError::io("read", folder))?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            entries.push(entry.path());
        }
    }
    entries.sort();
    Ok(entries)
}

/// Returns the picture at `path`; it must be a square, of `side` pixels if given.
fn read_square(path: &Path, side: Option<usize>) -> Result<Photo, DataError> {
    let photo = Photo::read(path)?;
    let (width, height) = (photo.width(), photo.height());
    let expected = match side {
        Some(side) if (width, height) != (side, side) => format!("{side} x {side} like the first"),
        None if width != height => "a square".to_owned(),
        _ => return Ok(photo),
    };
    Err(DataError::Format {
        path: path.to_path_buf(),
        problem: format!("has {width} x {height} pixels, expected {expected}"),
    })
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
