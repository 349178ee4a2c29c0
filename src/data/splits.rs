//! The three splits of an image data set, and the checksums of their sources.

use serde::{Deserialize, Serialize};

use crate::data::data_warning::DataWarning;
use crate::data::image_set::{ImageSet, Normalisation};

/// The three splits of a data set, and their normalisation.
#[derive(Clone, Debug)]
pub struct Splits {
    /// Images to fit weights to.
    pub train: ImageSet,
    /// Images to select checkpoints with.
    pub validation: ImageSet,
    /// Images to report scores on.
    pub test: ImageSet,
    /// Statistics of the training images. For a data set with a fixed training split, these are
    /// documented constants.
    pub normalisation: Normalisation,
    /// The sources of the images.
    pub sources: Vec<SourceChecksum>,
    /// What is odd about them.
    pub warnings: Vec<DataWarning>,
}

/// A file or generated split with the checksum of its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceChecksum {
    /// The file (`cifar-100/train.bin`) or the generator with its seed and size.
    pub source: String,
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
}

/// Returns the sources of the images of `splits` for a run's record, with the checksums that were
/// verified or computed at loading.
pub fn fingerprint(splits: &Splits) -> Vec<(String, String)> {
    splits
        .sources
        .iter()
        .map(|s| (s.source.clone(), s.sha256.clone()))
        .collect()
}
