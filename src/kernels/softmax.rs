//! Softmax over classes and the cross-entropy of logits, with our own exponential and logarithm.

use burn::backend::Dispatch;
use burn::tensor::{DType, Int, Tensor, activation};
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::exponential::{exp, ln};
use super::extension::Kernels;
use super::is_cpu;
use super::level::arch;
use super::sums::{mean, row_sum};

/// Number of values that a core computes at a time.
const TASK: usize = 16 * 1024;

/// The function of a row of logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RowFunction {
    Softmax,
    LogSoftmax,
}

/// Returns the probabilities of the classes, 0 to 1.
///
/// # Shapes
/// - `logits`: `[batch, classes]`
/// - returned: the same
pub fn softmax(logits: Tensor<2>) -> Tensor<2> {
    match suits(&logits) {
        true => of_rows(logits, RowFunction::Softmax),
        false => activation::softmax(logits, 1),
    }
}

/// Returns the logarithms of the probabilities of the classes.
///
/// # Shapes
/// - `logits`: `[batch, classes]`
/// - returned: the same
pub fn log_softmax(logits: Tensor<2>) -> Tensor<2> {
    match suits(&logits) {
        true => of_rows(logits, RowFunction::LogSoftmax),
        false => activation::log_softmax(logits, 1),
    }
}

/// Returns the mean cross-entropy of `logits` against the classes in `targets`, in nats.
///
/// # Shapes
/// - `logits`: `[batch, classes]`
/// - `targets`: `[batch]`, below the number of classes
/// - returned: `[1]`
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    let [batch, _classes] = logits.dims();
    let logs = log_softmax(logits).gather(1, targets.reshape([batch, 1]));
    mean(logs).neg()
}

fn suits(logits: &Tensor<2>) -> bool {
    let filled = logits.dims().iter().all(|length| *length > 0);
    filled && logits.dtype() == DType::F32 && is_cpu(&logits.clone().into_dispatch().kind)
}

fn of_rows(logits: Tensor<2>, function: RowFunction) -> Tensor<2> {
    let logits = logits.into_dispatch();
    Tensor::from_dispatch(<Dispatch as Kernels>::row_function(logits, function))
}

/// Returns the function of each row of `classes` logits.
pub(super) fn forward(logits: &[f32], classes: usize, function: RowFunction) -> Vec<f32> {
    let mut all = vec![0.0; logits.len()];
    let task = (TASK / classes).max(1) * classes;
    (all.par_chunks_mut(task).zip(logits.par_chunks(task))).for_each(|(into, logits)| {
        arch().dispatch(Forward {
            logits,
            classes,
            function,
            into,
        });
    });
    all
}

/// Returns the gradient of the logits, from that of the function's `results`.
pub(super) fn backward(
    results: &[f32],
    gradient: &[f32],
    classes: usize,
    function: RowFunction,
) -> Vec<f32> {
    let mut all = vec![0.0; gradient.len()];
    let task = (TASK / classes).max(1) * classes;
    let from = results.par_chunks(task).zip(gradient.par_chunks(task));
    (all.par_chunks_mut(task).zip(from)).for_each(|(into, (results, gradient))| {
        arch().dispatch(Backward {
            results,
            gradient,
            classes,
            function,
            into,
        });
    });
    all
}

struct Forward<'a> {
    logits: &'a [f32],
    classes: usize,
    function: RowFunction,
    into: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.logits.chunks(self.classes);
        for (row, into) in rows.zip(self.into.chunks_mut(self.classes)) {
            // Without NaN; one in the row reaches every result through the sum.
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            exp_all(simd, row, largest, into);
            let sum = row_sum(simd, into);
            match self.function {
                RowFunction::Softmax => into.iter_mut().for_each(|value| *value /= sum),
                RowFunction::LogSoftmax => {
                    let log = ln(f64::from(sum)) as f32;
                    for (into, logit) in into.iter_mut().zip(row) {
                        *into = (logit - largest) - log;
                    }
                }
            }
        }
    }
}

struct Backward<'a> {
    results: &'a [f32],
    gradient: &'a [f32],
    classes: usize,
    function: RowFunction,
    into: &'a mut [f32],
}

impl WithSimd for Backward<'_> {
    type Output = ();

    /// With p the probabilities: p (g - sum of p g), or g - p times the sum of g.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [results, gradient] = [self.results, self.gradient].map(|all| all.chunks(self.classes));
        let rows = results
            .zip(gradient)
            .zip(self.into.chunks_mut(self.classes));
        for ((results, gradient), into) in rows {
            match self.function {
                RowFunction::Softmax => {
                    for ((into, p), g) in into.iter_mut().zip(results).zip(gradient) {
                        *into = p * g;
                    }
                    let sum = row_sum(simd, into);
                    for ((into, p), g) in into.iter_mut().zip(results).zip(gradient) {
                        *into = p * (g - sum);
                    }
                }
                RowFunction::LogSoftmax => {
                    exp_all(simd, results, 0.0, into);
                    let sum = row_sum(simd, gradient);
                    for (into, g) in into.iter_mut().zip(gradient) {
                        *into = g - *into * sum;
                    }
                }
            }
        }
    }
}

