//! Lists the folders of classes and their pictures.
//!
//! Nothing is skipped in silence: whatever is not read is an error, except names that begin with a dot
//! and the files that Windows leaves in folders. A symbolic link to a file inside the data set's folder
//! is read like that file. Other links are errors, so that no picture comes from elsewhere and no
//! folder is walked in a circle.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::data::cache_file::Source;
use crate::data::error::DataError;
use crate::data::folder_fault::FolderFault;
use crate::data::photo::is_picture;

/// Files that Windows leaves in folders of pictures.
const LEFT_BY_WINDOWS: [&str; 2] = ["thumbs.db", "desktop.ini"];
/// Maximum number of classes: a label has 16 bits.
const MOST_CLASSES: usize = u16::MAX as usize;

/// A file or folder, by its name.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    metadata: Metadata,
}

impl Item {
    pub(crate) fn is_folder(&self) -> bool {
        self.metadata.is_dir()
    }
}

/// Returns the error of the file or folder at `path`.
pub(crate) fn faulty(path: &Path, fault: FolderFault) -> DataError {
    DataError::Folder {
        path: path.to_path_buf(),
        fault,
    }
}

/// The folder of a data set.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    /// As it was found, for reading and for messages.
    pub(crate) root: PathBuf,
    /// Without symbolic links.
    pub(crate) real: PathBuf,
}

impl Tree {
    /// Returns the tree of the folder `root`.
    ///
    /// # Errors
    /// [`DataError::Io`].
    pub(crate) fn of(root: PathBuf) -> Result<Self, DataError> {
        let real = fs::canonicalize(&root).map_err(DataError::io("read", &root))?;
        Ok(Self { root, real })
    }

    /// Returns the files and folders in `folder`, sorted by name.
    ///
    /// # Errors
    /// A folder that cannot be listed; a name that is not text; a link that is not followed; a pipe or
    /// a device.
    pub(crate) fn items(&self, folder: &Path) -> Result<Vec<Item>, DataError> {
        let mut items = Vec::new();
        for entry in fs::read_dir(folder).map_err(DataError::io("read", folder))? {
            let entry = entry.map_err(DataError::io("read", folder))?;
            let (name, path) = (entry.file_name(), entry.path());
            let shown = name.to_string_lossy().to_lowercase();
            if shown.starts_with('.') || LEFT_BY_WINDOWS.contains(&shown.as_str()) {
                continue;
            }
            let Ok(name) = name.into_string() else {
                return Err(faulty(&path, FolderFault::NotText));
            };
            let metadata = metadata_of(&path, &self.real)?;
            items.push(Item {
                name,
                path,
                metadata,
            });
        }
        items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(items)
    }

    /// Returns the names of the classes in `folder`: its sub-folders; at least `least`.
    ///
    /// # Errors
    /// As [`items`](Self::items); a picture next to them; names that differ only in case; too few or
    /// too many classes.
    pub(crate) fn class_names(
        &self,
        folder: &Path,
        least: usize,
    ) -> Result<Vec<String>, DataError> {
        let items = self.items(folder)?;
        if let Some(stray) = items.iter().find(|item| is_picture(&item.path)) {
            return Err(faulty(&stray.path, FolderFault::Stray));
        }
        let mut known: BTreeMap<String, &str> = BTreeMap::new();
        for item in items.iter().filter(|item| item.is_folder()) {
            if let Some(other) = known.insert(item.name.to_lowercase(), &item.name) {
                let other = other.to_owned();
                return Err(faulty(&item.path, FolderFault::CaseTwins { other }));
            }
        }
        let fault = match known.len() {
            0 => FolderFault::NoClass,
            1 if least > 1 => FolderFault::OneClass,
            count if count > MOST_CLASSES => FolderFault::TooManyClasses { most: MOST_CLASSES },
            _ => {
                let folders = items.into_iter().filter(Item::is_folder);
                return Ok(folders.map(|item| item.name).collect());
            }
        };
        Err(faulty(folder, fault))
    }

    /// Returns the pictures in the `folder` of a class, in the order of their names; at least one.
    ///
    /// # Errors
    /// As [`items`](Self::items); a folder among them; no picture.
    pub(crate) fn pictures(&self, folder: &Path) -> Result<Vec<Source>, DataError> {
        let items = self.items(folder)?;
        if let Some(nested) = items.iter().find(|item| item.is_folder()) {
            return Err(faulty(&nested.path, FolderFault::Nested));
        }
        if items.is_empty() {
            return Err(faulty(folder, FolderFault::EmptyClass));
        }
        items.iter().map(|item| self.source(item)).collect()
    }

    fn source(&self, item: &Item) -> Result<Source, DataError> {
        let modified = (item.metadata.modified()).map_err(DataError::io("read", &item.path))?;
        let path = item.path.strip_prefix(&self.root).unwrap_or(&item.path);
        // Times before 1970 are equal to each other; the size still counts.
        let modified = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Source {
            path: path.to_path_buf(),
            bytes: item.metadata.len(),
            modified: modified.as_nanos() as u64,
        })
    }
}

/// Returns what is at `path`, or at the file to which it is a link.
fn metadata_of(path: &Path, real_root: &Path) -> Result<Metadata, DataError> {
    let found = fs::symlink_metadata(path).map_err(DataError::io("read", path))?;
    if !found.is_symlink() {
        return match found.is_file() || found.is_dir() {
            true => Ok(found),
            false => Err(faulty(path, FolderFault::Special)),
        };
    }
    let (Ok(target), Ok(found)) = (fs::canonicalize(path), fs::metadata(path)) else {
        return Err(faulty(path, FolderFault::BrokenLink));
    };
    match () {
        () if found.is_dir() => Err(faulty(path, FolderFault::LinkToFolder)),
        () if !found.is_file() => Err(faulty(path, FolderFault::Special)),
        () if !target.starts_with(real_root) => Err(faulty(path, FolderFault::LinkOut)),
        () => Ok(found),
    }
}
