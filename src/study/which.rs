//! The checkpoint of a run that a user asks for.

use std::str::FromStr;

use super::error::StudyError;

/// A checkpoint of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// The best on the validation split.
    #[default]
    Best,
    /// The latest.
    Last,
    /// The checkpoint of an epoch.
    Epoch(u32),
}

impl FromStr for Which {
    type Err = StudyError;

    fn from_str(text: &str) -> Result<Self, StudyError> {
        match text {
            "best" => Ok(Self::Best),
            "last" => Ok(Self::Last),
            number => match number.parse() {
                Ok(epoch) => Ok(Self::Epoch(epoch)),
                Err(_) => Err(StudyError::UnknownCheckpoint(number.to_string())),
            },
        }
    }
}

impl std::fmt::Display for Which {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Best => formatter.pad("best"),
            Self::Last => formatter.pad("last"),
            Self::Epoch(epoch) => write!(formatter, "epoch {epoch}"),
        }
    }
}