/// Writes e^(x - shift) for every x of a row.
#[inline(always)]
fn exp_all<S: Simd>(simd: S, row: &[f32], shift: f32, into: &mut [f32]) {
    let shift = simd.splat_f32s(shift);
    let rows = row.chunks(S::F32_LANES);
    for (row, into) in rows.zip(into.chunks_mut(S::F32_LANES)) {
        let x = simd.sub_f32s(simd.partial_load_f32s(row), shift);
        simd.partial_store_f32s(into, exp(simd, x));
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::super::level::tests::with_each;
    use super::super::tests::{assert_close, values};
    use super::*;

    /// Two exponentials of one or two units in the last place each.
    const ROUNDING: f32 = 2e-6;
    const SHAPES: [[usize; 2]; 5] = [[1, 1], [3, 2], [4, 10], [7, 100], [3, 1000]];

    type Function = fn(Tensor<2>) -> Tensor<2>;

    fn backends_softmax(logits: Tensor<2>) -> Tensor<2> {
        activation::softmax(logits, 1)
    }

    fn backends_log_softmax(logits: Tensor<2>) -> Tensor<2> {
        activation::log_softmax(logits, 1)
    }

    /// Returns the results and the gradient of the logits, between -5 and 5: where one class is
    /// certain, gradients cancel and are rounding alone.
    fn run(shape: [usize; 2], function: Function) -> [Tensor<2>; 2] {
        let device = Device::flex().autodiff();
        let logits = values(shape, 0.1, &device) * 5.0;
        let logits = logits.without_autodiff().autodiff().require_grad();
        let results = function(logits.clone());
        let score = results.clone() * values(shape, 0.2, &device);
        let gradients = score.sum().backward();
        let gradient = logits.grad(&gradients).expect("a gradient");
        [results.without_autodiff(), gradient]
    }

    #[test]
    fn any_size_is_as_by_the_backend() {
        let both: [[Function; 2]; 2] = [
            [softmax, backends_softmax],
            [log_softmax, backends_log_softmax],
        ];
        // A single class has a gradient of rounding alone.
        for shape in SHAPES.into_iter().skip(1) {
            for [own, backends] in both {
                let found = run(shape, own).into_iter().zip(run(shape, backends));
                found.for_each(|(found, expected)| assert_close(found, expected, ROUNDING));
            }
        }
        let one: f32 = softmax(values([1, 1], 0.1, &Device::flex())).into_scalar();
        assert_eq!(one, 1.0);
    }

    /// softmax of [0, ln 3] is [1/4, 3/4]; the gradient of the loss is p minus the target's 1, over
    /// the batch.
    #[test]
    fn cross_entropy_by_hand() {
        let device = Device::flex().autodiff();
        let logits = Tensor::<2>::from_floats([[0.0, 3f32.ln()], [5.0, 5.0]], &device);
        let logits = logits.require_grad();
        let targets = Tensor::<1, Int>::from_ints([1, 0], &device);
        let loss = cross_entropy(logits.clone(), targets);
        let gradients = loss.backward();
        let gradient = logits.grad(&gradients).expect("a gradient");
        let expected = Tensor::from_floats([[0.125, -0.125], [-0.25, 0.25]], &Device::flex());
        assert_close(gradient, expected, ROUNDING);
        let expected = ((4f32 / 3.0).ln() + 2f32.ln()) / 2.0;
        assert!((loss.into_scalar::<f32>() - expected).abs() < 1e-6);
    }

    #[test]
    fn gradients_meet_finite_differences() {
        /// Step whose square and whose rounding error, divided by it, are below the tolerance.
        const STEP: f32 = 0.01;
        let device = Device::flex();
        let shape = [2, 5];
        for function in [softmax as Function, log_softmax] {
            let tracked = values(shape, 0.1, &device.clone().autodiff()).require_grad();
            let weights = values(shape, 0.2, &device);
            let score = function(tracked.clone()) * weights.clone().autodiff();
            let gradients = score.sum().backward();
            let gradient = tracked.grad(&gradients).expect("a gradient");
            let gradient: Vec<f32> = gradient.into_data().iter::<f32>().collect();
            let logits: Vec<f32> = values(shape, 0.1, &device)
                .into_data()
                .iter::<f32>()
                .collect();
            for (place, found) in gradient.iter().enumerate() {
                let score = |by: f32| -> f32 {
                    let mut logits = logits.clone();
                    logits[place] += by;
                    let logits = Tensor::from_data(TensorData::new(logits, shape), &device);
                    (function(logits) * weights.clone()).sum().into_scalar()
                };
                let expected = (score(STEP) - score(-STEP)) / (2.0 * STEP);
                assert!(
                    (found - expected).abs() < 1e-4,
                    "{place}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn the_instructions_change_no_bit() {
        for shape in SHAPES {
            for function in [softmax as Function, log_softmax] {
                let found = with_each(|| run(shape, function).map(Tensor::into_data));
                assert!(found.iter().all(|one| *one == found[0]), "{shape:?}");
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_so() {
        let logits = Tensor::from_floats([[0.0, f32::NAN, 1.0]], &Device::flex());
        for function in [softmax as Function, log_softmax] {
            let results = function(logits.clone());
            assert!(results.is_nan().all().into_scalar::<bool>());
        }
    }
}
