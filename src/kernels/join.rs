//! Activations, and sums with an activation or a gate's function, in one pass over memory.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::activation::Activation;
use super::extension::Kernels;
use super::is_ours;
use super::squash::Squash;

/// Returns `values` after the activation.
///
/// # Shapes
/// - `values`, returned: `[images, channels, height, width]`
pub fn activated(values: Tensor<4>, activation: Activation) -> Tensor<4> {
    if activation == Activation::Identity {
        return values;
    }
    if !is_ours(&values) {
        return activation.by_the_backend(values);
    }
    let values = values.into_dispatch();
    Tensor::from_dispatch(<Dispatch as Kernels>::activated(values, activation))
}

/// Returns `activation(one + other)`.
///
/// # Shapes
/// - `one`, `other`, returned: `[images, channels, height, width]`
pub fn joined(one: Tensor<4>, other: Tensor<4>, activation: Activation) -> Tensor<4> {
    if !(is_ours(&one) && is_ours(&other) && one.dims() == other.dims()) {
        return activation.by_the_backend(one + other);
    }
    let [one, other] = [one, other].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Kernels>::joined(one, other, activation))
}

/// Returns `squash(one + other)`.
///
/// # Shapes
/// - `one`, `other`, returned: `[images, channels, height, width]`
pub fn squashed(one: Tensor<4>, other: Tensor<4>, squash: Squash) -> Tensor<4> {
    if !(is_ours(&one) && is_ours(&other) && one.dims() == other.dims()) {
        return squash.by_the_backend(one + other);
    }
    let [one, other] = [one, other].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Kernels>::squashed(one, other, squash))
}
