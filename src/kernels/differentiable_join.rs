//! Activations and sums with an activation as tensor operations, and their gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::activation::Activation;
use super::join_passes::{back, forward, forward_from};
use super::layout::{channels_last, channels_second, channels_second_of, numbers, numbers_mut};

/// Returns the activation of the sum of one or two tensors; shapes as in `Kernels::joined`.
pub(super) fn values<const N: usize>(
    operands: [FloatTensor<Flex>; N],
    activation: Activation,
) -> FloatTensor<Flex> {
    let mut operands = operands.map(channels_last);
    if let Some(free) = operands.iter().position(|tensor| tensor.is_unique()) {
        operands.swap(0, free);
        let (into, others) = operands.split_at_mut(1);
        let plus = others.first().map(numbers);
        forward(numbers_mut(&mut into[0]), plus, activation);
        return channels_second_of(operands[0].clone());
    }
    sum(&operands, activation)
}

/// Returns the same, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy, const N: usize>(
    operands: [FloatTensor<Autodiff<Flex, C>>; N],
    activation: Activation,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = operands.each_ref().map(|tensor| tensor.node());
    let operands = operands.map(|tensor| tensor.into_primitive());
    match JoinBackward::<N>
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::UnTracked(prep) => prep.finish(values(operands, activation)),
        OpsKind::Tracked(prep) => {
            let operands = operands.map(channels_last);
            let output = sum(&operands, activation);
            let known = match activation {
                Activation::Identity => Vec::new(),
                by_value if by_value.is_known_by_its_value() => {
                    vec![channels_last(output.clone())]
                }
                _ => operands.to_vec(),
            };
            prep.finish(State { known, activation }, output)
        }
    }
}

/// Computes the activation of the sum of tensors with their channels last into a new tensor.
fn sum<const N: usize>(
    operands: &[FloatTensor<Flex>; N],
    activation: Activation,
) -> FloatTensor<Flex> {
    let plus = operands.get(1).map(numbers);
    let values = forward_from(numbers(&operands[0]), plus, activation);
    channels_second(values, operands[0].shape().dims())
}

/// The values that the gradient needs.
#[derive(Debug, Clone)]
struct State {
    /// The operands or the results, with their channels last.
    known: Vec<FloatTensor<Flex>>,
    activation: Activation,
}

#[derive(Debug)]
struct JoinBackward<const N: usize>;

impl<const N: usize> Backward<Flex, N> for JoinBackward<N> {
    type State = State;

    fn backward(self, ops: Ops<State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let State { known, activation } = ops.state;
        let mut gradient = grads.consume::<Flex>(&ops.node);
        if activation.bends() {
            gradient = channels_last(gradient);
            let known = [known.first(), known.get(1)].map(|tensor| tensor.map(numbers));
            back(numbers_mut(&mut gradient), known, activation);
            gradient = channels_second_of(gradient);
        }
        for node in ops.parents.into_iter().flatten() {
            grads.register::<Flex>(node.id, gradient.clone());
        }
    }
}
