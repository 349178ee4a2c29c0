//! Errors of a weight file.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::backbones::BackboneName;

/// Number of names that an error lists of each kind; it also states the total.
const LISTED: usize = 6;

/// A weight file that cannot be read or does not fit.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The system refused.
    #[error("cannot {action} the weights {path:?}")]
    Io {
        /// The failed action.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The file is not a weight file.
    #[error("{path:?} is not a weight file: {problem}")]
    NotWeights {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        problem: String,
    },
    /// The file was written by PyTorch, and holds something else than a state dict.
    #[error("the file {path:?} holds no state dict, but {holds}")]
    NoStateDict {
        /// The file.
        path: PathBuf,
        /// What it holds.
        holds: String,
    },
    /// The file is a damaged weight file.
    #[error("the weights {path:?} are damaged: {problem}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
    /// The file holds the tensors of several networks.
    #[error(
        "the weights {path:?} are of several networks: two tensors are called {tensor:?}, one of \
         them {name:?} in full"
    )]
    SeveralNetworks {
        /// The file.
        path: PathBuf,
        /// The name that two tensors have without their prefixes.
        tensor: String,
        /// The whole name of one of them.
        name: String,
    },
    /// The pickle in it requests more than tensors.
    #[error(
        "refused the weights {path:?}: byte {offset} of its pickle {problem}; nothing of it was run"
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// Position in the pickle.
        offset: usize,
        /// What it requests.
        problem: String,
    },
    /// Names or shapes differ from the network's.
    #[error(
        "the weights {path:?} are not those of {network}: {matched} of {wanted} tensors matched\
         {}{}{}",
        listed("missing", .missing), listed("unexpected", .unexpected), listed("of another shape", .misshaped)
    )]
    Mismatch {
        /// The file.
        path: PathBuf,
        /// The network.
        network: BackboneName,
        /// Number of tensors with the right name and shape.
        matched: usize,
        /// Number of tensors of the network.
        wanted: usize,
        /// Names missing from the file.
        missing: Vec<String>,
        /// Names that the network does not have.
        unexpected: Vec<String>,
        /// Names with both shapes.
        misshaped: Box<[String]>,
    },
    /// Values are NaN or infinite.
    #[error(
        "the weights {path:?} hold {count} values that are not finite, the first in tensor \"{tensor}\""
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The first such tensor.
        tensor: String,
        /// Number of such values in all tensors.
        count: usize,
    },
    /// The weights were trained here on small images, with other first layers and other
    /// standardisation.
    #[error("the weights {path:?} are of {network} classes, not of the ImageNet network")]
    SmallImages {
        /// The file.
        path: PathBuf,
        /// The network in the file's notes, which ends in its number of classes.
        network: String,
        /// The experiment and its data in the notes; empty if absent.
        trial: [String; 2],
    },
    /// A network cannot be written in PyTorch's layout.
    #[error("cannot export tensor \"{tensor}\": {problem}")]
    Export {
        /// The tensor.
        tensor: String,
        /// The reason.
        problem: String,
    },
}

impl WeightsError {
    /// For `map_err`: returns a [`WeightsError::Io`] with the action and the path.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    pub(super) fn not_weights(path: &Path, problem: impl Into<String>) -> Self {
        Self::NotWeights {
            path: path.to_path_buf(),
            problem: problem.into(),
        }
    }

    pub(super) fn no_state_dict(path: &Path, holds: String) -> Self {
        let path = path.to_path_buf();
        Self::NoStateDict { path, holds }
    }

    pub(super) fn damaged(path: &Path, problem: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_path_buf(),
            problem: problem.into(),
        }
    }
}

/// Returns a list such as "; 3 missing: a, b, c", or nothing.
fn listed(what: &str, names: &[String]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let quoted: Vec<String> = names
        .iter()
        .take(LISTED)
        .map(|name| format!("{name:?}"))
        .collect();
    let more = match names.len() > LISTED {
        true => ", ...",
        false => "",
    };
    format!("; {} {what}: {}{more}", names.len(), quoted.join(", "))
}
