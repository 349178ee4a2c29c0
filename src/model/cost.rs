//! A network's cost, counted from its spec alone.

use super::backbones::{Stem, cost};
use super::forecast_spec::ForecastSpec;
use super::plain_cnn::Plan;
use super::predictors::predictor_size;
use super::size::NetworkSize;
use super::spec::{ModelSpec, NetworkName};

impl NetworkSize {
    /// Returns the size of the network of `spec` for images of `height` x `width` pixels with 3
    /// channels, and `classes` classes. A count that overflows is the largest number.
    pub fn of(spec: &ModelSpec, height: usize, width: usize, classes: usize) -> Self {
        match spec.network {
            NetworkName::PlainCnn => Plan::new(spec, [height, width], classes).size(),
            NetworkName::Backbone(name) => {
                let (parameters, multiply_adds) =
                    cost((name, Stem::Cifar), [height, width], classes);
                Self {
                    parameters,
                    multiply_adds,
                }
            }
        }
    }

    /// Returns the size of the predictor of `spec` for frames of `side` x `side` pixels;
    /// multiply-adds are those of one frame. A count that overflows is the largest number.
    ///
    /// # Panics
    /// If `spec` names no predictor; the experiment must have been validated.
    pub fn of_forecast(spec: &ForecastSpec, side: usize) -> Self {
        predictor_size(spec, side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ingredients::{BlockNormalisation, Head};

    /// Trial A by hand: 32 filters of 3 x 9 weights and a bias are 896; 32 x 32 pixels times 32
    /// filters times 27 are 884,736; the dense layer has 16 x 16 x 32 = 8192 inputs.
    #[test]
    fn one_block_by_hand() {
        let spec = ModelSpec::plain(&[32]);
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
        // A scale and a shift in place of the bias.
        let normalised = NetworkSize::of(
            &ModelSpec {
                normalisation: BlockNormalisation::Batch,
                ..spec.clone()
            },
            32,
            32,
            100,
        );
        assert_eq!(normalised.parameters, 896 + 32 + 100 * 8193);
        assert_eq!(normalised.multiply_adds, size.multiply_adds);
        let huge = ModelSpec {
            filters: vec![usize::MAX; 2],
            ..spec
        };
        assert_eq!(NetworkSize::of(&huge, 32, 32, 100).parameters, u64::MAX);
    }
}
