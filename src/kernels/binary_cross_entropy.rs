//! The cross-entropy of logits against grey values, in one pass over memory.

use burn::backend::Dispatch;
use burn::tensor::Tensor;

use super::extension_reductions::Reductions;
use super::is_ours;

/// Returns the mean binary cross-entropy of `logits` against `targets`, in nats:
/// max(x, 0) - x y + ln(1 + e^-|x|), in which no exponential overflows.
///
/// # Shapes
/// - `targets`: as `logits`; 0 to 1
/// - returned: `[1]`
pub fn binary_cross_entropy<const D: usize>(logits: Tensor<D>, targets: Tensor<D>) -> Tensor<1> {
    let count = logits.dims().iter().product::<usize>();
    if count == 0 || !is_ours(&logits) || !is_ours(&targets) {
        return by_the_backend(logits, targets);
    }
    assert_eq!(logits.dims(), targets.dims(), "a target for every logit");
    Tensor::from_dispatch(<Dispatch as Reductions>::binary_cross_entropy(
        logits.reshape([count]).into_dispatch(),
        targets.reshape([count]).into_dispatch(),
    ))
}

/// Computes the same with the backend's own operations.
pub(super) fn by_the_backend<const D: usize>(logits: Tensor<D>, targets: Tensor<D>) -> Tensor<1> {
    let rest = (-logits.clone().abs()).exp().log1p();
    (logits.clone().clamp_min(0.0) - logits * targets + rest).mean()
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::super::level::tests::with_each;
    use super::super::tests::{assert_close, values};
    use super::*;

    /// Exponentials and logarithms of one or two units in the last place each, and the backend's sum
    /// of many losses in float32.
    const ROUNDING: f32 = 1e-5;

    type Loss = fn(Tensor<2>, Tensor<2>) -> Tensor<1>;

    /// Returns the loss of logits between -15 and 15, and the gradients of logits and targets. No
    /// logit is 0: there the backend's gradient of |x| and of the clamp leave out 1/2.
    fn run(shape: [usize; 2], loss: Loss) -> (Tensor<1>, [Tensor<2>; 2]) {
        let device = Device::flex().autodiff();
        let logits = (values(shape, 0.1, &device) * 15.0 + 0.001).without_autodiff();
        let targets = (values(shape, 0.2, &device) * 0.5 + 0.5).without_autodiff();
        let [logits, targets] = [logits, targets].map(|tensor| tensor.autodiff().require_grad());
        let loss = loss(logits.clone(), targets.clone());
        let gradients = (loss.clone() * 3.0).backward();
        let of = [logits, targets].map(|tensor| tensor.grad(&gradients).expect("a gradient"));
        (loss.without_autodiff(), of)
    }

    #[test]
    fn any_size_is_as_by_the_backend() {
        for shape in [[1, 1], [3, 7], [5, 1000], [70, 1025]] {
            let (found, gradients) = run(shape, binary_cross_entropy);
            let (expected, expected_gradients) = run(shape, by_the_backend);
            assert_close(found, expected, ROUNDING);
            for (found, expected) in gradients.into_iter().zip(expected_gradients) {
                assert_close(found, expected, ROUNDING);
            }
        }
    }

    #[test]
    fn gradients_meet_finite_differences() {
        /// Step whose square and whose rounding error, divided by it, are below the tolerance.
        const STEP: f32 = 0.02;
        let device = Device::flex();
        let targets = [0.0, 0.3, 1.0, 0.5];
        let logits = [0.5, -1.0, 0.0, 3.0];
        let tensor = |values: [f32; 4]| {
            Tensor::<1>::from_data(TensorData::new(values.to_vec(), [4]), &device)
        };
        let tracked = tensor(logits).autodiff().require_grad();
        let loss = binary_cross_entropy(tracked.clone(), tensor(targets).autodiff());
        let gradient = tracked
            .grad(&loss.backward())
            .expect("a gradient")
            .into_data();
        for (place, found) in gradient.iter::<f32>().enumerate() {
            let loss = |by: f32| -> f32 {
                let mut logits = logits;
                logits[place] += by;
                binary_cross_entropy(tensor(logits), tensor(targets)).into_scalar()
            };
            let expected = (loss(STEP) - loss(-STEP)) / (2.0 * STEP);
            assert!(
                (found - expected).abs() < 1e-4,
                "{place}: {found} {expected}"
            );
        }
    }

    #[test]
    fn neither_instructions_nor_cores_change_a_bit() {
        for shape in [[3, 7], [70, 1025]] {
            let bits = || {
                let (loss, gradients) = run(shape, binary_cross_entropy);
                (loss.into_data(), gradients.map(Tensor::into_data))
            };
            let found = with_each(bits);
            assert!(found.iter().all(|one| *one == found[0]), "{shape:?}");
            for threads in [1, 3] {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                assert_eq!(pool.expect("a pool").install(bits), bits(), "{shape:?}");
            }
        }
    }

    #[test]
    fn a_wrong_and_sure_logit_costs_its_size_and_stays_finite() {
        let logits = Tensor::<1>::from_floats([200.0, -200.0, 200.0, -200.0], &Device::flex());
        let targets = Tensor::<1>::from_floats([0.0, 1.0, 1.0, 0.0], &Device::flex());
        assert_eq!(
            binary_cross_entropy(logits, targets).into_scalar::<f32>(),
            100.0
        );
    }
}
