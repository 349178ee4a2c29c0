//! Depthwise convolutions: one filter per channel.

use burn::backend::Dispatch;
use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::activation::Activation;
use super::depthwise_size::DepthwiseSize;
use super::extension::Kernels;
use super::is_ours;
use super::size::Form;

/// Returns the convolution of each channel of `images` with its own taps, followed by an
/// activation.
///
/// The backend computes what the published networks do not have: taps other than 3x3 and 5x5, strides
/// other than 1 and 2, channels that are not a multiple of 16.
///
/// # Shapes
/// - `images`: `[images, channels, height, width]`
/// - `taps`: `[channels, 1, side, side]`
/// - `bias`: `[channels]`
/// - returned: `[images, channels, rows, columns]`, where rows are
///   `(height + padding - side) / stride + 1`, rounded down, and columns likewise
pub fn depthwise(
    images: Tensor<4>,
    taps: Tensor<4>,
    bias: Option<Tensor<1>>,
    form: Form,
    activation: Activation,
) -> Tensor<4> {
    let [count, channels, height, width] = images.dims();
    let [filters, _one, side, across] = taps.dims();
    let [(above, below), (left, right)] = form.padding;
    let size = DepthwiseSize {
        images: count,
        channels,
        height,
        width,
        side,
        stride: form.stride,
        above,
        below,
        left,
        right,
    };
    let square = filters == channels && side == across;
    if !(square && size.is_known() && is_ours(&images) && is_ours(&taps)) {
        return by_the_backend(images, taps, bias, form, activation);
    }
    let bias = bias.unwrap_or_else(|| Tensor::zeros([channels], &taps.device()));
    Tensor::from_dispatch(<Dispatch as Kernels>::depthwise(
        images.into_dispatch(),
        taps.into_dispatch(),
        bias.into_dispatch(),
        size,
        activation,
    ))
}

/// Computes the same with the backend's own operations.
fn by_the_backend(
    images: Tensor<4>,
    taps: Tensor<4>,
    bias: Option<Tensor<1>>,
    form: Form,
    activation: Activation,
) -> Tensor<4> {
    let [_images, channels, _height, _width] = images.dims();
    let strides = [form.stride; 2];
    let options = ConvOptions::new_with_padding(strides, form.padding, [1; 2], channels);
    let results = conv2d(images, taps, bias, options);
    activation.by_the_backend(results)
}

#[cfg(test)]
#[path = "depthwise_tests.rs"]
mod tests;
