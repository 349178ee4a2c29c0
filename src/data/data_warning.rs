//! What is odd about a data set but does not stop the program.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::data::image_set::ImageSet;
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
    /// Classes have no picture in a split.
    Absent {
        /// The split.
        split: Split,
        /// Number of these classes.
        count: usize,
        /// The name of the first of them.
        first: String,
    },
}

impl DataWarning {
    /// Returns the warning that classes have no image in `set`, if that is so.
    pub(crate) fn absent_in(set: &ImageSet) -> Option<Self> {
        let counts = set.class_counts().into_iter().enumerate();
        let absent: Vec<usize> = counts
            .filter(|(_, count)| *count == 0)
            .map(|(class, _)| class)
            .collect();
        let first = absent.first()?;
        Some(Self::Absent {
            split: set.split(),
            count: absent.len(),
            first: set.class_names()[*first].clone(),
        })
    }
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
            Self::Absent {
                split,
                count,
                first,
            } => write!(
                f,
                "the {split} split has no picture of {}, the first is {first:?}",
                match count {
                    1 => "1 class".to_owned(),
                    count => format!("{count} classes"),
                }
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
