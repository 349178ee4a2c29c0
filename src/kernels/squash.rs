//! The functions of recurrent gates: values and slopes, vector by vector.

use burn::tensor::{Tensor, activation};
use pulp::Simd;

use super::exponential::{sigmoid, tanh};

/// A function whose slope follows from its value.
///
/// These are not variants of [`Activation`](super::Activation): convolutions apply activations to
/// results in registers, and more exponentials there would prevent inlining.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Squash {
    /// The logistic function, 0 to 1.
    Sigmoid,
    /// The hyperbolic tangent, -1 to 1.
    Tanh,
}

impl Squash {
    /// Returns the function of `x`; NaN stays NaN.
    #[inline(always)]
    pub(super) fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        match self {
            Self::Sigmoid => sigmoid(simd, x),
            Self::Tanh => tanh(simd, x),
        }
    }

    /// Returns the slope where the function is `value`.
    #[inline(always)]
    pub(super) fn slope<S: Simd>(self, simd: S, value: S::f32s) -> S::f32s {
        match self {
            Self::Sigmoid => simd.negate_mul_add_e_f32s(value, value, value),
            Self::Tanh => simd.negate_mul_add_e_f32s(value, value, simd.splat_f32s(1.0)),
        }
    }

    /// Computes the function with the backend's own operations.
    pub(super) fn by_the_backend(self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Sigmoid => activation::sigmoid(x),
            Self::Tanh => x.tanh(),
        }
    }
}
