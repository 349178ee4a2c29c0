//! Sums over the pixels of each image, channel by channel.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::level::arch;
use super::pixels::{BLOCK, load, per_part, store};

/// Returns the sums over each image's pixels of `values`, times `factors` if there are any.
///
/// # Shapes
/// - `values`, `factors`: `[images, pixels, channels]`
/// - returned: `[images, channels]`
pub(super) fn channel_sums(
    values: &[f32],
    factors: Option<&[f32]>,
    [images, channels]: [usize; 2],
) -> Vec<f64> {
    let image = values.len() / images;
    let part = per_part(channels) * channels;
    let parts = image.div_ceil(part);
    let found: Vec<Vec<f32>> = (0..images * parts)
        .into_par_iter()
        .map(|index| {
            let start = index / parts * image;
            let start = [start + index % parts * part, start + image];
            let end = start[1].min(start[0] + part);
            let mut sums = vec![0.0; channels];
            arch().dispatch(Sums {
                values: &values[start[0]..end],
                factors: factors.map(|all| &all[start[0]..end]),
                sums: &mut sums,
            });
            sums
        })
        .collect();
    let mut totals = vec![0.0; images * channels];
    for (index, sums) in found.iter().enumerate() {
        let totals = &mut totals[index / parts * channels..][..channels];
        for (total, sum) in totals.iter_mut().zip(sums) {
            *total += f64::from(*sum);
        }
    }
    totals
}

/// One part of an image.
struct Sums<'a> {
    /// `[pixels, channels]`, like `factors`.
    values: &'a [f32],
    factors: Option<&'a [f32]>,
    /// `[channels]`
    sums: &'a mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.sums.len();
        let block = BLOCK * channels;
        for (index, values) in self.values.chunks(block).enumerate() {
            let factors = self
                .factors
                .map(|all| &all[index * block..][..values.len()]);
            for at in (0..channels).step_by(S::F32_LANES) {
                let mut sum = simd.splat_f32s(0.0);
                for (pixel, values) in values.chunks_exact(channels).enumerate() {
                    let value = load(simd, values, at);
                    sum = match factors {
                        Some(factors) => {
                            let factors = &factors[pixel * channels..][..channels];
                            simd.mul_add_e_f32s(value, load(simd, factors, at), sum)
                        }
                        None => simd.add_f32s(sum, value),
                    };
                }
                let all = simd.add_f32s(load(simd, self.sums, at), sum);
                store(simd, self.sums, at, all);
            }
        }
    }
}
