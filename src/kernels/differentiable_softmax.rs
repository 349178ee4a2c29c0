//! Softmax as a tensor operation, and its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::layout::{dense, numbers, tensor};
use super::softmax_passes::{RowFunction, backward, forward};

/// Returns the function of each row; shapes as in `Kernels::row_function`.
pub(super) fn values(logits: FloatTensor<Flex>, function: RowFunction) -> FloatTensor<Flex> {
    let [batch, classes] = logits.shape().dims();
    let values = forward(numbers(&dense(logits)), classes, function);
    tensor(values, [batch, classes])
}

/// Returns the function of each row, tracked if the logits are tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    logits: FloatTensor<Autodiff<Flex, C>>,
    function: RowFunction,
) -> FloatTensor<Autodiff<Flex, C>> {
    let node = logits.node();
    let results = values(logits.into_primitive(), function);
    match SoftmaxBackward
        .prepare::<C>([node])
        .compute_bound()
        .stateful()
    {
        OpsKind::UnTracked(prep) => prep.finish(results),
        OpsKind::Tracked(prep) => prep.finish((results.clone(), function), results),
    }
}

#[derive(Debug)]
struct SoftmaxBackward;

impl Backward<Flex, 1> for SoftmaxBackward {
    /// The results.
    type State = (FloatTensor<Flex>, RowFunction);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [logits] = ops.parents;
        let (results, function) = ops.state;
        let [batch, classes] = results.shape().dims();
        let gradient = dense(grads.consume::<Flex>(&ops.node));
        if let Some(logits) = logits {
            let values = backward(numbers(&results), numbers(&gradient), classes, function);
            grads.register::<Flex>(logits.id, tensor(values, [batch, classes]));
        }
    }
}
