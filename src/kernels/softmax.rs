//! Softmax over classes and the cross-entropy of logits, with our own exponential and logarithm.

use burn::backend::Dispatch;
use burn::tensor::{Int, Tensor, activation};

use super::extension_reductions::Reductions;
use super::is_ours;
use super::softmax_passes::RowFunction;
use super::sums::{mean, sum};

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

/// Returns the mean cross-entropy of `logits` against shares of the classes, in nats.
///
/// # Shapes
/// - `logits`: `[batch, classes]`
/// - `shares`: the same; each row adds up to 1
/// - returned: `[1]`
pub fn soft_cross_entropy(logits: Tensor<2>, shares: Tensor<2>) -> Tensor<1> {
    let [batch, _classes] = logits.dims();
    (sum(log_softmax(logits) * shares) / batch as f64).neg()
}

fn suits(logits: &Tensor<2>) -> bool {
    let filled = logits.dims().iter().all(|length| *length > 0);
    filled && is_ours(logits)
}

fn of_rows(logits: Tensor<2>, function: RowFunction) -> Tensor<2> {
    let logits = logits.into_dispatch();
    Tensor::from_dispatch(<Dispatch as Reductions>::row_function(logits, function))
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

    /// With one share of 1 it is the other; with shares 3/4 and 1/4 of p = [1/4, 3/4] it is
    /// (6 ln 2 + ln (4/3)) / 4 = 1.111641, and its gradient is p minus the shares.
    #[test]
    fn soft_cross_entropy_by_hand() {
        let device = Device::flex().autodiff();
        let row = [0.0, 3f32.ln()];
        let run = |shares: [f32; 2]| {
            let logits = Tensor::<2>::from_floats([row], &device).require_grad();
            let loss = soft_cross_entropy(logits.clone(), Tensor::from_floats([shares], &device));
            let gradient = logits.grad(&loss.backward()).expect("a gradient");
            (loss.into_scalar::<f32>(), gradient)
        };
        let (loss, gradient) = run([0.75, 0.25]);
        assert!((loss - 1.111_641).abs() < 1e-6, "{loss}");
        let expected = Tensor::from_floats([[-0.5, 0.5]], &Device::flex());
        assert_close(gradient, expected, ROUNDING);
        let (loss, _) = run([0.0, 1.0]);
        let hard = cross_entropy(
            Tensor::from_floats([row], &device),
            Tensor::from_ints([1], &device),
        );
        assert_eq!(loss, hard.into_scalar::<f32>());
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
