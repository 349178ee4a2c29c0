//! Dense layers.

use burn::backend::Dispatch;
use burn::tensor::Tensor;
use burn::tensor::module::linear;

use super::extension::Kernels;
use super::is_ours;
use super::weight_axes::WeightAxes;

/// Returns the outputs of a dense layer.
///
/// # Shapes
/// - `features`: `[batch, inputs]`
/// - `weight`: `[outputs, inputs]` or `[inputs, outputs]`, as `axes` says
/// - `bias`: `[outputs]`
/// - returned: `[batch, outputs]`
///
/// # Panics
/// If the weights are for another number of inputs, or the bias for another number of outputs.
pub fn dense(
    features: Tensor<2>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    axes: WeightAxes,
) -> Tensor<2> {
    let [_batch, features_inputs] = features.dims();
    let [outputs, inputs] = axes.sizes(weight.dims());
    assert_eq!(features_inputs, inputs, "weights of another layer");
    if !is_ours(&features) || !is_ours(&weight) || features.dims().contains(&0) {
        return by_the_backend(features, weight, bias, axes);
    }
    let bias = bias.unwrap_or_else(|| Tensor::zeros([outputs], &weight.device()));
    assert_eq!(bias.dims(), [outputs], "a bias of another layer");
    Tensor::from_dispatch(<Dispatch as Kernels>::dense(
        features.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        axes,
    ))
}

/// Computes the same with the backend's own operations.
pub(super) fn by_the_backend(
    features: Tensor<2>,
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
    axes: WeightAxes,
) -> Tensor<2> {
    let weight = match axes {
        WeightAxes::OutputsFirst => weight.transpose(),
        WeightAxes::InputsFirst => weight,
    };
    linear(features, weight, bias)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::super::level::tests::with_each;
    use super::super::tests::{SUM_ORDER, assert_close, values};
    use super::*;

    /// Batch, inputs and outputs: one image, one number, sizes beyond a tile, a piece and a task.
    const SIZES: [[usize; 3]; 9] = [
        [1, 1, 1],
        [1, 1100, 37],
        [2, 16, 5],
        [3, 7, 16],
        [5, 64, 10],
        [70, 33, 40],
        [6, 300, 130],
        [300, 20, 3],
        [4, 9, 310],
    ];
    const AXES: [WeightAxes; 2] = [WeightAxes::OutputsFirst, WeightAxes::InputsFirst];

    type Layer = fn(Tensor<2>, Tensor<2>, Option<Tensor<1>>, WeightAxes) -> Tensor<2>;

    fn shape([_, inputs, outputs]: [usize; 3], axes: WeightAxes) -> [usize; 2] {
        match axes {
            WeightAxes::OutputsFirst => [outputs, inputs],
            WeightAxes::InputsFirst => [inputs, outputs],
        }
    }

    /// Returns the outputs, and the gradients of features, weights and bias.
    fn run(sizes: [usize; 3], axes: WeightAxes, layer: Layer) -> ([Tensor<2>; 3], Tensor<1>) {
        let device = Device::flex().autodiff();
        let [batch, inputs, outputs] = sizes;
        let features = values([batch, inputs], 0.1, &device).require_grad();
        let weight = values(shape(sizes, axes), 0.2, &device).require_grad();
        let bias = values([outputs], 0.3, &device).require_grad();
        let results = layer(features.clone(), weight.clone(), Some(bias.clone()), axes);
        let score = results.clone() * values([batch, outputs], 0.4, &device);
        let gradients = score.sum().backward();
        let of = |tensor: &Tensor<2>| tensor.grad(&gradients).expect("a gradient");
        let bias = bias.grad(&gradients).expect("a gradient");
        let results = results.without_autodiff();
        ([results, of(&features), of(&weight)], bias)
    }

    #[test]
    fn any_size_is_as_by_the_backend() {
        for sizes in SIZES {
            for axes in AXES {
                let (found, bias) = run(sizes, axes, dense);
                let (expected, expected_bias) = run(sizes, axes, by_the_backend);
                for (found, expected) in found.into_iter().zip(expected) {
                    assert_close(found, expected, SUM_ORDER);
                }
                assert_close(bias, expected_bias, SUM_ORDER);
            }
        }
    }

    /// A dense layer is linear in its features and in its weights: central differences are exact up
    /// to rounding.
    #[test]
    fn gradients_meet_finite_differences() {
        let device = Device::flex();
        let sizes = [3, 21, 18];
        for axes in AXES {
            let ([_, of_features, of_weight], _) = run(sizes, axes, dense);
            let features = values([3, 21], 0.1, &device);
            let weight = values(shape(sizes, axes), 0.2, &device);
            let bias = values([18], 0.3, &device);
            let score = |features: &Tensor<2>, weight: &Tensor<2>| -> f32 {
                let results = dense(features.clone(), weight.clone(), Some(bias.clone()), axes);
                (results * values([3, 18], 0.4, &device))
                    .sum()
                    .into_scalar()
            };
            let changed = |tensor: &Tensor<2>, at: usize, by: f32| -> Tensor<2> {
                let mut values: Vec<f32> = tensor.to_data().iter::<f32>().collect();
                values[at] += by;
                Tensor::from_data(TensorData::new(values, tensor.dims()), &device)
            };
            let at = |tensor: &Tensor<2>, at: usize| -> f32 {
                tensor.to_data().iter::<f32>().nth(at).expect("in range")
            };
            for place in [0, 17, 40] {
                let up = score(&changed(&features, place, 1.0), &weight);
                let down = score(&changed(&features, place, -1.0), &weight);
                assert!((at(&of_features, place) - (up - down) / 2.0).abs() < 1e-4);
                let up = score(&features, &changed(&weight, place, 1.0));
                let down = score(&features, &changed(&weight, place, -1.0));
                assert!((at(&of_weight, place) - (up - down) / 2.0).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn neither_instructions_nor_cores_change_a_bit() {
        for sizes in SIZES {
            for axes in AXES {
                let bits = || {
                    let (found, bias) = run(sizes, axes, dense);
                    (found.map(Tensor::into_data), bias.into_data())
                };
                let found = with_each(bits);
                assert!(
                    found.iter().all(|one| *one == found[0]),
                    "{sizes:?} {axes:?}"
                );
                for threads in [1, 3] {
                    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                    assert_eq!(pool.expect("a pool").install(bits), bits(), "{sizes:?}");
                }
            }
        }
    }

    /// The outputs of an image do not depend on the others of its batch.
    #[test]
    fn the_batch_changes_no_bit() {
        let device = Device::flex();
        let features = values([67, 130], 0.1, &device);
        for axes in AXES {
            let weight = values(shape([67, 130, 45], axes), 0.2, &device);
            let of = |features: Tensor<2>| dense(features, weight.clone(), None, axes);
            let whole = of(features.clone()).narrow(0, 65, 1).into_data();
            assert_eq!(of(features.clone().narrow(0, 65, 1)).into_data(), whole);
        }
    }
}
