//! Conditions that runs are listed by, such as `train.learning_rate<1e-2`.

use std::cmp::Ordering;
use std::str::FromStr;

use serde_json::Value;

use super::listed::{ListedRun, State};
use crate::run::near_names;

/// Name of a run, with or without its base.
const NAME: &str = "name";
/// Accuracies in percent, as tables show them.
const PERCENTS: [&str; 2] = ["validation", "test"];
/// The comparisons, the longer sign first where one begins with another.
const SIGNS: [(&str, Comparison); 7] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("!=", Comparison::Not),
    ("==", Comparison::Is),
    ("<", Comparison::Below),
    (">", Comparison::Above),
    ("=", Comparison::Is),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Below,
    AtMost,
    Above,
    AtLeast,
    Is,
    Not,
}

/// A condition on the value of one key.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    key: String,
    comparison: Comparison,
    value: String,
}

/// Why runs cannot be selected by a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConditionError {
    /// A text that is not KEY, comparison and VALUE.
    #[error("{0:?} is not a condition")]
    Malformed(String),
    /// A key that no run has.
    #[error("no run has {key:?}")]
    UnknownKey {
        /// The key.
        key: String,
        /// Similar keys.
        near: Vec<String>,
    },
    /// A state that does not exist.
    #[error("{value:?} is not the state of a run")]
    UnknownState {
        /// The state.
        value: String,
    },
    /// A text or a list that is asked to be above or below something.
    #[error("{key} is {value}, which is neither above nor below {than:?}")]
    Unordered {
        /// The key.
        key: String,
        /// A run's value of it.
        value: String,
        /// The value of the condition.
        than: String,
    },
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Self, ConditionError> {
        let malformed = || ConditionError::Malformed(text.to_string());
        let start = text.find(['<', '>', '=', '!']).ok_or_else(malformed)?;
        let (key, rest) = text.split_at(start);
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (sign, comparison) = sign.ok_or_else(malformed)?;
        let (key, value) = (key.trim(), rest[sign.len()..].trim());
        if key.is_empty() || value.is_empty() {
            return Err(malformed());
        }
        let known = State::ALL.map(State::name);
        if key == "state" && !known.contains(&value) {
            let value = value.to_string();
            return Err(ConditionError::UnknownState { value });
        }
        Ok(Self {
            key: key.to_string(),
            comparison: *comparison,
            value: value.to_string(),
        })
    }
}

/// Removes the runs that do not meet every one of `conditions`. A run without a value, such as a test
/// accuracy that was not measured, does not meet a condition on it.
///
/// # Errors
/// [`ConditionError`].
pub fn keep(runs: &mut Vec<ListedRun>, conditions: &[Condition]) -> Result<(), ConditionError> {
    for condition in conditions {
        condition.check_key(runs)?;
    }
    for condition in conditions {
        let met = runs.iter().map(|run| condition.is_met(run));
        let mut met = met.collect::<Result<Vec<bool>, _>>()?.into_iter();
        runs.retain(|_| met.next().unwrap_or(false));
    }
    Ok(())
}

impl Condition {
    fn check_key(&self, runs: &[ListedRun]) -> Result<(), ConditionError> {
        let of_runs = runs.iter().flat_map(ListedRun::fields);
        let mut known: Vec<String> = of_runs.map(|(key, _)| key).collect();
        known.extend(PERCENTS.map(str::to_string));
        known.push(NAME.to_string());
        known.sort_unstable();
        known.dedup();
        if runs.is_empty() || known.contains(&self.key) {
            return Ok(());
        }
        Err(ConditionError::UnknownKey {
            key: self.key.clone(),
            near: near_names(&self.key, known.iter().map(String::as_str)),
        })
    }

    fn is_met(&self, run: &ListedRun) -> Result<bool, ConditionError> {
        if self.key == NAME {
            let last = run.run.rsplit('/').next();
            let is_named = self.value == run.run || Some(self.value.as_str()) == last;
            return match self.comparison {
                Comparison::Is => Ok(is_named),
                Comparison::Not => Ok(!is_named),
                _ => Err(self.unordered(&Value::String(run.run.clone()))),
            };
        }
        let percent = |share: Option<f64>| share.map(|share| Value::from(100.0 * share));
        let value = match self.key.as_str() {
            "validation" => percent(run.validation_accuracy),
            "test" => percent(run.test_accuracy),
            key => (run.fields().into_iter())
                .find_map(|(known, value)| (known == key).then_some(value)),
        };
        match value.filter(|value| !value.is_null()) {
            Some(value) => self.holds(&value),
            None => Ok(false),
        }
    }

    fn holds(&self, value: &Value) -> Result<bool, ConditionError> {
        let order = match (value.as_f64(), self.value.parse::<f64>()) {
            (Some(value), Ok(than)) => value.partial_cmp(&than),
            _ => None,
        };
        let is_same = order.map_or_else(|| self.is_text(value), |order| order == Ordering::Equal);
        match (self.comparison, order) {
            (Comparison::Is, _) => Ok(is_same),
            (Comparison::Not, _) => Ok(!is_same),
            (_, None) => Err(self.unordered(value)),
            (Comparison::Below, Some(order)) => Ok(order.is_lt()),
            (Comparison::AtMost, Some(order)) => Ok(order.is_le()),
            (Comparison::Above, Some(order)) => Ok(order.is_gt()),
            (Comparison::AtLeast, Some(order)) => Ok(order.is_ge()),
        }
    }

    /// Returns whether the condition's value is `value` as text: "adam", "true" or "[32,64]".
    fn is_text(&self, value: &Value) -> bool {
        let without_spaces = |text: &str| text.replace(' ', "");
        match value {
            Value::String(text) => *text == self.value.trim_matches('"'),
            other => without_spaces(&other.to_string()) == without_spaces(&self.value),
        }
    }

    fn unordered(&self, value: &Value) -> ConditionError {
        ConditionError::Unordered {
            key: self.key.clone(),
            value: value.to_string(),
            than: self.value.clone(),
        }
    }
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
