//! The options of `shapes`.

use serde::{Deserialize, Serialize};

/// The section of an experiment that only `shapes` reads; the prefix of its keys.
pub(in crate::data) const SHAPES_SECTION: &str = "data.shapes.";

/// Number of images to generate, and their seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShapesOptions {
    /// Number of training images.
    pub train_images: usize,
    /// Number of validation images.
    pub validation_images: usize,
    /// Number of test images.
    pub test_images: usize,
    /// Seed of all three splits, which never share an image.
    pub seed: u64,
}
