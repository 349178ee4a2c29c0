//! The two branches of a tensor as tensor operations, and their gradient.

use std::sync::{Arc, Mutex, PoisonError};

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::activation::Activation;
use super::join_passes::forward;
use super::layout::{channels_last, channels_second_of, numbers, numbers_mut};

/// Where the gradient of the first branch waits for that of the second.
#[derive(Debug, Clone, Default)]
pub(super) struct Meeting {
    waiting: Arc<Mutex<Option<FloatTensor<Flex>>>>,
}

/// Returns one branch, tracked if `values` are.
pub(super) fn tracked<C: CheckpointStrategy>(
    values: FloatTensor<Autodiff<Flex, C>>,
    meeting: Meeting,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = [values.node()];
    let values = values.into_primitive();
    match ForkBackward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::UnTracked(prep) => prep.finish(values),
        OpsKind::Tracked(prep) => prep.finish(meeting, values),
    }
}

#[derive(Debug)]
struct ForkBackward;

impl Backward<Flex, 1> for ForkBackward {
    type State = Meeting;

    fn backward(self, ops: Ops<Meeting, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let mut gradient = channels_last(grads.consume::<Flex>(&ops.node));
        let mut waiting = ops
            .state
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let [Some(node)] = ops.parents else {
            return;
        };
        match waiting.take() {
            None => *waiting = Some(gradient),
            Some(other) => {
                forward(
                    numbers_mut(&mut gradient),
                    Some(numbers(&other)),
                    Activation::Identity,
                );
                grads.register::<Flex>(node.id, channels_second_of(gradient));
            }
        }
    }
}
