//! Errors in an experiment, with their position in the file.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// A position in a TOML text: prints as file, line, column, the line itself and a caret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The file, or the origin of the text.
    pub origin: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line's text.
    pub text: String,
    /// Number of characters under the caret, at least 1.
    pub width: usize,
}

impl Located {
    /// Returns the position of the bytes `span` of `text`.
    pub fn new(origin: String, text: &str, span: Range<usize>) -> Self {
        let start = span.start.min(text.len());
        let before = text.get(..start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line_text = text
            .get(line_start..)
            .unwrap_or("")
            .lines()
            .next()
            .unwrap_or("");
        let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
        let covered = text.get(span).unwrap_or("").lines().next().unwrap_or("");
        Self {
            origin,
            line: before.matches('\n').count() + 1,
            column,
            text: line_text.to_string(),
            width: covered.chars().count().max(1),
        }
    }
}

impl Located {
    /// Returns the printed lines: the place, a margin, the line of the file, and the caret.
    pub fn lines(&self) -> [String; 4] {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(self.column - 1);
        let Self {
            origin,
            line,
            column,
            ..
        } = self;
        [
            format!("{origin}, line {line}, column {column}"),
            format!("{margin} |"),
            // A tab takes one column, as the caret's place is counted.
            format!("{number} | {}", self.text.replace('\t', " ")),
            format!("{margin} | {indent}{}", "^".repeat(self.width)),
        ]
    }
}

impl fmt::Display for Located {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.lines().join("\n"))
    }
}

/// An experiment that cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// There is no such experiment.
    #[error("no experiment \"{name}\"{}", line_of(place))]
    Unknown {
        /// The requested name.
        name: String,
        /// The nearest known name.
        near: Option<String>,
        /// All known names.
        known: Vec<String>,
        /// Where it is extended, unless the user gave it.
        place: Option<Box<Located>>,
    },
    /// A run cannot have that name.
    #[error("\"{name}\" cannot be the name of a run: it {problem}")]
    RunName {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A sweep cannot have that name.
    #[error("\"{name}\" cannot be the name of a sweep: it {problem}")]
    SweepName {
        /// The name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is no such sweep.
    #[error("no sweep \"{name}\"")]
    UnknownSweep {
        /// The requested name.
        name: String,
        /// The nearest known name.
        near: Option<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// There is no such base.
    #[error("no base \"{name}\"")]
    UnknownBase {
        /// The requested name.
        name: String,
        /// The nearest known name.
        near: Option<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// A base is given for a trial that has no base to replace.
    #[error("\"{name}\" extends no base that could be replaced")]
    NoBase {
        /// The trial.
        name: String,
    },
    /// The experiment trains another kind of network.
    #[error("\"{name}\" has no [{section}]: it trains another kind of network")]
    OtherKind {
        /// The experiment.
        name: String,
        /// The section of the required kind of experiment.
        section: &'static str,
    },
    /// The base is for experiments of another kind.
    #[error("base \"{base}\" is for another kind of network than \"{name}\"")]
    OtherBase {
        /// The experiment.
        name: String,
        /// The base.
        base: String,
        /// The bases of its own kind.
        known: Vec<String>,
    },
    /// A local file cannot be read.
    #[error("cannot read {path:?}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A file is not TOML.
    #[error("{message}\n{place}")]
    Syntax {
        /// The parser's message.
        message: String,
        /// The position.
        place: Located,
    },
    /// A file extends itself, directly or indirectly.
    #[error("\"extends\" runs in a circle: {}{}", chain.join(" -> "), line_of(place))]
    Circle {
        /// The names in order.
        chain: Vec<String>,
        /// Where the cycle closes.
        place: Option<Box<Located>>,
    },
    /// An unknown key.
    #[error("unknown key \"{key}\"{}", line_of(place))]
    UnknownKey {
        /// The key with its section.
        key: String,
        /// The nearest known key.
        near: Option<String>,
        /// The known keys of that section.
        known: Vec<String>,
        /// The position, unless it came from an override.
        place: Option<Box<Located>>,
    },
    /// A value of the wrong type or outside its range.
    #[error("\"{key}\" is {value}: {problem}{}", line_of(place))]
    Value {
        /// The key with its section.
        key: String,
        /// The value as written.
        value: String,
        /// What is wrong or allowed.
        problem: String,
        /// The position, unless it came from an override.
        place: Option<Box<Located>>,
    },
    /// An override without an equals sign.
    #[error("\"{given}\" is not KEY=VALUE")]
    BadOverride {
        /// The given text.
        given: String,
    },
}

impl ExperimentError {
    /// Returns the position of the error in a file, which its text ends with.
    pub fn place(&self) -> Option<&Located> {
        match self {
            Self::Syntax { place, .. } => Some(place),
            Self::Unknown { place, .. }
            | Self::Circle { place, .. }
            | Self::UnknownKey { place, .. }
            | Self::Value { place, .. } => place.as_deref(),
            Self::UnknownBase { .. }
            | Self::NoBase { .. }
            | Self::OtherKind { .. }
            | Self::OtherBase { .. }
            | Self::Read { .. }
            | Self::BadOverride { .. }
            | Self::UnknownSweep { .. }
            | Self::RunName { .. }
            | Self::SweepName { .. } => None,
        }
    }
}

/// Returns a place on lines of its own, as texts of errors end with it.
pub(crate) fn line_of(place: &Option<Box<Located>>) -> String {
    place
        .as_ref()
        .map_or_else(String::new, |place| format!("\n{place}"))
}
