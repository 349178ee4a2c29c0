//! Photographs for published networks: named files, or a folder with labels.

use std::path::{Path, PathBuf};

use crate::data::photo::{Photo, View};
use crate::data::{DataError, Normalisation, find_class_in};

use super::error::StudyError;
use super::lists::List;
use super::named::ListKind;
use super::pictures::{PictureParts, Pictures, Whole};
use super::watch::Watch;

/// The table of classes next to the pictures, used by default.
const LABELS: &str = "labels.csv";
/// The columns of that table that are read; others are ignored.
const COLUMNS: [&str; 2] = ["file", "class"];
/// File extensions of pictures, used without a table.
const ENDINGS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];

/// A picture file and its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoFile {
    /// Where it is.
    pub path: PathBuf,
    /// Its name in tables: relative to the folder, as in the table of labels.
    pub name: String,
    /// Its class, where known.
    pub label: Option<usize>,
}

impl PhotoFile {
    /// Returns the file at `path`, without a known class.
    pub fn unlabelled(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            name: path.display().to_string(),
            label: None,
        }
    }

    /// Returns the picture.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read(&self) -> Result<Photo, DataError> {
        Photo::read(&self.path)
    }
}

/// A photograph and its class, where known.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// The photograph.
    pub photo: Photo,
    /// Its name.
    pub name: String,
    /// Its class.
    pub label: Option<usize>,
}

/// How a network sees photographs, and the names of its classes.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The part of a picture that it sees.
    pub view: View,
    /// How its input is standardised.
    pub normalisation: Normalisation,
    /// Names of its classes, by number.
    pub class_names: Vec<String>,
}

impl Sight {
    /// Returns photographs in memory as the network sees them, under the name `dataset`.
    pub fn of_photos(&self, dataset: &str, photos: &[Labelled]) -> Pictures {
        Pictures::of_parts(PictureParts {
            dataset: dataset.to_string(),
            rule: String::new(),
            ids: photos.iter().map(|photo| photo.name.clone()).collect(),
            labels: photos.iter().map(|photo| photo.label).collect(),
            pixels: (photos.iter())
                .map(|labelled| self.view.pixels(&labelled.photo))
                .collect(),
            side: self.view.side(),
            class_names: self.class_names.clone(),
            normalisation: self.normalisation,
        })
    }

    /// Returns `files` as the network sees them, with the names `ids` and the whole of each
    /// picture.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of_files(&self, files: &[PhotoFile], ids: Vec<String>) -> Result<Pictures, DataError> {
        let (mut pixels, mut wholes) = (Vec::new(), Vec::new());
        for file in files {
            let photo = file.read()?;
            pixels.push(self.view.pixels(&photo));
            wholes.push(Whole::of(&photo, self.view));
        }
        let mut pictures = Pictures::of_parts(PictureParts {
            dataset: super::pictures::PICTURES.to_string(),
            rule: "Pictures: files. The network sees the outlined part.".to_string(),
            ids,
            labels: files.iter().map(|file| file.label).collect(),
            pixels,
            side: self.view.side(),
            class_names: self.class_names.clone(),
            normalisation: self.normalisation,
        });
        pictures.wholes = wholes;
        Ok(pictures)
    }
}

/// Returns the number of the class named by `text`, or `text` as a class number if no class has
/// this name.
///
/// # Errors
/// An unknown class.
pub fn class_number(class_names: &[String], text: &str) -> Result<usize, DataError> {
    match (find_class_in(class_names, text), text.parse::<usize>()) {
        (Ok(class), _) => Ok(class),
        (Err(_), Ok(class)) if class < class_names.len() => Ok(class),
        (Err(error), _) => Err(error),
    }
}

/// Returns the pictures of `folder` with their classes: those of the table `labels` or of
/// `labels.csv` in the folder. Without a table, returns all picture files, without classes.
///
/// # Errors
/// A folder or table that cannot be read; an invalid table; no picture.
pub fn labelled(
    folder: &Path,
    labels: Option<&Path>,
    class_names: &[String],
) -> Result<Vec<PhotoFile>, StudyError> {
    let own = folder.join(LABELS);
    let table = match labels {
        Some(table) => Some(table),
        None => own.exists().then_some(own.as_path()),
    };
    let found = match table {
        Some(table) => of_table(folder, table, class_names)?,
        None => of_folder(folder)?,
    };
    if !found.is_empty() {
        return Ok(found);
    }
    Err(match table {
        Some(table) => StudyError::ListEmpty {
            kind: ListKind::Labels,
            path: table.to_path_buf(),
        },
        None => StudyError::NoPicture {
            path: folder.to_path_buf(),
        },
    })
}

/// Returns the pictures in `folder`, in the order of their names.
///
/// # Errors
/// A folder that cannot be listed.
pub(super) fn of_folder(folder: &Path) -> Result<Vec<PhotoFile>, StudyError> {
    let failed = |source: std::io::Error| StudyError::FolderUnreadable {
        path: folder.to_path_buf(),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        if !path.is_file() || !ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) {
            continue;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        found.push(PhotoFile {
            name: name.into_owned(),
            label: None,
            path,
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Returns the pictures of a table, each once, in its order.
fn of_table(folder: &Path, table: &Path, names: &[String]) -> Result<Vec<PhotoFile>, StudyError> {
    let list = List::read(ListKind::Labels, table)?;
    let [Some(file_place), Some(class_place)] = COLUMNS.map(|column| list.place(column)) else {
        let found = list.columns().join(",");
        return Err(list.at(1, format!("the columns are \"{found}\"")));
    };
    let mut found: Vec<PhotoFile> = Vec::new();
    for row in list.rows() {
        let line = row.line;
        let (Some(file), Some(class)) = (row.get(file_place), row.get(class_place)) else {
            return Err(list.at(line, "a value is missing"));
        };
        if file.is_empty() {
            return Err(list.at(line, "the name of a file is missing"));
        }
        let label = class_number(names, class).map_err(|error| {
            let advice = "name a class of the network, or give its number";
            list.advised(line, error.to_string(), advice)
        })?;
        if let Some(known) = found.iter().find(|known| known.name == file) {
            if known.label == Some(label) {
                continue;
            }
            let fault = format!("\"{file}\" has another class further up");
            return Err(list.advised(line, fault, "give each picture one class"));
        }
        found.push(PhotoFile {
            path: folder.join(file),
            name: file.to_string(),
            label: Some(label),
        });
    }
    Ok(found)
}

/// Reads pictures one by one; with `skip`, unreadable ones are noted, counted and skipped.
#[derive(Debug, Clone, Default)]
pub struct PhotoReader {
    /// Whether to skip unreadable files.
    pub skip: bool,
    /// Number of skipped files.
    pub skipped: usize,
}

impl PhotoReader {
    /// Returns the picture in `file`, or `None` if it is skipped.
    ///
    /// # Errors
    /// A file that cannot be read, unless it is skipped.
    pub fn read(
        &mut self,
        file: &PhotoFile,
        watch: &dyn Watch,
    ) -> Result<Option<Labelled>, DataError> {
        match file.read() {
            Ok(photo) => Ok(Some(Labelled {
                photo,
                name: file.name.clone(),
                label: file.label,
            })),
            Err(error) if self.skip => {
                self.skipped += 1;
                watch.note(&format!("skipped: {error}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns the name of a folder's pictures as a whole.
pub fn name_of(folder: &Path) -> String {
    // An empty path is the working directory.
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let whole = folder.canonicalize().unwrap_or(folder.to_path_buf());
    let name = whole.file_name().unwrap_or(whole.as_os_str());
    name.to_string_lossy().into_owned()
}
