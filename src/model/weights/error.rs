//! What can be wrong with a weight file, and how to fix it.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::backbones::BackboneName;

/// Names that an error lists of each kind; the count says how many there are.
const LISTED: usize = 6;

/// A weight file that cannot be read or does not fit.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The system refused.
    #[error("cannot {action} the weights {path:?}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is something else.
    #[error("{path:?} is no weight file: {problem}")]
    NotWeights {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        problem: String,
    },
    /// It is a weight file with something wrong in it.
    #[error("the weights {path:?} are damaged: {problem}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        problem: String,
    },
    /// The pickle in it asks for more than tensors.
    #[error(
        "refused the weights {path:?}: byte {offset} of its pickle {problem}; nothing of it was run"
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// Where in the pickle.
        offset: usize,
        /// What it asks for.
        problem: String,
    },
    /// Names or shapes are not the network's.
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
        /// Tensors with the right name and shape.
        matched: usize,
        /// Tensors that the network has.
        wanted: usize,
        /// Names that the file lacks.
        missing: Vec<String>,
        /// Names that the network lacks.
        unexpected: Vec<String>,
        /// Names with both shapes.
        misshaped: Vec<String>,
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
        /// Values in all tensors.
        count: usize,
    },
    /// They were trained here on small images, with other first layers and other pixels.
    #[error("the weights {path:?} are of {network} classes, not of the ImageNet network")]
    SmallImages {
        /// The file.
        path: PathBuf,
        /// The network, as the file's notes name it, which ends in its number of classes.
        network: String,
        /// The experiment and its data, as the notes name them; empty where they do not.
        trial: [String; 2],
    },
    /// A network cannot be written in PyTorch's layout.
    #[error("cannot export tensor \"{tensor}\": {problem}")]
    Export {
        /// The tensor.
        tensor: String,
        /// Why not.
        problem: String,
    },
}

impl WeightsError {
    /// Returns what the reader can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotWeights { .. } => Some(
                "give a .pth of a state dict or a .safetensors file; a page that a server sent in \
                 its place has to be downloaded again"
                    .to_string(),
            ),
            Self::Damaged { .. } => Some("download or save it again".to_string()),
            Self::Refused { .. } => Some(
                "save the state dict alone: torch.save(model.state_dict(), \"weights.pth\")"
                    .to_string(),
            ),
            Self::Mismatch { network, .. } => Some(format!(
                "give weights with torchvision's names: cargo run -- weights fetch {network}"
            )),
            Self::NotFinite { .. } => {
                Some("take other weights, or accept them with --allow-nan".to_string())
            }
            Self::SmallImages { trial, .. } => {
                let [trial, base] = trial;
                Some(format!(
                    "explain and measure the run that they were exported from: {trial} --base {base}"
                ))
            }
            Self::Io { .. } | Self::Export { .. } => None,
        }
    }

    /// For `map_err`: an [`WeightsError::Io`] that says what was tried on which path.
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

    pub(super) fn damaged(path: &Path, problem: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_path_buf(),
            problem: problem.into(),
        }
    }
}

/// "; 3 missing: a, b, c", or nothing.
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
