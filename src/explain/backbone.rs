//! Makes the published networks explainable.

use burn::tensor::Tensor;

use super::Explainable;
use crate::model::backbones::Backbone;
use crate::model::tap::Tap;

impl Explainable for Backbone {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.forward(images, tap)
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        Backbone::forward_from(self, layer, activation)
    }

    fn layers(&self) -> Vec<String> {
        Backbone::layers(self)
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        Backbone::pooled_linear_weights(self, layer)
    }

    fn blocks(&self, side: usize) -> Vec<(String, usize)> {
        Backbone::blocks(self, side)
    }

    fn head(&self) -> &str {
        Backbone::head(self)
    }
}
