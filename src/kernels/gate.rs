//! The gate of a squeeze-and-excitation: each channel of each image times a logistic function.

use burn::backend::Dispatch;
use burn::tensor::{Tensor, activation};

use super::extension::Kernels;
use super::is_ours;

/// Returns `images * sigmoid(scale)`.
///
/// # Source
/// Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, equations 3 and 4.
///
/// # Shapes
/// - `images`, returned: `[images, channels, height, width]`
/// - `scale`: `[images, channels, 1, 1]`
pub fn gated(images: Tensor<4>, scale: Tensor<4>) -> Tensor<4> {
    let [count, channels, _height, _width] = images.dims();
    if !(is_ours(&images) && is_ours(&scale) && scale.dims() == [count, channels, 1, 1]) {
        return by_the_backend(images, scale);
    }
    let [images, scale] = [images, scale].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as Kernels>::gated(images, scale))
}

/// Computes the same with the backend's own operations.
pub(super) fn by_the_backend(images: Tensor<4>, scale: Tensor<4>) -> Tensor<4> {
    images * activation::sigmoid(scale)
}
