//! The kernels as operations of the CPU backend.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Flex, backend_extension};

use super::activation::Activation;
use super::after::After;
use super::depthwise_size::DepthwiseSize;
use super::differentiable_fork::Meeting;
use super::differentiable_normalise::Kind;
use super::pool_window::Window;
use super::size::Form;
use super::squash::Squash;
use super::weight_axes::WeightAxes;
use super::{
    differentiable_convolution, differentiable_dense, differentiable_depthwise,
    differentiable_fork, differentiable_gate, differentiable_join, differentiable_normalise,
    differentiable_pool, differentiable_pooled_normalise, differentiable_recurrence,
    differentiable_squash,
};

/// Operations of the CPU backend in addition to Burn's own.
#[backend_extension(Flex, Autodiff)]
pub(super) trait Kernels: Backend {
    /// Returns the activation of `values`.
    ///
    /// # Shapes
    /// - `values`, returned: `[images, channels, height, width]`
    fn activated(values: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self>;

    /// Returns the mean over the pixels of each channel.
    ///
    /// # Shapes
    /// - `images`: `[images, channels, height, width]`
    /// - returned: `[images, channels]`
    fn averaged(images: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Returns a convolution with a bias, followed by `after`.
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
        form: Form,
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

    /// Returns `values`, one of two branches that share `meeting`.
    ///
    /// # Shapes
    /// - `values`, returned: `[images, channels, height, width]`
    fn forked(values: FloatTensor<Self>, meeting: Meeting) -> FloatTensor<Self>;

    /// Returns `images * sigmoid(gate)`.
    ///
    /// # Shapes
    /// - `images`, returned: `[images, channels, height, width]`
    /// - `gate`: `[images, channels, 1, 1]`
    fn gated(images: FloatTensor<Self>, gate: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Returns the activation of the sum of `one` and `other`.
    ///
    /// # Shapes
    /// - `one`, `other`, returned: `[images, channels, height, width]`
    fn joined(
        one: FloatTensor<Self>,
        other: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;

    /// Returns the largest value of each window.
    ///
    /// # Shapes
    /// - `images`: `[images, channels, height, width]`
    /// - returned: `[images, channels, windows, windows]`
    fn max_pooled(images: FloatTensor<Self>, window: Window) -> FloatTensor<Self>;

    /// Returns the normalised images, after the sum and the activation of `kind`.
    ///
    /// # Shapes
    /// - `images`, returned: `[images, channels, height, width]`
    /// - `scale`, `shift`: `[channels]`
    /// - `statistics`: `[2, channels]`, means and variances; no gradient goes to them
    /// - `plus`: as `images`; not read unless `kind` is joined
    fn normalised(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        plus: FloatTensor<Self>,
        kind: Kind,
    ) -> FloatTensor<Self>;

    /// Returns the largest of the normalised images, after the activation of `kind`, in each 2x2
    /// window.
    ///
    /// # Shapes
    /// - `images`: `[images, channels, height, width]`; `statistics`: `[2, channels]`
    /// - returned: the same axes as `images`, with half the height and width, rounded down
    fn pooled_normalised(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        kind: Kind,
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

    /// Returns the function of the sum of `one` and `other`.
    ///
    /// # Shapes
    /// - `one`, `other`, returned: `[images, channels, height, width]`
    fn squashed(
        one: FloatTensor<Self>,
        other: FloatTensor<Self>,
        squash: Squash,
    ) -> FloatTensor<Self>;

    /// Returns the mean and the variance over n values of each channel, without a gradient.
    ///
    /// # Shapes
    /// - `images`: `[images, channels, height, width]`
    /// - returned: `[2, channels]`
    fn statistics(images: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl Kernels for Flex {
    fn activated(values: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self> {
        differentiable_join::values([values], activation)
    }

    fn averaged(images: FloatTensor<Self>) -> FloatTensor<Self> {
        differentiable_pool::means(images)
    }

    fn convolution(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: Form,
        after: After,
    ) -> FloatTensor<Self> {
        differentiable_convolution::values(images, taps, bias, form, after)
    }

    fn dense(
        features: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        axes: WeightAxes,
    ) -> FloatTensor<Self> {
        differentiable_dense::values(features, weight, bias, axes)
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

    fn forked(values: FloatTensor<Self>, _meeting: Meeting) -> FloatTensor<Self> {
        values
    }

    fn gated(images: FloatTensor<Self>, gate: FloatTensor<Self>) -> FloatTensor<Self> {
        differentiable_gate::values(images, gate)
    }

    fn joined(
        one: FloatTensor<Self>,
        other: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        differentiable_join::values([one, other], activation)
    }

    fn max_pooled(images: FloatTensor<Self>, window: Window) -> FloatTensor<Self> {
        differentiable_pool::max_values(images, window)
    }

    fn normalised(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        plus: FloatTensor<Self>,
        kind: Kind,
    ) -> FloatTensor<Self> {
        differentiable_normalise::values([images, scale, shift, statistics, plus], kind)
    }

    fn pooled_normalised(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        kind: Kind,
    ) -> FloatTensor<Self> {
        differentiable_pooled_normalise::values([images, scale, shift, statistics], kind)
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

    fn squashed(
        one: FloatTensor<Self>,
        other: FloatTensor<Self>,
        squash: Squash,
    ) -> FloatTensor<Self> {
        differentiable_squash::values([one, other], squash)
    }

    fn statistics(images: FloatTensor<Self>) -> FloatTensor<Self> {
        differentiable_normalise::moments(images)
    }
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn activated(values: FloatTensor<Self>, activation: Activation) -> FloatTensor<Self> {
        differentiable_join::tracked::<C, 1>([values], activation)
    }

    fn averaged(images: FloatTensor<Self>) -> FloatTensor<Self> {
        differentiable_pool::means_tracked::<C>(images)
    }

    fn convolution(
        images: FloatTensor<Self>,
        taps: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        form: Form,
        after: After,
    ) -> FloatTensor<Self> {
        differentiable_convolution::tracked::<C>(images, taps, bias, form, after)
    }

    fn dense(
        features: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        axes: WeightAxes,
    ) -> FloatTensor<Self> {
        differentiable_dense::tracked::<C>(features, weight, bias, axes)
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

    fn forked(values: FloatTensor<Self>, meeting: Meeting) -> FloatTensor<Self> {
        differentiable_fork::tracked::<C>(values, meeting)
    }

    fn gated(images: FloatTensor<Self>, gate: FloatTensor<Self>) -> FloatTensor<Self> {
        differentiable_gate::tracked::<C>(images, gate)
    }

    fn joined(
        one: FloatTensor<Self>,
        other: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        differentiable_join::tracked::<C, 2>([one, other], activation)
    }

    fn max_pooled(images: FloatTensor<Self>, window: Window) -> FloatTensor<Self> {
        differentiable_pool::max_tracked::<C>(images, window)
    }

    fn normalised(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        plus: FloatTensor<Self>,
        kind: Kind,
    ) -> FloatTensor<Self> {
        differentiable_normalise::tracked::<C>([images, scale, shift, statistics, plus], kind)
    }

    fn pooled_normalised(
        images: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        kind: Kind,
    ) -> FloatTensor<Self> {
        differentiable_pooled_normalise::tracked::<C>([images, scale, shift, statistics], kind)
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

    fn squashed(
        one: FloatTensor<Self>,
        other: FloatTensor<Self>,
        squash: Squash,
    ) -> FloatTensor<Self> {
        differentiable_squash::tracked::<C>([one, other], squash)
    }

    fn statistics(images: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(differentiable_normalise::moments(images.into_primitive()))
    }
}
