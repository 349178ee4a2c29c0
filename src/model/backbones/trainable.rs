//! A backbone that learns: the parameters of the network that an architecture's file describes. Built
//! from a seed by `train`, from a checkpoint by `cli`, which explains it as a [`super::Backbone`].

use std::collections::HashMap;

use burn::module::{Flag, Module, Param};
use burn::tensor::{Device, Tensor};

use super::builder::{Builder, Source, Stem};
use super::drawn::Drawn;
use super::layers::{Dense, Form, Kernel};
use super::norm::BatchNorm;
use super::{BackboneName, Dialect, Parameters, assemble};
use crate::model::numbering::numbered;
use crate::model::tap::Tap;
use crate::model::weights::ExportedTensor;

/// A convolution's parameters.
#[derive(Module, Debug)]
pub(super) struct ConvolutionLayer {
    weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
    norm: Option<BatchNorm>,
    /// Torchvision's names of the convolution and, where it has one, of its normalisation.
    #[module(skip)]
    names: Vec<String>,
}

/// A dense layer's parameters; its weight is `[outputs, inputs]`, as torchvision has it.
#[derive(Module, Debug)]
pub(super) struct DenseLayer {
    pub(super) weight: Param<Tensor<2>>,
    pub(super) bias: Param<Tensor<1>>,
    #[module(skip)]
    pub(super) name: String,
}

/// A network of [`BackboneName`] for small images, with its batch normalisation as it is and with
/// what it leaves out at random: dropout and, of EfficientNet, whole blocks.
///
/// Its forward is that of [`super::Backbone`], over the same architecture: each forward puts the
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
    /// Returns the network `name` for `classes` classes, its weights drawn at once from the device's
    /// generator seeded with `seed`, from the distributions that torchvision draws from. Its
    /// parameters are numbered from 1 in network order, so that equal trainings write equal weight
    /// files.
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

    /// Returns which network it is.
    pub fn name(&self) -> BackboneName {
        self.name
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Returns the logits, `[batch, classes]`. In training, which takes a device with autodiff, it
    /// moves the running statistics.
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

    /// Returns the same as a source of parameters.
    pub(super) fn values(&self) -> impl Parameters {
        let tensors = self.tensors().into_iter();
        Values(tensors.map(|tensor| (tensor.name, tensor.values)).collect())
    }

    /// Returns all parameters and the running statistics by torchvision's names, as a state dict has
    /// them.
    pub fn tensors(&self) -> Vec<ExportedTensor> {
        let convolutions = self.convolutions.iter().flat_map(ConvolutionLayer::tensors);
        let dense = self.dense.iter().flat_map(|layer| {
            let named = |part: &str| format!("{}.{part}", layer.name);
            [
                ExportedTensor::new(named("weight"), layer.weight.val()),
                ExportedTensor::new(named("bias"), layer.bias.val()),
            ]
        });
        convolutions.chain(dense).collect()
    }
}

impl ConvolutionLayer {
    /// Returns a layer without a bias, followed by `norm`.
    pub(super) fn normalised(names: [&str; 2], weight: Tensor<4>, norm: BatchNorm) -> Self {
        Self {
            weight: Param::from_tensor(weight),
            bias: None,
            norm: Some(norm),
            names: names.map(str::to_string).to_vec(),
        }
    }

    /// Returns a layer with a bias and no normalisation.
    pub(super) fn biased(name: &str, weight: Tensor<4>, bias: Tensor<1>) -> Self {
        Self {
            weight: Param::from_tensor(weight),
            bias: Some(Param::from_tensor(bias)),
            norm: None,
            names: vec![name.to_string()],
        }
    }

    /// Returns what a forward computes with.
    pub(super) fn kernel(&self) -> Kernel {
        let weight = self.weight.val();
        match (&self.norm, &self.bias) {
            (Some(norm), _) => Kernel::Normalised(weight, norm.clone()),
            (None, Some(bias)) => Kernel::Biased(weight, bias.val()),
            (None, None) => panic!("\"{}\" has neither bias nor norm", self.names.concat()),
        }
    }

    fn tensors(&self) -> Vec<ExportedTensor> {
        let own = &self.names[0];
        let mut found = vec![ExportedTensor::new(
            format!("{own}.weight"),
            self.weight.val(),
        )];
        if let Some(bias) = &self.bias {
            found.push(ExportedTensor::new(format!("{own}.bias"), bias.val()));
        }
        if let (Some(norm), Some(name)) = (&self.norm, self.names.get(1)) {
            let parts = norm.tensors().into_iter();
            found.extend(
                parts.map(|(part, values)| ExportedTensor::new(format!("{name}.{part}"), values)),
            );
        }
        found
    }
}

impl DenseLayer {
    /// Returns what a forward computes with.
    pub(super) fn dense(&self) -> Dense {
        Dense::Held(self.weight.val(), self.bias.val())
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

/// Gives the layers of a network in the order in which they were drawn.
struct Live<'a> {
    convolutions: std::slice::Iter<'a, ConvolutionLayer>,
    dense: std::slice::Iter<'a, DenseLayer>,
    training: bool,
}

impl Live<'_> {
    fn convolution(&mut self, name: &str) -> Kernel {
        match self.convolutions.next() {
            Some(layer) if layer.names[0] == name => layer.kernel(),
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
