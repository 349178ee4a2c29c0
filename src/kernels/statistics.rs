//! The mean and the variance of each channel of a batch, in one pass.
//!
//! # Source
//! Chan, Golub and LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample
//! Variances", 1979: the sums of squared deviations of two parts, m and n values with means a and
//! b, together deviate by (a - b)^2 m n / (m + n) more.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::level::arch;
use super::pixels::{BLOCK, load, per_part, store};

/// The values of one channel that were seen so far.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    count: f64,
    mean: f64,
    /// The sum of squared deviations from the mean.
    deviations: f64,
}

impl Seen {
    fn with(self, other: Self) -> Self {
        let count = self.count + other.count;
        let apart = other.mean - self.mean;
        Self {
            count,
            mean: self.mean + apart * other.count / count,
            deviations: self.deviations
                + other.deviations
                + apart * apart * self.count * other.count / count,
        }
    }
}

/// Returns the means and the variances over n values, `[2, channels]`.
///
/// # Shapes
/// - `images`: `[pixels, channels]`
pub(super) fn statistics(images: &[f32], channels: usize) -> Vec<f32> {
    let parts: Vec<[Vec<f32>; 2]> = images
        .par_chunks(per_part(channels) * channels)
        .map(|part| {
            let mut sums = [0; 2].map(|_| vec![0.0; channels]);
            let [deviations, squares] = sums.each_mut().map(Vec::as_mut_slice);
            arch().dispatch(Deviations {
                part,
                deviations,
                squares,
            });
            sums
        })
        .collect();
    let mut seen = vec![Seen::default(); channels];
    let starts = images.chunks(per_part(channels) * channels);
    for (part, [deviations, squares]) in starts.zip(parts) {
        let count = (part.len() / channels) as f64;
        for (channel, seen) in seen.iter_mut().enumerate() {
            let sum = f64::from(deviations[channel]);
            let found = Seen {
                count,
                mean: f64::from(part[channel]) + sum / count,
                // Rounding may make it negative.
                deviations: (f64::from(squares[channel]) - sum * sum / count).max(0.0),
            };
            *seen = seen.with(found);
        }
    }
    let means = seen.iter().map(|seen| seen.mean as f32);
    let variances = seen
        .iter()
        .map(|seen| (seen.deviations / seen.count) as f32);
    means.chain(variances).collect()
}

/// Sums the deviations of a part's pixels from its first, and their squares.
struct Deviations<'a> {
    /// `[pixels, channels]`
    part: &'a [f32],
    /// `[channels]`, like `squares`.
    deviations: &'a mut [f32],
    squares: &'a mut [f32],
}

impl WithSimd for Deviations<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.deviations.len();
        let first = &self.part[..channels];
        for block in self.part.chunks(BLOCK * channels) {
            for at in (0..channels).step_by(S::F32_LANES) {
                let origin = load(simd, first, at);
                let mut sums = [simd.splat_f32s(0.0); 2];
                for pixel in block.chunks_exact(channels) {
                    let apart = simd.sub_f32s(load(simd, pixel, at), origin);
                    sums[0] = simd.add_f32s(sums[0], apart);
                    sums[1] = simd.mul_add_e_f32s(apart, apart, sums[1]);
                }
                for (into, sum) in [&mut *self.deviations, &mut *self.squares]
                    .into_iter()
                    .zip(sums)
                {
                    let all = simd.add_f32s(load(simd, into, at), sum);
                    store(simd, into, at, all);
                }
            }
        }
    }
}
