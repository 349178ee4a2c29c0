//! `shapes`: generated 32 x 32 images of twelve forms over clutter, with masks and boxes.
//!
//! Called by `load`. It stands in for real data where there is none, and it is the set on which
//! localisation has a ground truth. Classes differ by form alone: colour, size, place, turn, number
//! of objects and clutter are drawn without looking at the class.

mod forms;
mod raster;
mod scene;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::checksum::hexadecimal;
use crate::data::error::DataError;
use crate::data::image_set::{CHANNELS, ImageSet, ImageSetParts, Normalisation, PixelStore, Split};
use crate::data::{SourceChecksum, random};
use forms::FORM_NAMES;
use sha2::{Digest, Sha256};

/// Name of the data set.
pub(crate) const NAME: &str = "shapes";

/// Height and width of an image, pixels.
pub(crate) const SIDE: usize = 32;

/// Number of classes.
pub(crate) const CLASSES: usize = FORM_NAMES.len();

/// The generator's version: it changes whenever a pixel changes.
const GENERATOR: &str = "shapes generator 1";

/// Mean and standard deviation of the first 12,000 training images of seed 0, measured with
/// [`ImageSet::channel_statistics`]; used for every seed and size, so that an image's input does
/// not depend on how many were generated beside it.
pub const SHAPES_NORMALISATION: Normalisation =
    Normalisation { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] };

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

/// Most images of a split: 3 GB of pixels.
const MOST_IMAGES: usize = 1_000_000;

/// Refuses a split without images, or one that no memory holds.
///
/// # Errors
/// [`DataError::Option`] with `key`.
pub(crate) fn check_count(key: &'static str, count: usize) -> Result<(), DataError> {
    if (1..=MOST_IMAGES).contains(&count) {
        return Ok(());
    }
    Err(DataError::Option { key, value: count.to_string(), allowed: "1 to 1000000" })
}

/// The first `count` images of a split. Image `i` is of class `i` modulo the number of classes and
/// depends on `(seed, split, i)` alone, so a longer split begins with the shorter one.
pub fn generate(seed: u64, split: Split, count: usize) -> ImageSet {
    let stride = CHANNELS * SIDE * SIDE;
    let mut bytes = Vec::with_capacity(count * stride);
    let mut annotations = Vec::with_capacity(count);
    let purpose = format!("{NAME}/{split}");
    for i in 0..count {
        let mut rng = random::stream(seed, &purpose, i as u64);
        let scene = scene::draw(i % FORM_NAMES.len(), &mut rng);
        bytes.extend(scene.pixels);
        annotations.push(scene.annotation);
    }
    ImageSet::new(ImageSetParts {
        dataset: NAME,
        split,
        generated: true,
        class_names: class_names(),
        size: (SIDE, SIDE),
        store: PixelStore {
            bytes,
            stride,
            header: 0,
            labels: (0..count).map(|i| (i % FORM_NAMES.len()) as u16).collect(),
            annotations: Some(annotations),
        },
    })
}

/// The checksum of a generated split: of every image's pixels and label, in order.
pub(crate) fn source_checksum(set: &ImageSet, seed: u64) -> SourceChecksum {
    let mut state = Sha256::new();
    for i in 0..set.len() {
        state.update(set.pixels(i));
        state.update([set.label(i) as u8]);
    }
    SourceChecksum {
        source: format!("{NAME}/{}: {GENERATOR}, seed {seed}, {} images", set.split(), set.len()),
        sha256: hexadecimal(&state.finalize()),
    }
}

fn class_names() -> Arc<[String]> {
    FORM_NAMES.iter().map(|name| (*name).to_owned()).collect()
}
