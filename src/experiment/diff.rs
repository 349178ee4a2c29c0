//! The differences between two experiments, key by key.

use serde::Serialize;
use serde_json::Value;

use super::spec::ExperimentKind;
use crate::train::FIXED_ON_RESUME;

/// A key with different values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDifference {
    /// The key with its section, such as "model.filters".
    pub key: String,
    /// Its value in the first experiment, as JSON.
    pub first: String,
    /// Its value in the second.
    pub second: String,
}

impl FieldDifference {
    /// Returns whether the key determines what a step is, so that it cannot change in a run.
    pub fn is_fixed(&self) -> bool {
        FIXED_ON_RESUME
            .iter()
            .any(|fixed| self.key.starts_with(fixed))
    }
}

/// Returns the keys in which `first` and `second` differ, in the order of their sections.
pub fn compare<E: Serialize>(first: &E, second: &E) -> Vec<FieldDifference> {
    let mut differences = Vec::new();
    walk("", &as_value(first), &as_value(second), &mut differences);
    differences
}

/// Returns the keys that either experiment reads and in which they differ.
pub fn changes<E: ExperimentKind>(first: &E, second: &E) -> Vec<FieldDifference> {
    let mut changes = compare(first, second);
    changes.retain(|field| {
        [first, second]
            .iter()
            .any(|of| of.unread(&field.key).is_none())
    });
    changes
}

/// Returns the changes as text: "train.epochs was 10, is 20; ...".
pub fn in_words<'a>(changes: impl IntoIterator<Item = &'a FieldDifference>) -> String {
    let text =
        |field: &FieldDifference| format!("{} was {}, is {}", field.key, field.first, field.second);
    changes.into_iter().map(text).collect::<Vec<_>>().join("; ")
}

fn as_value(experiment: &impl Serialize) -> Value {
    serde_json::to_value(experiment)
        .expect("numbers, texts, lists and sections all have a form in JSON")
}

fn walk(path: &str, first: &Value, second: &Value, out: &mut Vec<FieldDifference>) {
    match (first, second) {
        (Value::Object(first), Value::Object(second)) => {
            for (key, value) in first {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                walk(&path, value, second.get(key).unwrap_or(&Value::Null), out);
            }
        }
        _ if first != second => out.push(FieldDifference {
            key: path.to_string(),
            first: first.to_string(),
            second: second.to_string(),
        }),
        _ => {}
    }
}
