//! A folder of photographs: its pictures with their classes, and what of it is not read.
//!
//! Two layouts are read: a flat folder, with classes from a table if there is one, and a folder per
//! class, named by the classes' names, their WordNet IDs or their numbers.

use std::collections::{BTreeSet, HashMap};
use std::path::{Component, Path, PathBuf};

use crate::data::photo::is_picture;
use crate::data::{DataError, find_class_in};

use super::error::StudyError;
use super::lists::List;
use super::named::ListKind;
use super::photos::{PhotoFile, class_number};
use super::watch::Watch;

/// The table of classes next to the pictures, used by default.
const LABELS: &str = "labels.csv";
/// The columns of that table that are read; others are ignored.
const COLUMNS: [&str; 2] = ["file", "class"];
/// Number of names of each kind in the note on what is not read; it also states the total.
const LISTED: usize = 4;

/// The pictures of a folder.
#[derive(Debug, Clone)]
pub struct PhotoFolder {
    /// The pictures, in the order of the table or else of their names.
    pub files: Vec<PhotoFile>,
    /// What of the folder is not read, in words; `None` if all of it is.
    pub unread: Option<String>,
}

/// What of a folder is not read, by names relative to it.
#[derive(Debug, Default)]
struct Unread {
    /// Pictures that the table does not name.
    pictures: Vec<String>,
    /// Files that are no pictures, hidden files, and what is no file.
    files: Vec<String>,
    /// Folders.
    folders: Vec<String>,
}

/// The entries of a folder, each kind sorted.
#[derive(Debug, Default)]
struct Listing {
    pictures: Vec<PathBuf>,
    folders: Vec<PathBuf>,
    others: Vec<PathBuf>,
}

/// Returns the pictures of `folder` with their classes: those of the table `labels` or of
/// `labels.csv` in the folder. Without a table, returns all pictures: those in the folder, without
/// classes, or, if there are none, those of one folder per class.
///
/// # Errors
/// A folder or table that cannot be read; an invalid table; a folder with pictures that is not named
/// as a class; no picture.
pub fn labelled(
    folder: &Path,
    labels: Option<&Path>,
    class_names: &[String],
) -> Result<PhotoFolder, StudyError> {
    let own = folder.join(LABELS);
    let table = labels.or_else(|| own.exists().then_some(own.as_path()));
    let mut unread = Unread::default();
    let files = match table {
        Some(table) => of_table(folder, table, class_names)?,
        None => of_layout(folder, class_names, &mut unread)?,
    };
    if let Some(table) = table {
        let named = files.iter().map(|file| file.path.as_path());
        unread.besides(folder, table, &named.collect())?;
    }
    let unread = unread.text(folder, table);
    if !files.is_empty() {
        return Ok(PhotoFolder { files, unread });
    }
    Err(match table {
        Some(table) => StudyError::ListEmpty {
            kind: ListKind::Labels,
            path: table.to_path_buf(),
        },
        None => StudyError::NoPicture {
            path: folder.to_path_buf(),
            unread,
        },
    })
}

/// Returns the picture files in `named`: a folder stands for its pictures in the order of their
/// names. What else it holds is counted and named in a note.
///
/// # Errors
/// A folder that cannot be read, or without a picture.
pub fn picture_files(named: &[PathBuf], watch: &dyn Watch) -> Result<Vec<PathBuf>, StudyError> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut unread = Unread::default();
        let mut found = Listing::of(path)?;
        unread.add_files(path, &found.others);
        if found.pictures.is_empty() {
            // A folder per class.
            for folder in std::mem::take(&mut found.folders) {
                let mut of_class = Listing::of(&folder)?;
                match of_class.pictures.is_empty() {
                    true => found.folders.push(folder),
                    false => {
                        unread.add_files(path, &of_class.others);
                        found.folders.append(&mut of_class.folders);
                        found.pictures.append(&mut of_class.pictures);
                    }
                }
            }
        }
        unread.add_folders(path, &found.folders);
        let unread = unread.text(path, None);
        if found.pictures.is_empty() {
            return Err(StudyError::NoPicture {
                path: path.clone(),
                unread,
            });
        }
        if let Some(unread) = unread {
            watch.note(&unread);
        }
        files.extend(found.pictures);
    }
    Ok(files)
}

