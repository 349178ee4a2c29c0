//! The differences between two experiments, key by key.

use serde::Serialize;
use serde_json::Value;

use super::spec::ExperimentKind;
use crate::train::FIXED_ON_RESUME;

/// Changes how long a call lasts, and no result.
pub(super) const TIME_LIMIT: &str = "train.max_minutes";

/// A key with different values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDifference {
    /// The key with its section, such as "model.filters".
    pub key: String,
    /// Its value in the first experiment, as JSON; "default" where it is not written.
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

    /// Returns whether the key can change what is trained, and not only what is kept of it.
    pub fn decides_result(&self) -> bool {
        !self.key.starts_with("checkpoints.")
    }
}

/// Returns the keys in which `first` and `second` differ, in the order of their sections.
pub fn compare<E: Serialize>(first: &E, second: &E) -> Vec<FieldDifference> {
    let mut differences = Vec::new();
    let values = [as_value(first), as_value(second)];
    walk("", Some(&values[0]), Some(&values[1]), &mut differences);
    differences
}

/// Returns every value of `experiment` with its key, such as "model.filters", in the order of the
/// sections.
pub fn values(experiment: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut rest = vec![(String::new(), experiment)];
    while let Some((path, value)) = rest.pop() {
        match value {
            Value::Object(section) => {
                let below = section.iter().map(|(key, value)| match path.is_empty() {
                    true => (key.clone(), value),
                    false => (format!("{path}.{key}"), value),
                });
                // The last is taken first.
                rest.extend(below.rev());
            }
            value => found.push((path, value.clone())),
        }
    }
    found
}

/// Returns the keys that either experiment reads and in which they differ, except the time limit of a
/// call, which changes no result.
pub fn changes<E: ExperimentKind>(first: &E, second: &E) -> Vec<FieldDifference> {
    let mut changes = compare(first, second);
    changes.retain(|field| field.key != TIME_LIMIT);
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

/// Adds the differences at and below `path`; `None` stands for a key that is not written.
fn walk(path: &str, first: Option<&Value>, second: Option<&Value>, out: &mut Vec<FieldDifference>) {
    match (first, second) {
        (Some(Value::Object(first)), Some(Value::Object(second))) => {
            let only_second = second.keys().filter(|key| !first.contains_key(*key));
            for key in first.keys().chain(only_second) {
                let path = match path.is_empty() {
                    true => key.clone(),
                    false => format!("{path}.{key}"),
                };
                walk(&path, first.get(key), second.get(key), out);
            }
        }
        _ if first != second => {
            let text =
                |value: Option<&Value>| value.map_or("default".to_string(), ToString::to_string);
            out.push(FieldDifference {
                key: path.to_string(),
                first: text(first),
                second: text(second),
            });
        }
        _ => {}
    }
}
