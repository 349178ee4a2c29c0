//! Keys that the defaults omit, so that older experiments and their printed form do not change.

use toml_edit::{Document, DocumentMut, value};

use super::ExperimentKind;

/// Adds to `merged` every unwritten key in one of `layers` or among the `changed` keys; merging
/// fills in the value.
pub(super) fn admit<'a, E: ExperimentKind>(
    merged: &mut DocumentMut,
    layers: impl Iterator<Item = &'a Document<String>> + Clone,
    changed: impl Iterator<Item = &'a str> + Clone,
) {
    for (section, key) in E::UNWRITTEN {
        let in_layer = |layer: &Document<String>| {
            let section = layer.get(section).and_then(|item| item.as_table_like());
            section.is_some_and(|section| section.contains_key(key))
        };
        let path = format!("{section}.{key}");
        let given = layers.clone().any(in_layer) || changed.clone().any(|name| name == path);
        let table = merged
            .get_mut(section)
            .and_then(|item| item.as_table_like_mut());
        if let Some(table) = table.filter(|table| given && !table.contains_key(key)) {
            table.insert(key, value(""));
        }
    }
}
