//! The passes over rows of logits: their softmax and its logarithm, and the gradients.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::{exp, ln};
use super::level::arch;
use super::sums_passes::row_sum;

/// Number of values that a core computes at a time.
const TASK: usize = 16 * 1024;

/// The function of a row of logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowFunction {
    Softmax,
    LogSoftmax,
}

/// Returns the function of each row of `classes` logits.
pub(super) fn forward(logits: &[f32], classes: usize, function: RowFunction) -> Vec<f32> {
    let mut all = vec![0.0; logits.len()];
    let task = (TASK / classes).max(1) * classes;
    (all.par_chunks_mut(task).zip(logits.par_chunks(task))).for_each(|(into, logits)| {
        arch().dispatch(Forward {
            logits,
            classes,
            function,
            into,
        });
    });
    all
}

/// Returns the gradient of the logits, from that of the function's `results`.
pub(super) fn backward(
    results: &[f32],
    gradient: &[f32],
    classes: usize,
    function: RowFunction,
) -> Vec<f32> {
    let mut all = vec![0.0; gradient.len()];
    let task = (TASK / classes).max(1) * classes;
    let from = results.par_chunks(task).zip(gradient.par_chunks(task));
    (all.par_chunks_mut(task).zip(from)).for_each(|(into, (results, gradient))| {
        arch().dispatch(Backward {
            results,
            gradient,
            classes,
            function,
            into,
        });
    });
    all
}

struct Forward<'a> {
    logits: &'a [f32],
    classes: usize,
    function: RowFunction,
    into: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.logits.chunks(self.classes);
        for (row, into) in rows.zip(self.into.chunks_mut(self.classes)) {
            // Without NaN; one in the row reaches every result through the sum.
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            exp_all(simd, row, largest, into);
            let sum = row_sum(simd, into);
            match self.function {
                RowFunction::Softmax => into.iter_mut().for_each(|value| *value /= sum),
                RowFunction::LogSoftmax => {
                    let log = ln(f64::from(sum)) as f32;
                    for (into, logit) in into.iter_mut().zip(row) {
                        *into = (logit - largest) - log;
                    }
                }
            }
        }
    }
}

struct Backward<'a> {
    results: &'a [f32],
    gradient: &'a [f32],
    classes: usize,
    function: RowFunction,
    into: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    /// With p the probabilities: p (g - sum of p g), or g - p times the sum of g.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [results, gradient] = [self.results, self.gradient].map(|all| all.chunks(self.classes));
        let rows = results
            .zip(gradient)
            .zip(self.into.chunks_mut(self.classes));
        for ((results, gradient), into) in rows {
            match self.function {
                RowFunction::Softmax => {
                    for ((into, p), g) in into.iter_mut().zip(results).zip(gradient) {
                        *into = p * g;
                    }
                    let sum = row_sum(simd, into);
                    for ((into, p), g) in into.iter_mut().zip(results).zip(gradient) {
                        *into = p * (g - sum);
                    }
                }
                RowFunction::LogSoftmax => {
                    exp_all(simd, results, 0.0, into);
                    let sum = row_sum(simd, gradient);
                    for (into, g) in into.iter_mut().zip(gradient) {
                        *into = g - *into * sum;
                    }
                }
            }
        }
    }
}

/// Writes e^(x - shift) for every x of a row.
#[inline(always)]
fn exp_all<S: Simd>(simd: S, row: &[f32], shift: f32, into: &mut [f32]) {
    let shift = simd.splat_f32s(shift);
    let rows = row.chunks(S::F32_LANES);
    for (row, into) in rows.zip(into.chunks_mut(S::F32_LANES)) {
        let x = simd.sub_f32s(simd.partial_load_f32s(row), shift);
        simd.partial_store_f32s(into, exp(simd, x));
    }
}
