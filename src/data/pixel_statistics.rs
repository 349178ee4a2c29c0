//! Mean and standard deviation of pixel values.

/// Colour channels of every image: red, green, blue.
pub const CHANNELS: usize = 3;

/// The largest pixel value; pixels divided by it lie in 0 to 1.
pub const PIXEL_MAX: f32 = 255.0;

/// Number of pixels whose squares add up in 32 bits: 65,536 times 255 squared is below 2^32.
const SAFE_PIXELS: usize = 1 << 16;

/// Sums over pixels of one channel. They are whole numbers, so the order of the pixels does not
/// matter.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PixelSums {
    count: u64,
    sum: u64,
    squares: u64,
}

impl PixelSums {
    /// Adds `pixels` to the sums.
    pub(crate) fn add(&mut self, pixels: &[u8]) {
        for part in pixels.chunks(SAFE_PIXELS) {
            let (sum, squares) = part.iter().fold((0u32, 0u32), |(sum, squares), &pixel| {
                let pixel = u32::from(pixel);
                (sum + pixel, squares + pixel * pixel)
            });
            self.sum += u64::from(sum);
            self.squares += u64::from(squares);
        }
        self.count += pixels.len() as u64;
    }

    /// Returns the mean and standard deviation (population, not sample), in 0 to 1.
    ///
    /// # Panics
    /// If no pixel was counted.
    pub(crate) fn mean_and_deviation(&self) -> (f32, f32) {
        assert!(self.count > 0, "no pixel has no mean");
        let count = self.count as f64;
        let scale = f64::from(PIXEL_MAX);
        let mean = self.sum as f64 / count;
        let variance = (self.squares as f64 / count - mean * mean).max(0.0);
        ((mean / scale) as f32, (variance.sqrt() / scale) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_pixels_by_hand_and_white_does_not_overflow() {
        let mut sums = PixelSums::default();
        sums.add(&[51, 102]);
        sums.add(&[153]);
        // 0.2, 0.4, 0.6: mean 0.4, variance 0.08 / 3.
        let (mean, deviation) = sums.mean_and_deviation();
        assert!((mean - 0.4).abs() < 1e-6, "{mean}");
        assert!(
            (deviation - (0.08f32 / 3.0).sqrt()).abs() < 1e-6,
            "{deviation}"
        );

        let mut white = PixelSums::default();
        white.add(&vec![255; 3 * SAFE_PIXELS + 1]);
        assert_eq!(white.mean_and_deviation(), (1.0, 0.0));
    }
}