/// Returns what of `folder` is not read, in words, if the `table` names only `files` in it.
///
/// # Errors
/// A folder that cannot be read.
pub(super) fn unread_besides(
    folder: &Path,
    table: &Path,
    files: &[PathBuf],
) -> Result<Option<String>, StudyError> {
    let mut unread = Unread::default();
    let files = files.iter().map(PathBuf::as_path);
    unread.besides(folder, table, &files.collect())?;
    Ok(unread.text(folder, Some(table)))
}

impl Listing {
    fn of(folder: &Path) -> Result<Self, StudyError> {
        let failed = |source: std::io::Error| StudyError::FolderUnreadable {
            path: folder.to_path_buf(),
            source,
        };
        let mut listing = Self::default();
        for entry in std::fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            match () {
                () if path.is_dir() => listing.folders.push(path),
                () if !hidden && is_picture(&path) => listing.pictures.push(path),
                () => listing.others.push(path),
            }
        }
        listing.pictures.sort();
        listing.folders.sort();
        listing.others.sort();
        Ok(listing)
    }
}

/// Returns the pictures of a folder without a table.
fn of_layout(
    folder: &Path,
    class_names: &[String],
    unread: &mut Unread,
) -> Result<Vec<PhotoFile>, StudyError> {
    let found = Listing::of(folder)?;
    unread.add_files(folder, &found.others);
    if !found.pictures.is_empty() {
        unread.add_folders(folder, &found.folders);
        let files = found.pictures.into_iter();
        return Ok(files.map(|path| photo(folder, path, None)).collect());
    }
    let mut classes = Vec::new();
    for path in found.folders {
        let listing = Listing::of(&path)?;
        match listing.pictures.is_empty() {
            true => unread.add_folders(folder, &[path]),
            false => classes.push((path, listing)),
        }
    }
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    };
    // Numbers would be ambiguous where the names are numbers as well.
    let are_names =
        (classes.iter()).all(|(path, _)| find_class_in(class_names, &name(path)).is_ok());
    let find = |name: &str| match are_names {
        true => find_class_in(class_names, name),
        false => class_number(class_names, name),
    };
    let mut files = Vec::new();
    for (path, listing) in classes {
        let class = find(&name(&path)).map_err(|source: DataError| StudyError::FolderClass {
            path: path.clone(),
            source: Box::new(source),
        })?;
        unread.add_files(folder, &listing.others);
        unread.add_folders(folder, &listing.folders);
        let pictures = listing.pictures.into_iter();
        files.extend(pictures.map(|path| photo(folder, path, Some(class))));
    }
    Ok(files)
}

/// Returns the picture at `path`, below `folder`.
fn photo(folder: &Path, path: PathBuf, label: Option<usize>) -> PhotoFile {
    PhotoFile {
        name: relative(folder, &path),
        path,
        label,
    }
}

fn relative(folder: &Path, path: &Path) -> String {
    let path = path.strip_prefix(folder).unwrap_or(path);
    path.to_string_lossy().into_owned()
}

