//! Adam, in one pass over each parameter on a CPU. Its state is that of Burn's Adam, so checkpoints
//! are the same.

use burn::optim::{
    AdamConfig, AdamState, AdaptiveMomentumState, LearningRate, ModuleOptimizer, Optimizer,
};
use burn::tensor::{Device, Tensor};

use crate::device::is_gpu;
use crate::kernels::{AdamStep, Moments, adam};

use super::TrainSpec;

/// Returns the optimizer of a training.
pub(super) fn optimizer(spec: &TrainSpec) -> ModuleOptimizer {
    let [beta_1, beta_2] = [spec.beta_1 as f32, spec.beta_2 as f32];
    let epsilon = spec.epsilon as f32;
    let config = AdamConfig::new()
        .with_beta_1(beta_1)
        .with_beta_2(beta_2)
        .with_epsilon(epsilon);
    ModuleOptimizer::from(Adam {
        beta_1,
        beta_2,
        epsilon,
        backends: config.build(),
    })
}

#[derive(Clone)]
struct Adam {
    beta_1: f32,
    beta_2: f32,
    epsilon: f32,
    /// For other devices.
    backends: burn::optim::Adam,
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        if is_gpu(&parameter.device()) {
            return self
                .backends
                .step(learning_rate, parameter, gradient, state);
        }
        // Burn's first step adds to nothing, which gives the same numbers.
        let (time, first, second) = match state {
            Some(AdamState { momentum }) => {
                (momentum.time + 1, momentum.moment_1, momentum.moment_2)
            }
            None => (1, parameter.zeros_like(), parameter.zeros_like()),
        };
        let step = AdamStep {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon,
            learning_rate: learning_rate as f32,
            time,
        };
        let moments = Moments {
            parameter,
            first,
            second,
        };
        let Moments {
            parameter,
            first,
            second,
        } = adam(moments, gradient, step);
        let momentum = AdaptiveMomentumState::new(time, first, second);
        (parameter, Some(AdamState::new(momentum)))
    }

    fn to_device<const D: usize>(state: AdamState<D>, device: &Device) -> AdamState<D> {
        burn::optim::Adam::to_device(state, device)
    }
}
