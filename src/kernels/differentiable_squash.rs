//! A logistic function or a hyperbolic tangent as a tensor operation, and its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::layout::{channels_last, channels_second_of, numbers, numbers_mut};
use super::squash::Squash;
use super::squash_passes::{back, forward};

/// Returns the function of the sum of two tensors; shapes as in `Kernels::squashed`.
pub(super) fn values(operands: [FloatTensor<Flex>; 2], squash: Squash) -> FloatTensor<Flex> {
    let [mut into, mut other] = operands.map(channels_last);
    if !into.is_unique() {
        std::mem::swap(&mut into, &mut other);
    }
    // The sum is written over `into`, or over a copy if another tensor has its memory.
    forward(numbers_mut(&mut into), numbers(&other), squash);
    channels_second_of(into)
}

/// Returns the same, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    operands: [FloatTensor<Autodiff<Flex, C>>; 2],
    squash: Squash,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = operands.each_ref().map(|tensor| tensor.node());
    let operands = operands.map(|tensor| tensor.into_primitive());
    match SquashBackward
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::UnTracked(prep) => prep.finish(values(operands, squash)),
        OpsKind::Tracked(prep) => {
            let output = values(operands, squash);
            let values = channels_last(output.clone());
            prep.finish(State { values, squash }, output)
        }
    }
}

/// The values that the gradient needs.
#[derive(Debug, Clone)]
struct State {
    /// The results, with their channels last.
    values: FloatTensor<Flex>,
    squash: Squash,
}

#[derive(Debug)]
struct SquashBackward;

impl Backward<Flex, 2> for SquashBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let State { values, squash } = ops.state;
        let mut gradient = channels_last(grads.consume::<Flex>(&ops.node));
        back(numbers_mut(&mut gradient), numbers(&values), squash);
        let gradient = channels_second_of(gradient);
        for node in ops.parents.into_iter().flatten() {
            grads.register::<Flex>(node.id, gradient.clone());
        }
    }
}
