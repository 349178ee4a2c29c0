//! The gate of a squeeze-and-excitation as a tensor operation, and its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::channel_sums::channel_sums;
use super::gate_passes::{logistic, scale};
use super::layout::{channels_last, channels_second, channels_second_of, numbers, numbers_mut};
use super::scratch::zeros;

/// Returns the results; shapes as in `Kernels::gated`.
pub(super) fn values(images: FloatTensor<Flex>, gate: FloatTensor<Flex>) -> FloatTensor<Flex> {
    let [mut images, gate] = [images, gate].map(channels_last);
    let [count, _height, _width, channels] = images.shape().dims();
    if !images.is_unique() {
        return run(&images, &logistic(numbers(&gate)));
    }
    let factors = logistic(numbers(&gate));
    scale(None, numbers_mut(&mut images), &factors, [count, channels]);
    channels_second_of(images)
}

/// Returns the results, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    images: FloatTensor<Autodiff<Flex, C>>,
    gate: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = [images.node(), gate.node()];
    let [images, gate] = [images, gate].map(|tensor| tensor.into_primitive());
    match GateBackward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::UnTracked(prep) => prep.finish(values(images, gate)),
        OpsKind::Tracked(prep) => {
            let [images, gate] = [images, gate].map(channels_last);
            let factors = logistic(numbers(&gate));
            let output = run(&images, &factors);
            prep.finish(State { images, factors }, output)
        }
    }
}

/// Computes the results from images with their channels last.
fn run(images: &FloatTensor<Flex>, factors: &[f32]) -> FloatTensor<Flex> {
    let size: [usize; 4] = images.shape().dims();
    let [count, _height, _width, channels] = size;
    let images = numbers(images);
    let mut into = zeros(images.len());
    scale(Some(images), &mut into, factors, [count, channels]);
    channels_second(into, size)
}

/// The values that the gradient of a gate needs.
#[derive(Debug, Clone)]
struct State {
    /// With its channels last.
    images: FloatTensor<Flex>,
    /// `[images, channels]`
    factors: Vec<f32>,
}

#[derive(Debug)]
struct GateBackward;

impl Backward<Flex, 2> for GateBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [images_node, gate_node] = ops.parents;
        let State { images, factors } = ops.state;
        let mut gradient = channels_last(grads.consume::<Flex>(&ops.node));
        let [count, _height, _width, channels] = images.shape().dims();
        if let Some(node) = gate_node {
            let products = Some(numbers(&images));
            let sums = channel_sums(numbers(&gradient), products, [count, channels]);
            let slopes = factors.iter().map(|factor| factor * (1.0 - factor));
            let values = sums.iter().zip(slopes);
            let values = values.map(|(sum, slope)| (sum * f64::from(slope)) as f32);
            let gradient = channels_second(values.collect(), [count, 1, 1, channels]);
            grads.register::<Flex>(node.id, gradient);
        }
        if let Some(node) = images_node {
            scale(
                None,
                numbers_mut(&mut gradient),
                &factors,
                [count, channels],
            );
            grads.register::<Flex>(node.id, channels_second_of(gradient));
        }
    }
}
