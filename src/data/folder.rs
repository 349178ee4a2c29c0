//! A folder of pictures as a data set. Its classes are the sub-folders, read from disk.
//!
//! `dataset = "folder:birds"` in an experiment reads the folder `birds` in the data folder:
//!
//! ```text
//! birds/train/CLASS/*.jpg   one folder per class; class numbers follow the sorted names
//! birds/val/CLASS/*.jpg     optional, or "validation"; otherwise cut from train
//! birds/test/CLASS/*.jpg    optional; otherwise cut from train
//! ```
//!
//! or just `birds/CLASS/*.jpg`, from which test and validation images are cut. Pictures may be PNG,
//! JPEG, WebP, BMP or GIF, of any size if `data.side` is given; see
//! [`PictureOptions`](crate::data::PictureOptions). They are decoded once, into a cache in the data
//! folder, and read from there batch by batch.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::data::cache_file::Source;
use crate::data::cut::cut;
use crate::data::data_warning::DataWarning;
use crate::data::dataset::{DataOptions, Dataset, ImageDataset, ImageShape, OptionRange, Parts};
use crate::data::error::DataError;
use crate::data::folder_fault::FolderFault;
use crate::data::image_set::Normalisation;
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::photo::{Photo, is_picture};
use crate::data::picture_cache::of_set;
use crate::data::picture_set::{Listed, PictureList, splits};
use crate::data::picture_tree::{Item, Tree, faulty};
use crate::data::shapes::options::SHAPES_SECTION;
use crate::data::split::Split;
use crate::data::splits::Splits;
use crate::run::near_names;

/// Prefix of the name of a data set that is a folder.
const PREFIX: &str = "folder:";

/// Minimum number of classes of a classifier.
const LEAST_CLASSES: usize = 2;

/// Allowed values of `data.side` other than 0: five pools need 32 pixels, and the published networks
/// were made for 224.
const SIDES: [usize; 2] = [32, 224];

/// Names of the folder of validation pictures.
const VALIDATION_FOLDERS: [&str; 3] = ["val", "validation", "valid"];

/// The folders used in this process; a data set lives as long as the program.
static NAMED: Mutex<Vec<Dataset>> = Mutex::new(Vec::new());

/// Returns the data sets of pictures in the folder `root`: its folders in which folders hold pictures.
pub(in crate::data) fn found_in(root: &Path) -> Vec<Dataset> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| has_pictures(root.join(name)))
        .collect();
    names.sort();
    let named = |name: &String| named(&format!("{PREFIX}{name}"));
    names.iter().filter_map(named).collect()
}

/// Returns whether the first class in `folder` begins with a picture. Whatever cannot be read is no
/// data set.
fn has_pictures(folder: PathBuf) -> bool {
    let first = || -> Result<bool, DataError> {
        let tree = Tree::of(folder)?;
        let train = &split_folders(&tree)?[0].1;
        let classes = tree.class_names(train, LEAST_CLASSES)?;
        let pictures = tree.pictures(&train.join(&classes[0]))?;
        Ok(is_picture(&tree.root.join(&pictures[0].path)))
    };
    first().unwrap_or(false)
}

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
    fn shape(&self, options: &DataOptions, search: &DataSearch) -> Result<ImageShape, DataError> {
        let list = self.list(options, search)?;
        Ok(ImageShape {
            side: list.side,
            classes: list.class_names.len(),
        })
    }

    fn sides(&self) -> Option<[usize; 2]> {
        Some(SIDES)
    }

    fn ranges(&self, options: &DataOptions) -> Vec<OptionRange> {
        let side = OptionRange {
            key: "data.side",
            value: options.pictures.side,
            least: SIDES[0],
            most: SIDES[1],
        };
        Some(side)
            .filter(|side| side.value != 0)
            .into_iter()
            .collect()
    }

    fn reads(&self, key: &str) -> bool {
        !key.starts_with(SHAPES_SECTION)
    }

    fn load(&self, options: &DataOptions, search: &DataSearch) -> Result<Splits, DataError> {
        let checked = |normalisation: &Normalisation| match normalisation.std.contains(&0.0) {
            false => Ok(()),
            true => Err(DataError::Format {
                path: self.find(search)?,
                problem: "has the same value in every pixel of a colour channel".to_owned(),
            }),
        };
        splits(self.parts(options, search)?, options, checked)
    }

    fn parts(&self, options: &DataOptions, search: &DataSearch) -> Result<Parts, DataError> {
        let mut parts = self.list(options, search)?.read(search)?;
        if parts.sets.iter().all(|set| set.split() != Split::Test) {
            let wanted = ("data.test_images", options.pictures.test_images);
            let [train, test] = cut(&parts.sets[0], wanted, options, Split::Test)?;
            parts.sets[0] = train;
            // `--test-index` counts within the split, and its images are named by the same numbers.
            parts.sets.push(test.renumbered());
        }
        let absent = parts.sets.iter().filter_map(DataWarning::absent_in);
        parts.warnings.extend(absent);
        Ok(parts)
    }
}

