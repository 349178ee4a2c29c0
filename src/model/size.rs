//! What a network costs, counted from its spec alone. Called by `cli` (`diff`, `list`) and `train`.

use super::backbones::{Stem, cost};
use super::{ForecastSpec, Head, ModelSpec, NetworkName};

/// Cells of a convolution kernel: 3 x 3.
const KERNEL_CELLS: u64 = 9;

/// Gates of a ConvLSTM cell.
const GATES: u64 = 4;

/// Parameters and multiply-adds of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NetworkSize {
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-adds of one image's forward pass, in convolutions and dense layers.
    pub multiply_adds: u64,
}

impl NetworkSize {
    /// Returns the size of the network of `spec` for images of `height` x `width` pixels with 3
    /// channels, and `classes` classes. A count that does not fit is the largest that does.
    pub fn of(spec: &ModelSpec, height: usize, width: usize, classes: usize) -> Self {
        if let NetworkName::Backbone(name) = spec.network {
            let (parameters, multiply_adds) = cost((name, Stem::Cifar), [height, width], classes);
            return Self {
                parameters,
                multiply_adds,
            };
        }
        let (mut height, mut width, mut channels) = (height as u64, width as u64, 3);
        let classes = classes as u64;
        let (mut parameters, mut multiply_adds) = (0, 0);
        for filters in spec.filters.iter().map(|filters| *filters as u64) {
            let weights = product(&[filters, channels, KERNEL_CELLS]);
            parameters = sum(&[parameters, weights, filters]);
            multiply_adds = sum(&[multiply_adds, product(&[height, width, weights])]);
            (height, width, channels) = (height / 2, width / 2, filters);
        }
        let features = match spec.head {
            Head::Flatten => product(&[height, width, channels]),
            Head::AveragePool => channels,
        };
        let weights = product(&[classes, features]);
        parameters = sum(&[parameters, weights, classes]);
        multiply_adds = sum(&[multiply_adds, weights]);
        Self {
            parameters,
            multiply_adds,
        }
    }
}

impl NetworkSize {
    /// Returns the size of the predictor of `spec` for frames of `side` x `side` pixels; multiply-adds
    /// are those of one frame. A count that does not fit is the largest that does.
    pub fn of_forecast(spec: &ForecastSpec, side: usize) -> Self {
        let [patch, side, kernel] = [spec.patch, side, spec.kernel].map(|count| count as u64);
        let pixels = product(&[patch, patch]);
        let cells = product(&[side / patch, side / patch]);
        let (mut parameters, mut multiply_adds, mut channels) = (0, 0, pixels);
        for hidden in spec.hidden.iter().map(|hidden| *hidden as u64) {
            let gates = product(&[GATES, hidden]);
            let weights = product(&[sum(&[channels, hidden]), gates, kernel, kernel]);
            parameters = sum(&[parameters, weights, gates]);
            multiply_adds = sum(&[multiply_adds, product(&[cells, weights])]);
            channels = hidden;
        }
        let weights = product(&[channels, pixels]);
        Self {
            parameters: sum(&[parameters, weights, pixels]),
            multiply_adds: sum(&[multiply_adds, product(&[cells, weights])]),
        }
    }
}

fn product(factors: &[u64]) -> u64 {
    factors
        .iter()
        .fold(1, |product, factor| product.saturating_mul(*factor))
}

fn sum(terms: &[u64]) -> u64 {
    terms.iter().fold(0, |sum, term| sum.saturating_add(*term))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trial A by hand: 32 filters of 3 x 9 weights and a bias are 896; 32 x 32 pixels times 32
    /// filters times 27 are 884,736; the dense layer has 16 x 16 x 32 = 8192 inputs.
    #[test]
    fn one_block_by_hand() {
        let spec = ModelSpec {
            network: NetworkName::PlainCnn,
            filters: vec![32],
            block_dropout: 0.0,
            head_dropout: 0.0,
            head: Head::Flatten,
        };
        let size = NetworkSize::of(&spec, 32, 32, 100);
        assert_eq!(size.parameters, 896 + 100 * 8193);
        assert_eq!(size.multiply_adds, 884_736 + 819_200);
        let pooled = NetworkSize::of(
            &ModelSpec {
                head: Head::AveragePool,
                ..spec.clone()
            },
            32,
            32,
            100,
        );
        assert_eq!(pooled.parameters, 896 + 100 * 33);
        let huge = ModelSpec {
            filters: vec![usize::MAX; 2],
            ..spec
        };
        assert_eq!(NetworkSize::of(&huge, 32, 32, 100).parameters, u64::MAX);
    }
}
