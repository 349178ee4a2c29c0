//! Cuts validation and test images from pictures whose number is known only after reading them.

use crate::data::dataset::DataOptions;
use crate::data::error::DataError;
use crate::data::image_set::ImageSet;
use crate::data::split::Split;
use crate::data::stratify::{Quantity, held_out};

/// Share of the pictures of each class that is held out for the validation split, and for the test
/// split, if no number is given.
const HELD_OUT_SHARE: f64 = 0.15;

/// Cuts `wanted` images of `set` by class and the split's seed, or a share of them if that is 0.
///
/// # Errors
/// A number below one per class, or one that leaves a class without images.
pub(crate) fn cut(
    set: &ImageSet,
    (key, wanted): (&'static str, usize),
    options: &DataOptions,
    split: Split,
) -> Result<[ImageSet; 2], DataError> {
    let quantity = match wanted {
        0 => Quantity::Share(HELD_OUT_SHARE),
        count if count < set.classes() => {
            return Err(DataError::Option {
                key,
                value: count.to_string(),
                allowed: "at least one per class, or 0 for 15 % of each class",
            });
        }
        count => Quantity::Count(count),
    };
    held_out(set, quantity, options.split_seed, split)
}

/// Cuts the validation images that `options` ask for.
///
/// # Errors
/// As [`cut`].
pub(crate) fn validation_cut(
    set: &ImageSet,
    options: &DataOptions,
) -> Result<[ImageSet; 2], DataError> {
    let wanted = ("data.validation_images", options.validation_images);
    cut(set, wanted, options, Split::Validation)
}
