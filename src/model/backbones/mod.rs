//! The published networks, in torchvision's layout and with its names: for photographs, with
//! weights from a file, and for small images, trained here.
//!
//! A network is one file here and the arms of [`BackboneName`] that the compiler requires. The file
//! states the order of its layers once; a `builder::Source` provides them: folded parameters
//! ([`Backbone`]), trainable parameters ([`TrainableBackbone`]), or none, to count the cost.

mod architecture;
mod assemble;
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
mod parameters;
mod random;
mod resnet;
mod squeezenet;
mod tally;
mod trainable;
mod vgg;

use burn::tensor::{Device, Tensor};

pub use builder::Stem;
pub use classes::{imagenet_classes, wnid_class};
pub(super) use count::{cost, small_blocks};
pub use dialect::Dialect;
pub use folded::Parameters;
pub use name::{BackboneName, Preprocessing, PublishedWeights};
pub use trainable::TrainableBackbone;

use super::tap::{Observation, Tap};
use architecture::{Architecture, IMAGE_CHANNELS};
use assemble::assemble;
use builder::Builder;
use folded::Folded;

/// A network with its weights, in inference mode: batch normalisation is folded into the
/// convolutions, and dropout is omitted.
#[derive(Debug)]
pub struct Backbone {
    name: BackboneName,
    dialect: Dialect,
    stem: Stem,
    classes: usize,
    network: Box<dyn Architecture>,
}

impl Backbone {
    /// Returns the network `name` for photographs and `classes` classes, with the values of
    /// `parameters`.
    ///
    /// # Panics
    /// If `parameters` returns another number of values than requested.
    pub fn new(
        name: BackboneName,
        dialect: Dialect,
        classes: usize,
        parameters: &mut dyn Parameters,
        device: &Device,
    ) -> Self {
        Self::with_stem((name, Stem::ImageNet), dialect, classes, parameters, device)
    }

    /// Returns `trained`, a network trained here on small images, in inference mode: its batch
    /// normalisation is folded with its running statistics.
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

    /// Returns the name of its architecture.
    pub fn name(&self) -> BackboneName {
        self.name
    }

    /// Returns the convention that its weights follow.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Returns the preprocessing of pictures for the network.
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
    /// with these outputs.
    pub fn layers(&self) -> Vec<String> {
        self.network.layers()
    }

    /// Returns the default layer to explain: the last convolutional block's output, after its
    /// activation.
    pub fn default_layer(&self) -> &'static str {
        self.network.default_layer()
    }

    /// Returns the names of the convolutional blocks, in forward order, each with the cells per
    /// side of its activation for images of `side` x `side` pixels.
    pub fn blocks(&self, side: usize) -> Vec<(String, usize)> {
        count::block_cells((self.name, self.stem), side)
    }

    /// Returns the weights, `[classes, channels]`, between the mean over the cells of `layer` and
    /// the logits; `None` if anything else lies between the two.
    pub fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        self.network.pooled_linear_weights(layer)
    }

    /// Returns the logits, `[batch, classes]`, for `activation` at the tap point `layer`, if it is
    /// the last one; `None` for the others.
    ///
    /// # Shapes
    /// - `activation`: `[batch, channels, height, width]` of that tap point
    pub fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        self.network.forward_from(layer, activation)
    }

    /// Returns a description of what lies between the last layer and the logits.
    pub fn head(&self) -> &'static str {
        self.network.head()
    }

    /// Returns each tap point's name and its `[channels, height, width]` for images of `size`
    /// `[height, width]`, by running one black image.
    ///
    /// # Panics
    /// If an image of that size has no pixel left in some layer.
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
#[cfg(test)]
mod trainable_tests;
