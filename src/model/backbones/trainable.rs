//! A trainable backbone: the parameters of the network that an architecture's file describes.

use std::collections::HashMap;

use burn::module::{Flag, Module, Param};
use burn::tensor::{Device, Tensor};

use super::assemble::assemble;
use super::builder::{Builder, Source, Stem};
use super::drawn::Drawn;
use super::layers::{Dense, Form, Kernel};
use super::parameters::{ConvolutionLayer, DenseLayer};
use super::{BackboneName, Dialect, Parameters};
use crate::model::numbering::numbered;
use crate::model::tap::Tap;
use crate::model::weights::ExportedTensor;

/// A network of [`BackboneName`] for small images, with unfolded batch normalisation and with
/// random dropping: dropout and, for EfficientNet, whole blocks.
///
/// Its forward pass is that of [`super::Backbone`], with the same architecture: each pass puts the
/// parameters into its layers.
#[derive(Module, Debug)]
pub struct TrainableBackbone {
    convolutions: Vec<ConvolutionLayer>,
    dense: Vec<DenseLayer>,
    training: Param<Flag>,
    #[module(skip)]
    name: BackboneName,
    #[module(skip)]
    classes: usize,
}

impl TrainableBackbone {
    /// Returns the network `name` for `classes` classes. Its weights are drawn at once from the
    /// device's generator seeded with `seed`, from torchvision's distributions. Its parameters are
    /// numbered from 1 in network order, so that equal trainings write equal weight files.
    pub fn new(name: BackboneName, classes: usize, seed: u64, device: &Device) -> Self {
        device.seed(seed);
        let mut drawn = Drawn {
            network: name,
            device,
            convolutions: Vec::new(),
            dense: Vec::new(),
        };
        let builder = &mut Builder {
            source: &mut drawn,
            dialect: Dialect::Torchvision,
            stem: Stem::Cifar,
        };
        assemble(name, builder, classes);
        numbered(Self {
            convolutions: drawn.convolutions,
            dense: drawn.dense,
            training: Param::from_bool(true),
            name,
            classes,
        })
    }

    /// Returns the name of its architecture.
    pub fn name(&self) -> BackboneName {
        self.name
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Returns the logits, `[batch, classes]`. In training, which needs a device with autodiff, it
    /// updates the running statistics.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`, standardised
    pub fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let mut live = Live {
            convolutions: self.convolutions.iter(),
            dense: self.dense.iter(),
            training: self.training.val().is_enabled(),
        };
        let builder = &mut Builder {
            source: &mut live,
            dialect: Dialect::Torchvision,
            stem: Stem::Cifar,
        };
        assemble(self.name, builder, self.classes).forward(images, tap)
    }

    /// Returns the device of the parameters, without autodiff.
    pub(super) fn device(&self) -> Device {
        self.convolutions[0]
            .weight
            .val()
            .without_autodiff()
            .device()
    }

    /// Returns the names of its stages, from the logits downwards: for ResNet "fc", "layer4" to
    /// "layer1" and "conv1", for the others "classifier" and then "features.18" and so on to
    /// "features.0".
    pub(in crate::model) fn stages_from_the_top(&self) -> Vec<String> {
        let convolutions = self.convolutions.iter().map(|layer| stage_of(layer.name()));
        let dense = self.dense.iter().map(|layer| stage_of(&layer.name));
        let mut stages: Vec<String> = Vec::new();
        for stage in convolutions.chain(dense) {
            if !stages.iter().any(|known| *known == stage) {
                stages.push(stage.to_string());
            }
        }
        stages.reverse();
        stages
    }

    /// Returns this network with the first `count` of its [stages from the
    /// top](Self::stages_from_the_top), including running statistics, taken from `other`.
    ///
    /// # Panics
    /// If there are fewer stages, or if `other` is another network.
    pub(in crate::model) fn with_top_of(&self, other: &Self, count: usize) -> Self {
        assert_eq!(self.name, other.name, "networks of one shape");
        let stages = self.stages_from_the_top();
        let taken = &stages[..count];
        let takes = |name: &str| taken.iter().any(|stage| stage == stage_of(name));
        let mut network = self.clone();
        for (own, others) in network.convolutions.iter_mut().zip(&other.convolutions) {
            if takes(own.name()) {
                *own = others.clone();
            }
        }
        for (own, others) in network.dense.iter_mut().zip(&other.dense) {
            if takes(&own.name) {
                *own = others.clone();
            }
        }
        network
    }

    /// Returns the bias of the last dense layer, `[classes]`; zeros if the network ends in a
    /// convolution, which is pooled without a bias.
    pub(in crate::model) fn head_bias(&self, device: &Device) -> Tensor<1> {
        match self.dense.last() {
            Some(layer) => layer.bias.val(),
            None => Tensor::zeros([self.classes], device),
        }
    }

    /// Returns the values of its tensors as a source of parameters.
    pub(super) fn values(&self) -> impl Parameters {
        let tensors = self.tensors().into_iter();
        Values(tensors.map(|tensor| (tensor.name, tensor.values)).collect())
    }

    /// Returns all parameters and the running statistics by torchvision's names, as in a state
    /// dict.
    pub fn tensors(&self) -> Vec<ExportedTensor> {
        let convolutions = self.convolutions.iter().flat_map(ConvolutionLayer::tensors);
        let dense = self.dense.iter().flat_map(DenseLayer::tensors);
        convolutions.chain(dense).collect()
    }
}

/// Returns the stage of a layer: the first part of its name, with the number after "features".
fn stage_of(name: &str) -> &str {
    let mut ends = name.match_indices('.').map(|(place, _)| place);
    let first = ends.next().unwrap_or(name.len());
    match &name[..first] {
        "features" => &name[..ends.next().unwrap_or(name.len())],
        stage => stage,
    }
}

/// The values of a network's tensors by name.
struct Values(HashMap<String, Vec<f32>>);

impl Parameters for Values {
    fn values(&mut self, name: &str, _shape: &[usize]) -> Vec<f32> {
        let found = self.0.remove(name);
        found.unwrap_or_else(|| panic!("a network of the same architecture has no \"{name}\""))
    }
}

/// Provides the layers of a network in the order of their initialisation.
struct Live<'a> {
    convolutions: std::slice::Iter<'a, ConvolutionLayer>,
    dense: std::slice::Iter<'a, DenseLayer>,
    training: bool,
}

impl Live<'_> {
    fn convolution(&mut self, name: &str) -> Kernel {
        match self.convolutions.next() {
            Some(layer) if layer.name() == name => layer.kernel(),
            found => panic!("\"{name}\" was asked for, {found:?} comes next"),
        }
    }
}

impl Source for Live<'_> {
    fn normalised(&mut self, [name, _norm]: [&str; 2], _form: Form) -> Kernel {
        self.convolution(name)
    }

    fn biased(&mut self, name: &str, _form: Form) -> Kernel {
        self.convolution(name)
    }

    fn dense(&mut self, name: &str, _channels: [usize; 2]) -> Dense {
        match self.dense.next() {
            Some(layer) if layer.name == name => layer.dense(),
            found => panic!("\"{name}\" was asked for, {found:?} comes next"),
        }
    }

    fn trains(&self) -> bool {
        self.training
    }
}
