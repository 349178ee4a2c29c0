//! The convolution as a tensor operation, and its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::activation::Activation;
use super::after::{After, bias_gradient, results_gradient};
use super::convolution::{Convolved, forward, images_gradient, taps_gradient, trace};
use super::finish::POOL;
use super::layout::{channels_last, channels_second, dense, numbers, tensor};
use super::size::{Form, Size};

/// Returns the results; shapes as in `Kernels::convolution`.
pub(super) fn values(
    images: FloatTensor<Flex>,
    taps: FloatTensor<Flex>,
    bias: FloatTensor<Flex>,
    form: Form,
    after: After,
) -> FloatTensor<Flex> {
    let size = Size::of(images.shape().dims(), taps.shape().dims(), form);
    let convolved = run(
        &channels_last(images),
        &dense(taps),
        &dense(bias),
        size,
        after,
    );
    result(convolved.values, size, after)
}

/// Returns the results, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    images: FloatTensor<Autodiff<Flex, C>>,
    taps: FloatTensor<Autodiff<Flex, C>>,
    bias: FloatTensor<Autodiff<Flex, C>>,
    form: Form,
    after: After,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = [images.node(), taps.node(), bias.node()];
    let [images, taps, bias] = [images, taps, bias].map(|tensor| tensor.into_primitive());
    match ConvolutionBackward
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::UnTracked(prep) => prep.finish(values(images, taps, bias, form, after)),
        OpsKind::Tracked(prep) => {
            let size = Size::of(images.shape().dims(), taps.shape().dims(), form);
            let (images, taps) = (channels_last(images), dense(taps));
            let Convolved { values, chosen } = run(&images, &taps, &dense(bias), size, after);
            let chosen_shape = [chosen.len()];
            let output = result(values, size, after);
            let trace = match after {
                After::Activation(Activation::Identity) => None,
                After::Activation(_) => Some(channels_last(output.clone())),
                After::ReluPool => Some(tensor(chosen, chosen_shape)),
            };
            prep.finish(
                State {
                    images,
                    taps,
                    trace,
                    size,
                    after,
                },
                output,
            )
        }
    }
}

/// Computes the convolution of dense tensors; the images have their channels last.
fn run(
    images: &FloatTensor<Flex>,
    taps: &FloatTensor<Flex>,
    bias: &FloatTensor<Flex>,
    size: Size,
    after: After,
) -> Convolved {
    forward(numbers(images), numbers(taps), numbers(bias), size, after)
}

fn result(values: Vec<f32>, size: Size, after: After) -> FloatTensor<Flex> {
    let side = match after {
        After::Activation(_) => 1,
        After::ReluPool => POOL,
    };
    let [height, width] = size.results_shape().map(|pixels| pixels / side);
    channels_second(values, [size.images, height, width, size.outputs])
}

/// The values that the gradient of a convolution needs.
#[derive(Debug, Clone)]
struct State {
    /// With its channels last.
    images: FloatTensor<Flex>,
    taps: FloatTensor<Flex>,
    /// After an activation, the results with their channels last; after a pool, the index of the
    /// largest value in each window.
    trace: Option<FloatTensor<Flex>>,
    size: Size,
    after: After,
}

#[derive(Debug)]
struct ConvolutionBackward;

impl Backward<Flex, 3> for ConvolutionBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [images, taps, bias] = ops.parents;
        let State { size, after, .. } = ops.state;
        let gradient = channels_last(grads.consume::<Flex>(&ops.node));
        let known = ops.state.trace.as_ref().map_or(&[][..], numbers);
        let gradient = results_gradient(
            numbers(&gradient),
            &trace(after, known, known),
            size.of_results(),
        );
        if let Some(images) = images {
            let values = images_gradient(&gradient, numbers(&ops.state.taps), size);
            let shape = [size.images, size.height, size.width, size.inputs];
            grads.register::<Flex>(images.id, channels_second(values, shape));
        }
        if let Some(taps) = taps {
            let values = taps_gradient(numbers(&ops.state.images), &gradient, size);
            let shape = [size.outputs, size.inputs, size.side, size.side];
            grads.register::<Flex>(taps.id, tensor(values, shape));
        }
        if let Some(bias) = bias {
            let values = bias_gradient(&gradient, size.outputs);
            grads.register::<Flex>(bias.id, tensor(values, [size.outputs]));
        }
    }
}
