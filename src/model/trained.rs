//! A network of any kind that was trained here, for explanation and measurement.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::backbones::{Backbone, TrainableBackbone};
use super::tap::Tap;
use super::weights::ExportedTensor;
use super::{Classifier, ModelSpec, NetworkName, PlainCnn};

/// A trained network in validation mode, without autodiff.
#[derive(Debug)]
pub enum TrainedNetwork {
    /// A plain CNN.
    Plain(Box<PlainCnn>),
    /// A published network for small images.
    Published(Box<Published>),
}

/// A published network as trained, and as run: with its batch normalisation folded.
#[derive(Debug)]
pub struct Published {
    trained: TrainableBackbone,
    folded: Backbone,
}

impl Published {
    /// Returns `trained` with its folded form.
    pub fn new(trained: &TrainableBackbone) -> Self {
        let trained = trained.valid();
        Self {
            folded: Backbone::of_trained(&trained),
            trained,
        }
    }

    /// Returns the folded form, which is run.
    pub fn folded(&self) -> &Backbone {
        &self.folded
    }
}

impl TrainedNetwork {
    /// Returns the untrained network of `spec`, for images of `size` `(height, width)` and
    /// `classes` classes, with weights drawn from `seed`.
    ///
    /// # Panics
    /// As [`PlainCnn::new`].
    pub fn untrained(
        spec: &ModelSpec,
        size: (usize, usize),
        classes: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        match spec.network {
            NetworkName::PlainCnn => PlainCnn::new(spec, size, classes, seed, device).into(),
            NetworkName::Backbone(name) => {
                TrainableBackbone::new(name, classes, seed, device).into()
            }
        }
    }

    /// Returns the names of the layers with parameters, from the logits downwards. For a published
    /// network these are its stages, such as "fc", "layer4" and so on to "conv1".
    pub fn layers_from_the_top(&self) -> Vec<String> {
        match self {
            Self::Plain(network) => network.layers_from_the_top(),
            Self::Published(network) => network.trained.stages_from_the_top(),
        }
    }

    /// Returns this network with the first `count` of its [layers from the
    /// top](Self::layers_from_the_top), weights, biases and normalisations, taken from `other`.
    ///
    /// # Source
    /// As [`PlainCnn::with_top_of`].
    ///
    /// # Panics
    /// If there are fewer layers, or if `other` is another network.
    #[must_use]
    pub fn with_top_of(&self, other: &Self, count: usize) -> Self {
        match (self, other) {
            (Self::Plain(network), Self::Plain(other)) => network.with_top_of(other, count).into(),
            (Self::Published(network), Self::Published(other)) => {
                network.trained.with_top_of(&other.trained, count).into()
            }
            _ => panic!("the top of a network of another kind was asked for"),
        }
    }

    /// Returns the logits, `[classes]`, for an activation of zeros at `layer`, if they are then
    /// only a bias of its last layer; see [`PlainCnn::logits_at_zero`].
    pub fn logits_at_zero(&self, layer: &str) -> Option<Tensor<1>> {
        match self {
            Self::Plain(network) => network.logits_at_zero(layer),
            Self::Published(network) => {
                let weights = network.folded.pooled_linear_weights(layer)?;
                Some(network.trained.head_bias(&weights.device()))
            }
        }
    }

    /// Returns all weights as in a PyTorch state dict.
    pub fn tensors(&self) -> Vec<ExportedTensor> {
        match self {
            Self::Plain(network) => network.tensors(),
            Self::Published(network) => network.trained.tensors(),
        }
    }
}

impl From<PlainCnn> for TrainedNetwork {
    fn from(trained: PlainCnn) -> Self {
        Self::Plain(Box::new(trained.valid()))
    }
}

impl From<TrainableBackbone> for TrainedNetwork {
    fn from(trained: TrainableBackbone) -> Self {
        Self::Published(Box::new(Published::new(&trained)))
    }
}

impl Classifier for TrainedNetwork {
    fn logits(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        match self {
            Self::Plain(network) => network.forward(images, tap),
            Self::Published(network) => network.folded.forward(images, tap),
        }
    }
}
