//! How the pictures of a folder are read.

use serde::{Deserialize, Serialize};

/// How the pictures of a folder are read. Tiny ImageNet reads `skip_bad` alone; other built-in data
/// sets read none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PictureOptions {
    /// Height and width to which the largest centred square of each picture is resized, pixels; 0 if
    /// all pictures are squares of one size, which is kept.
    pub side: usize,
    /// Number of test images cut from a folder without test pictures, the same number per class; 0
    /// for a share of each class.
    pub test_images: usize,
    /// Whether pictures that cannot be decoded are skipped and counted; otherwise they are errors.
    pub skip_bad: bool,
}
