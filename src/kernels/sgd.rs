//! A step of stochastic gradient descent with momentum, in one pass over a parameter.

use burn::backend::Flex;
use burn::tensor::Tensor;
use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::adam::TASK;
use super::is_ours;
use super::layout::owned;
use super::level::arch;

/// The numbers of a step of stochastic gradient descent.
#[derive(Debug, Clone, Copy)]
pub struct SgdStep {
    /// Share of the velocity that remains.
    pub momentum: f32,
    /// Whether the step looks ahead along the velocity.
    pub nesterov: bool,
    /// Share of the parameter that is added to its gradient: the gradient of an L2 penalty.
    pub penalty: f32,
    /// The learning rate.
    pub learning_rate: f32,
}

/// Returns the parameter and its velocity after a step. On the CPU they are updated in place if
/// nothing else holds them.
///
/// # Source
/// Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013,
/// equations 1 to 4, in PyTorch's form: v = m v + g, and the parameter moves by the learning rate
/// times v, or g + m v with Nesterov's momentum.
pub fn sgd<const D: usize>(
    parameter: Tensor<D>,
    velocity: Tensor<D>,
    gradient: Tensor<D>,
    step: SgdStep,
) -> [Tensor<D>; 2] {
    if !(is_ours(&parameter) && is_ours(&velocity) && is_ours(&gradient)) {
        return by_the_backend(parameter, velocity, gradient, step);
    }
    let [mut parameter, mut velocity] = [parameter, velocity].map(owned);
    let gradient = owned(gradient);
    let into = (parameter.storage_mut().par_chunks_mut(TASK))
        .zip(velocity.storage_mut().par_chunks_mut(TASK));
    let parts = into.zip(gradient.storage().par_chunks(TASK));
    parts.for_each(|((parameter, velocity), gradient)| {
        arch().dispatch(Update {
            step,
            gradient,
            parameter,
            velocity,
        });
    });
    [parameter, velocity].map(Tensor::from_primitive::<Flex>)
}

/// Computes the same with the backend's own operations.
fn by_the_backend<const D: usize>(
    parameter: Tensor<D>,
    velocity: Tensor<D>,
    gradient: Tensor<D>,
    step: SgdStep,
) -> [Tensor<D>; 2] {
    let gradient = parameter.clone() * step.penalty + gradient;
    let velocity = velocity * step.momentum + gradient.clone();
    let change = match step.nesterov {
        true => velocity.clone() * step.momentum + gradient,
        false => velocity.clone(),
    };
    [parameter - change * step.learning_rate, velocity]
}

/// The update of some values.
struct Update<'a> {
    step: SgdStep,
    gradient: &'a [f32],
    parameter: &'a mut [f32],
    velocity: &'a mut [f32],
}

impl WithSimd for Update<'_> {
    type Output = ();

    /// Rounds after each operation, without fused multiply-adds.
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let SgdStep {
            momentum,
            nesterov,
            penalty,
            learning_rate,
        } = self.step;
        // The change is g + m v or v: one formula, so that the loop has no branch.
        let [ahead, own] = if nesterov {
            [momentum, 1.0]
        } else {
            [1.0, 0.0]
        };
        let values = self.parameter.iter_mut().zip(self.velocity);
        for ((parameter, velocity), g) in values.zip(self.gradient) {
            let g = *parameter * penalty + g;
            *velocity = *velocity * momentum + g;
            *parameter -= (*velocity * ahead + g * own) * learning_rate;
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::super::level::tests::with_each;
    use super::super::tests::{assert_close, values};
    use super::*;

    const STEP: SgdStep = SgdStep {
        momentum: 0.5,
        nesterov: false,
        penalty: 0.25,
        learning_rate: 0.1,
    };

    /// The gradient 3 with the penalty 0.25 * 4 is 4; the velocity 2 becomes 1 + 4 = 5. The change is
    /// 5, or 4 + 0.5 * 5 = 6.5 looking ahead.
    #[test]
    fn a_step_by_hand() {
        let one = |value: f32| Tensor::<1>::from_floats([value], &Device::flex());
        for (nesterov, expected) in [(false, 3.5), (true, 3.35)] {
            let step = SgdStep { nesterov, ..STEP };
            for run in [sgd, by_the_backend] {
                let [parameter, velocity] = run(one(4.0), one(2.0), one(3.0), step);
                assert_eq!(velocity.into_scalar::<f32>(), 5.0);
                assert!((parameter.into_scalar::<f32>() - expected).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn any_size_is_as_by_the_backend_at_every_level() {
        let shape = [37, 1000];
        let tensor = |salt| values(shape, salt, &Device::flex());
        for nesterov in [false, true] {
            let step = SgdStep { nesterov, ..STEP };
            let run = || sgd(tensor(0.1), tensor(0.2), tensor(0.3), step);
            let expected = by_the_backend(tensor(0.1), tensor(0.2), tensor(0.3), step);
            for (found, expected) in run().into_iter().zip(expected) {
                // Two roundings.
                assert_close(found, expected, 2e-7);
            }
            let found = with_each(|| run().map(Tensor::into_data));
            assert!(found.iter().all(|one| *one == found[0]));
        }
    }
}
