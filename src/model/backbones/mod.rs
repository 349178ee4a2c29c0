//! The ImageNet networks, in torchvision's layout and with its names, for inference. Built by `cli`
//! from a weight file, explained by `explain`.
//!
//! A network is one file here and the arms of [`BackboneName`] that the compiler asks for.

mod classes;
mod dialect;
mod efficientnet;
mod inverted_residual;
mod mobilenet;
mod name;
mod parameters;
mod resnet;
mod squeezenet;
mod vgg;

use std::fmt::Debug;

use burn::tensor::{Device, Tensor};

pub use classes::imagenet_classes;
pub use dialect::Dialect;
pub use name::{BackboneName, Preprocessing, PublishedWeights};
pub use parameters::Parameters;

use super::tap::{Observation, Tap};
use efficientnet::EfficientNet;
use mobilenet::MobileNet;
use parameters::Builder;
use resnet::ResNet;
use squeezenet::SqueezeNet;
use vgg::Vgg;

/// Channels of an image.
const IMAGE_CHANNELS: usize = 3;
/// The head that all but two of the networks have, for the text of an error.
const POOLED_DENSE: &str = "global average pooling and one dense layer";

/// What a network's own file gives.
trait Architecture: Debug + Send + Sync {
    /// The logits, `[batch, classes]`, of standardised images `[batch, channels, height, width]`.
    fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2>;

    /// The names of the tap points, in forward order.
    fn layers(&self) -> Vec<String>;

    /// The last convolutional block's output, after its activation.
    fn default_layer(&self) -> &'static str;

    /// The weights `[classes, channels]` between the mean of `layer` and the logits, if nothing
    /// else stands there.
    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let _ = layer;
        None
    }

    /// The logits by what comes after `layer`, where that is cheap to tell.
    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>>;

    /// What stands between the last layer and the logits.
    fn head(&self) -> &'static str {
        POOLED_DENSE
    }
}

/// An ImageNet network with its weights, in inference mode: batch normalisation is folded into the
/// convolutions, dropout is left out.
#[derive(Debug)]
pub struct Backbone {
    name: BackboneName,
    dialect: Dialect,
    classes: usize,
    network: Box<dyn Architecture>,
}

impl Backbone {
    /// Returns the network `name` for `classes` classes with the values that `parameters` gives.
    ///
    /// # Panics
    /// When `parameters` gives another number of values than it was asked for.
    pub fn new(
        name: BackboneName,
        dialect: Dialect,
        classes: usize,
        parameters: &mut dyn Parameters,
        device: &Device,
    ) -> Self {
        let builder = &mut Builder {
            parameters,
            device,
            dialect,
        };
        let network: Box<dyn Architecture> = match name {
            BackboneName::Vgg16 => Box::new(Vgg::new(builder, classes)),
            BackboneName::Resnet50 => Box::new(ResNet::new(builder, [3, 4, 6, 3], classes)),
            BackboneName::Resnet101 => Box::new(ResNet::new(builder, [3, 4, 23, 3], classes)),
            BackboneName::EfficientnetB0 => Box::new(EfficientNet::new(builder, classes)),
            BackboneName::Squeezenet10 => Box::new(SqueezeNet::new(builder, classes)),
            BackboneName::MobilenetV2 => Box::new(MobileNet::new(builder, classes)),
        };
        Self {
            name,
            dialect,
            classes,
            network,
        }
    }

    /// Returns which network it is.
    pub fn name(&self) -> BackboneName {
        self.name
    }

    /// Returns whose conventions its weights follow.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns what a picture becomes before the network sees it.
    pub fn preprocessing(&self) -> Preprocessing {
        self.name.preprocessing(self.dialect)
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Returns the logits, `[batch, classes]`.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`, standardised
    pub fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.network.forward(images, tap)
    }

    /// Returns the names of the tap points, in forward order: torchvision's names of the modules
    /// whose output they are.
    pub fn layers(&self) -> Vec<String> {
        self.network.layers()
    }

    /// Returns the layer that is explained where none is named: the last convolutional block's
    /// output, after its activation.
    pub fn default_layer(&self) -> &'static str {
        self.network.default_layer()
    }

    /// Returns the weights, `[classes, channels]`, between the mean over the cells of `layer` and the
    /// logits, where nothing else stands between the two; else nothing.
    pub fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        self.network.pooled_linear_weights(layer)
    }

    /// Returns the logits, `[batch, classes]`, where `activation` stands at the tap point `layer`, for
    /// the last of them; nothing for the others.
    ///
    /// # Shapes
    /// - `activation`: `[batch, channels, height, width]` of that tap point
    pub fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        self.network.forward_from(layer, activation)
    }

    /// Returns what stands between the last layer and the logits, in words.
    pub fn head(&self) -> &'static str {
        self.network.head()
    }

    /// Returns each tap point's name and its `[channels, height, width]` for images of `size`
    /// `[height, width]`, by running one black image.
    ///
    /// # Panics
    /// When an image of that size has no pixel left in some layer.
    pub fn layer_sizes(&self, size: [usize; 2], device: &Device) -> Vec<(String, [usize; 3])> {
        let [height, width] = size;
        let mut tap = Tap::activations_only(self.layers());
        let image = Tensor::zeros([1, IMAGE_CHANNELS, height, width], device);
        self.network.forward(image, &mut tap);
        let sized = |observation: &Observation| {
            let [_batch, channels, height, width] = observation.activation().dims();
            (observation.name().to_string(), [channels, height, width])
        };
        tap.into_observations().iter().map(sized).collect()
    }
}

#[cfg(test)]
mod tests;
