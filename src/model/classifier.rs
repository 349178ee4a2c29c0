//! The interface of all classifiers.

use burn::tensor::Tensor;

use super::PlainCnn;
use super::backbones::{Backbone, TrainableBackbone};
use super::tap::Tap;

/// A network that returns logits of images, and reports its activations to a tap.
pub trait Classifier {
    /// Returns the logits, `[batch, classes]`.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`, standardised
    fn logits(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2>;
}

impl Classifier for PlainCnn {
    fn logits(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.forward(images, tap)
    }
}

impl Classifier for TrainableBackbone {
    fn logits(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.forward(images, tap)
    }
}

impl Classifier for Backbone {
    fn logits(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.forward(images, tap)
    }
}
