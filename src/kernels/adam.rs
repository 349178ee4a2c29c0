//! A step of Adam or AdamW in one pass over a parameter.

use burn::backend::Flex;
use burn::tensor::Tensor;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::layout::owned;
use super::level::arch;

/// Number of values that a core updates at a time.
pub(super) const TASK: usize = 16 * 1024;

/// The numbers of a step of Adam.
#[derive(Debug, Clone, Copy)]
pub struct AdamStep {
    /// Decay of the mean of gradients.
    pub beta_1: f32,
    /// Decay of the mean of their squares.
    pub beta_2: f32,
    /// Guards against a division by zero.
    pub epsilon: f32,
    /// The learning rate.
    pub learning_rate: f32,
    /// The number of this step, from 1.
    pub time: usize,
    /// Share of the parameter that is added to its gradient: the gradient of an L2 penalty.
    pub penalty: f32,
    /// Share of the parameter, per unit of learning rate, that is subtracted from it, apart from the
    /// gradient.
    pub shrinkage: f32,
}

/// A parameter, the mean of its gradients and that of their squares.
#[derive(Debug, Clone)]
pub struct Moments<const D: usize> {
    /// The parameter.
    pub parameter: Tensor<D>,
    /// The mean of the gradients.
    pub first: Tensor<D>,
    /// The mean of their squares.
    pub second: Tensor<D>,
}

/// Returns the parameter and its moments after a step. They have the bits of Burn's Adam or AdamW,
/// except for the signs of zeros. The moments are updated in place if nothing else holds them.
///
/// # Source
/// Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, end of section 2: the
/// corrections of both biases are one factor. As in Burn, epsilon is corrected too, so that it is
/// that of algorithm 1. The shrinkage is that of Loshchilov and Hutter, "Decoupled Weight Decay
/// Regularization", ICLR 2019, algorithm 2.
///
/// # Panics
/// If a tensor is not of `f32` on the CPU and without autodiff.
pub fn adam<const D: usize>(
    moments: Moments<D>,
    gradient: Tensor<D>,
    step: AdamStep,
) -> Moments<D> {
    let Moments {
        parameter,
        first,
        second,
    } = moments;
    let [mut parameter, mut first, mut second] = [parameter, first, second].map(owned);
    let gradient = owned(gradient);
    let time = i32::try_from(step.time).unwrap_or(i32::MAX);
    let second_bias = (1.0 - step.beta_2.powi(time)).sqrt();
    let factors = Factors {
        step,
        shares: [1.0 - step.beta_1, 1.0 - step.beta_2],
        kept: 1.0 - step.learning_rate * step.shrinkage,
        scale: second_bias / (1.0 - step.beta_1.powi(time)),
        epsilon: step.epsilon * second_bias,
    };
    let into = (parameter.storage_mut().par_chunks_mut(TASK))
        .zip(first.storage_mut().par_chunks_mut(TASK))
        .zip(second.storage_mut().par_chunks_mut(TASK));
    let parts = into.zip(gradient.storage().par_chunks(TASK));
    parts.for_each(|(((parameter, first), second), gradient)| {
        arch().dispatch(Update {
            factors,
            gradient,
            parameter,
            first,
            second,
        });
    });
    let [parameter, first, second] = [parameter, first, second].map(Tensor::from_primitive::<Flex>);
    Moments {
        parameter,
        first,
        second,
    }
}

#[derive(Debug, Clone, Copy)]
struct Factors {
    step: AdamStep,
    /// Shares of the new gradient and of its square.
    shares: [f32; 2],
    /// Share of the parameter that remains.
    kept: f32,
    /// The correction of both biases.
    scale: f32,
    epsilon: f32,
}

/// The update of some values.
struct Update<'a> {
    factors: Factors,
    gradient: &'a [f32],
    parameter: &'a mut [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
}

