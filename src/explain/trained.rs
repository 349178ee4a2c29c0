//! Makes networks trained here explainable, of any kind.

use burn::tensor::Tensor;

use super::Explainable;
use crate::model::tap::Tap;
use crate::model::{Classifier, TrainedNetwork};

impl Explainable for TrainedNetwork {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.logits(images, tap)
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        either(self).forward_from(layer, activation)
    }

    fn layers(&self) -> Vec<String> {
        either(self).layers()
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        either(self).pooled_linear_weights(layer)
    }

    fn blocks(&self, side: usize) -> Vec<(String, usize)> {
        either(self).blocks(side)
    }

    fn head(&self) -> &str {
        either(self).head()
    }
}

fn either(network: &TrainedNetwork) -> &dyn Explainable {
    match network {
        TrainedNetwork::Plain(network) => &**network,
        TrainedNetwork::Published(network) => network.folded(),
    }
}
