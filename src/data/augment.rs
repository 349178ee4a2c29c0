//! Random crops and flips of training images, as in common CIFAR recipes.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use serde::{Deserialize, Serialize};

use crate::data::random;

/// Changes to a training image before it is normalised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Black pixels added on each side before a random crop to the original size; 0 for no crop.
    ///
    /// Black is 0 in pixel space, before normalisation, as in torchvision's
    /// `RandomCrop(padding=4)`.
    pub crop_padding: usize,
    /// Whether half of the images, chosen at random, are mirrored left to right.
    pub horizontal_flip: bool,
}

impl Augmentation {
    /// No change to any image.
    pub const NONE: Self = Self {
        crop_padding: 0,
        horizontal_flip: false,
    };

    /// Draws the change of one image; uses the same number of draws for any outcome.
    pub fn draw(&self, rng: &mut impl Rng) -> Placement {
        let padding = self.crop_padding as i32;
        let choices = 2 * self.crop_padding as u64 + 1;
        let mut shift = || random::below(rng, choices) as i32 - padding;
        let (dx, dy) = (shift(), shift());
        let coin = random::below(rng, 2) == 1;
        Placement {
            dx,
            dy,
            mirrored: self.horizontal_flip && coin,
        }
    }
}

/// The change drawn for one image: output pixel (x, y) is input pixel (x + dx, y + dy), or black
/// outside; then the output is mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Shift of the crop to the right, pixels; from minus to plus the padding.
    pub dx: i32,
    /// Shift of the crop down, pixels.
    pub dy: i32,
    /// Whether the cropped image is mirrored left to right.
    pub mirrored: bool,
}

impl Placement {
    /// The unchanged image.
    pub const IDENTITY: Self = Self {
        dx: 0,
        dy: 0,
        mirrored: false,
    };
}

/// Returns the augmentation stream of batch number `batch` (from 0) of `epoch`.
///
/// A run that resumes in the middle of an epoch opens the stream of its next batch and continues
/// with the same bits as an uninterrupted run.
pub fn augmentation_stream(seed: u64, epoch: u64, batch: usize) -> ChaCha8Rng {
    /// Bits that hold the batch number; an epoch has fewer than 2^32 batches.
    const BATCH_BITS: u32 = 32;
    random::stream(seed, "augmentation", epoch << BATCH_BITS | batch as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placements_cover_the_padding_evenly() {
        let augmentation = Augmentation {
            crop_padding: 2,
            horizontal_flip: true,
        };
        let mut rng = augmentation_stream(1, 2, 3);
        let mut by_dx = [0u32; 5];
        let mut mirrored = 0;
        for _ in 0..5_000 {
            let placement = augmentation.draw(&mut rng);
            by_dx[(placement.dx + 2) as usize] += 1;
            assert!((-2..=2).contains(&placement.dy));
            mirrored += u32::from(placement.mirrored);
        }
        // Standard deviations 28 and 35; both limits are more than five of them.
        assert!(
            by_dx.iter().all(|count| count.abs_diff(1_000) < 150),
            "{by_dx:?}"
        );
        assert!(mirrored.abs_diff(2_500) < 180, "{mirrored}");
    }

    #[test]
    fn no_augmentation_is_the_identity_and_draws_as_much() {
        let (mut a, mut b) = (augmentation_stream(1, 2, 3), augmentation_stream(1, 2, 3));
        assert_eq!(Augmentation::NONE.draw(&mut a), Placement::IDENTITY);
        Augmentation {
            crop_padding: 4,
            horizontal_flip: true,
        }
        .draw(&mut b);
        assert_eq!(a.next_u64(), b.next_u64());
    }

    #[test]
    fn unknown_keys_are_refused() {
        let wrong = r#"{"crop_padding": 4, "horizontal_flip": true, "vertical_flip": true}"#;
        let error = serde_json::from_str::<Augmentation>(wrong)
            .unwrap_err()
            .to_string();
        assert!(error.contains("unknown field `vertical_flip`"), "{error}");
    }
}
