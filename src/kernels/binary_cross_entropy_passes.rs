//! The passes of binary cross-entropy: the mean loss and the gradient of the logits.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::{exp, ln_1p_of_share, sigmoid};
use super::level::arch;
use super::sums_passes::row_sum;

/// Number of values that a core computes at a time.
const TASK: usize = 32 * 1024;
/// Number of losses in a partial sum; partial sums are added in double precision.
const PART: usize = 1024;

/// Returns the mean loss.
pub(super) fn forward(logits: &[f32], targets: &[f32]) -> f32 {
    let parts = logits.par_chunks(TASK).zip(targets.par_chunks(TASK));
    let sums: Vec<f64> = parts
        .map(|(logits, targets)| arch().dispatch(Forward { logits, targets }))
        .collect();
    (sums.iter().sum::<f64>() / logits.len() as f64) as f32
}

/// Returns the gradient of the logits: `scale` times the probability minus the target.
pub(super) fn logits_gradient(logits: &[f32], targets: &[f32], scale: f32) -> Vec<f32> {
    let mut all = vec![0.0; logits.len()];
    let parts = logits.par_chunks(TASK).zip(targets.par_chunks(TASK));
    (all.par_chunks_mut(TASK).zip(parts)).for_each(|(into, (logits, targets))| {
        arch().dispatch(Gradient {
            logits,
            targets,
            scale,
            into,
        });
    });
    all
}

struct Forward<'a> {
    logits: &'a [f32],
    targets: &'a [f32],
}

impl WithSimd for Forward<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let mut losses = [0.0; PART];
        let mut sum = 0.0;
        for (logits, targets) in self.logits.chunks(PART).zip(self.targets.chunks(PART)) {
            let losses = &mut losses[..logits.len()];
            let vectors = logits
                .chunks(S::F32_LANES)
                .zip(targets.chunks(S::F32_LANES));
            for ((x, y), into) in vectors.zip(losses.chunks_mut(S::F32_LANES)) {
                let [x, y] = [x, y].map(|values| simd.partial_load_f32s(values));
                simd.partial_store_f32s(into, loss(simd, x, y));
            }
            sum += f64::from(row_sum(simd, losses));
        }
        sum
    }
}

#[inline(always)]
fn loss<S: Simd>(simd: S, x: S::f32s, y: S::f32s) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    let rest = ln_1p_of_share(simd, exp(simd, simd.neg_f32s(simd.abs_f32s(x))));
    // NaN stays NaN.
    let positive = simd.select_f32s(simd.greater_than_f32s(zero, x), zero, x);
    let linear = simd.sub_f32s(positive, simd.mul_f32s(x, y));
    simd.add_f32s(linear, rest)
}

struct Gradient<'a> {
    logits: &'a [f32],
    targets: &'a [f32],
    scale: f32,
    into: &'a mut [f32],
}

impl WithSimd for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let scale = simd.splat_f32s(self.scale);
        let [logits, targets] = [self.logits, self.targets].map(|all| all.chunks(S::F32_LANES));
        let into = self.into.chunks_mut(S::F32_LANES);
        for ((x, y), into) in logits.zip(targets).zip(into) {
            let [x, y] = [x, y].map(|values| simd.partial_load_f32s(values));
            let difference = simd.sub_f32s(sigmoid(simd, x), y);
            simd.partial_store_f32s(into, simd.mul_f32s(difference, scale));
        }
    }
}
