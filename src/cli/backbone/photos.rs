//! Photographs for the ImageNet networks: named files, or a folder with labels. Read by every verb
//! that shows such a network pictures.

use std::path::{Path, PathBuf};

use crate::cli::failure::Complaint;
use crate::cli::output::note;
use crate::data::DataError;
use crate::data::photo::{PICTURE_FORMATS, Photo};

use super::opened::class_number;

/// The table of classes beside the pictures, where the user names none.
const LABELS: &str = "labels.csv";
/// The columns of that table that are read; others may stand beside them.
const COLUMNS: [&str; 2] = ["file", "class"];
/// What a table of labels looks like.
const LABELS_EXAMPLE: &str =
    "the first line is file,class and every other one a picture, such as cat.jpg,tabby";
/// Ends of the names that are taken for pictures where there is no table.
const ENDINGS: [&str; 5] = ["png", "jpg", "jpeg", "webp", "bmp"];

/// A picture file and its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct PhotoFile {
    /// Where it is.
    pub(in crate::cli) path: PathBuf,
    /// Its name in tables: relative to the folder, as the table of labels has it.
    pub(in crate::cli) name: String,
    /// Its class, where it is known.
    pub(in crate::cli) label: Option<usize>,
}

impl PhotoFile {
    /// Returns the picture.
    pub(in crate::cli) fn read(&self) -> Result<Photo, DataError> {
        Photo::read(&self.path)
    }
}

/// Returns the pictures of `folder` with their classes: those of the table `labels`, else of
/// `labels.csv` in the folder, else all files that end like pictures, without classes.
pub(in crate::cli) fn labelled(
    folder: &Path,
    labels: Option<&Path>,
    class_names: &[String],
) -> anyhow::Result<Vec<PhotoFile>> {
    let beside = folder.join(LABELS);
    let table = match labels {
        Some(table) => Some(table),
        None => beside.exists().then_some(beside.as_path()),
    };
    let found = match table {
        Some(table) => of_table(folder, table, class_names)?,
        None => of_folder(folder)?,
    };
    if !found.is_empty() {
        return Ok(found);
    }
    let (message, hint) = match table {
        Some(table) => (
            format!("\"{}\" names no picture", table.display()),
            LABELS_EXAMPLE,
        ),
        None => (
            format!("there is no picture in \"{}\"", folder.display()),
            PICTURE_FORMATS,
        ),
    };
    Err(Complaint::failed(message, hint).into())
}

fn of_folder(folder: &Path) -> Result<Vec<PhotoFile>, Complaint> {
    let failed = |reason: std::io::Error| {
        let message = format!("cannot list the folder \"{}\": {reason}", folder.display());
        Complaint::failed(message, "name a folder with pictures")
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        if !path.is_file() || !ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) {
            continue;
        }
        found.push(PhotoFile {
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            path,
            label: None,
        });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Returns the pictures of a table, each once, in its order.
fn of_table(folder: &Path, table: &Path, names: &[String]) -> anyhow::Result<Vec<PhotoFile>> {
    let text = std::fs::read_to_string(table).map_err(|reason| {
        let message = format!("cannot read the labels \"{}\": {reason}", table.display());
        Complaint::failed(message, LABELS_EXAMPLE)
    })?;
    let at = |line: u64, fault: &str, hint: &str| {
        let message = format!("\"{}\", line {line}: {fault}", table.display());
        Complaint::failed(message, hint)
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let header = reader.headers()?.clone();
    let places = COLUMNS.map(|column| header.iter().position(|name| name == column));
    let [Some(file_place), Some(class_place)] = places else {
        let found = header.iter().collect::<Vec<_>>().join(",");
        let fault = format!("the columns are \"{found}\"");
        return Err(at(1, &fault, LABELS_EXAMPLE).into());
    };
    let mut found: Vec<PhotoFile> = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = (record.get(file_place), record.get(class_place));
        let (Some(file), Some(class)) = cells else {
            return Err(at(line, "a value is missing", LABELS_EXAMPLE).into());
        };
        if file.is_empty() {
            return Err(at(line, "the name of a file is missing", LABELS_EXAMPLE).into());
        }
        let label = class_number(names, class).map_err(|error| {
            let error = error.to_string();
            at(
                line,
                &error,
                "name a class of the network, or give its number",
            )
        })?;
        if let Some(known) = found.iter().find(|known| known.name == file) {
            if known.label == Some(label) {
                continue;
            }
            let fault = format!("\"{file}\" has another class further up");
            return Err(at(line, &fault, "give each picture one class").into());
        }
        found.push(PhotoFile {
            path: folder.join(file),
            name: file.to_string(),
            label: Some(label),
        });
    }
    Ok(found)
}

/// Reads pictures one by one; with `skip` those that cannot be read are told, counted and passed
/// over.
pub(in crate::cli) struct PhotoReader {
    /// Whether to pass over them.
    pub(in crate::cli) skip: bool,
    /// How many were passed over.
    pub(in crate::cli) skipped: usize,
}

impl PhotoReader {
    /// Returns what is wrong where no picture of `folder` could be read.
    pub(in crate::cli) fn none_read(folder: &Path) -> Complaint {
        let folder = folder.display();
        let message = format!("none of the pictures in \"{folder}\" can be read");
        Complaint::failed(message, "see the notes above")
    }

    /// Returns the picture in `file`, or nothing where it is passed over.
    pub(in crate::cli) fn read(&mut self, file: &PhotoFile) -> Result<Option<Photo>, DataError> {
        match file.read() {
            Ok(photo) => Ok(Some(photo)),
            Err(error) if self.skip => {
                self.skipped += 1;
                note(format!("passed over: {error}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
