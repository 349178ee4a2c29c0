//! A network with some of its layers re-initialised, from the logits downwards.

use burn::nn::LinearConfig;
use burn::tensor::{Device, Tensor};

use super::PlainCnn;

impl PlainCnn {
    /// Returns the names of the layers with parameters, from the logits downwards: "dense", then
    /// "block-5", "block-4" and so on to "block-1".
    pub fn layers_from_the_top(&self) -> Vec<String> {
        self.plan.layers_from_the_top()
    }

    /// Returns this network with the first `count` of its [layers from the
    /// top](Self::layers_from_the_top), weights, biases and normalisations, taken from `other`. If `other` comes
    /// from [`PlainCnn::new`], those layers are untrained.
    ///
    /// # Source
    /// Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, section 3: cascading
    /// randomisation.
    ///
    /// # Panics
    /// If there are fewer layers, or if `other` has another number of blocks.
    #[must_use]
    pub fn with_top_of(&self, other: &Self, count: usize) -> Self {
        let blocks = self.blocks.len();
        assert!(count <= blocks + 1, "{count} layers of {}", blocks + 1);
        assert_eq!(other.blocks.len(), blocks, "networks of one shape");
        let mut network = self.clone();
        if count > 0 {
            network.dense = other.dense.clone();
        }
        for place in blocks - count.saturating_sub(1)..blocks {
            network.blocks[place] = other.blocks[place].clone();
        }
        network
    }

    /// Returns the logits, `[classes]`, for an activation of zeros at `layer`, if only pools,
    /// averages and the dense layer follow `layer`: the dense layer's bias. Only then is the logit
    /// minus that bias the sum over the activation times its gradient: those steps are positively
    /// homogeneous, and a convolution with a bias is not.
    pub fn logits_at_zero(&self, layer: &str) -> Option<Tensor<1>> {
        let mut ends = self.plan.blocks.last()?.places();
        let homogeneous = ends.any(|end| end == layer);
        let bias = || self.dense.bias.as_ref().map(|bias| bias.val());
        homogeneous.then(bias).flatten()
    }
}

/// Returns the weights, `[classes, channels]`, of an untrained linear layer, with the initialiser
/// of [`PlainCnn::new`]: uniform within +-1/sqrt(channels).
pub fn fresh_linear_weights(
    channels: usize,
    classes: usize,
    seed: u64,
    device: &Device,
) -> Tensor<2> {
    device.seed(seed);
    let linear = LinearConfig::new(channels, classes).init(device);
    // Burn stores a linear layer's weights as [inputs, outputs].
    linear.weight.val().transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tap::Tap;
    use crate::model::{Head, ModelSpec};
    use burn::module::{Module, ModuleVisitor, Param};

    /// Every parameter's values, in network order: weight and bias of each block, then of the dense
    /// layer.
    #[derive(Default)]
    struct Values(Vec<Vec<f32>>);

    impl ModuleVisitor for Values {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(param.val().into_data().iter::<f32>().collect());
        }
    }

    fn values(network: &PlainCnn) -> Vec<Vec<f32>> {
        let mut values = Values::default();
        network.visit(&mut values);
        values.0
    }

    fn network(head: Head, seed: u64) -> PlainCnn {
        let spec = ModelSpec {
            head,
            ..ModelSpec::plain(&[2, 3, 4])
        };
        PlainCnn::new(&spec, (8, 8), 5, seed, &Device::flex()).valid()
    }

    #[test]
    fn every_stage_changes_its_own_layers_parameters_and_no_others() {
        let (trained, fresh) = (network(Head::Flatten, 1), network(Head::Flatten, 2));
        let names = trained.layers_from_the_top();
        assert_eq!(names, ["dense", "block-3", "block-2", "block-1"]);
        let (old, new) = (values(&trained), values(&fresh));
        assert_eq!(
            old.len(),
            8,
            "weight and bias of three blocks and the dense layer"
        );
        for count in 0..=names.len() {
            let found = values(&trained.with_top_of(&fresh, count));
            // From the end: two parameters per layer.
            for place in 0..8 {
                let drawn = place >= 8 - 2 * count;
                let expected = if drawn { &new[place] } else { &old[place] };
                assert_eq!(found[place], *expected, "{count} layers, parameter {place}");
                assert_ne!(
                    old[place], new[place],
                    "the seeds differ in parameter {place}"
                );
            }
        }
    }

    #[test]
    fn the_logits_at_zero_are_those_of_a_forward_that_sees_zeros() {
        for head in [Head::Flatten, Head::AveragePool] {
            let network = network(head, 3);
            let bias = network.logits_at_zero("block-3").expect("the last block");
            // Weights of -1 in the last block give a rectified activation of zeros.
            let mut silent = network.clone();
            let convolution = &mut silent.blocks[2].convolution;
            let (weight, bias_shape) = (convolution.weight.val(), [4]);
            convolution.weight = Param::from_tensor(weight.zeros_like());
            convolution.bias = Some(Param::from_tensor(
                Tensor::<1>::ones(bias_shape, &Device::flex()).neg(),
            ));
            let images = Tensor::<4>::ones([1, 3, 8, 8], &Device::flex());
            let logits = silent.forward(images, &mut Tap::off()).squeeze_dim::<1>(0);
            assert_eq!(logits.into_data(), bias.into_data());
            assert!(network.logits_at_zero("block-2").is_none());
        }
    }

    #[test]
    fn a_fresh_layer_stays_within_its_bound_and_follows_its_seed() {
        let weights = |seed| fresh_linear_weights(16, 40, seed, &Device::flex()).into_data();
        assert_eq!(weights(4), weights(4));
        assert_ne!(weights(4), weights(5));
        let largest = weights(4)
            .iter::<f32>()
            .fold(0.0, |most: f32, w| most.max(w.abs()));
        assert!(largest <= 0.25 && largest > 0.24, "{largest}");
    }
}
