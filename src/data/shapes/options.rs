//! How much of `shapes` to generate.

use serde::{Deserialize, Serialize};

/// The section of an experiment that only `shapes` reads; keys below it begin with this.
pub(in crate::data) const SHAPES_SECTION: &str = "data.shapes.";

/// How many images to generate, and from which seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShapesOptions {
    /// Images of the training split.
    pub train_images: usize,
    /// Images of the validation split.
    pub validation_images: usize,
    /// Images of the test split.
    pub test_images: usize,
    /// Seed of all three splits, which never share an image.
    pub seed: u64,
}
