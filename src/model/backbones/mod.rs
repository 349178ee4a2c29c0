//! The published networks, in torchvision's layout and with its names: for photographs, with the
//! weights of a file, and for small images, trained here.
//!
//! A network is one file here and the arms of [`BackboneName`] that the compiler asks for. The file
//! says how its layers follow each other, once; a `builder::Source` says what they are made of:
//! folded parameters ([`Backbone`]), parameters that learn ([`TrainableBackbone`]), or nothing, to
//! count what they cost.

mod builder;
mod classes;
mod count;
mod dialect;
mod drawn;
mod efficientnet;
mod folded;
mod inverted_residual;
mod layers;
mod mobilenet;
mod name;
mod norm;
mod parameters;
mod random;
mod resnet;
mod squeezenet;
mod tally;
mod trainable;
mod vgg;

use std::fmt::Debug;

use burn::tensor::{Device, Tensor};

pub use builder::Stem;
pub use classes::imagenet_classes;
pub(super) use count::cost;
pub use dialect::Dialect;
pub use folded::Parameters;
pub use name::{BackboneName, Preprocessing, PublishedWeights};
pub use trainable::TrainableBackbone;

use super::tap::{Observation, Tap};
use builder::Builder;
use efficientnet::EfficientNet;
use folded::Folded;
use mobilenet::MobileNet;
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

    /// The tap points that are a convolutional block's output, after its activation and before a
    /// pool, in forward order.
    fn blocks(&self) -> Vec<String>;

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

/// A network with its weights, in inference mode: batch normalisation is folded into the
/// convolutions, dropout is left out.
#[derive(Debug)]
pub struct Backbone {
    name: BackboneName,
    dialect: Dialect,
    stem: Stem,
    classes: usize,
    network: Box<dyn Architecture>,
}

impl Backbone {
    /// Returns the network `name` for photographs and `classes` classes, with the values that
    /// `parameters` gives.
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
        Self::with_stem((name, Stem::ImageNet), dialect, classes, parameters, device)
    }

    /// Returns `trained`, which was trained here on small images, in inference mode: its batch
    /// normalisation folded by its running statistics.
    pub fn of_trained(trained: &TrainableBackbone) -> Self {
        let named = (trained.name(), Stem::Cifar);
        let (classes, device) = (trained.classes(), trained.device());
        let parameters = &mut trained.values();
        Self::with_stem(named, Dialect::Torchvision, classes, parameters, &device)
    }

    fn with_stem(
        (name, stem): (BackboneName, Stem),
        dialect: Dialect,
        classes: usize,
        parameters: &mut dyn Parameters,
        device: &Device,
    ) -> Self {
        let mut source = Folded { parameters, device };
        let builder = &mut Builder {
            source: &mut source,
            dialect,
            stem,
        };
        Self {
            network: assemble(name, builder, classes),
            name,
            dialect,
            stem,
            classes,
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

    /// Returns the names of the convolutional blocks, in forward order, each with the cells a side of
    /// its activation for images of `side` x `side` pixels.
    pub fn blocks(&self, side: usize) -> Vec<(String, usize)> {
        count::block_cells((self.name, self.stem), side)
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

/// Returns the architecture `name` for `classes` classes, made of what the builder gives.
fn assemble(
    name: BackboneName,
    builder: &mut Builder<'_>,
    classes: usize,
) -> Box<dyn Architecture> {
    match name {
        BackboneName::Vgg16 => Box::new(Vgg::new(builder, classes)),
        BackboneName::Resnet50 => Box::new(ResNet::new(builder, [3, 4, 6, 3], classes)),
        BackboneName::Resnet101 => Box::new(ResNet::new(builder, [3, 4, 23, 3], classes)),
        BackboneName::EfficientnetB0 => Box::new(EfficientNet::new(builder, classes)),
        BackboneName::Squeezenet10 => Box::new(SqueezeNet::new(builder, classes)),
        BackboneName::MobilenetV2 => Box::new(MobileNet::new(builder, classes)),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod trainable_tests;
