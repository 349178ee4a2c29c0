//! The depthwise convolution as a tensor operation, and its gradient.

use std::borrow::Cow;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::activation::Activation;
use super::depthwise_images::images_gradient;
use super::depthwise_pass::forward;
use super::depthwise_size::DepthwiseSize;
use super::depthwise_taps::taps_gradient;
use super::join_passes::back_from;
use super::layout::{channels_last, channels_second, dense, numbers, tensor};

/// Returns the results; shapes as in `Kernels::depthwise`.
pub(super) fn values(
    images: FloatTensor<Flex>,
    taps: FloatTensor<Flex>,
    bias: FloatTensor<Flex>,
    size: DepthwiseSize,
    activation: Activation,
) -> FloatTensor<Flex> {
    run(
        &channels_last(images),
        &dense(taps),
        &dense(bias),
        size,
        activation,
    )
}

/// Computes the convolution of dense tensors; the images have their channels last.
fn run(
    images: &FloatTensor<Flex>,
    taps: &FloatTensor<Flex>,
    bias: &FloatTensor<Flex>,
    size: DepthwiseSize,
    activation: Activation,
) -> FloatTensor<Flex> {
    let taps = transposed(numbers(taps), size.channels);
    let values = forward(numbers(images), &taps, numbers(bias), size, activation);
    let shape = [size.images, size.rows(), size.columns(), size.channels];
    channels_second(values, shape)
}

/// Returns the results, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    images: FloatTensor<Autodiff<Flex, C>>,
    taps: FloatTensor<Autodiff<Flex, C>>,
    bias: FloatTensor<Autodiff<Flex, C>>,
    size: DepthwiseSize,
    activation: Activation,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = [images.node(), taps.node(), bias.node()];
    let [images, taps, bias] = [images, taps, bias].map(|tensor| tensor.into_primitive());
    match DepthwiseBackward
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::UnTracked(prep) => prep.finish(values(images, taps, bias, size, activation)),
        OpsKind::Tracked(prep) => {
            let (images, taps, bias) = (channels_last(images), dense(taps), dense(bias));
            let output = run(&images, &taps, &bias, size, activation);
            let trace = match activation.is_known_by_its_value() {
                true => channels_last(output.clone()),
                false => bias,
            };
            let state = State {
                images,
                taps,
                trace,
                size,
                activation,
            };
            prep.finish(state, output)
        }
    }
}

/// The values that the gradient of a depthwise convolution needs.
#[derive(Debug, Clone)]
struct State {
    /// With its channels last.
    images: FloatTensor<Flex>,
    taps: FloatTensor<Flex>,
    /// The results with their channels last if the activation is known by its value; otherwise the
    /// bias, to compute again what the activation was computed of.
    trace: FloatTensor<Flex>,
    size: DepthwiseSize,
    activation: Activation,
}

impl State {
    /// Returns the gradient before the activation.
    fn before<'a>(&self, gradient: &'a [f32], taps: &[f32]) -> Cow<'a, [f32]> {
        if !self.activation.bends() {
            return Cow::Borrowed(gradient);
        }
        let trace = numbers(&self.trace);
        let at = match self.activation.is_known_by_its_value() {
            true => Cow::Borrowed(trace),
            false => {
                let images = numbers(&self.images);
                let identity = Activation::Identity;
                Cow::Owned(forward(images, taps, trace, self.size, identity))
            }
        };
        Cow::Owned(back_from(gradient, [Some(&at), None], self.activation))
    }
}

#[derive(Debug)]
struct DepthwiseBackward;

impl Backward<Flex, 3> for DepthwiseBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [images, taps, bias] = ops.parents;
        let state = ops.state;
        let size = state.size;
        let gradient = channels_last(grads.consume::<Flex>(&ops.node));
        let by_tap = transposed(numbers(&state.taps), size.channels);
        let gradient = state.before(numbers(&gradient), &by_tap);
        if let Some(images) = images {
            let values = images_gradient(&gradient, &by_tap, size);
            let shape = [size.images, size.height, size.width, size.channels];
            grads.register::<Flex>(images.id, channels_second(values, shape));
        }
        if taps.is_none() && bias.is_none() {
            return;
        }
        let (of_taps, of_bias) = taps_gradient(numbers(&state.images), &gradient, size);
        if let Some(taps) = taps {
            let values = transposed(&of_taps, size.side * size.side);
            let shape = [size.channels, 1, size.side, size.side];
            grads.register::<Flex>(taps.id, tensor(values, shape));
        }
        if let Some(bias) = bias {
            grads.register::<Flex>(bias.id, tensor(of_bias, [size.channels]));
        }
    }
}

/// Returns the transpose of a matrix with `rows` rows.
fn transposed(values: &[f32], rows: usize) -> Vec<f32> {
    let columns = values.len() / rows;
    let column = |column: usize| values.iter().skip(column).step_by(columns);
    (0..columns).flat_map(column).copied().collect()
}
