//! The activations of the networks: values and slopes, vector by vector.

use burn::tensor::{Tensor, activation};
use pulp::Simd;

use super::exponential::{exp, normal_share, sigmoid};

/// The upper bound of [`Activation::Relu6`].
const SIX: f32 = 6.0;
/// The slope of [`Activation::LeakyRelu`] below 0.
const LEAK: f32 = 0.01;
/// 1 / sqrt(2 pi), the density of the normal distribution at 0.
const DENSITY_AT_ZERO: f32 = 0.398_942_3;

/// A function of single values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// The value itself.
    Identity,
    /// The value, or 0 if it is negative.
    Relu,
    /// ReLU, clamped at 6.
    Relu6,
    /// The value, or a hundredth of it if it is negative (Maas et al. 2013).
    LeakyRelu,
    /// The value times its logistic function.
    Silu,
    /// The value times the normal distribution function (Hendrycks and Gimpel 2016, exact form).
    Gelu,
}

impl Activation {
    /// Returns the activation of `x`; NaN stays NaN.
    #[inline(always)]
    pub(super) fn value<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        match self {
            Self::Identity => x,
            Self::Relu => simd.select_f32s(simd.less_than_f32s(x, zero), zero, x),
            Self::Relu6 => {
                let six = simd.splat_f32s(SIX);
                let x = simd.select_f32s(simd.less_than_f32s(x, zero), zero, x);
                simd.select_f32s(simd.greater_than_f32s(x, six), six, x)
            }
            Self::LeakyRelu => {
                let leaked = simd.mul_f32s(x, simd.splat_f32s(LEAK));
                simd.select_f32s(simd.less_than_f32s(x, zero), leaked, x)
            }
            Self::Silu => simd.mul_f32s(x, sigmoid(simd, x)),
            Self::Gelu => simd.mul_f32s(x, normal_share(simd, x)),
        }
    }

    /// Returns the gradient of `x` from the gradient of its activation. For ReLU, ReLU6 and leaky
    /// ReLU the activation may stand for `x`: it lies on the same side of the bounds.
    ///
    /// At the bounds it is that of the flatter side.
    #[inline(always)]
    pub(super) fn gradient<S: Simd>(self, simd: S, x: S::f32s, gradient: S::f32s) -> S::f32s {
        let zero = simd.splat_f32s(0.0);
        match self {
            Self::Identity => gradient,
            Self::Relu => simd.select_f32s(simd.greater_than_f32s(x, zero), gradient, zero),
            Self::Relu6 => {
                let above = simd.greater_than_f32s(x, zero);
                let below = simd.less_than_f32s(x, simd.splat_f32s(SIX));
                simd.select_f32s(simd.and_m32s(above, below), gradient, zero)
            }
            Self::LeakyRelu => {
                let leaked = simd.mul_f32s(gradient, simd.splat_f32s(LEAK));
                simd.select_f32s(simd.greater_than_f32s(x, zero), gradient, leaked)
            }
            Self::Silu => {
                // s + x s (1 - s), for s the logistic function.
                let share = sigmoid(simd, x);
                let rest = simd.negate_mul_add_e_f32s(share, share, share);
                simd.mul_f32s(gradient, simd.mul_add_e_f32s(x, rest, share))
            }
            Self::Gelu => {
                // The share below x, plus x times the density at x.
                let half_square = simd.mul_f32s(simd.mul_f32s(x, x), simd.splat_f32s(-0.5));
                let density =
                    simd.mul_f32s(exp(simd, half_square), simd.splat_f32s(DENSITY_AT_ZERO));
                let slope = simd.mul_add_e_f32s(x, density, normal_share(simd, x));
                simd.mul_f32s(gradient, slope)
            }
        }
    }

    /// Returns whether [`gradient`](Self::gradient) reads its `x`.
    pub(super) fn bends(self) -> bool {
        self != Self::Identity
    }

    /// Returns whether the activation may stand for `x` in [`gradient`](Self::gradient).
    pub(super) fn is_known_by_its_value(self) -> bool {
        matches!(self, Self::Relu | Self::Relu6 | Self::LeakyRelu)
    }

    /// Returns `values` after the activation, by the backend's operations.
    pub(super) fn by_the_backend<const D: usize>(self, values: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Identity => values,
            Self::Relu => activation::relu(values),
            Self::Relu6 => activation::relu6(values),
            Self::LeakyRelu => activation::leaky_relu(values, f64::from(LEAK)),
            Self::Silu => activation::silu(values),
            Self::Gelu => activation::gelu(values),
        }
    }
}
