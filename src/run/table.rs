//! Tables as CSV with a header: written whole or not at all.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{RunError, write_atomically};

/// Writes `rows` to `path`.
pub(super) fn write_table(
    path: &Path,
    rows: impl IntoIterator<Item = impl Serialize>,
) -> Result<(), RunError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer
            .serialize(row)
            .map_err(|reason| RunError::damaged(path, reason))?;
    }
    let content = writer
        .into_inner()
        .map_err(|reason| RunError::damaged(path, reason))?;
    write_atomically(path, &content)
}

/// Returns the rows of `text`, which was read from `path`.
pub(super) fn parse_table<T: DeserializeOwned>(
    path: &Path,
    text: &str,
) -> Result<Vec<T>, RunError> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .map_err(|reason| RunError::damaged(path, reason))
}
