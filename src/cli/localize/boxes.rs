//! A CSV of boxes on pictures of one's own. Read by `localize` with `--boxes`.
//!
//! The columns are `file,class,x0,y0,x1,y1`, in any order; a row is an object. Coordinates are
//! pixels of the picture as a viewer shows it, from its top left corner, half-open: the box holds
//! the columns from x0 to before x1. They may have decimals. A box without area is left out, and
//! told.

use std::path::{Path, PathBuf};

use crate::cli::failure::Complaint;
use crate::cli::hints;
use crate::cli::output::{note, program};
use crate::data::DataError;
use crate::data::annotation::PixelBox;
use crate::data::photo::Window;

/// The columns.
const COLUMNS: [&str; 6] = ["file", "class", "x0", "y0", "x1", "y1"];
/// What a file of boxes looks like.
const EXAMPLE: &str = "the first line is file,class,x0,y0,x1,y1 and every other one an object, such as \
     photo.jpg,apple,12,30,96,110";

/// A picture with the boxes that the CSV gives it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::cli) struct BoxedPicture {
    /// Its file, as the CSV names it.
    pub(in crate::cli) file: PathBuf,
    /// Class number.
    pub(in crate::cli) class: usize,
    /// Its objects, in the order of the CSV.
    pub(in crate::cli) objects: Vec<BoxedObject>,
}

/// One row of the CSV.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cli) struct BoxedObject {
    /// Line in the CSV, from 1.
    pub(in crate::cli) line: u64,
    /// x0, y0, x1, y1 in the picture's own pixels.
    pub(in crate::cli) bounds: [f64; 4],
}

/// A box in the frame that the network sees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::cli) enum Moved {
    /// All of the box.
    Whole(PixelBox),
    /// What is left of it, and the share of it that was cut off, 0 to 1.
    Cut(PixelBox, f64),
    /// Nothing of it.
    Outside,
}

/// Returns the pictures of the CSV at `path`, in the order of first appearance, their classes by
/// `find_class`, which `class_names` are called after.
pub(in crate::cli) fn read_boxes(
    path: &Path,
    find_class: &dyn Fn(&str) -> Result<usize, DataError>,
    class_names: &[String],
) -> anyhow::Result<Vec<BoxedPicture>> {
    let text = std::fs::read_to_string(path).map_err(|reason| {
        let message = format!("cannot read the boxes \"{}\": {reason}", path.display());
        Complaint::failed(message, EXAMPLE)
    })?;
    let at = |line: u64, fault: &str| {
        let message = format!("\"{}\", line {line}: {fault}", path.display());
        Complaint::failed(message, EXAMPLE)
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        // Spreadsheets like to put a byte order mark first.
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers()?.clone();
    let mut sorted: Vec<&str> = header.iter().collect();
    sorted.sort_unstable();
    let mut expected = COLUMNS;
    expected.sort_unstable();
    if sorted != expected {
        let found = header.iter().collect::<Vec<_>>().join(",");
        let fault = format!("the columns are \"{found}\", not \"{}\"", COLUMNS.join(","));
        return Err(at(1, &fault).into());
    }
    let mut pictures: Vec<BoxedPicture> = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != COLUMNS.len() {
            let fault = format!("{} values, expected {}", record.len(), COLUMNS.len());
            return Err(at(line, &fault).into());
        }
        let cell = |column: &str| {
            let place = header.iter().position(|name| name == column);
            place.and_then(|place| record.get(place)).unwrap_or("")
        };
        let file = cell("file");
        if file.is_empty() {
            return Err(at(line, "no file is named").into());
        }
        let class = find_class(cell("class")).map_err(|error| {
            let message = format!("\"{}\", line {line}: {error}", path.display());
            let known = "name a class that the network knows".to_string();
            Complaint::failed(message, hints::data(&error, program()).unwrap_or(known))
        })?;
        let mut bounds = [0.0; 4];
        for (bound, column) in bounds.iter_mut().zip(&COLUMNS[2..]) {
            let text = cell(column);
            let number = text.parse::<f64>().ok();
            *bound = number.filter(|n| n.is_finite()).ok_or_else(|| {
                let fault = format!("{column} is \"{text}\", not a number of pixels");
                at(line, &fault)
            })?;
        }
        let [x0, y0, x1, y1] = bounds;
        if x1 < x0 || y1 < y0 {
            let fault = format!(
                "the box from ({x0}, {y0}) to ({x1}, {y1}) is reversed: x1 must be above x0 and y1 \
                 above y0"
            );
            return Err(at(line, &fault).into());
        }
        if x1 == x0 || y1 == y0 {
            note(format!(
                "line {line}: left out a box of \"{file}\" that has no area"
            ));
            continue;
        }
        let object = BoxedObject { line, bounds };
        let known = pictures.iter_mut().find(|p| p.file == Path::new(file));
        match known {
            Some(picture) if picture.class != class => {
                let fault = format!(
                    "\"{file}\" is \"{}\" here and \"{}\" on line {}: its maps are of one class",
                    class_names[class], class_names[picture.class], picture.objects[0].line
                );
                return Err(at(line, &fault).into());
            }
            Some(picture) => picture.objects.push(object),
            None => pictures.push(BoxedPicture {
                file: PathBuf::from(file),
                class,
                objects: vec![object],
            }),
        }
    }
    if pictures.is_empty() {
        let message = format!("\"{}\" has no box", path.display());
        return Err(Complaint::failed(message, EXAMPLE).into());
    }
    Ok(pictures)
}

/// Returns the box `bounds` of a picture as pixels of its `window` at `size` `[height, width]`: the
/// pixels whose centres it holds, at least one.
pub(in crate::cli) fn moved(bounds: [f64; 4], window: Window, size: [usize; 2]) -> Moved {
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
    // Rounding of the product of two shares.
    if kept > 1.0 - 1e-9 {
        return Moved::Whole(found);
    }
    Moved::Cut(found, 1.0 - kept)
}

#[cfg(test)]
#[path = "boxes_tests.rs"]
mod tests;
