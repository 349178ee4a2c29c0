//! Sums and functions of rows as operations of the CPU backend.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};

use super::softmax_passes::RowFunction;
use super::{differentiable_binary_cross_entropy, differentiable_softmax, differentiable_sums};

/// Operations of the CPU backend in addition to Burn's own, whose results are sums.
#[backend_extension(Flex, Autodiff)]
pub(super) trait Reductions: Backend {
    /// Returns the mean binary cross-entropy, `[1]`.
    ///
    /// # Shapes
    /// - `logits`, `targets`: `[values]`
    fn binary_cross_entropy(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self>;

    /// Returns the function of each row of logits, `[batch, classes]`.
    fn row_function(logits: FloatTensor<Self>, function: RowFunction) -> FloatTensor<Self>;

    /// Returns the sums of rows: `[rows, length]` to `[rows]`.
    fn sum_rows(rows: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl Reductions for Flex {
    fn binary_cross_entropy(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        differentiable_binary_cross_entropy::values(logits, targets)
    }

    fn row_function(logits: FloatTensor<Self>, function: RowFunction) -> FloatTensor<Self> {
        differentiable_softmax::values(logits, function)
    }

    fn sum_rows(rows: FloatTensor<Self>) -> FloatTensor<Self> {
        differentiable_sums::values(rows)
    }
}

impl<C: CheckpointStrategy> Reductions for Autodiff<Flex, C> {
    fn binary_cross_entropy(
        logits: FloatTensor<Self>,
        targets: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        differentiable_binary_cross_entropy::tracked::<C>(logits, targets)
    }

    fn row_function(logits: FloatTensor<Self>, function: RowFunction) -> FloatTensor<Self> {
        differentiable_softmax::tracked::<C>(logits, function)
    }

    fn sum_rows(rows: FloatTensor<Self>) -> FloatTensor<Self> {
        differentiable_sums::tracked::<C>(rows)
    }
}
