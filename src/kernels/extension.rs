//! The kernels as operations of the CPU backend.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};

use super::after::After;
use super::dense::WeightAxes;
use super::softmax::RowFunction;
use super::{
    differentiable_binary_cross_entropy, differentiable_convolution, differentiable_dense,
    differentiable_recurrence, differentiable_softmax, differentiable_sums,
};

/// Operations of the CPU backend in addition to Burn's own.
#[backend_extension(Flex, Autodiff)]
pub(super) trait Kernels: Backend {
    /// Returns the mean binary cross-entropy, `[1]`.
    ///
    /// # Shapes
    /// - `logits`, `targets`: `[values]`
    fn binary_cross_entropy(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

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

    /// Returns the outputs of a dense layer.
    ///
    /// # Shapes
    /// - `features`: `[batch, inputs]`
    /// - `weight`: as `axes` says
    /// - `bias`: `[outputs]`
    /// - returned: `[batch, outputs]`
    fn dense(
        features: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        axes: WeightAxes,
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

    /// Returns the function of each row of logits, `[batch, classes]`.
    fn row_function(logits: FloatTensor<Self>, function: RowFunction) -> FloatTensor<Self>;

    /// Returns the sums of rows: `[rows, length]` to `[rows]`.
    fn sum_rows(rows: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl Kernels for Flex {
    fn binary_cross_entropy(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        differentiable_binary_cross_entropy::values(logits, targets)
    }

    fn convolution(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        after: After,
    ) -> FloatTensor<Self> {
        differentiable_convolution::values(images, taps, bias, after)
    }

    fn dense(
        features: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        axes: WeightAxes,
    ) -> FloatTensor<Self> {
        differentiable_dense::values(features, weight, bias, axes)
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

    fn row_function(logits: FloatTensor<Self>, function: RowFunction) -> FloatTensor<Self> {
        differentiable_softmax::values(logits, function)
    }

    fn sum_rows(rows: FloatTensor<Self>) -> FloatTensor<Self> {
        differentiable_sums::values(rows)
    }
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn binary_cross_entropy(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        differentiable_binary_cross_entropy::tracked::<C>(logits, targets)
    }

    fn convolution(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        after: After,
    ) -> FloatTensor<Self> {
        differentiable_convolution::tracked::<C>(images, taps, bias, after)
    }

    fn dense(
        features: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        axes: WeightAxes,
    ) -> FloatTensor<Self> {
        differentiable_dense::tracked::<C>(features, weight, bias, axes)
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

    fn row_function(logits: FloatTensor<Self>, function: RowFunction) -> FloatTensor<Self> {
        differentiable_softmax::tracked::<C>(logits, function)
    }

    fn sum_rows(rows: FloatTensor<Self>) -> FloatTensor<Self> {
        differentiable_sums::tracked::<C>(rows)
    }
}
