//! A CSV of boxes on your own pictures, and the position of each box in what a network sees.
//!
//! The columns are `file,class,x0,y0,x1,y1`, in any order, with one row per object. Coordinates are
//! pixels of the picture as shown in a viewer, from its top left corner. They are half-open: the
//! box holds the columns from x0 up to, but not including, x1. They may have decimals. A box
//! without area is omitted, with a note; one that does not fit its picture is an error.

use std::path::{Path, PathBuf};

use crate::data::DataError;
use crate::data::annotation::PixelBox;
use crate::data::photo::{Photo, Window};

use super::box_faults::{box_fault, reversed};
use super::error::StudyError;
use super::lists::{List, Row};
use super::named::ListKind;
use super::photo_folder::unread_besides;
use super::photos::{Labelled, PhotoFile};
use super::watch::Watch;

/// The columns.
const COLUMNS: [&str; 6] = ["file", "class", "x0", "y0", "x1", "y1"];
/// Smallest share of a cropped box that is reported.
pub(super) const REPORTED_SHARE: f64 = 0.01;

/// A CSV of boxes and the folder of its pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxSource {
    /// The CSV.
    pub csv: PathBuf,
    /// Folder of the pictures; that of the CSV if none is given.
    pub folder: Option<PathBuf>,
}

/// The classes that a CSV may name.
#[derive(Clone, Copy)]
pub(super) struct Classes<'a> {
    /// Returns the number of a class.
    pub(super) find: &'a dyn Fn(&str) -> Result<usize, DataError>,
    /// Names of the classes, by number.
    pub(super) names: &'a [String],
}

/// The pictures of a CSV with their boxes.
#[derive(Debug)]
pub(super) struct Boxes {
    source: BoxSource,
    /// The pictures, in the order of first appearance.
    pub(super) pictures: Vec<BoxedPicture>,
}

/// A picture with its boxes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BoxedPicture {
    /// Its file, as given in the CSV.
    pub(super) file: PathBuf,
    /// Class number.
    pub(super) class: usize,
    /// Its objects, in the order of the CSV.
    pub(super) objects: Vec<BoxedObject>,
}

/// One row of the CSV.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BoxedObject {
    /// Line in the CSV, from 1.
    pub(super) line: u64,
    /// x0, y0, x1, y1 in the picture's own pixels.
    pub(super) bounds: [f64; 4],
}

/// A box in the frame that the network sees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Moved {
    /// The whole box.
    Whole(PixelBox),
    /// The remaining part, and the share that was cut off, 0 to 1.
    Cut(PixelBox, f64),
    /// The box lies outside the frame.
    Outside,
}

impl Boxes {
    /// Returns the boxes of the CSV; every one lies in its picture.
    ///
    /// # Errors
    /// A file that cannot be read; an invalid line; no box; a box that its picture cannot have.
    pub(super) fn open(
        source: &BoxSource,
        classes: Classes<'_>,
        watch: &dyn Watch,
    ) -> Result<Self, StudyError> {
        let boxes = Self::read(source, classes, watch)?;
        if let Some(folder) = &source.folder {
            let files = boxes.pictures.iter();
            let files: Vec<PathBuf> = files.map(|picture| folder.join(&picture.file)).collect();
            if let Some(unread) = unread_besides(folder, &source.csv, &files)? {
                watch.note(&unread);
            }
        }
        for picture in &boxes.pictures {
            watch.go_on()?;
            let path = boxes.folder().join(&picture.file);
            let size = Photo::size_of(&path).map_err(|fault| boxes.unreadable(picture, fault))?;
            let objects = picture.objects.iter();
            let objects: Vec<(u64, [f64; 4])> = objects.map(|o| (o.line, o.bounds)).collect();
            if let Some(fault) = box_fault(&picture.file, &objects, size) {
                return Err(StudyError::ListFault {
                    kind: ListKind::Boxes,
                    path: source.csv.clone(),
                    line: fault.line,
                    fault: fault.text,
                    advice: Some(fault.advice),
                });
            }
        }
        Ok(boxes)
    }

    /// Returns the boxes of the CSV, not compared with the pictures.
    fn read(
        source: &BoxSource,
        classes: Classes<'_>,
        watch: &dyn Watch,
    ) -> Result<Self, StudyError> {
        let list = List::read(ListKind::Boxes, &source.csv)?;
        let mut sorted = list.columns();
        sorted.sort_unstable();
        let mut expected = COLUMNS;
        expected.sort_unstable();
        if sorted != expected {
            let (found, expected) = (list.columns().join(","), COLUMNS.join(","));
            let fault = format!("the columns are \"{found}\", not \"{expected}\"");
            return Err(list.at(1, fault));
        }
        let mut pictures: Vec<BoxedPicture> = Vec::new();
        for row in list.rows() {
            let found = cells(&list, row, (classes, folder_of(source)))?;
            let [x0, y0, x1, y1] = found.object.bounds;
            let line = row.line;
            if x1 == x0 || y1 == y0 {
                let file = found.file.display();
                watch.note(&format!(
                    "line {line}: omitted a box of \"{file}\" that has no area"
                ));
                continue;
            }
            let known = pictures.iter_mut().find(|p| p.file == found.file);
            match known {
                Some(picture) if picture.class != found.class => {
                    let fault = format!(
                        "\"{}\" is \"{}\" here and \"{}\" on line {}: its maps are of one class",
                        found.file.display(),
                        classes.names[found.class],
                        classes.names[picture.class],
                        picture.objects[0].line
                    );
                    return Err(list.at(line, fault));
                }
                Some(picture) => picture.objects.push(found.object),
                None => pictures.push(BoxedPicture {
                    file: found.file,
                    class: found.class,
                    objects: vec![found.object],
                }),
            }
        }
        if pictures.is_empty() {
            return Err(StudyError::ListEmpty {
                kind: ListKind::Boxes,
                path: source.csv.clone(),
            });
        }
        Ok(Self {
            source: source.clone(),
            pictures,
        })
    }

