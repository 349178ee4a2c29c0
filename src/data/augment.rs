//! Random changes of training images: crops, flips, cutout, colour jitter and mixup.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::data::colour::Colour;
use crate::data::random;

/// Changes to a training image before it is normalised. The defaults of fields that older runs omit
/// mean "none".
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Augmentation {
    /// Black pixels added on each side before a random crop to the original size; 0 for no crop.
    ///
    /// Black is 0 in pixel space, before normalisation, as in torchvision's
    /// `RandomCrop(padding=4)`.
    pub crop_padding: usize,
    /// Whether half of the images, chosen at random, are mirrored left to right.
    pub horizontal_flip: bool,
    /// Side in pixels of a square set to the mean colour; its centre is anywhere in the image
    /// (DeVries and Taylor 2017). 0 for none.
    #[serde(default)]
    pub cutout: usize,
    /// Parameter of the Beta distribution of the shares in which two images of a batch are mixed
    /// (Zhang et al. 2018); 0 for no mixing.
    #[serde(default)]
    pub mixup: f64,
    /// Largest relative change of brightness, contrast and saturation, 0 to 1; 0 for none.
    #[serde(default)]
    pub colour_jitter: f64,
}

impl Augmentation {
    /// No change to any image.
    pub const NONE: Self = Self {
        crop_padding: 0,
        horizontal_flip: false,
        cutout: 0,
        mixup: 0.0,
        colour_jitter: 0.0,
    };

    /// Returns whether images are at most cropped, mirrored and mixed: no pixel has a new value.
    pub fn only_moves(&self) -> bool {
        self.cutout == 0 && self.colour_jitter == 0.0
    }

    /// Draws the change of one image of `[height, width]` pixels. What one kind of change draws does
    /// not depend on the others.
    pub fn draw(&self, draws: &mut Draws, size: [usize; 2]) -> Change {
        Change {
            placement: self.placement(&mut draws.places),
            hole: (self.cutout > 0).then(|| Hole::draw(&mut draws.holes, self.cutout, size)),
            colour: (self.colour_jitter > 0.0)
                .then(|| Colour::draw(&mut draws.colours, self.colour_jitter)),
        }
    }

    /// Draws the share of each image of a batch when it is mixed with another one, from 0.5 to 1;
    /// `None` if images are not mixed.
    ///
    /// # Source
    /// Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018. The larger of the two
    /// shares is the image's own: both images of a pair are in the batch.
    pub fn share(&self, draws: &mut Draws) -> Option<f64> {
        (self.mixup > 0.0).then(|| {
            let share = random::symmetric_beta(&mut draws.shares, self.mixup);
            share.max(1.0 - share)
        })
    }

    /// Draws a placement; uses the same number of draws for any outcome.
    fn placement(&self, rng: &mut ChaCha8Rng) -> Placement {
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

/// The random numbers of a batch, one stream per kind of change.
#[derive(Debug)]
pub struct Draws {
    places: ChaCha8Rng,
    holes: ChaCha8Rng,
    colours: ChaCha8Rng,
    shares: ChaCha8Rng,
}

impl Draws {
    /// Returns the streams of batch number `batch` (from 0) of `epoch`.
    ///
    /// A run that resumes in the middle of an epoch opens the streams of its next batch and
    /// continues with the same bits as an uninterrupted run.
    pub fn new(seed: u64, epoch: u64, batch: usize) -> Self {
        /// Bits that hold the batch number; an epoch has fewer than 2^32 batches.
        const BATCH_BITS: u32 = 32;
        let stream = |purpose| random::stream(seed, purpose, epoch << BATCH_BITS | batch as u64);
        Self {
            places: stream("augmentation"),
            holes: stream("cutout"),
            colours: stream("colour-jitter"),
            shares: stream("mixup"),
        }
    }
}

/// The change drawn for one image, in this order: its placement, its colours, a hole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// Shift and reflection.
    pub placement: Placement,
    /// New colours.
    pub colour: Option<Colour>,
    /// Pixels that are set to the mean colour.
    pub hole: Option<Hole>,
}

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// First row and first column.
    pub start: [usize; 2],
    /// The row and the column after the last.
    pub end: [usize; 2],
}

impl Hole {
    /// Draws the part inside the image of a square with its centre anywhere in it.
    fn draw(rng: &mut ChaCha8Rng, side: usize, size: [usize; 2]) -> Self {
        let centre = size.map(|length| random::below(rng, length as u64) as usize);
        Self {
            start: centre.map(|at| at.saturating_sub(side / 2)),
            end: [0, 1].map(|axis| (centre[axis] + side.div_ceil(2)).min(size[axis])),
        }
    }
}

/// The placement of an image: output pixel (x, y) is input pixel (x + dx, y + dy), or black outside;
/// then the output is mirrored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Side of the images.
    const SIZE: [usize; 2] = [32, 32];

    #[test]
    fn placements_cover_the_padding_evenly() {
        let augmentation = Augmentation {
            crop_padding: 2,
            horizontal_flip: true,
            ..Augmentation::NONE
        };
        let mut draws = Draws::new(1, 2, 3);
        let mut by_dx = [0u32; 5];
        let mut mirrored = 0;
        for _ in 0..5_000 {
            let placement = augmentation.draw(&mut draws, SIZE).placement;
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
    fn no_augmentation_is_the_identity_and_kinds_do_not_disturb_each_other() {
        let mut draws = Draws::new(1, 2, 3);
        assert_eq!(Augmentation::NONE.draw(&mut draws, SIZE), Change::default());
        assert_eq!(Augmentation::NONE.share(&mut draws), None);
        let few = Augmentation {
            crop_padding: 4,
            ..Augmentation::NONE
        };
        let all = Augmentation {
            horizontal_flip: true,
            cutout: 8,
            mixup: 1.0,
            colour_jitter: 0.5,
            ..few
        };
        let places = |augmentation: Augmentation| {
            let mut draws = Draws::new(1, 2, 3);
            let _ = augmentation.share(&mut draws);
            [(); 20].map(|()| {
                let placement = augmentation.draw(&mut draws, SIZE).placement;
                [placement.dx, placement.dy]
            })
        };
        assert_eq!(places(few), places(all));
    }

    /// A square of 8 pixels around any pixel of 32: its part inside has 4 to 8 rows.
    #[test]
    fn holes_are_centred_anywhere_and_cut_off_at_the_border() {
        let augmentation = Augmentation {
            cutout: 8,
            ..Augmentation::NONE
        };
        let mut draws = Draws::new(5, 0, 0);
        let holes: Vec<Hole> = (0..2_000)
            .map(|_| augmentation.draw(&mut draws, SIZE).hole.expect("a hole"))
            .collect();
        let rows = |hole: &Hole| hole.end[0] - hole.start[0];
        let counts = [4, 5, 6, 7, 8].map(|n| holes.iter().filter(|hole| rows(hole) == n).count());
        assert_eq!(counts.iter().sum::<usize>(), 2_000);
        // Of 32 rows, 25 leave 8 pixels, and the others 4 (one), 5, 6, 7 (two each).
        for (count, share) in counts.into_iter().zip([1.0, 2.0, 2.0, 2.0, 25.0]) {
            let expected = 2_000.0 * share / 32.0;
            assert!(
                (count as f64 - expected).abs() < 5.0 * f64::sqrt(expected),
                "{counts:?}"
            );
        }
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
