//! The passes over memory of activations and of sums with an activation.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::activation::Activation;
use super::level::arch;
use super::pixels::{load, store};
use super::scratch::zeros;

/// Numbers that one core processes at a time.
const PART: usize = 1 << 14;

/// Writes the activation of the sum of `into` and, if there is one, `plus`.
pub(super) fn forward(into: &mut [f32], plus: Option<&[f32]>, activation: Activation) {
    let parts = into.par_chunks_mut(PART).enumerate();
    parts.for_each(|(index, into)| {
        let plus = plus.map(|all| &all[index * PART..][..into.len()]);
        arch().dispatch(Forward {
            into,
            plus,
            activation,
        });
    });
}

/// Writes the activation of the sum of the values and, if there is one, `plus`.
pub(super) fn forward_from(
    values: &[f32],
    plus: Option<&[f32]>,
    activation: Activation,
) -> Vec<f32> {
    let mut into = zeros(values.len());
    let parts = into.par_chunks_mut(PART).zip(values.par_chunks(PART));
    parts.enumerate().for_each(|(index, (into, values))| {
        let plus = plus.map(|all| &all[index * PART..][..into.len()]);
        into.copy_from_slice(values);
        arch().dispatch(Forward {
            into,
            plus,
            activation,
        });
    });
    into
}

struct Forward<'a> {
    into: &'a mut [f32],
    plus: Option<&'a [f32]>,
    activation: Activation,
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for at in (0..self.into.len()).step_by(S::F32_LANES) {
            let mut value = load(simd, self.into, at);
            if let Some(plus) = self.plus {
                value = simd.add_f32s(value, load(simd, plus, at));
            }
            store(simd, self.into, at, self.activation.value(simd, value));
        }
    }
}

/// Turns the gradient after the activation into that before it. `known` is the sum before it, in
/// two parts if there are two, or the activation, if it may stand for the sum.
pub(super) fn back(gradient: &mut [f32], known: [Option<&[f32]>; 2], activation: Activation) {
    let parts = gradient.par_chunks_mut(PART).enumerate();
    parts.for_each(|(index, gradient)| {
        let known = known.map(|all| all.map(|all| &all[index * PART..][..gradient.len()]));
        arch().dispatch(Back {
            gradient,
            known,
            activation,
        });
    });
}

/// Returns the gradient before the activation, as [`back`].
pub(super) fn back_from(
    gradient: &[f32],
    known: [Option<&[f32]>; 2],
    activation: Activation,
) -> Vec<f32> {
    let mut into = zeros(gradient.len());
    let parts = into.par_chunks_mut(PART).zip(gradient.par_chunks(PART));
    parts.enumerate().for_each(|(index, (into, gradient))| {
        into.copy_from_slice(gradient);
        let known = known.map(|all| all.map(|all| &all[index * PART..][..into.len()]));
        arch().dispatch(Back {
            gradient: into,
            known,
            activation,
        });
    });
    into
}

struct Back<'a> {
    gradient: &'a mut [f32],
    known: [Option<&'a [f32]>; 2],
    activation: Activation,
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for at in (0..self.gradient.len()).step_by(S::F32_LANES) {
            let mut sum = simd.splat_f32s(0.0);
            for known in self.known.into_iter().flatten() {
                sum = simd.add_f32s(sum, load(simd, known, at));
            }
            let gradient = load(simd, self.gradient, at);
            let before = self.activation.gradient(simd, sum, gradient);
            store(simd, self.gradient, at, before);
        }
    }
}
