//! Pools: the largest value of each window, and the mean of each channel.

use burn::backend::Dispatch;
use burn::tensor::Tensor;
use burn::tensor::module::max_pool2d;
use burn::tensor::ops::MaxPoolOptions;

use super::extension::Kernels;
use super::is_ours;
use super::pool_window::Window;

/// Returns the largest value of each window. The first of equals gets the gradient, and NaN counts
/// as larger than all numbers.
///
/// # Shapes
/// - `images`: `[images, channels, height, width]`
/// - returned: `[images, channels, windows, windows]`
pub fn max_pooled(images: Tensor<4>, window: Window) -> Tensor<4> {
    let [_images, _channels, height, width] = images.dims();
    if !(is_ours(&images) && window.fits(height) && window.fits(width)) {
        return max_pooled_by_the_backend(images, window);
    }
    let images = images.into_dispatch();
    Tensor::from_dispatch(<Dispatch as Kernels>::max_pooled(images, window))
}

/// Computes the same with the backend's own operations.
pub(super) fn max_pooled_by_the_backend(images: Tensor<4>, window: Window) -> Tensor<4> {
    let options = MaxPoolOptions::new([window.side; 2])
        .with_stride([window.stride; 2])
        .with_padding([window.padding; 2])
        .with_ceil_mode(window.partial);
    max_pool2d(images, options)
}

/// Returns the mean over the pixels of each channel.
///
/// # Shapes
/// - `images`: `[images, channels, height, width]`
/// - returned: `[images, channels]`
pub fn averaged(images: Tensor<4>) -> Tensor<2> {
    if !is_ours(&images) {
        return averaged_by_the_backend(images);
    }
    Tensor::from_dispatch(<Dispatch as Kernels>::averaged(images.into_dispatch()))
}

/// Computes the same with the backend's own operations.
pub(super) fn averaged_by_the_backend(images: Tensor<4>) -> Tensor<2> {
    images.flatten::<3>(2, 3).mean_dim(2).squeeze_dim(2)
}
