//! Photographs for published networks, and how a network sees them.

use std::path::{Path, PathBuf};

use crate::data::photo::{Photo, View};
use crate::data::{BY_NUMBER, DataError, Normalisation, Splits, find_class_in};
use crate::model::backbones::wnid_class;

use super::pictures::{PictureParts, Pictures, Whole};
use super::watch::Watch;

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

    /// Returns how a network that was trained on `data` sees other pictures: cut to the largest centred
    /// square and resized.
    pub fn of_images(data: &Splits) -> Self {
        Self {
            view: View::LargestSquare {
                side: data.test.height(),
            },
            normalisation: data.normalisation,
            class_names: data.test.class_names().to_vec(),
        }
    }

    /// Returns `files` as the network sees them, with the names `ids` and, unless it sees the largest
    /// square, the whole of each picture.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of_files(&self, files: &[PhotoFile], ids: Vec<String>) -> Result<Pictures, DataError> {
        let is_square = matches!(self.view, View::LargestSquare { .. });
        let (mut pixels, mut wholes) = (Vec::new(), Vec::new());
        for file in files {
            let photo = file.read()?;
            pixels.push(self.view.pixels(&photo));
            if !is_square {
                wholes.push(Whole::of(&photo, self.view));
            }
        }
        let rule = match is_square {
            true => "Pictures: files, cut to the largest centred square and resized.",
            false => "Pictures: files. The network sees the outlined part.",
        };
        let mut pictures = Pictures::of_parts(PictureParts {
            dataset: super::pictures::PICTURES.to_string(),
            rule: rule.to_string(),
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

/// Returns the number of the class given by `text`: a name, a number from 0, "name:" and a name,
/// "number:" and a number or, for ImageNet's classes, a WordNet ID such as "n01440764".
///
/// # Errors
/// An unknown class; [`DataError::AmbiguousClass`] for the name of one and the number of another.
pub fn class_number(class_names: &[String], text: &str) -> Result<usize, DataError> {
    let number = |digits: &str| {
        let number = digits.parse::<usize>().ok();
        number.filter(|class| *class < class_names.len())
    };
    let named = class_names.iter().position(|name| name == text);
    match (named, number(text)) {
        (Some(named), Some(numbered)) if named != numbered => Err(DataError::AmbiguousClass {
            text: text.to_string(),
            named,
            other: class_names[numbered].clone(),
        }),
        (Some(class), _) | (None, Some(class)) => Ok(class),
        (None, None) => {
            let by_number = text.strip_prefix(BY_NUMBER).and_then(number);
            match by_number.or_else(|| wnid_class(class_names, text)) {
                Some(class) => Ok(class),
                None => find_class_in(class_names, text),
            }
        }
    }
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
            Err(error) if self.skip && !matches!(error, DataError::Interrupted) => {
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

#[cfg(test)]
#[path = "photos_tests.rs"]
mod tests;
