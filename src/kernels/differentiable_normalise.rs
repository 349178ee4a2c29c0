//! The normalisation as a tensor operation, and its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::activation::Activation;
use super::layout::{
    channels_last, channels_second, channels_second_of, dense, numbers, numbers_mut, tensor,
};
use super::normalise_passes::{Channels, Known, Pull, forward, images_gradient, sums};
use super::scratch::zeros;
use super::statistics::statistics;

/// The kind of a normalisation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) activation: Activation,
    pub(super) epsilon: f32,
    /// Whether mean and variance are those of the images, so that the gradient follows them.
    pub(super) own: bool,
    /// Whether something is added before the activation.
    pub(super) joined: bool,
}

/// The tensors of a normalisation: images, scale, shift, statistics and what is added.
type Operands = [FloatTensor<Flex>; 5];

/// Returns the means and the variances, `[2, channels]`.
pub(super) fn moments(images: FloatTensor<Flex>) -> FloatTensor<Flex> {
    let [_images, channels, _height, _width] = images.shape().dims();
    let images = channels_last(images);
    tensor(statistics(numbers(&images), channels), [2, channels])
}

/// Returns the results; shapes as in `Kernels::normalised`.
pub(super) fn values(operands: Operands, kind: Kind) -> FloatTensor<Flex> {
    let shape = operands[0].shape();
    let [images, scale, shift, statistics, plus] = dense_operands(operands, kind);
    let layer = Layer::of(&scale, &shift, &statistics, kind);
    let plus = kind.joined.then(|| numbers(&plus));
    let [count, channels, height, width] = shape.dims();
    let size = [count, height, width, channels];
    let mut images = images;
    if images.is_unique() {
        forward(None, numbers_mut(&mut images), plus, layer.channels());
        return channels_second_of(images);
    }
    let images = numbers(&images);
    let mut into = zeros(images.len());
    forward(Some(images), &mut into, plus, layer.channels());
    channels_second(into, size)
}

/// Returns the results, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    operands: [FloatTensor<Autodiff<Flex, C>>; 5],
    kind: Kind,
) -> FloatTensor<Autodiff<Flex, C>> {
    let [images, scale, shift, _statistics, plus] = &operands;
    let nodes = [images, scale, shift, plus].map(|tensor| tensor.node());
    let operands = operands.map(|tensor| tensor.into_primitive());
    match NormalisationBackward
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::UnTracked(prep) => prep.finish(values(operands, kind)),
        OpsKind::Tracked(prep) => {
            let operands = dense_operands(operands, kind);
            let size = operands[0].shape().dims();
            let [images, scale, shift, statistics, plus] = operands;
            let layer = Layer::of(&scale, &shift, &statistics, kind);
            let mut into = zeros(numbers(&images).len());
            let added = kind.joined.then(|| numbers(&plus));
            forward(Some(numbers(&images)), &mut into, added, layer.channels());
            let output = channels_second(into, size);
            let trace = (kind.joined && kind.activation.bends()).then(|| {
                match kind.activation.is_known_by_its_value() {
                    true => channels_last(output.clone()),
                    false => plus,
                }
            });
            let state = State {
                images,
                layer,
                trace,
                kind,
            };
            prep.finish(state, output)
        }
    }
}

/// Returns the tensors with their values in memory in order, those of images with their channels
/// last.
fn dense_operands([images, scale, shift, statistics, plus]: Operands, kind: Kind) -> Operands {
    let plus = match kind.joined {
        true => channels_last(plus),
        false => plus,
    };
    let [scale, shift, statistics] = [scale, shift, statistics].map(dense);
    [channels_last(images), scale, shift, statistics, plus]
}

/// What a normalisation does to each channel.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    mean: Vec<f32>,
    /// 1 / sqrt(variance + epsilon)
    rate: Vec<f32>,
    /// The scale times the rate.
    factor: Vec<f32>,
    shift: Vec<f32>,
    activation: Activation,
}

impl Layer {
    pub(super) fn of(
        scale: &FloatTensor<Flex>,
        shift: &FloatTensor<Flex>,
        statistics: &FloatTensor<Flex>,
        kind: Kind,
    ) -> Self {
        let (scale, shift) = (numbers(scale), numbers(shift));
        let (mean, variance) = numbers(statistics).split_at(scale.len());
        let rate = |variance: &f32| 1.0 / (variance + kind.epsilon).sqrt();
        let rate: Vec<f32> = variance.iter().map(rate).collect();
        Self {
            mean: mean.to_vec(),
            factor: scale.iter().zip(&rate).map(|(a, b)| a * b).collect(),
            rate,
            shift: shift.to_vec(),
            activation: kind.activation,
        }
    }

