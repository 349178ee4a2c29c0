//! The optimizers by name. Weights of convolutions and dense layers decay; biases and the parameters
//! of normalisations do not.

mod adam;
mod sgd;

use burn::optim::ModuleOptimizer;

use super::spec::{OptimizerName, TrainSpec};

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
