//! The cross-entropy of logits against grey values, in one pass over memory.

use burn::backend::Dispatch;
use burn::tensor::{DType, Tensor};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::{exp, ln_1p_of_share, sigmoid};
use super::extension::Kernels;
use super::is_cpu;
use super::level::arch;
use super::sums::row_sum;

/// Number of values that a core computes at a time.
const TASK: usize = 32 * 1024;
/// Number of losses in a partial sum; partial sums are added in double precision.
const PART: usize = 1024;

/// Returns the mean binary cross-entropy of `logits` against `targets`, in nats:
/// max(x, 0) - x y + ln(1 + e^-|x|), in which no exponential overflows.
///
/// # Shapes
/// - `targets`: as `logits`; 0 to 1
/// - returned: `[1]`
pub fn binary_cross_entropy<const D: usize>(logits: Tensor<D>, targets: Tensor<D>) -> Tensor<1> {
    let count = logits.dims().iter().product::<usize>();
    let floats = logits.dtype() == DType::F32 && targets.dtype() == DType::F32;
    let kinds = [logits.clone(), targets.clone()].map(|tensor| tensor.into_dispatch().kind);
    if count == 0 || !floats || !kinds.iter().all(is_cpu) {
        return by_the_backend(logits, targets);
    }
    assert_eq!(logits.dims(), targets.dims(), "a target for every logit");
    Tensor::from_dispatch(<Dispatch as Kernels>::binary_cross_entropy(
        logits.reshape([count]).into_dispatch(),
        targets.reshape([count]).into_dispatch(),
    ))
}

/// Computes the same with the backend's own operations.
pub(super) fn by_the_backend<const D: usize>(logits: Tensor<D>, targets: Tensor<D>) -> Tensor<1> {
    let rest = (-logits.clone().abs()).exp().log1p();
    (logits.clone().clamp_min(0.0) - logits * targets + rest).mean()
}

/// Returns the mean loss.
pub(super) fn forward(logits: &[f32], targets: &[f32]) -> f32 {
    let parts = logits.par_chunks(TASK).zip(targets.par_chunks(TASK));
    let sums: Vec<f64> = parts
        .map(|(logits, targets)| arch().dispatch(Forward { logits, targets }))
        .collect();
    (sums.iter().sum::<f64>() / logits.len() as f64) as f32
}

/// Returns the gradient of the logits: `scale` times the probability minus the target.
pub(super) fn logits_gradient(logits: &[f32], targets: &[f32], scale: f32) -> Vec<f32> {
    let mut all = vec![0.0; logits.len()];
    let parts = logits.par_chunks(TASK).zip(targets.par_chunks(TASK));
    (all.par_chunks_mut(TASK).zip(parts)).for_each(|(into, (logits, targets))| {
        arch().dispatch(Gradient {
            logits,
            targets,
            scale,
            into,
        });
    });
    all
}

struct Forward<'a> {
    logits: &'a [f32],
    targets: &'a [f32],
}

impl WithSimd for Forward<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let mut losses = [0.0; PART];
        let mut sum = 0.0;
        for (logits, targets) in self.logits.chunks(PART).zip(self.targets.chunks(PART)) {
            let losses = &mut losses[..logits.len()];
            let vectors = logits
                .chunks(S::F32_LANES)
                .zip(targets.chunks(S::F32_LANES));
            for ((x, y), into) in vectors.zip(losses.chunks_mut(S::F32_LANES)) {
                let [x, y] = [x, y].map(|values| simd.partial_load_f32s(values));
                simd.partial_store_f32s(into, loss(simd, x, y));
            }
            sum += f64::from(row_sum(simd, losses));
        }
        sum
    }
}

#[inline(always)]
fn loss<S: Simd>(simd: S, x: S::f32s, y: S::f32s) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    let rest = ln_1p_of_share(simd, exp(simd, simd.neg_f32s(simd.abs_f32s(x))));
    // NaN stays NaN.
    let positive = simd.select_f32s(simd.greater_than_f32s(zero, x), zero, x);
    let linear = simd.sub_f32s(positive, simd.mul_f32s(x, y));
    simd.add_f32s(linear, rest)
}

struct Gradient<'a> {
    logits: &'a [f32],
    targets: &'a [f32],
    scale: f32,
    into: &'a mut [f32],
}

impl WithSimd for Gradient<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let scale = simd.splat_f32s(self.scale);
        let [logits, targets] = [self.logits, self.targets].map(|all| all.chunks(S::F32_LANES));
        let into = self.into.chunks_mut(S::F32_LANES);
        for ((x, y), into) in logits.zip(targets).zip(into) {
            let [x, y] = [x, y].map(|values| simd.partial_load_f32s(values));
            let difference = simd.sub_f32s(sigmoid(simd, x), y);
            simd.partial_store_f32s(into, simd.mul_f32s(difference, scale));
        }
    }
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
