//! The passes over memory of a gate.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::sigmoid;
use super::level::arch;
use super::pixels::{load, per_part, store};

/// Returns the logistic function of each value.
pub(super) fn logistic(values: &[f32]) -> Vec<f32> {
    let mut into = values.to_vec();
    arch().dispatch(Logistic(&mut into));
    into
}

struct Logistic<'a>(&'a mut [f32]);

impl WithSimd for Logistic<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for at in (0..self.0.len()).step_by(S::F32_LANES) {
            let value = sigmoid(simd, load(simd, self.0, at));
            store(simd, self.0, at, value);
        }
    }
}

/// Writes the values of each image times its factors.
///
/// # Shapes
/// - `values`, `into`: `[images, pixels, channels]`; without `values`, `into` holds them
/// - `factors`: `[images, channels]`
pub(super) fn scale(
    values: Option<&[f32]>,
    into: &mut [f32],
    factors: &[f32],
    [images, channels]: [usize; 2],
) {
    let image = into.len() / images;
    let part = per_part(channels) * channels;
    let parts = into.par_chunks_mut(image).enumerate();
    parts.for_each(|(index, into)| {
        let values = values.map(|all| &all[index * image..][..image]);
        let factors = &factors[index * channels..][..channels];
        let parts = into.par_chunks_mut(part).enumerate();
        parts.for_each(|(index, into)| {
            let values = values.map(|all| &all[index * part..][..into.len()]);
            arch().dispatch(Scale {
                values,
                into,
                factors,
            });
        });
    });
}

/// Pixels of one image.
struct Scale<'a> {
    /// `[pixels, channels]`, like `into`.
    values: Option<&'a [f32]>,
    into: &'a mut [f32],
    /// `[channels]`
    factors: &'a [f32],
}

impl WithSimd for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.factors.len();
        for (pixel, into) in self.into.chunks_exact_mut(channels).enumerate() {
            for at in (0..channels).step_by(S::F32_LANES) {
                let value = match self.values {
                    Some(values) => load(simd, &values[pixel * channels..][..channels], at),
                    None => load(simd, into, at),
                };
                let value = simd.mul_f32s(value, load(simd, self.factors, at));
                store(simd, into, at, value);
            }
        }
    }
}