impl PictureFolder {
    fn find(&self, search: &DataSearch) -> Result<PathBuf, DataError> {
        let below = search.root().join(self.folder);
        match below.is_dir() {
            true => Ok(below),
            // The data folder may be that folder itself.
            false => search.find(self.name, &[self.folder], &[Split::Train.name()]),
        }
    }

    /// Lists every picture.
    fn list(&self, options: &DataOptions, search: &DataSearch) -> Result<PictureList, DataError> {
        let tree = Tree::of(self.find(search)?)?;
        let folders = split_folders(&tree)?;
        let class_names = tree.class_names(&folders[0].1, LEAST_CLASSES)?;
        let mut parts = Vec::new();
        for (split, folder) in folders {
            parts.push((split, listed(&tree, &folder, &class_names)?));
        }
        let given = options.pictures;
        let first = parts[0].1.iter().map(|picture| &picture.source);
        Ok(PictureList {
            dataset: self.name,
            side: match given.side {
                0 => own_side(&tree, first, given.skip_bad)?,
                side => side,
            },
            own_size: given.side == 0,
            skip_bad: given.skip_bad,
            class_names: class_names.into(),
            tree,
            parts,
        })
    }
}

/// Returns the folder of each split; the training pictures come first, and may be the whole tree.
fn split_folders(tree: &Tree) -> Result<Vec<(Split, PathBuf)>, DataError> {
    let items = tree.items(&tree.root)?;
    let has_folders = |item: &Item| -> Result<bool, DataError> {
        Ok(item.is_folder() && tree.items(&item.path)?.iter().any(Item::is_folder))
    };
    let has_pictures = |item: &Item| -> Result<bool, DataError> {
        let inside = |item: &Item| item.is_folder() || is_picture(&item.path);
        Ok(tree.items(&item.path)?.iter().any(inside))
    };
    let train = items.iter().find(|item| item.name == Split::Train.name());
    let Some(train) = train
        .map(|item| Ok((item, has_folders(item)?)))
        .transpose()?
    else {
        return Ok(vec![(Split::Train, tree.root.clone())]);
    };
    let (train, true) = train else {
        // A class that is called "train".
        return Ok(vec![(Split::Train, tree.root.clone())]);
    };
    if let Some(stray) = items.iter().find(|item| is_picture(&item.path)) {
        return Err(faulty(&stray.path, FolderFault::Stray));
    }
    let mut folders = vec![(Split::Train, train.path.clone())];
    for item in &items {
        let is_validation = VALIDATION_FOLDERS.contains(&item.name.as_str());
        let split = match item.name.as_str() {
            _ if !item.is_folder() || item.name == train.name => continue,
            _ if is_validation => Split::Validation,
            name if name == Split::Test.name() => Split::Test,
            _ if has_pictures(item)? => return Err(faulty(&item.path, FolderFault::NoSplit)),
            _ => continue,
        };
        if let Some((_, other)) = folders.iter().find(|(known, _)| *known == split) {
            let other = other.file_name().unwrap_or_default();
            let other = other.to_string_lossy().into_owned();
            return Err(faulty(&item.path, FolderFault::TwoValidations { other }));
        }
        folders.push((split, item.path.clone()));
    }
    folders.sort_by_key(|(split, _)| Split::ALL.iter().position(|known| known == split));
    Ok(folders)
}

/// Lists the pictures of one split, class by class, in the order of file names.
fn listed(tree: &Tree, folder: &Path, classes: &[String]) -> Result<Vec<Listed>, DataError> {
    let found = tree.class_names(folder, 1)?;
    if let Some(unknown) = found.iter().find(|name| !classes.contains(name)) {
        let near = near_names(unknown, classes.iter().map(String::as_str));
        return Err(faulty(
            &folder.join(unknown),
            FolderFault::UnknownClass { near },
        ));
    }
    let mut pictures = Vec::new();
    for (label, name) in (0u16..).zip(classes) {
        if !found.contains(name) {
            continue;
        }
        for source in tree.pictures(&folder.join(name))? {
            pictures.push(Listed {
                label,
                source,
                annotation: None,
            });
        }
    }
    Ok(pictures)
}

/// Returns the side of the first picture that is not skipped; it must be a square.
fn own_side<'a>(
    tree: &Tree,
    sources: impl Iterator<Item = &'a Source>,
    skip_bad: bool,
) -> Result<usize, DataError> {
    let mut failed = None;
    for source in sources {
        let path = tree.root.join(&source.path);
        match Photo::size_of(&path).map_err(of_set) {
            Ok([width, height]) if width == height => return Ok(width),
            Ok(size) => {
                let side = None;
                return Err(DataError::UnequalSize { path, size, side });
            }
            Err(error @ DataError::SetPicture { .. }) if skip_bad => failed = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(failed.unwrap_or_else(|| faulty(&tree.root, FolderFault::NoClass)))
}

#[cfg(test)]
#[path = "folder_tests.rs"]
mod tests;
