//! Names that a user gives and errors refer to.

/// A trained run by name, as requested by a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunName {
    /// Experiment, such as "trial-d".
    pub experiment: String,
    /// The base that replaces the experiment's own, if any.
    pub base: Option<String>,
    /// Training seed.
    pub seed: u64,
}

/// A list that a user writes, and its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// Boxes of objects: `file,class,x0,y0,x1,y1`.
    Boxes,
    /// Classes of pictures: `file,class`.
    Labels,
    /// Names of classes, one per line.
    ClassNames,
}

impl ListKind {
    /// Returns what the list contains, in the plural.
    pub(super) fn holds(self) -> &'static str {
        match self {
            Self::Boxes => "boxes",
            Self::Labels => "labels",
            Self::ClassNames => "class names",
        }
    }
}

/// What clips are used for: scoring predicted frames, or measuring a network's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub enum ClipUse {
    Scoring,
    Memory,
}
