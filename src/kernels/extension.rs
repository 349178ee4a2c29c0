//! The kernels as operations of the CPU backend.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};

use super::activation::Activation;
use super::after::After;
use super::depthwise_size::DepthwiseSize;
use super::{differentiable_convolution, differentiable_depthwise, differentiable_recurrence};

/// Operations of the CPU backend in addition to Burn's own.
#[backend_extension(Flex, Autodiff)]
pub(super) trait Kernels: Backend {
    /// Returns a convolution with a bias and zero padding that keeps height and width, followed by
    /// `after`.
    ///
    /// # Shapes
    /// - `images`: `[images, inputs, height, width]`
    /// - `taps`: `[outputs, inputs, side, side]`, the side odd
    /// - `bias`: `[outputs]`
    /// - returned: `[images, outputs, height, width]`, or half of height and width after a pool
    fn convolution(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        after: After,
    ) -> FloatTensor<Self>;

    /// Returns a depthwise convolution with a bias, followed by `activation`.
    ///
    /// # Shapes
    /// - `images`: `[images, channels, height, width]`
    /// - `taps`: `[channels, 1, side, side]`
    /// - `bias`: `[channels]`
    /// - returned: `[images, channels, rows, columns]`
    fn depthwise(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        size: DepthwiseSize,
        activation: Activation,
    ) -> FloatTensor<Self>;

    /// Returns the states of a ConvLSTM layer over `steps` steps.
    ///
    /// # Shapes
    /// - `given`: `[steps * batch, 4 * channels, height, width]`, the input's contribution to the
    ///   gates
    /// - `taps`: `[4 * channels, channels, side, side]`, from the hidden state to the gates
    /// - `hidden`, `cell`: `[batch, channels, height, width]`, the initial state; used only if
    ///   `started`
    /// - returned: `[(steps + 1) * batch, channels, height, width]`, the hidden state of every
    ///   step, then the last cell
    fn recurrence(
        given: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        cell: FloatTensor<Self>,
        started: bool,
    ) -> FloatTensor<Self>;
}

impl Kernels for Flex {
    fn convolution(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        after: After,
    ) -> FloatTensor<Self> {
        differentiable_convolution::values(images, taps, bias, after)
    }

    fn depthwise(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        size: DepthwiseSize,
        activation: Activation,
    ) -> FloatTensor<Self> {
        differentiable_depthwise::values(images, taps, bias, size, activation)
    }

    fn recurrence(
        given: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        cell: FloatTensor<Self>,
        started: bool,
    ) -> FloatTensor<Self> {
        differentiable_recurrence::values(given, taps, [hidden, cell], started)
    }
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn convolution(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        after: After,
    ) -> FloatTensor<Self> {
        differentiable_convolution::tracked::<C>(images, taps, bias, after)
    }

    fn depthwise(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        size: DepthwiseSize,
        activation: Activation,
    ) -> FloatTensor<Self> {
        differentiable_depthwise::tracked::<C>(images, taps, bias, size, activation)
    }

    fn recurrence(
        given: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        hidden: FloatTensor<Self>,
        cell: FloatTensor<Self>,
        started: bool,
    ) -> FloatTensor<Self> {
        differentiable_recurrence::tracked::<C>(given, taps, [hidden, cell], started)
    }
}
