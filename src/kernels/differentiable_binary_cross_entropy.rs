//! The binary cross-entropy as a tensor operation, and its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::binary_cross_entropy_passes::{forward, logits_gradient};
use super::layout::{dense, numbers, tensor};

/// Returns the mean loss; shapes as in `Kernels::binary_cross_entropy`.
pub(super) fn values(logits: FloatTensor<Flex>, targets: FloatTensor<Flex>) -> FloatTensor<Flex> {
    run(&dense(logits), &dense(targets))
}

/// Returns the mean loss, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    logits: FloatTensor<Autodiff<Flex, C>>,
    targets: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = [logits.node(), targets.node()];
    let [logits, targets] = [logits, targets].map(|tensor| dense(tensor.into_primitive()));
    let loss = run(&logits, &targets);
    match LossBackward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::UnTracked(prep) => prep.finish(loss),
        OpsKind::Tracked(prep) => prep.finish([logits, targets], loss),
    }
}

fn run(logits: &FloatTensor<Flex>, targets: &FloatTensor<Flex>) -> FloatTensor<Flex> {
    tensor(vec![forward(numbers(logits), numbers(targets))], [1])
}

#[derive(Debug)]
struct LossBackward;

impl Backward<Flex, 2> for LossBackward {
    /// Logits and targets.
    type State = [FloatTensor<Flex>; 2];

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [for_logits, for_targets] = ops.parents;
        let [logits, targets] = ops.state.each_ref().map(numbers);
        let gradient = dense(grads.consume::<Flex>(&ops.node));
        let scale = numbers(&gradient)[0] / logits.len() as f32;
        if let Some(parent) = for_logits {
            let values = logits_gradient(logits, targets, scale);
            grads.register::<Flex>(parent.id, tensor(values, [logits.len()]));
        }
        if let Some(parent) = for_targets {
            let values = logits.iter().map(|x| -x * scale).collect();
            grads.register::<Flex>(parent.id, tensor(values, [logits.len()]));
        }
    }
}
