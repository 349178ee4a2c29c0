//! What is odd about a data set but does not stop the program.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::data::split::Split;

/// Something odd about a data set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataWarning {
    /// Pictures that cannot be decoded were skipped.
    Skipped {
        /// Their number.
        count: usize,
        /// The first of them.
        first: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Pictures of one split have the pixels of pictures of another.
    Doubles {
        /// The split that should be new to the network.
        split: Split,
        /// The split that has the same pictures.
        other: Split,
        /// Number of pictures of `split` that are in `other` too.
        count: usize,
        /// The first of them, and the same picture in `other`.
        first: Box<[PathBuf; 2]>,
    },
}

impl fmt::Display for DataWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pictures = |count: usize| match count {
            1 => "1 picture".to_owned(),
            count => format!("{count} pictures"),
        };
        let name = |path: &Path| format!("{:?}", path.display().to_string());
        match self {
            Self::Skipped {
                count,
                first,
                problem,
            } => write!(
                f,
                "skipped {} that cannot be read, the first is {}: {problem}",
                pictures(*count),
                name(first)
            ),
            Self::Doubles {
                split,
                other,
                count,
                first,
            } => write!(
                f,
                "{} of the {split} split {} also in the {other} split, the first is {}, the same as {}",
                pictures(*count),
                if *count == 1 { "is" } else { "are" },
                name(&first[0]),
                name(&first[1])
            ),
        }
    }
}
