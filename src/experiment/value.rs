//! Access to an experiment's values by key, and the error for an invalid one.

use toml_edit::{Document, Item, TableLike};

use super::error::{ExperimentError, Located};
use super::source::Source;

/// Returns the error for the value of `key`, at its position in the topmost layer that sets it.
pub(super) fn value_error(
    key: &str,
    item: &Item,
    problem: String,
    layers: &[(&Source, Document<String>)],
) -> ExperimentError {
    let value = item.to_string().trim().to_string();
    let place = layers.iter().find_map(|(source, document)| {
        let found = item_at(document.as_table(), key)?;
        // An override is in no file.
        let same = found.to_string().trim() == value;
        let span = found.span().filter(|_| same)?;
        Some(Box::new(Located::new(source.origin(), &source.text, span)))
    });
    ExperimentError::Value {
        key: key.to_string(),
        value,
        problem,
        place,
    }
}

/// Returns the value at `path`, with keys separated by dots.
pub(super) fn item_at<'a>(table: &'a dyn TableLike, path: &str) -> Option<&'a Item> {
    match path.split_once('.') {
        None => table.get(path),
        Some((first, rest)) => item_at(table.get(first)?.as_table_like()?, rest),
    }
}

/// Returns the keys of all values, with their sections, in the order of the
/// table.
pub(super) fn keys_of(table: &dyn TableLike, prefix: &str) -> Vec<String> {
    let inner = |(key, item): (&str, &Item)| {
        let path = format!("{prefix}{key}");
        match item.as_table_like() {
            Some(table) => keys_of(table, &format!("{path}.")),
            None => vec![path],
        }
    };
    table.iter().flat_map(inner).collect()
}
