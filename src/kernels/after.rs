//! The gradient of a convolution's results, from the gradient after its activation and pool.

use std::borrow::Cow;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::activation::Activation;
use super::finish::POOL;
use super::join_passes::back_from;
use super::level::arch;
use super::pixels::add_parts;
use super::scratch::zeros;
use super::size::Size;

/// The operation after a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// An activation.
    Activation(Activation),
    /// ReLU and a max-pool of 2x2 windows.
    ReluPool,
}

impl After {
    /// No operation.
    pub const NOTHING: Self = Self::Activation(Activation::Identity);
    /// ReLU.
    pub const RELU: Self = Self::Activation(Activation::Relu);
}

/// The values that the gradient of [`After`] needs.
#[derive(Debug, Clone)]
pub(super) enum Trace<'a> {
    /// The results after the activation, if its gradient needs them.
    Activation(Activation, &'a [f32]),
    /// The index of the largest value in each window.
    ReluPool(&'a [f32]),
}

/// Number of pixels that one core processes at a time.
const PIXELS: usize = 4096;

/// Returns the gradient of the convolution's results, `[images, height, width, outputs]`.
pub(super) fn results_gradient<'a>(
    gradient: &'a [f32],
    trace: &Trace,
    size: Size,
) -> Cow<'a, [f32]> {
    match trace {
        Trace::Activation(Activation::Identity, _) => Cow::Borrowed(gradient),
        Trace::Activation(activation, results) => {
            Cow::Owned(back_from(gradient, [Some(results), None], *activation))
        }
        Trace::ReluPool(chosen) => Cow::Owned(unpool(gradient, chosen, size)),
    }
}

/// Returns each window's gradient at its largest result, zero elsewhere.
fn unpool(gradient: &[f32], chosen: &[f32], size: Size) -> Vec<f32> {
    let row = size.width / POOL * size.outputs;
    let mut into = zeros(size.pixels() * size.outputs);
    let rows = into.par_chunks_mut(POOL * size.width * size.outputs);
    let from = gradient.par_chunks(row).zip(chosen.par_chunks(row));
    rows.zip(from).for_each(|(into, (gradient, chosen))| {
        let outputs = size.outputs;
        arch().dispatch(Unpool {
            gradient,
            chosen,
            outputs,
            into,
        });
    });
    into
}

/// One row of windows.
struct Unpool<'a> {
    /// `[windows, outputs]`, whole vectors of outputs, like `chosen`.
    gradient: &'a [f32],
    chosen: &'a [f32],
    outputs: usize,
    /// `[2, 2 * windows, outputs]`
    into: &'a mut [f32],
}

impl WithSimd for Unpool<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let vectors = self.outputs / S::F32_LANES;
        let [gradient, chosen] = [self.gradient, self.chosen].map(|all| S::as_simd_f32s(all).0);
        let into = S::as_mut_simd_f32s(self.into).0;
        let row = POOL * gradient.len();
        let (upper, lower) = into.split_at_mut(row);
        let zero = simd.splat_f32s(0.0);
        for window in 0..gradient.len() / vectors {
            for vector in 0..vectors {
                let at = window * vectors + vector;
                let value = |index: usize| {
                    let here = simd.equal_f32s(chosen[at], simd.splat_f32s(index as f32));
                    simd.select_f32s(here, gradient[at], zero)
                };
                for right in 0..POOL {
                    let place = (POOL * window + right) * vectors + vector;
                    upper[place] = value(right);
                    lower[place] = value(POOL + right);
                }
            }
        }
    }
}

/// Returns the gradient of the bias, `[outputs]`: the sum of the gradient over all pixels.
///
/// # Shapes
/// - `gradient`: `[pixels, outputs]`
pub(super) fn bias_gradient(gradient: &[f32], outputs: usize) -> Vec<f32> {
    // Parts of a fixed size, so that the sums do not depend on the number of cores.
    let sums: Vec<Vec<f32>> = gradient
        .par_chunks(PIXELS * outputs)
        .map(|part| {
            let mut sums = vec![0.0; outputs];
            for pixel in part.chunks(outputs) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += value;
                }
            }
            sums
        })
        .collect();
    let mut all = vec![0.0; outputs];
    add_parts(&mut all, sums);
    all
}
