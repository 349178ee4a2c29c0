//! The pools as tensor operations, and their gradients.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::channel_sums::channel_sums;
use super::layout::{channels_last, channels_second, dense, numbers, tensor};
use super::max_pool_passes::{Extent, back, forward};
use super::pool_window::Window;
use super::scratch::zeros;

/// Returns the largest values and their indices with the channels last, and the sizes.
fn run(
    images: FloatTensor<Flex>,
    window: Window,
) -> (FloatTensor<Flex>, FloatTensor<Flex>, Extent) {
    let [count, channels, height, width] = images.shape().dims();
    let extent = Extent {
        images: count,
        channels,
        height,
        width,
        window,
    };
    let [rows, columns] = extent.windows();
    let [values, chosen] = forward(numbers(&channels_last(images)), extent);
    let size = [count, rows, columns, channels];
    (channels_second(values, size), tensor(chosen, size), extent)
}

/// Returns the largest values; shapes as in `Kernels::max_pooled`.
pub(super) fn max_values(images: FloatTensor<Flex>, window: Window) -> FloatTensor<Flex> {
    run(images, window).0
}

/// Returns the largest values, tracked if the images are tracked.
pub(super) fn max_tracked<C: CheckpointStrategy>(
    images: FloatTensor<Autodiff<Flex, C>>,
    window: Window,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = [images.node()];
    let (output, chosen, extent) = run(images.into_primitive(), window);
    match MaxPoolBackward
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::UnTracked(prep) => prep.finish(output),
        OpsKind::Tracked(prep) => prep.finish((chosen, extent), output),
    }
}

#[derive(Debug)]
struct MaxPoolBackward;

impl Backward<Flex, 1> for MaxPoolBackward {
    /// The indices of the largest values with their channels last, and the sizes.
    type State = (FloatTensor<Flex>, Extent);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [images] = ops.parents;
        let (chosen, extent) = ops.state;
        let gradient = channels_last(grads.consume::<Flex>(&ops.node));
        if let Some(node) = images {
            let values = back(numbers(&gradient), numbers(&chosen), extent);
            let size = [extent.images, extent.height, extent.width, extent.channels];
            grads.register::<Flex>(node.id, channels_second(values, size));
        }
    }
}

/// Returns the means; shapes as in `Kernels::averaged`.
pub(super) fn means(images: FloatTensor<Flex>) -> FloatTensor<Flex> {
    let [count, channels, height, width] = images.shape().dims();
    let images = channels_last(images);
    let sums = channel_sums(numbers(&images), None, [count, channels]);
    let pixels = (height * width) as f64;
    let values = sums.iter().map(|sum| (sum / pixels) as f32);
    tensor(values.collect(), [count, channels])
}

/// Returns the means, tracked if the images are tracked.
pub(super) fn means_tracked<C: CheckpointStrategy>(
    images: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = [images.node()];
    let images = images.into_primitive();
    let shape = images.shape().dims();
    match MeansBackward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::UnTracked(prep) => prep.finish(means(images)),
        OpsKind::Tracked(prep) => prep.finish(shape, means(images)),
    }
}

#[derive(Debug)]
struct MeansBackward;

impl Backward<Flex, 1> for MeansBackward {
    /// `[images, channels, height, width]`
    type State = [usize; 4];

    fn backward(self, ops: Ops<[usize; 4], 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [images] = ops.parents;
        let [count, channels, height, width] = ops.state;
        let gradient = dense(grads.consume::<Flex>(&ops.node));
        if let Some(node) = images {
            let pixels = height * width;
            let mut values = zeros(count * pixels * channels);
            let each = numbers(&gradient).chunks_exact(channels);
            for (into, gradient) in values.chunks_exact_mut(pixels * channels).zip(each) {
                let share: Vec<f32> = gradient.iter().map(|g| g / pixels as f32).collect();
                for pixel in into.chunks_exact_mut(channels) {
                    pixel.copy_from_slice(&share);
                }
            }
            let size = [count, height, width, channels];
            grads.register::<Flex>(node.id, channels_second(values, size));
        }
    }
}
