//! Single values that override those of an experiment's files.

use std::str::FromStr;

use super::error::ExperimentError;

/// One value that replaces the files', parsed from "KEY=VALUE".
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) origin: String,
}

impl Override {
    /// Origin of an override in the resolved text by default.
    const ORIGIN: &str = "override";

    /// Returns the change of `key` to `value`, written as after `--set`.
    pub fn of(key: &str, value: &str) -> Self {
        Self {
            key: key.to_string(),
            value: value.to_string(),
            origin: Self::ORIGIN.to_string(),
        }
    }

    /// Returns the key with its section.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the value as text.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns the same override with `origin`, which the resolved text states before its key.
    pub fn given_with(self, origin: &str) -> Self {
        let origin = origin.to_string();
        Self { origin, ..self }
    }
}

impl FromStr for Override {
    type Err = ExperimentError;

    fn from_str(given: &str) -> Result<Self, ExperimentError> {
        match given.split_once('=') {
            Some((key, value)) if !key.trim().is_empty() && !value.trim().is_empty() => {
                Ok(Self::of(key.trim(), value.trim()))
            }
            _ => Err(ExperimentError::BadOverride {
                given: given.to_string(),
            }),
        }
    }
}
