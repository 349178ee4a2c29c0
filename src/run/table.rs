//! Tables as CSV with a header. Each kind of row knows its file.

use std::borrow::Borrow;
use std::io::ErrorKind;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{RunError, read_regular, write_atomically};

/// A row of a table; its fields are the columns. The table is written atomically.
pub trait TableRow: Serialize + DeserializeOwned {
    /// Name of the table's file, such as "depth.csv".
    const FILE: &'static str;

    /// Writes `rows` to `path` as CSV with a header, holding one row at a time.
    ///
    /// # Errors
    /// As [`write_atomically`].
    fn write(
        path: &Path,
        rows: impl IntoIterator<Item = impl Borrow<Self>>,
    ) -> Result<(), RunError> {
        let damaged = |reason| RunError::damaged(path, reason);
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in rows {
            writer.serialize(row.borrow()).map_err(damaged)?;
        }
        let content = writer
            .into_inner()
            .map_err(|reason| RunError::damaged(path, reason))?;
        write_atomically(path, &content)
    }

    /// Returns the rows of the file at `path`.
    ///
    /// # Errors
    /// [`RunError::Io`]; [`RunError::Damaged`] with the line that does not parse.
    fn read(path: &Path) -> Result<Vec<Self>, RunError> {
        let content = read_regular(path).map_err(|source| RunError::io("read", path, source))?;
        let text = String::from_utf8(content).map_err(|reason| RunError::damaged(path, reason))?;
        Self::parse(path, &text)
    }

    /// Returns the rows of the file at `path`, or none if there is no file.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    fn read_if_present(path: &Path) -> Result<Vec<Self>, RunError> {
        match Self::read(path) {
            Err(RunError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Ok(Vec::new())
            }
            read => read,
        }
    }

    /// Returns the rows of `text`, read from `path`.
    ///
    /// # Errors
    /// [`RunError::Damaged`] with the line that does not parse.
    fn parse(path: &Path, text: &str) -> Result<Vec<Self>, RunError> {
        csv::Reader::from_reader(text.as_bytes())
            .deserialize()
            .collect::<Result<_, _>>()
            .map_err(|reason| RunError::damaged(path, reason))
    }
}

/// A cell of a column that is not a field of the row type.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number, or an empty cell.
    Number(Option<f64>),
    /// "true" or "false".
    Flag(bool),
    /// Text, unchanged.
    Text(String),
}

/// Writes `rows` to `path` as CSV with a header: first the fields of each row, then its cells in
/// further `columns`. Holds one row at a time.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_wide<R: Serialize>(
    path: &Path,
    columns: &[&str],
    rows: impl IntoIterator<Item = (R, Vec<Cell>)>,
) -> Result<(), RunError> {
    let damaged = |reason: csv::Error| RunError::damaged(path, reason);
    let mut rows = rows.into_iter().peekable();
    let mut writer = csv::WriterBuilder::new()
        .has_headers(false)
        .from_writer(Vec::new());
    if let Some((first, _)) = rows.peek() {
        let header = header_of(first).map_err(damaged)?;
        let header = header.iter().chain(columns.iter().copied());
        writer.write_record(header).map_err(damaged)?;
    }
    for row in rows {
        writer.serialize(row).map_err(damaged)?;
    }
    let content = writer
        .into_inner()
        .map_err(|reason| RunError::damaged(path, reason))?;
    write_atomically(path, &content)
}

/// Returns the names of the fields of `row`.
fn header_of<R: Serialize>(row: &R) -> Result<csv::StringRecord, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.serialize(row)?;
    let text = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(csv::Reader::from_reader(text.as_slice()).headers()?.clone())
}