/// Returns the pictures of a table, in its order.
fn of_table(folder: &Path, table: &Path, names: &[String]) -> Result<Vec<PhotoFile>, StudyError> {
    let list = List::read(ListKind::Labels, table)?;
    let [Some(file_place), Some(class_place)] = COLUMNS.map(|column| list.place(column)) else {
        let found = list.columns().join(",");
        return Err(list.at(1, format!("the columns are \"{found}\"")));
    };
    let mut known: HashMap<&str, (u64, usize)> = HashMap::new();
    let mut found = Vec::new();
    for row in list.rows() {
        let line = row.line;
        let (Some(file), Some(class)) = (row.get(file_place), row.get(class_place)) else {
            return Err(list.at(line, "a value is missing"));
        };
        if file.is_empty() {
            return Err(list.at(line, "the name of a file is missing"));
        }
        let label = class_number(names, class).map_err(|error| list.unknown_class(line, error))?;
        if let Some((first, other)) = known.insert(file, (line, label)) {
            let fault = match other == label {
                true => format!("\"{file}\" is also on line {first}"),
                false => format!("\"{file}\" has another class further up, on line {first}"),
            };
            return Err(list.advised(line, fault, "name each picture once, with one class"));
        }
        found.push(PhotoFile {
            path: folder.join(file),
            name: file.to_string(),
            label: Some(label),
        });
    }
    Ok(found)
}

impl Unread {
    /// Adds what lies in the folders of the `files` of a table, and is not one of them.
    fn besides(
        &mut self,
        folder: &Path,
        table: &Path,
        files: &BTreeSet<&Path>,
    ) -> Result<(), StudyError> {
        let mut inner: BTreeSet<&Path> = BTreeSet::from([folder]);
        for path in files {
            let leaves = path.components().any(|part| part == Component::ParentDir);
            let above = path.ancestors().skip(1);
            inner.extend(above.take_while(|above| !leaves && above.starts_with(folder)));
        }
        let is_table = |path: &PathBuf| path.canonicalize().ok() == table.canonicalize().ok();
        let is_named = |path: &PathBuf| files.contains(path.as_path());
        for place in inner.iter().filter(|place| place.is_dir()) {
            let mut listing = Listing::of(place)?;
            listing.pictures.retain(|path| !is_named(path));
            listing
                .others
                .retain(|path| !is_table(path) && !is_named(path));
            listing
                .folders
                .retain(|path| !inner.contains(path.as_path()));
            let pictures = listing.pictures.iter();
            self.pictures
                .extend(pictures.map(|path| relative(folder, path)));
            self.add_files(folder, &listing.others);
            self.add_folders(folder, &listing.folders);
        }
        Ok(())
    }

    fn add_files(&mut self, folder: &Path, files: &[PathBuf]) {
        self.files
            .extend(files.iter().map(|path| relative(folder, path)));
    }

    fn add_folders(&mut self, folder: &Path, folders: &[PathBuf]) {
        self.folders
            .extend(folders.iter().map(|path| relative(folder, path)));
    }

    /// Returns the note, such as "not read in \"photos\": 2 other files (\"a.tif\", \"b.avif\")".
    fn text(&self, folder: &Path, table: Option<&Path>) -> Option<String> {
        let table = table.and_then(Path::file_name).unwrap_or_default();
        let unnamed = format!(" that {table:?} does not name");
        let kinds = [
            (&self.pictures, ["picture", "pictures"], unnamed.as_str()),
            (&self.folders, ["folder", "folders"], ""),
            (&self.files, ["other file", "other files"], ""),
        ];
        let parts = kinds.iter().filter(|(names, ..)| !names.is_empty());
        let parts: Vec<String> = parts
            .map(|(names, [one, several], what)| {
                let noun = if names.len() == 1 { one } else { several };
                let listed = names.iter().take(LISTED).map(|name| format!("{name:?}"));
                let listed = listed.collect::<Vec<String>>().join(", ");
                let more = if names.len() > LISTED { ", ..." } else { "" };
                format!("{} {noun}{what} ({listed}{more})", names.len())
            })
            .collect();
        let place = folder.display().to_string();
        (!parts.is_empty()).then(|| format!("not read in {place:?}: {}", parts.join(", ")))
    }
}

#[cfg(test)]
#[path = "photo_folder_tests.rs"]
mod tests;
