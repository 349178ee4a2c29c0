//! Colour jitter: random changes of brightness, contrast and saturation.

use rand_chacha::ChaCha8Rng;

use crate::data::random::uniform_between;

/// Shares of red, green and blue in the luma of ITU-R BT.601, as in torchvision.
const LUMA: [f32; 3] = [0.2989, 0.587, 0.114];

/// Factors of an image's brightness, contrast and saturation; 1 changes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// Factor of every value.
    pub brightness: f32,
    /// Factor of the distance to the image's mean luma.
    pub contrast: f32,
    /// Factor of the distance to the pixel's luma.
    pub saturation: f32,
}

impl Colour {
    /// Draws factors from `1 - most` to `1 + most`.
    pub(super) fn draw(rng: &mut ChaCha8Rng, most: f64) -> Self {
        let most = most as f32;
        let mut factor = || uniform_between(rng, 1.0 - most, 1.0 + most);
        Self {
            brightness: factor(),
            contrast: factor(),
            saturation: factor(),
        }
    }

    /// Changes the pixels of an image, 0 to 1: first brightness, then contrast, then saturation, each
    /// clamped to 0 to 1.
    ///
    /// # Shapes
    /// - `image`: `[3, height, width]`, row-major
    ///
    /// # Source
    /// torchvision's `ColorJitter`, which draws their order as well, and a hue.
    pub(super) fn apply(self, image: &mut [f32]) {
        for value in image.iter_mut() {
            *value = (*value * self.brightness).clamp(0.0, 1.0);
        }
        let area = image.len() / LUMA.len();
        let luma = |image: &[f32], at: usize| -> f32 {
            (0..LUMA.len())
                .map(|channel| LUMA[channel] * image[channel * area + at])
                .sum()
        };
        let sum: f64 = (0..area).map(|at| f64::from(luma(image, at))).sum();
        let mean = (sum / area as f64) as f32;
        for value in image.iter_mut() {
            *value = (mean + (*value - mean) * self.contrast).clamp(0.0, 1.0);
        }
        for at in 0..area {
            let grey = luma(image, at);
            for value in image[at..].iter_mut().step_by(area) {
                *value = (grey + (*value - grey) * self.saturation).clamp(0.0, 1.0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two pixels, by torchvision 0.29's `adjust_brightness(x, 1.2)`, `adjust_contrast(x, 0.5)`,
    /// `adjust_saturation(x, 1.4)` one after the other.
    #[test]
    fn the_changes_are_as_in_torchvision() {
        let mut image = [0.1, 0.9, 0.5, 0.25, 0.75, 0.6];
        let colour = Colour {
            brightness: 1.2,
            contrast: 0.5,
            saturation: 1.4,
        };
        colour.apply(&mut image);
        for (found, expected) in image.iter().zip(EXPECTED) {
            assert!((found - expected).abs() < 1e-6, "{image:?}");
        }
    }

    const EXPECTED: [f32; 6] = [
        0.247_813_9,
        0.850_531_5,
        0.583_813_8,
        0.360_531_5,
        0.793_813_9,
        0.654_531_5,
    ];

    #[test]
    fn factors_stay_within_their_range() {
        let mut rng = crate::data::random::stream(3, "colour-jitter", 0);
        for _ in 0..1_000 {
            let Colour {
                brightness,
                contrast,
                saturation,
            } = Colour::draw(&mut rng, 0.25);
            for factor in [brightness, contrast, saturation] {
                assert!((0.75..1.25).contains(&factor), "{factor}");
            }
        }
    }
}
