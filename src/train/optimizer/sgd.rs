//! Stochastic gradient descent with momentum, in one pass over each parameter on a CPU.

use burn::optim::{LearningRate, ModuleOptimizer, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};

use super::decay;
use crate::kernels::{SgdStep, sgd};
use crate::train::spec::TrainSpec;

/// Returns the optimizer of a training.
pub(super) fn optimizer(spec: &TrainSpec) -> ModuleOptimizer {
    ModuleOptimizer::from(Sgd {
        momentum: spec.momentum as f32,
        nesterov: spec.nesterov,
        weight_decay: spec.weight_decay as f32,
    })
}

/// Our own optimizer: the state of Burn's SGD cannot be read.
#[derive(Clone)]
struct Sgd {
    momentum: f32,
    nesterov: bool,
    weight_decay: f32,
}

/// The state of a parameter.
#[derive(Clone)]
struct Velocity<const D: usize> {
    velocity: Tensor<D>,
}

/// The name of its tensor in a record.
const VELOCITY: &str = "velocity";

/// Burn's derive works inside its own crate alone.
impl<const D: usize> RecordState for Velocity<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_tensor(prefix, VELOCITY, self.velocity.to_data());
    }

    fn state_unflatten(prefix: &str, src: &mut StateSource, device: &Device) -> Option<Self> {
        let data = src.take_tensor(prefix, VELOCITY)?;
        Some(Self {
            velocity: Tensor::from_data(data, device),
        })
    }
}

impl Optimizer for Sgd {
    type State<const D: usize> = Velocity<D>;

    fn step<const D: usize>(
        &self,
        learning_rate: LearningRate,
        parameter: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<Velocity<D>>,
    ) -> (Tensor<D>, Option<Velocity<D>>) {
        let velocity = state.map_or_else(|| parameter.zeros_like(), |state| state.velocity);
        let step = SgdStep {
            momentum: self.momentum,
            nesterov: self.nesterov,
            penalty: decay(self.weight_decay, D),
            learning_rate: learning_rate as f32,
        };
        let [parameter, velocity] = sgd(parameter, velocity, gradient, step);
        (parameter, Some(Velocity { velocity }))
    }

    fn to_device<const D: usize>(state: Velocity<D>, device: &Device) -> Velocity<D> {
        Velocity {
            velocity: state.velocity.to_device(device),
        }
    }
}
