//! The passes over memory of a logistic function or a hyperbolic tangent.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::level::arch;
use super::pixels::{load, store};
use super::squash::Squash;

/// Numbers that one core processes at a time.
const PART: usize = 1 << 14;

/// What a pass does with each number of `into` and that of `other` at its place.
#[derive(Debug, Clone, Copy)]
enum Pass {
    /// Writes the function of their sum.
    Values,
    /// Multiplies the gradient in `into` by the slope where the function is `other`.
    Slopes,
}

/// Writes the function of the sum of `into` and `other`.
pub(super) fn forward(into: &mut [f32], other: &[f32], squash: Squash) {
    run(into, other, squash, Pass::Values);
}

/// Turns the gradient after the function, whose values are `values`, into that before it.
pub(super) fn back(gradient: &mut [f32], values: &[f32], squash: Squash) {
    run(gradient, values, squash, Pass::Slopes);
}

fn run(into: &mut [f32], other: &[f32], squash: Squash, pass: Pass) {
    let parts = into.par_chunks_mut(PART).zip(other.par_chunks(PART));
    parts.for_each(|(into, other)| {
        arch().dispatch(Part {
            into,
            other,
            squash,
            pass,
        });
    });
}

struct Part<'a> {
    into: &'a mut [f32],
    other: &'a [f32],
    squash: Squash,
    pass: Pass,
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for at in (0..self.into.len()).step_by(S::F32_LANES) {
            let (mine, other) = (load(simd, self.into, at), load(simd, self.other, at));
            let result = match self.pass {
                Pass::Values => self.squash.value(simd, simd.add_f32s(mine, other)),
                Pass::Slopes => simd.mul_f32s(mine, self.squash.slope(simd, other)),
            };
            store(simd, self.into, at, result);
        }
    }
}
