//! The parts that a network's own file provides.

use std::fmt::Debug;

use burn::tensor::Tensor;

use crate::model::tap::Tap;

/// Number of channels of an image.
pub(super) const IMAGE_CHANNELS: usize = 3;
/// The head of all networks but two, for the text of an error.
const POOLED_DENSE: &str = "global average pooling and one dense layer";

/// The parts that a network's own file provides.
pub(super) trait Architecture: Debug + Send + Sync {
    /// Returns the logits, `[batch, classes]`, of standardised images
    /// `[batch, channels, height, width]`.
    fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2>;

    /// Returns the names of the tap points, in forward order.
    fn layers(&self) -> Vec<String>;

    /// Returns the tap point of the last convolutional block's output, after its activation.
    fn default_layer(&self) -> &'static str;

    /// Returns the tap points that are a convolutional block's output, after its activation and
    /// before a pool, in forward order.
    fn blocks(&self) -> Vec<String>;

    /// Returns the weights `[classes, channels]` between the mean of `layer` and the logits, if
    /// nothing else lies between them.
    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let _ = layer;
        None
    }

    /// Returns the logits from `activation` at `layer`, for layers where this is cheap.
    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>>;

    /// Returns a description of what lies between the last layer and the logits.
    fn head(&self) -> &'static str {
        POOLED_DENSE
    }
}
