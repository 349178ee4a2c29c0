//! Reads the lists that users write: tables as CSV, and names by line. Each error states its line.

use std::collections::HashMap;
use std::path::Path;

use crate::data::DataError;
use crate::run::read_text;

use super::error::StudyError;
use super::named::ListKind;

/// A list in memory.
pub(super) struct List {
    kind: ListKind,
    path: std::path::PathBuf,
    header: csv::StringRecord,
    rows: Vec<Row>,
}

/// One row of a list.
pub(super) struct Row {
    /// Line in the file, from 1.
    pub(super) line: u64,
    cells: csv::StringRecord,
}

impl List {
    /// Returns the list at `path`, with trimmed cells.
    ///
    /// # Errors
    /// A file that cannot be read; a column that is named twice.
    pub(super) fn read(kind: ListKind, path: &Path) -> Result<Self, StudyError> {
        let text = text(kind, path)?;
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let fault = |error: csv::Error| {
            let line = error.position().map_or(0, csv::Position::line);
            at_line(kind, path, line, error.to_string())
        };
        let header = reader.headers().map_err(fault)?.clone();
        let mut columns = header.iter().enumerate();
        if let Some((_, twice)) =
            columns.find(|(place, name)| header.iter().take(*place).any(|known| known == *name))
        {
            let fault = format!("the column \"{twice}\" is there twice");
            return Err(at_line(kind, path, 1, fault));
        }
        let mut rows = Vec::new();
        for cells in reader.records() {
            let cells = cells.map_err(fault)?;
            let line = cells.position().map_or(0, csv::Position::line);
            rows.push(Row { line, cells });
        }
        Ok(Self {
            kind,
            path: path.to_path_buf(),
            header,
            rows,
        })
    }

    /// Returns the columns' names.
    pub(super) fn columns(&self) -> Vec<&str> {
        self.header.iter().collect()
    }

    /// Returns the position of `column`, if there is one.
    pub(super) fn place(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }

    /// Returns the rows, in order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    /// Returns the error at `line`.
    pub(super) fn at(&self, line: u64, fault: impl Into<String>) -> StudyError {
        at_line(self.kind, &self.path, line, fault)
    }

    /// Returns the error for an unknown class at `line`.
    pub(super) fn unknown_class(&self, line: u64, source: DataError) -> StudyError {
        StudyError::ListClass {
            path: self.path.clone(),
            line,
            source: Box::new(source),
        }
    }

    /// Returns the error at `line`, with how to fix it.
    pub(super) fn advised(
        &self,
        line: u64,
        fault: impl Into<String>,
        advice: impl Into<String>,
    ) -> StudyError {
        StudyError::ListFault {
            kind: self.kind,
            path: self.path.clone(),
            line,
            fault: fault.into(),
            advice: Some(advice.into()),
        }
    }
}

/// Returns the names in the list at `path`, one per line. Empty lines at its end do not count.
///
/// # Errors
/// A file that cannot be read; an empty line; a name that is there twice.
pub(super) fn names(kind: ListKind, path: &Path) -> Result<Vec<String>, StudyError> {
    let text = text(kind, path)?;
    let mut lines: HashMap<&str, u64> = HashMap::new();
    let mut names = Vec::new();
    for (line, name) in (1..).zip(text.trim_end().lines().map(str::trim)) {
        if name.is_empty() {
            return Err(at_line(kind, path, line, "the name is missing"));
        }
        if let Some(first) = lines.insert(name, line) {
            let advice = "give each class its own name";
            return Err(StudyError::ListFault {
                kind,
                path: path.to_path_buf(),
                line,
                fault: format!("\"{name}\" is also the name on line {first}"),
                advice: Some(advice.to_string()),
            });
        }
        names.push(name.to_string());
    }
    Ok(names)
}

fn text(kind: ListKind, path: &Path) -> Result<String, StudyError> {
    read_text(path).map_err(|source| StudyError::ListUnreadable {
        kind,
        path: path.to_path_buf(),
        source,
    })
}

impl Row {
    /// Returns the cell at `place`, if the row is long enough.
    pub(super) fn get(&self, place: usize) -> Option<&str> {
        self.cells.get(place)
    }

    /// Returns the number of cells.
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }
}

/// Returns the error at `line` of the list at `path`.
fn at_line(kind: ListKind, path: &Path, line: u64, fault: impl Into<String>) -> StudyError {
    StudyError::ListFault {
        kind,
        path: path.to_path_buf(),
        line,
        fault: fault.into(),
        advice: None,
    }
}
