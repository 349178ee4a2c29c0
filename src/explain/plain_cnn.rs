//! Makes the trials' networks explainable.

use burn::tensor::Tensor;

use super::Explainable;
use crate::model::tap::Tap;
use crate::model::{Head, PlainCnn};

impl Explainable for PlainCnn {
    fn forward_tapped(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.forward(images, tap)
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        PlainCnn::forward_from(self, layer, activation)
    }

    fn layers(&self) -> Vec<String> {
        PlainCnn::layers(self)
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        PlainCnn::pooled_linear_weights(self, layer)
    }

    fn blocks(&self, side: usize) -> Vec<(String, usize)> {
        PlainCnn::blocks(self, side)
    }

    fn head(&self) -> &str {
        match self.head_kind() {
            Head::Flatten => "head = \"flatten\"",
            Head::AveragePool => "head = \"average-pool\"",
        }
    }
}
