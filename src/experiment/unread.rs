//! Values that an experiment sets and that its training does not read.

use toml_edit::{Document, DocumentMut, Item};

use super::error::ExperimentError;
use super::overrides::Override;
use super::source::{BASE_PREFIX, Source};
use super::spec::ExperimentKind;
use super::value::{item_at, keys_of, value_error};

/// Refuses keys that an override or a file sets and that the training does not read. A base and the
/// file with every key may have them: they hold the defaults of every choice.
pub(super) fn refuse_unread<E: ExperimentKind>(
    experiment: &E,
    merged: &DocumentMut,
    layers: &[(&Source, Document<String>)],
    overrides: &[Override],
) -> Result<(), ExperimentError> {
    let (_root, above) = layers
        .split_last()
        .expect("a name has at least its own file");
    let own = (above.iter()).filter(|(source, _)| !source.name.starts_with(BASE_PREFIX));
    let mut keys: Vec<String> = own
        .flat_map(|(_, document)| keys_of(document.as_table(), ""))
        .collect();
    keys.extend(overrides.iter().map(|change| change.key.clone()));
    for key in keys {
        if let Some(reason) = experiment.unread(&key) {
            let item = item_at(merged.as_table(), &key).unwrap_or(&Item::None);
            return Err(value_error(
                &key,
                item,
                format!("is not read: {reason}"),
                layers,
            ));
        }
    }
    Ok(())
}
