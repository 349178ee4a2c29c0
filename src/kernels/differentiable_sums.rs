//! Sums of rows as a tensor operation, and their gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};
use burn::tensor::Shape;

use super::layout::{dense, numbers, tensor};
use super::sums_passes::row_sums;

/// Returns the sums; shapes as in `Kernels::sum_rows`.
pub(super) fn values(rows: FloatTensor<Flex>) -> FloatTensor<Flex> {
    let [count, length] = rows.shape().dims();
    let sums = row_sums(numbers(&dense(rows)), length);
    tensor(sums, [count])
}

/// Returns the sums, tracked if the rows are tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    rows: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let node = rows.node();
    let rows = rows.into_primitive();
    let shape = rows.shape().dims();
    match SumsBackward.prepare::<C>([node]).compute_bound().stateful() {
        OpsKind::UnTracked(prep) => prep.finish(values(rows)),
        OpsKind::Tracked(prep) => prep.finish(shape, values(rows)),
    }
}

#[derive(Debug)]
struct SumsBackward;

impl Backward<Flex, 1> for SumsBackward {
    /// The shape of the rows.
    type State = [usize; 2];

    fn backward(self, ops: Ops<[usize; 2], 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [rows] = ops.parents;
        let [count, length] = ops.state;
        let gradient = grads.consume::<Flex>(&ops.node);
        if let Some(rows) = rows {
            let column = Flex::float_reshape(gradient, Shape::new([count, 1]));
            let whole = Flex::float_expand(column, Shape::new([count, length]));
            grads.register::<Flex>(rows.id, whole);
        }
    }
}
