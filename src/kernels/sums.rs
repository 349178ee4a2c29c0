//! Sums and means whose order depends only on the number of summands.
//!
//! The backend adds with as many partial sums as its vectors have lanes, so that its results depend
//! on the processor, and for more than four million numbers on the threads.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::extension_reductions::Reductions;
use super::is_ours;

/// Returns the sum of all values, `[1]`.
pub fn sum<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let count = tensor.dims().iter().product();
    match suits(&tensor) {
        true => last_axis(tensor.reshape([1, count])),
        false => tensor.sum(),
    }
}

/// Returns the mean of all values, `[1]`.
pub fn mean<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let count: usize = tensor.dims().iter().product();
    match suits(&tensor) {
        true => sum(tensor) / count as f32,
        false => tensor.mean(),
    }
}

/// Returns the sums along the axis `axis`, which keeps the length 1.
///
/// # Panics
/// If there is no such axis.
pub fn sum_dim<const D: usize>(tensor: Tensor<D>, axis: usize) -> Tensor<D> {
    if !suits(&tensor) {
        return tensor.sum_dim(axis);
    }
    let mut shape = tensor.dims();
    let length = std::mem::replace(&mut shape[axis], 1);
    // Without a copy if the axis is the innermost in memory, as channels are.
    let mut order: Vec<usize> = (0..D).filter(|other| *other != axis).collect();
    order.push(axis);
    let order: [usize; D] = order.try_into().expect("all axes");
    let rows = shape.iter().product();
    let last: [isize; D] = order.map(|axis| axis as isize);
    last_axis(tensor.permute(last).reshape([rows, length])).reshape(shape)
}

/// Returns the means along the axis `axis`, which keeps the length 1.
///
/// # Panics
/// If there is no such axis.
pub fn mean_dim<const D: usize>(tensor: Tensor<D>, axis: usize) -> Tensor<D> {
    let length = tensor.dims()[axis];
    match suits(&tensor) {
        true => sum_dim(tensor, axis) / length as f32,
        false => tensor.mean_dim(axis),
    }
}

/// Returns whether a tensor is summed here.
fn suits<const D: usize>(tensor: &Tensor<D>) -> bool {
    let filled = tensor.dims().iter().all(|length| *length > 0);
    filled && is_ours(tensor)
}

/// Returns the sums of rows.
///
/// # Shapes
/// - `rows`: `[rows, length]`
/// - returned: `[rows]`
fn last_axis(rows: Tensor<2>) -> Tensor<1> {
    Tensor::from_dispatch(<Dispatch as Reductions>::sum_rows(rows.into_dispatch()))
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::level::tests::with_each;
    use super::super::tests::{assert_close, values};
    use super::*;

    /// Rounding of float32 sums in another order, relative to the largest sum, of numbers that
    /// cancel partly.
    const ROUNDING: f32 = 2e-5;

    #[test]
    fn sums_by_hand() {
        let numbers = Tensor::<2>::from_floats([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]], &Device::flex());
        let of = |tensor: Tensor<2>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
        assert_eq!(sum(numbers.clone()).into_scalar::<f32>(), 22.0);
        assert_eq!(of(sum_dim(numbers.clone(), 0)), [5.0, 7.0, 10.0]);
        assert_eq!(of(sum_dim(numbers.clone(), 1)), [6.0, 16.0]);
        assert_eq!(of(mean_dim(numbers.clone(), 1)), [2.0, 16.0 / 3.0]);
        assert_eq!(mean(numbers).into_scalar::<f32>(), 22.0 / 6.0);
    }

    #[test]
    fn any_axis_is_as_by_the_backend_with_its_gradient() {
        let device = Device::flex().autodiff();
        for shape in [[2, 16, 5, 3], [1, 1, 1, 1], [3, 5, 40, 50], [1, 70, 3, 700]] {
            for axis in 0..4 {
                let tensor = values(shape, 0.1, &device).require_grad();
                let run = |sums: Tensor<4>| {
                    let score = sums.clone() * values(sums.dims(), 0.2, &device);
                    let gradients = score.sum().backward();
                    let gradient = tensor.grad(&gradients).expect("a gradient");
                    (sums.without_autodiff(), gradient)
                };
                let (found, gradient) = run(sum_dim(tensor.clone(), axis));
                let (expected, expected_gradient) = run(tensor.clone().sum_dim(axis));
                assert_close(found, expected, ROUNDING);
                assert_close(gradient, expected_gradient, 0.0);
                let (found, _) = run(mean_dim(tensor.clone(), axis));
                let (expected, _) = run(tensor.clone().mean_dim(axis));
                assert_close(found, expected, ROUNDING);
            }
        }
    }

    #[test]
    fn many_numbers_are_summed_precisely() {
        let numbers = values([5, 500_000], 0.1, &Device::flex());
        let wide: Vec<f64> = numbers.to_data().iter::<f64>().collect();
        let expected: f64 = wide.iter().sum();
        let found: f32 = sum(numbers.clone()).into_scalar();
        assert!(
            (f64::from(found) - expected).abs() < 1e-2,
            "{found} {expected}"
        );
        let last = sum_dim(numbers, 1)
            .into_data()
            .iter::<f64>()
            .last()
            .expect("a sum");
        let expected: f64 = wide[2_000_000..].iter().sum();
        assert!((last - expected).abs() < 1e-2, "{last} {expected}");
    }

    #[test]
    fn neither_instructions_nor_cores_change_a_bit() {
        let numbers = values([3, 70, 33, 40], 0.1, &Device::flex());
        let bits = || {
            let sums: Vec<_> = (0..4)
                .map(|axis| sum_dim(numbers.clone(), axis).into_data())
                .collect();
            (sums, sum(numbers.clone()).into_data())
        };
        let found = with_each(bits);
        assert!(found.iter().all(|one| *one == found[0]));
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
            assert_eq!(pool.expect("a pool").install(bits), bits());
        }
    }
}
