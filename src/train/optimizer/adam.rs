//! Adam and AdamW, in one pass over each parameter on a CPU. Their state is that of Burn's Adam, so
//! checkpoints are the same.

use burn::optim::{
    AdamConfig, AdamState, AdamWConfig, AdamWState, AdaptiveMomentumState, LearningRate,
    ModuleOptimizer, Optimizer, decay::WeightDecayConfig,
};
use burn::tensor::{Device, Tensor};

use super::decay;
use crate::device::is_gpu;
use crate::kernels::{AdamStep, Moments, adam};
use crate::train::spec::TrainSpec;

/// Returns the optimizer of a training: AdamW if its decay is `decoupled` from the gradient.
pub(super) fn optimizer(spec: &TrainSpec, decoupled: bool) -> ModuleOptimizer {
    ModuleOptimizer::from(Adam {
        beta_1: spec.beta_1 as f32,
        beta_2: spec.beta_2 as f32,
        epsilon: spec.epsilon as f32,
        weight_decay: spec.weight_decay as f32,
        decoupled,
    })
}

#[derive(Clone)]
struct Adam {
    beta_1: f32,
    beta_2: f32,
    epsilon: f32,
    weight_decay: f32,
    decoupled: bool,
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
            return self.by_the_backend(learning_rate, parameter, gradient, state);
        }
        // Burn's first step adds to nothing, which gives the same numbers.
        let (time, first, second) = match state {
            Some(AdamState { momentum }) => {
                (momentum.time + 1, momentum.moment_1, momentum.moment_2)
            }
            None => (1, parameter.zeros_like(), parameter.zeros_like()),
        };
        let decay = decay(self.weight_decay, D);
        let [penalty, shrinkage] = match self.decoupled {
            true => [0.0, decay],
            false => [decay, 0.0],
        };
        let step = AdamStep {
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon,
            learning_rate: learning_rate as f32,
            time,
            penalty,
            shrinkage,
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

impl Adam {
    /// Computes the same with Burn's optimizers.
    fn by_the_backend<const D: usize>(
        &self,
        learning_rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        let decay = decay(self.weight_decay, D);
        if self.decoupled {
            let config = AdamWConfig::new()
                .with_beta_1(self.beta_1)
                .with_beta_2(self.beta_2)
                .with_epsilon(self.epsilon)
                .with_weight_decay(decay);
            let state = state.map(|state| AdamWState::new(state.momentum));
            let (parameter, state) =
                (config.build()).step(learning_rate, parameter, gradient, state);
            return (parameter, state.map(|state| AdamState::new(state.momentum)));
        }
        let config = AdamConfig::new()
            .with_beta_1(self.beta_1)
            .with_beta_2(self.beta_2)
            .with_epsilon(self.epsilon)
            .with_weight_decay((decay > 0.0).then(|| WeightDecayConfig::new(decay)));
        (config.build()).step(learning_rate, parameter, gradient, state)
    }
}
