//! A network that was trained here, of whichever kind, as it is explained and measured.

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

/// A published network as it was trained, and as it is run: with its batch normalisation folded.
#[derive(Debug)]
pub struct Published {
    trained: TrainableBackbone,
    folded: Backbone,
}

impl Published {
    /// Returns `trained` with its folded form beside it.
    pub fn new(trained: &TrainableBackbone) -> Self {
        let trained = trained.valid();
        Self {
            folded: Backbone::of_trained(&trained),
            trained,
        }
    }

    /// Returns the form that is run.
    pub fn folded(&self) -> &Backbone {
        &self.folded
    }
}

impl TrainedNetwork {
    /// Returns the network of `spec` before any training, for images of `size` `(height, width)` and
    /// `classes` classes, its weights drawn by `seed`.
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

    /// Returns the names of the layers with parameters, from the logits downwards. Of a published
    /// network they are its stages, such as "fc", "layer4" and so on to "conv1".
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
    /// If there are not so many layers, or if `other` is another network.
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

    /// Returns the logits, `[classes]`, that the network gives where the activation at `layer` is all
    /// zero, if a bias of its last layer is all that is then left of them; see
    /// [`PlainCnn::logits_at_zero`].
    pub fn logits_at_zero(&self, layer: &str) -> Option<Tensor<1>> {
        match self {
            Self::Plain(network) => network.logits_at_zero(layer),
            Self::Published(network) => {
                let weights = network.folded.pooled_linear_weights(layer)?;
                Some(network.trained.head_bias(&weights.device()))
            }
        }
    }

    /// Returns all weights as a PyTorch state dict has them.
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