impl WithSimd for Update<'_> {
    type Output = ();

    /// Each operation is rounded for itself, as in Burn.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Factors {
            step,
            shares,
            kept,
            scale,
            epsilon,
        } = self.factors;
        let values = self.parameter.iter_mut().zip(self.first).zip(self.second);
        for (((parameter, first), second), g) in values.zip(self.gradient) {
            let g = *parameter * step.penalty + g;
            *first = *first * step.beta_1 + g * shares[0];
            *second = *second * step.beta_2 + g * g * shares[1];
            let change = *first * scale / (second.sqrt() + epsilon);
            *parameter = *parameter * kept - change * step.learning_rate;
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::level::tests::with_each;
    use super::super::tests::values;
    use super::*;

    const STEP: AdamStep = AdamStep {
        beta_1: 0.5,
        beta_2: 0.75,
        epsilon: 0.0,
        learning_rate: 0.1,
        time: 1,
        penalty: 0.0,
        shrinkage: 0.0,
    };

    fn start(shape: [usize; 2]) -> Moments<2> {
        let parameter = values(shape, 0.1, &Device::flex());
        Moments {
            first: parameter.zeros_like(),
            second: parameter.zeros_like(),
            parameter,
        }
    }

    /// The first step moves by the learning rate against the gradient's sign; the moments are
    /// (1 - beta) times the gradient and its square.
    #[test]
    fn the_first_step_by_hand() {
        let device = Device::flex();
        let tensor = |values: [f32; 2]| Tensor::<1>::from_floats(values, &device);
        let moments = Moments {
            parameter: tensor([1.0, 2.0]),
            first: tensor([0.0; 2]),
            second: tensor([0.0; 2]),
        };
        let found = adam(moments, tensor([4.0, -2.0]), STEP);
        let of = |tensor: Tensor<1>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
        assert_eq!(of(found.first), [2.0, -1.0]);
        assert_eq!(of(found.second), [4.0, 1.0]);
        let parameter = of(found.parameter);
        assert!((parameter[0] - 0.9).abs() < 1e-6 && (parameter[1] - 2.1).abs() < 1e-6);
    }

    /// With a parameter of 2, a penalty of 1.5 adds 3 to the gradient; a shrinkage of 0.5 takes a
    /// twentieth of it.
    #[test]
    fn both_decays_by_hand() {
        let tensor = |value: f32| Tensor::<1>::from_floats([value], &Device::flex());
        let run = |step| {
            let moments = Moments {
                parameter: tensor(2.0),
                first: tensor(0.0),
                second: tensor(0.0),
            };
            let found = adam(moments, tensor(1.0), step);
            [found.parameter, found.first].map(Tensor::into_scalar::<f32>)
        };
        let penalised = AdamStep {
            penalty: 1.5,
            ..STEP
        };
        assert_eq!(run(penalised)[1], 2.0);
        let shrunk = AdamStep {
            shrinkage: 0.5,
            ..STEP
        };
        let [parameter, first] = run(shrunk);
        assert_eq!(first, 0.5);
        // 2 * 0.95 - 0.1
        assert!((parameter - 1.8).abs() < 1e-6, "{parameter}");
    }

    #[test]
    fn neither_instructions_nor_views_change_a_bit() {
        let shape = [37, 1000];
        let run = |view: bool| {
            let mut moments = start(shape);
            if view {
                let parameter = moments.parameter;
                let twice = Tensor::cat(vec![parameter.clone(), parameter], 0);
                moments.parameter = twice.narrow(0, shape[0], shape[0]);
            }
            for time in 1..4 {
                let gradient = values(shape, time as f32, &Device::flex());
                moments = adam(moments, gradient, AdamStep { time, ..STEP });
            }
            let Moments {
                parameter,
                first,
                second,
            } = moments;
            [parameter, first, second].map(Tensor::into_data)
        };
        let found = with_each(|| run(false));
        assert!(found.iter().all(|one| *one == found[0]));
        assert_eq!(run(true), run(false));
    }

    /// A tensor that is held elsewhere keeps its values.
    #[test]
    fn others_keep_their_values() {
        let before = start([3, 5]);
        let kept = before.clone();
        let gradient = values([3, 5], 0.2, &Device::flex());
        let _ = adam(before, gradient, STEP);
        assert_eq!(
            kept.parameter.into_data(),
            start([3, 5]).parameter.into_data()
        );
        assert_eq!(kept.first.into_data(), start([3, 5]).first.into_data());
    }
}
