//! The normalisation with a max-pool as a tensor operation, and its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::differentiable_normalise::{Kind, Layer};
use super::layout::{channels_last, channels_second, dense, numbers, numbers_mut, tensor};
use super::normalise_passes::{Known, sums};
use super::pooled_normalise_passes::{Extent, Pooled, forward, images_gradient};

/// The images with their channels last, what is done to each channel, and the pooled images.
struct Made {
    images: FloatTensor<Flex>,
    layer: Layer,
    extent: Extent,
    pooled: Pooled,
}

/// Returns the pooled images; shapes as in `Kernels::pooled_normalised`.
pub(super) fn values(operands: [FloatTensor<Flex>; 4], kind: Kind) -> FloatTensor<Flex> {
    let Made {
        layer,
        extent,
        pooled,
        ..
    } = make(operands, kind);
    result(pooled.values, extent, layer.count())
}

/// Returns the pooled images, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    operands: [FloatTensor<Autodiff<Flex, C>>; 4],
    kind: Kind,
) -> FloatTensor<Autodiff<Flex, C>> {
    let [images, scale, shift, _statistics] = &operands;
    let nodes = [images, scale, shift].map(|tensor| tensor.node());
    let operands = operands.map(|tensor| tensor.into_primitive());
    match PooledNormalisationBackward
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::UnTracked(prep) => prep.finish(values(operands, kind)),
        OpsKind::Tracked(prep) => {
            let Made {
                images,
                layer,
                extent,
                pooled,
            } = make(operands, kind);
            let windows = [pooled.chosen, pooled.sources].map(|values| {
                let length = values.len();
                tensor(values, [length])
            });
            let output = result(pooled.values, extent, layer.count());
            let state = State {
                images,
                layer,
                extent,
                windows,
                kind,
            };
            prep.finish(state, output)
        }
    }
}

fn make([images, scale, shift, statistics]: [FloatTensor<Flex>; 4], kind: Kind) -> Made {
    let images = channels_last(images);
    let [scale, shift, statistics] = [scale, shift, statistics].map(dense);
    let layer = Layer::of(&scale, &shift, &statistics, kind);
    let [count, height, width, _channels] = images.shape().dims();
    let extent = Extent {
        images: count,
        height,
        width,
    };
    Made {
        pooled: forward(numbers(&images), extent, layer.channels()),
        images,
        layer,
        extent,
    }
}

fn result(values: Vec<f32>, extent: Extent, channels: usize) -> FloatTensor<Flex> {
    let [rows, columns] = extent.windows();
    channels_second(values, [extent.images, rows, columns, channels])
}

/// The values that the gradient needs.
#[derive(Debug, Clone)]
struct State {
    /// With its channels last.
    images: FloatTensor<Flex>,
    layer: Layer,
    extent: Extent,
    /// The index of each window's chosen pixel, and its value.
    windows: [FloatTensor<Flex>; 2],
    kind: Kind,
}

#[derive(Debug)]
struct PooledNormalisationBackward;

impl Backward<Flex, 3> for PooledNormalisationBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [images_node, scale_node, shift_node] = ops.parents;
        let State {
            images,
            layer,
            extent,
            windows: [chosen, sources],
            kind,
        } = ops.state;
        let mut gradient = channels_last(grads.consume::<Flex>(&ops.node));
        let size: [usize; 4] = images.shape().dims();
        let found = sums(
            numbers(&sources),
            numbers_mut(&mut gradient),
            Known::Images,
            layer.channels(),
            kind.activation.bends(),
        );
        if let Some(node) = images_node {
            let count = numbers(&images).len() / layer.count();
            let pull = layer.pull(found.each_ref().map(Vec::as_slice), count, kind);
            let windows = [&gradient, &chosen].map(numbers);
            let pull = kind.own.then(|| pull.as_pull());
            let channels = layer.channels();
            let values = images_gradient(numbers(&images), windows, extent, (channels, pull));
            grads.register::<Flex>(node.id, channels_second(values, size));
        }
        let [shift, scale] = layer.slopes(&found);
        for (node, values) in [(scale_node, scale), (shift_node, shift)] {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, tensor(values, [layer.count()]));
            }
        }
    }
}
