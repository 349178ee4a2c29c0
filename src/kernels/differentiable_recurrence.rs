//! A layer of a ConvLSTM as one tensor operation, and its gradient through time.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::layout::{channels_last, channels_second, dense, numbers, tensor};
use super::recurrence::{Course, Passed, Past, Start, back, forward};
use super::size::{Form, Size};

/// Returns the states; shapes as in `Kernels::recurrence`.
pub(super) fn values(
    given: FloatTensor<Flex>,
    taps: FloatTensor<Flex>,
    start: [FloatTensor<Flex>; 2],
    started: bool,
) -> FloatTensor<Flex> {
    let layer = Layer::new(given.shape().dims(), taps, start, started);
    result(layer.run(given).hidden, layer.course)
}

/// Returns the states, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    given: FloatTensor<Autodiff<Flex, C>>,
    taps: FloatTensor<Autodiff<Flex, C>>,
    [hidden, cell]: [FloatTensor<Autodiff<Flex, C>>; 2],
    started: bool,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = [given.node(), taps.node(), hidden.node(), cell.node()];
    let [given, taps, hidden, cell] =
        [given, taps, hidden, cell].map(|tensor| tensor.into_primitive());
    match RecurrenceBackward
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::UnTracked(prep) => prep.finish(values(given, taps, [hidden, cell], started)),
        OpsKind::Tracked(prep) => {
            let layer = Layer::new(given.shape().dims(), taps, [hidden, cell], started);
            let Passed {
                hidden,
                cells,
                gates,
            } = layer.run(given);
            let output = result(hidden, layer.course);
            let hidden = channels_last(output.clone());
            let past = Arc::new((cells, gates));
            prep.finish(
                State {
                    layer,
                    hidden,
                    past,
                },
                output,
            )
        }
    }
}

/// A layer and its initial state, all dense.
#[derive(Debug, Clone)]
struct Layer {
    taps: FloatTensor<Flex>,
    /// Hidden state and cell with their channels last, unless both are zero.
    start: Option<[FloatTensor<Flex>; 2]>,
    course: Course,
}

impl Layer {
    fn new(
        given: [usize; 4],
        taps: FloatTensor<Flex>,
        start: [FloatTensor<Flex>; 2],
        started: bool,
    ) -> Self {
        let [_, _, side, _] = taps.shape().dims();
        let size = Size::of(
            start[0].shape().dims(),
            taps.shape().dims(),
            Form::same(side),
        );
        let steps = given[0] / size.images;
        Self {
            taps: dense(taps),
            start: started.then(|| start.map(channels_last)),
            course: Course { steps, size },
        }
    }

    fn start(&self) -> Option<Start<'_>> {
        let [hidden, cell] = self.start.as_ref()?;
        let [hidden, cell] = [hidden, cell].map(numbers);
        Some(Start { hidden, cell })
    }

    fn run(&self, given: FloatTensor<Flex>) -> Passed {
        let given = channels_last(given);
        forward(
            numbers(&given),
            numbers(&self.taps),
            self.start(),
            self.course,
        )
    }
}

fn result(hidden: Vec<f32>, Course { steps, size }: Course) -> FloatTensor<Flex> {
    let shape = [
        (steps + 1) * size.images,
        size.height,
        size.width,
        size.inputs,
    ];
    channels_second(hidden, shape)
}

/// The values that the gradient of a layer needs.
#[derive(Debug, Clone)]
struct State {
    layer: Layer,
    /// The states, with their channels last.
    hidden: FloatTensor<Flex>,
    /// The cells and the gates of all steps.
    past: Arc<(Vec<f32>, Vec<f32>)>,
}

#[derive(Debug)]
struct RecurrenceBackward;

impl Backward<Flex, 4> for RecurrenceBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 4>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [given, taps, hidden, cell] = ops.parents;
        let State {
            layer,
            hidden: states,
            past,
        } = ops.state;
        let gradient = channels_last(grads.consume::<Flex>(&ops.node));
        let (cells, gates) = &*past;
        let past = Past {
            hidden: numbers(&states),
            cells,
            gates,
        };
        let weights = numbers(&layer.taps);
        let Course { steps, size } = layer.course;
        let found = back(
            numbers(&gradient),
            past,
            weights,
            layer.start(),
            layer.course,
            taps.is_some(),
        );
        if let Some(given) = given {
            let shape = [steps * size.images, size.height, size.width, size.outputs];
            grads.register::<Flex>(given.id, channels_second(found.given, shape));
        }
        if let (Some(taps), Some(values)) = (taps, found.taps) {
            let shape = [size.outputs, size.inputs, size.side, size.side];
            grads.register::<Flex>(taps.id, tensor(values, shape));
        }
        let shape = [size.images, size.height, size.width, size.inputs];
        for (node, values) in [hidden, cell].into_iter().zip(found.start) {
            if let Some(node) = node {
                grads.register::<Flex>(node.id, channels_second(values, shape));
            }
        }
    }
}