    /// Returns the first `most` pictures with more than one object.
    pub(super) fn several(&self, most: usize) -> impl Iterator<Item = &BoxedPicture> {
        let several = self.pictures.iter().filter(|p| p.objects.len() > 1);
        several.take(most)
    }

    /// Returns the folder of the pictures; "" is the working directory.
    pub(super) fn folder(&self) -> &Path {
        folder_of(&self.source)
    }

    /// Returns the file of a picture.
    pub(super) fn file(&self, picture: &BoxedPicture) -> PhotoFile {
        PhotoFile {
            path: self.folder().join(&picture.file),
            name: picture.file.display().to_string(),
            label: Some(picture.class),
        }
    }

    /// Returns a picture with its class.
    ///
    /// # Errors
    /// [`StudyError::BoxedPicture`].
    pub(super) fn photo(&self, picture: &BoxedPicture) -> Result<Labelled, StudyError> {
        let PhotoFile { path, name, label } = self.file(picture);
        let photo = Photo::read(&path).map_err(|fault| self.unreadable(picture, fault))?;
        Ok(Labelled { photo, name, label })
    }

    /// Returns the error for a picture that cannot be read.
    fn unreadable(&self, picture: &BoxedPicture, source: DataError) -> StudyError {
        if matches!(source, DataError::Interrupted) {
            return StudyError::Stopped;
        }
        StudyError::BoxedPicture {
            csv: self.source.csv.clone(),
            line: picture.objects[0].line,
            exists: self.folder().join(&picture.file).exists(),
            source: Box::new(source),
        }
    }

    /// Returns the error for boxes that all lie outside; `square`: outside the largest centred
    /// square.
    pub(super) fn none_in_view(&self, square: bool) -> StudyError {
        StudyError::NoBoxInView {
            csv: self.source.csv.clone(),
            square,
        }
    }
}

/// Returns the folder of the pictures; "" is the working directory.
fn folder_of(source: &BoxSource) -> &Path {
    let named = source.folder.as_deref();
    named.or(source.csv.parent()).unwrap_or(Path::new(""))
}

/// The cells of one row.
struct Cells {
    file: PathBuf,
    class: usize,
    object: BoxedObject,
}

fn cells(
    list: &List,
    row: &Row,
    (classes, folder): (Classes<'_>, &Path),
) -> Result<Cells, StudyError> {
    let line = row.line;
    if row.len() != COLUMNS.len() {
        let fault = format!("{} values, expected {}", row.len(), COLUMNS.len());
        return Err(list.at(line, fault));
    }
    let cell = |column: &str| {
        let place = list.place(column);
        place.and_then(|place| row.get(place)).unwrap_or("")
    };
    let file = cell("file");
    if file.is_empty() {
        return Err(list.at(line, "no file is named"));
    }
    let class = (classes.find)(cell("class")).map_err(|error| list.unknown_class(line, error))?;
    let mut bounds = [0.0; 4];
    for (bound, column) in bounds.iter_mut().zip(&COLUMNS[2..]) {
        let text = cell(column);
        let number = text.parse::<f64>().ok();
        *bound = number.filter(|n| n.is_finite()).ok_or_else(|| {
            let fault = format!("{column} is \"{text}\", not a number of pixels");
            list.at(line, fault)
        })?;
    }
    let [x0, y0, x1, y1] = bounds;
    if x1 < x0 || y1 < y0 {
        let size = Photo::size_of(&folder.join(file)).ok();
        return Err(match reversed(bounds, size) {
            (fault, Some(advice)) => list.advised(line, fault, advice),
            (fault, None) => list.at(line, fault),
        });
    }
    Ok(Cells {
        file: PathBuf::from(file),
        class,
        object: BoxedObject { line, bounds },
    })
}

/// Returns the box `bounds` of a picture in pixels of its `window` at `size` `[height, width]`: the
/// pixels whose centres it contains, at least one.
pub(super) fn moved(bounds: [f64; 4], window: Window, size: [usize; 2]) -> Moved {
    let along = |start: f64, end: f64, (offset, side): (f64, f64), cells: usize| {
        let scale = cells as f64 / side;
        let place = |at: f64| (at - offset) * scale;
        let (start, end) = (place(start), place(end));
        let whole = end - start;
        let (start, end) = (start.max(0.0), end.min(cells as f64));
        if end <= start {
            return None;
        }
        // Pixel i has its centre at i + 0.5.
        let first = (start - 0.5).ceil().max(0.0) as usize;
        let last = (end - 0.5).ceil().max(0.0) as usize;
        let middle = (((start + end) / 2.0) as usize).min(cells - 1);
        let pixels = if last > first {
            (first, last)
        } else {
            (middle, middle + 1)
        };
        Some((pixels, (end - start) / whole))
    };
    let [x0, y0, x1, y1] = bounds;
    let [height, width] = size;
    let (columns, rows) = ((window.left, window.width), (window.top, window.height));
    let (Some((x, kept_x)), Some((y, kept_y))) =
        (along(x0, x1, columns, width), along(y0, y1, rows, height))
    else {
        return Moved::Outside;
    };
    let found = PixelBox {
        x0: x.0,
        y0: y.0,
        x1: x.1,
        y1: y.1,
    };
    let kept = kept_x * kept_y;
    // Rounding error of the product of two shares.
    if kept > 1.0 - 1e-9 {
        return Moved::Whole(found);
    }
    Moved::Cut(found, 1.0 - kept)
}

#[cfg(test)]
#[path = "boxes_tests.rs"]
mod tests;
