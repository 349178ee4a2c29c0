//! Batch normalisation of a network that is trained here.

use burn::module::{Flag, Module, Param, ParamId, RunningState};
use burn::tensor::{Device, Tensor};

use crate::kernels::{Activation, Normalisation, normalised, pooled_normalised};

/// Added to a variance before its square root, as in PyTorch, so that it is not 0.
pub(super) const VARIANCE_EPSILON: f32 = 1e-5;
/// Share of the newest batch in the running statistics, PyTorch's default.
const MOMENTUM: f64 = 0.1;
/// First number of running statistics, above the numbers of a network's parameters.
const FIRST_STATISTIC: u64 = 1 << 32;

/// Standardises each channel, by the batch's own mean and variance in training and by running ones
/// otherwise, then scales and shifts it.
///
/// The network trains if it is on a device with autodiff and not in validation mode. A forward pass
/// then updates the running statistics: they follow the batch's mean and its variance over n - 1
/// values, while the batch itself is standardised by its variance over n.
///
/// # Source
/// Ioffe and Szegedy, "Batch Normalization", ICML 2015, algorithms 1 and 2. As in PyTorch, the
/// running statistics are exponential averages.
#[derive(Module, Debug)]
pub(super) struct BatchNorm {
    scale: Param<Tensor<1>>,
    shift: Param<Tensor<1>>,
    running_mean: RunningState<Tensor<1>>,
    running_variance: RunningState<Tensor<1>>,
    training: Param<Flag>,
}

impl BatchNorm {
    /// Returns the untrained layer: scale 1, shift 0, running mean 0 and variance 1. No other layer
    /// of the network has its `place`, which numbers its running statistics.
    pub(super) fn new(channels: usize, place: usize, device: &Device) -> Self {
        let [zeros, ones] = [
            Tensor::zeros([channels], device),
            Tensor::ones([channels], device),
        ];
        let number = FIRST_STATISTIC + 2 * place as u64;
        let [mean, variance] = [number, number + 1].map(ParamId::from);
        Self {
            scale: Param::from_tensor(ones.clone()),
            shift: Param::from_tensor(zeros.clone()),
            running_mean: RunningState::with_id(mean, zeros),
            running_variance: RunningState::with_id(variance, ones),
            training: Param::from_bool(true),
        }
    }

    /// Returns the activation of the normalised values, added to `plus` if there is one.
    ///
    /// # Shapes
    /// - `input`, `plus`, returned: `[batch, channels, height, width]`
    pub(super) fn forward(
        &self,
        input: Tensor<4>,
        plus: Option<Tensor<4>>,
        activation: Activation,
    ) -> Tensor<4> {
        self.run(input, |input, layer| {
            normalised(input, layer, plus, activation)
        })
    }

    /// Returns the largest activation of the normalised values in each 2x2 window.
    ///
    /// # Shapes
    /// - `input`: `[batch, channels, height, width]`
    /// - returned: the same axes, with half the height and width, rounded down
    pub(super) fn forward_pooled(&self, input: Tensor<4>, activation: Activation) -> Tensor<4> {
        self.run(input, |input, layer| {
            pooled_normalised(input, layer, activation)
        })
    }

    /// Returns what `normalise` makes of the input. In training, the running statistics follow the
    /// mean and the variance that it returns too.
    fn run(
        &self,
        input: Tensor<4>,
        normalise: impl FnOnce(Tensor<4>, Normalisation) -> (Tensor<4>, [Tensor<1>; 2]),
    ) -> Tensor<4> {
        let trains = self.training.val().is_enabled() && input.device().is_autodiff();
        let [batch, _channels, height, width] = input.dims();
        let layer = Normalisation {
            scale: self.scale.val(),
            shift: self.shift.val(),
            statistics: (!trains).then(|| self.statistics()),
            epsilon: VARIANCE_EPSILON,
        };
        let (output, [mean, variance]) = normalise(input, layer);
        if !trains {
            return output;
        }
        let values = (batch * height * width) as f64;
        // A single value has no variance over n - 1; its own, 0, is used unchanged.
        let unbiased = variance * (values / (values - 1.0).max(1.0));
        let follow = |running: &RunningState<Tensor<1>>, newest: Tensor<1>| {
            let moved = running.value_sync() * (1.0 - MOMENTUM) + newest.detach() * MOMENTUM;
            running.update(moved.detach());
        };
        follow(&self.running_mean, mean);
        follow(&self.running_variance, unbiased);
        output
    }

    /// Returns its parameters and buffers by PyTorch's names in a layer, `[channels]` each.
    pub(super) fn tensors(&self) -> [(&'static str, Tensor<1>); 4] {
        let [mean, variance] = self.statistics();
        [
            ("weight", self.scale.val()),
            ("bias", self.shift.val()),
            ("running_mean", mean),
            ("running_var", variance),
        ]
    }

    /// Returns the running mean and variance.
    fn statistics(&self) -> [Tensor<1>; 2] {
        [&self.running_mean, &self.running_variance].map(RunningState::value_sync)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_near(found: Tensor<4>, expected: [f64; 4]) {
        let found: Vec<f32> = found.into_data().iter::<f32>().collect();
        for (found, expected) in found.iter().zip(expected) {
            // A few roundings of numbers near 1.
            assert!(
                (f64::from(*found) - expected).abs() < 2e-6,
                "{found} for {expected}"
            );
        }
    }

    fn statistics(norm: &BatchNorm) -> [f32; 2] {
        norm.statistics().map(Tensor::into_scalar::<f32>)
    }

    /// Four values of one channel in two images: 1, 2, 3 and 6 have the mean 3, and their squared
    /// deviations add up to 14, so the variance is 14 / 4 over n and 14 / 3 over n - 1.
    #[test]
    fn running_statistics_by_hand() {
        let device = Device::flex().autodiff();
        let norm = BatchNorm::new(1, 0, &device);
        let values = [[[[1.0f32, 2.0]]], [[[3.0, 6.0]]]];
        let found = norm.forward(
            Tensor::from_floats(values, &device),
            None,
            Activation::Identity,
        );
        let root = (3.5f64 + 1e-5).sqrt();
        assert_near(found, [-2.0 / root, -1.0 / root, 0.0, 3.0 / root]);
        // A tenth of the batch's statistics, nine tenths of 0 and of 1.
        let [mean, variance] = statistics(&norm);
        assert!((mean - 0.3).abs() < 1e-6, "{mean}");
        assert!((variance - (0.9 + 14.0 / 30.0)).abs() < 1e-6, "{variance}");

        let again = Tensor::from_floats(values, &device);
        let _ = norm.forward(again, None, Activation::Identity);
        let [mean, variance] = statistics(&norm);
        assert!((mean - 0.57).abs() < 1e-6, "{mean}");
        let expected = 0.9 * (0.9 + 14.0 / 30.0) + 14.0 / 30.0;
        assert!((variance - expected).abs() < 1e-6, "{variance}");

        // In validation mode the running statistics do not change, even with an autodiff graph.
        let valid = norm.valid();
        let root = (f64::from(expected) + 1e-5).sqrt();
        let expected = [1.0, 2.0, 3.0, 6.0].map(|x| (x - 0.57) / root);
        for device in [Device::flex(), device] {
            let values = Tensor::from_floats(values, &device);
            let found = valid.forward(values, None, Activation::Identity);
            assert_near(found, expected);
        }
        assert_eq!(statistics(&valid), [mean, variance]);
    }
}