    /// Returns the number of channels.
    pub(super) fn count(&self) -> usize {
        self.mean.len()
    }

    pub(super) fn channels(&self) -> Channels<'_> {
        Channels {
            mean: &self.mean,
            factor: &self.factor,
            shift: &self.shift,
            activation: self.activation,
        }
    }
}

/// The values that the gradient of a normalisation needs.
#[derive(Debug, Clone)]
struct State {
    /// With its channels last.
    images: FloatTensor<Flex>,
    layer: Layer,
    /// If something was added before an activation, the results or what was added, whichever the
    /// activation's gradient needs; with its channels last.
    trace: Option<FloatTensor<Flex>>,
    kind: Kind,
}

#[derive(Debug)]
struct NormalisationBackward;

impl Backward<Flex, 4> for NormalisationBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [images_node, scale_node, shift_node, plus_node] = ops.parents;
        let plus_node = plus_node.filter(|_| ops.state.kind.joined);
        let State {
            images,
            layer,
            trace,
            kind,
        } = ops.state;
        let mut gradient = channels_last(grads.consume::<Flex>(&ops.node));
        let size: [usize; 4] = images.shape().dims();
        let count = numbers(&images).len() / layer.mean.len();
        let mut channels = layer.channels();
        let mut known = match &trace {
            None => Known::Images,
            Some(trace) if kind.activation.is_known_by_its_value() => {
                Known::Results(numbers(trace))
            }
            Some(trace) => Known::Plus(numbers(trace)),
        };
        let sums_needed = kind.own || scale_node.is_some() || shift_node.is_some();
        let keep = kind.activation.bends() && plus_node.is_some();
        let found = match sums_needed || keep {
            true => {
                let gradient = numbers_mut(&mut gradient);
                sums(numbers(&images), gradient, known, channels, keep)
            }
            false => [Vec::new(), Vec::new()],
        };
        if keep {
            channels.activation = Activation::Identity;
            known = Known::Images;
        }
        if let Some(node) = images_node {
            let pull = layer.pull([&found[0], &found[1]], count, kind);
            let pull = kind.own.then(|| pull.as_pull());
            let images = numbers(&images);
            let result = match plus_node.is_some() {
                true => {
                    let mut into = zeros(images.len());
                    let gradient = Some(numbers(&gradient));
                    images_gradient(images, gradient, &mut into, known, (channels, pull));
                    channels_second(into, size)
                }
                false => {
                    let into = numbers_mut(&mut gradient);
                    images_gradient(images, None, into, known, (channels, pull));
                    channels_second_of(gradient.clone())
                }
            };
            grads.register::<Flex>(node.id, result);
        }
        if let Some(node) = plus_node {
            grads.register::<Flex>(node.id, channels_second_of(gradient));
        }
        let [shift, scale] = layer.slopes(&found);
        for (node, values) in [(scale_node, scale), (shift_node, shift)] {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, tensor(values, [layer.count()]));
            }
        }
    }
}

/// The values of a [`Pull`].
#[derive(Debug)]
pub(super) struct PullValues {
    fixed: Vec<f32>,
    slope: Vec<f32>,
}

impl PullValues {
    pub(super) fn as_pull(&self) -> Pull<'_> {
        Pull {
            fixed: &self.fixed,
            slope: &self.slope,
        }
    }
}

impl Layer {
    /// Returns the values of [`Pull`], from the sums and the number of values of a channel; nothing
    /// if the statistics were given.
    pub(super) fn pull(&self, [shift, scale]: [&[f64]; 2], count: usize, kind: Kind) -> PullValues {
        let share = |channel: usize| f64::from(self.factor[channel]) / count as f64;
        let all = 0..if kind.own { self.count() } else { 0 };
        let fixed = all.clone().map(|at| (share(at) * shift[at]) as f32);
        let slope = all.map(|at| {
            let rate = f64::from(self.rate[at]);
            (share(at) * scale[at] * rate * rate) as f32
        });
        PullValues {
            fixed: fixed.collect(),
            slope: slope.collect(),
        }
    }

    /// Returns the gradients of the shift and of the scale, from the sums.
    pub(super) fn slopes(&self, [shift, scale]: &[Vec<f64>; 2]) -> [Vec<f32>; 2] {
        let rates = scale.iter().zip(&self.rate);
        [
            shift.iter().map(|sum| *sum as f32).collect(),
            rates.map(|(sum, r)| (sum * f64::from(*r)) as f32).collect(),
        ]
    }
}
