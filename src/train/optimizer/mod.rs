//! The optimizers by name. Weights of convolutions and dense layers decay; biases and the parameters
//! of normalisations do not.

mod adam;
mod sgd;

use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

use super::TrainSpec;

/// An optimizer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerName {
    /// Adam (Kingma and Ba 2015, algorithm 1); the decay is the gradient of an L2 penalty.
    #[default]
    Adam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).
    Adamw,
    /// Stochastic gradient descent with momentum (Sutskever et al. 2013); the decay is the gradient of
    /// an L2 penalty.
    Sgd,
}

impl OptimizerName {
    /// Returns the name in an experiment.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::Adamw => "adamw",
            Self::Sgd => "sgd",
        }
    }
}

/// Returns the optimizer of a training.
pub(super) fn optimizer(spec: &TrainSpec) -> ModuleOptimizer {
    match spec.optimizer {
        OptimizerName::Adam => adam::optimizer(spec, false),
        OptimizerName::Adamw => adam::optimizer(spec, true),
        OptimizerName::Sgd => sgd::optimizer(spec),
    }
}

/// Returns the share of a parameter with `axes` that decays: biases and normalisations have one axis.
fn decay(weight_decay: f32, axes: usize) -> f32 {
    if axes > 1 { weight_decay } else { 0.0 }
}

#[cfg(test)]
mod tests;
