//! Initialises a network's parameters as torchvision does for each architecture.

use burn::module::Param;
use burn::tensor::{Device, Distribution, Tensor};

use super::BackboneName;
use super::builder::Source;
use super::layers::{Dense, Form, Kernel};
use super::parameters::{ConvolutionLayer, DenseLayer};
use crate::model::norm::BatchNorm;

/// Standard deviation of the weights where torchvision uses a narrow normal distribution.
const NARROW: f64 = 0.01;
/// SqueezeNet's last convolution, which is initialised differently from the others.
const SQUEEZENET_HEAD: &str = "classifier.1";

/// Creates trainable layers with random weights, in the order of the requests.
pub(super) struct Drawn<'a> {
    pub(super) network: BackboneName,
    /// The device whose generator is used.
    pub(super) device: &'a Device,
    pub(super) convolutions: Vec<ConvolutionLayer>,
    pub(super) dense: Vec<DenseLayer>,
}

impl Drawn<'_> {
    /// Returns the weights of a convolution: normal with the deviation sqrt(2 / fan out), which
    /// keeps the variance of gradients through a ReLU. SqueezeNet's are uniform with the deviation
    /// sqrt(2 / fan in), and narrow for its last convolution.
    ///
    /// # Source
    /// He et al., "Delving Deep into Rectifiers", ICCV 2015, equations 10 and 14. As in PyTorch,
    /// the fan out counts all filters of a grouped convolution.
    fn weights(&self, name: &str, form: Form) -> Tensor<4> {
        let [outputs, inputs, height, width] = form.shape();
        let cells = height * width;
        let normal = |deviation: f64| Distribution::Normal(0.0, deviation);
        let distribution = match self.network {
            BackboneName::Squeezenet10 if name == SQUEEZENET_HEAD => normal(NARROW),
            BackboneName::Squeezenet10 => {
                // A uniform distribution within +-b has the deviation b / sqrt(3).
                let bound = (3.0 * 2.0 / (inputs * cells) as f64).sqrt();
                Distribution::Uniform(-bound, bound)
            }
            BackboneName::Vgg16
            | BackboneName::Resnet50
            | BackboneName::Resnet101
            | BackboneName::EfficientnetB0
            | BackboneName::MobilenetV2 => normal((2.0 / (outputs * cells) as f64).sqrt()),
        };
        Tensor::random(form.shape(), distribution, self.device)
    }

    fn keep(&mut self, layer: ConvolutionLayer) -> Kernel {
        let kernel = layer.kernel();
        self.convolutions.push(layer);
        kernel
    }
}

impl Source for Drawn<'_> {
    fn normalised(&mut self, [name, norm_name]: [&str; 2], form: Form) -> Kernel {
        let weight = self.weights(name, form);
        let norm = BatchNorm::new(form.outputs, self.convolutions.len(), self.device);
        self.keep(ConvolutionLayer::normalised(
            [name, norm_name],
            weight,
            norm,
        ))
    }

    /// Returns all architectures here start with biases of 0.
    fn biased(&mut self, name: &str, form: Form) -> Kernel {
        let weight = self.weights(name, form);
        let bias = Tensor::zeros([form.outputs], self.device);
        self.keep(ConvolutionLayer::biased(name, weight, bias))
    }

    /// Returns the weights of the dense layer. For ResNet they are uniform within +-1/sqrt(inputs),
    /// with the bias, as in PyTorch's layers; for EfficientNet uniform within +-1/sqrt(outputs);
    /// otherwise narrow.
    fn dense(&mut self, name: &str, [inputs, outputs]: [usize; 2]) -> Dense {
        let within = |fan: usize| {
            let bound = 1.0 / (fan as f64).sqrt();
            Distribution::Uniform(-bound, bound)
        };
        let zeros = || Tensor::zeros([outputs], self.device);
        let draw = |distribution| Tensor::random([outputs, inputs], distribution, self.device);
        let (weight, bias) = match self.network {
            BackboneName::Resnet50 | BackboneName::Resnet101 => (
                draw(within(inputs)),
                Tensor::random([outputs], within(inputs), self.device),
            ),
            BackboneName::EfficientnetB0 => (draw(within(outputs)), zeros()),
            BackboneName::Vgg16 | BackboneName::MobilenetV2 | BackboneName::Squeezenet10 => {
                (draw(Distribution::Normal(0.0, NARROW)), zeros())
            }
        };
        let layer = DenseLayer {
            weight: Param::from_tensor(weight),
            bias: Param::from_tensor(bias),
            name: name.to_string(),
        };
        let dense = layer.dense();
        self.dense.push(layer);
        dense
    }
}
