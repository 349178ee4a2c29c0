//! The exponential average of a network's weights over its steps.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Returns `average` moved towards `network`: it keeps the share `decay` of itself, less in the first
/// steps, where it would hold mostly the initial weights. Running statistics are averaged too.
///
/// # Source
/// Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992, with
/// exponential weights. The smaller share at step n (from 0), (1 + n) / (10 + n), is that of
/// TensorFlow's `ExponentialMovingAverage`.
pub(super) fn follow<N: Module>(average: N, network: &N, decay: f64, step: u64) -> N {
    let step = step as f64;
    let mut newest = Newest(GradientsParams::new());
    network.visit(&mut newest);
    average.map(&mut Follow {
        newest: newest.0,
        kept: decay.min((1.0 + step) / (10.0 + step)),
    })
}

/// Returns a network that shares the weights of `network` and has no gradients.
pub(super) fn copy<N: Module>(network: &N) -> N {
    network.clone().no_grad()
}

/// The weights by their numbers.
struct Newest(GradientsParams);

impl ModuleVisitor for Newest {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.register(param.id, param.val().without_autodiff());
    }
}

struct Follow {
    newest: GradientsParams,
    kept: f64,
}

impl ModuleMapper for Follow {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, old, mapper) = param.consume();
        let newest = (self.newest.remove::<D>(id)).expect("a network of the same parameters");
        let moved = old.without_autodiff() * self.kept + newest * (1.0 - self.kept);
        Param::from_mapped_value(id, moved.autodiff(), mapper)
    }
}

#[cfg(test)]
mod tests {
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::Device;

    use super::*;

    fn layer(value: f32) -> Linear {
        let device = Device::flex().autodiff();
        let layer = LinearConfig::new(1, 1).with_bias(false).init(&device);
        Linear {
            weight: Param::initialized(1.into(), Tensor::from_floats([[value]], &device)),
            ..layer
        }
    }

    /// In step 0 the average keeps a tenth, in step 8 a half, later its share.
    #[test]
    fn an_average_by_hand() {
        let after = |step| {
            let average = follow(copy(&layer(2.0)), &layer(12.0), 0.75, step);
            average.weight.val().into_scalar::<f32>()
        };
        for (step, expected) in [(0, 11.0), (8, 7.0), (1000, 4.5)] {
            assert!(
                (after(step) - expected).abs() < 1e-6,
                "{step}: {}",
                after(step)
            );
        }
    }
}
