//! The dense layer as a tensor operation, and its gradient.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex, TensorMetadata};

use super::combine::{Size, combine};
use super::dots::dots;
use super::layout::{dense, numbers, tensor};
use super::product::Left;
use super::weight_axes::WeightAxes;

/// Returns the outputs; shapes as in `Kernels::dense`.
pub(super) fn values(
    features: FloatTensor<Flex>,
    weight: FloatTensor<Flex>,
    bias: FloatTensor<Flex>,
    axes: WeightAxes,
) -> FloatTensor<Flex> {
    run(&dense(features), &dense(weight), &dense(bias), axes)
}

/// Returns the outputs, tracked if one of the tensors is tracked.
pub(super) fn tracked<C: CheckpointStrategy>(
    features: FloatTensor<Autodiff<Flex, C>>,
    weight: FloatTensor<Autodiff<Flex, C>>,
    bias: FloatTensor<Autodiff<Flex, C>>,
    axes: WeightAxes,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = [features.node(), weight.node(), bias.node()];
    let [features, weight, bias] =
        [features, weight, bias].map(|tensor| dense(tensor.into_primitive()));
    match DenseBackward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::UnTracked(prep) => prep.finish(run(&features, &weight, &bias, axes)),
        OpsKind::Tracked(prep) => {
            let output = run(&features, &weight, &bias, axes);
            prep.finish(
                State {
                    features,
                    weight,
                    axes,
                },
                output,
            )
        }
    }
}

/// Computes the outputs from dense tensors.
fn run(
    features: &FloatTensor<Flex>,
    weight: &FloatTensor<Flex>,
    bias: &FloatTensor<Flex>,
    axes: WeightAxes,
) -> FloatTensor<Flex> {
    let [batch, inputs] = features.shape().dims();
    let [outputs, _] = axes.sizes(weight.shape().dims());
    let mut results = match axes {
        WeightAxes::OutputsFirst => dots(numbers(features), numbers(weight), inputs),
        WeightAxes::InputsFirst => {
            let left = rows(numbers(features), inputs);
            combine(
                left,
                numbers(weight),
                Size {
                    rows: batch,
                    inner: inputs,
                    columns: outputs,
                },
            )
        }
    };
    for row in results.chunks_mut(outputs.max(1)) {
        for (result, bias) in row.iter_mut().zip(numbers(bias)) {
            *result += bias;
        }
    }
    tensor(results, [batch, outputs])
}

fn rows(values: &[f32], stride: usize) -> Left<'_> {
    Left::Rows { values, stride }
}

/// Returns the transpose.
fn columns(values: &[f32], stride: usize) -> Left<'_> {
    Left::Columns { values, stride }
}

/// The values that the gradient of a dense layer needs.
#[derive(Debug, Clone)]
struct State {
    features: FloatTensor<Flex>,
    weight: FloatTensor<Flex>,
    axes: WeightAxes,
}

#[derive(Debug)]
struct DenseBackward;

impl Backward<Flex, 3> for DenseBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [features, weight, bias] = ops.parents;
        let State { axes, .. } = ops.state;
        let gradient = dense(grads.consume::<Flex>(&ops.node));
        let [batch, outputs] = gradient.shape().dims();
        let [_, inputs] = ops.state.features.shape().dims::<2>();
        let gradient = numbers(&gradient);
        if let Some(features) = features {
            let weight = numbers(&ops.state.weight);
            let values = match axes {
                WeightAxes::OutputsFirst => {
                    let size = Size {
                        rows: batch,
                        inner: outputs,
                        columns: inputs,
                    };
                    combine(rows(gradient, outputs), weight, size)
                }
                WeightAxes::InputsFirst => dots(gradient, weight, outputs),
            };
            grads.register::<Flex>(features.id, tensor(values, [batch, inputs]));
        }
        if let Some(weight) = weight {
            let features = numbers(&ops.state.features);
            let (values, shape) = match axes {
                WeightAxes::OutputsFirst => {
                    let size = Size {
                        rows: outputs,
                        inner: batch,
                        columns: inputs,
                    };
                    (
                        combine(columns(gradient, outputs), features, size),
                        [outputs, inputs],
                    )
                }
                WeightAxes::InputsFirst => {
                    let size = Size {
                        rows: inputs,
                        inner: batch,
                        columns: outputs,
                    };
                    (
                        combine(columns(features, inputs), gradient, size),
                        [inputs, outputs],
                    )
                }
            };
            grads.register::<Flex>(weight.id, tensor(values, shape));
        }
        if let Some(bias) = bias {
            let mut sums = vec![0.0; outputs];
            for row in gradient.chunks(outputs) {
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += value;
                }
            }
            grads.register::<Flex>(bias.id, tensor(sums, [outputs]));
        }
    }
}
