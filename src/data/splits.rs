//! The three splits of an image data set, and the checksums of what they came from.

use serde::{Deserialize, Serialize};

use crate::data::image_set::{ImageSet, Normalisation};

/// The three splits of a data set, and what all of them are normalised with.
#[derive(Clone, Debug)]
pub struct Splits {
    /// Images to fit weights to.
    pub train: ImageSet,
    /// Images to pick checkpoints with.
    pub validation: ImageSet,
    /// Images to report scores on.
    pub test: ImageSet,
    /// Statistics of the training images (of a data set with a fixed training split, constants; see
    /// their documentation).
    pub normalisation: Normalisation,
    /// What the images came from.
    pub sources: Vec<SourceChecksum>,
}

/// A file or generated split with the checksum of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceChecksum {
    /// The file (`cifar-100/train.bin`) or the generator with its seed and size.
    pub source: String,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

/// Returns what the images of `splits` came from, with the checksums that were verified or computed
/// when they were loaded; for a run's record.
pub fn fingerprint(splits: &Splits) -> Vec<(String, String)> {
    splits
        .sources
        .iter()
        .map(|s| (s.source.clone(), s.sha256.clone()))
        .collect()
}
