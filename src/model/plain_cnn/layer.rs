//! One layer of a block: a convolution, a normalisation, if any, and an activation.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Initializer, PaddingConfig2d};
use burn::tensor::{Device, Tensor};

use crate::kernels::{Activation, After, Form, convolution, joined};
use crate::model::ingredients::{BlockNormalisation, Initialisation};
use crate::model::norm::BatchNorm;
use crate::model::size::{NetworkSize, product, sum};
use crate::model::spec::ModelSpec;
use crate::model::weights::ExportedTensor;

/// Numbers of running statistics between two layers of a block; a block of more layers is refused.
const BLOCKS: usize = 64;

/// The description of a layer, for building and counting it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LayerPlan {
    /// The number of its block, from 1, and its index in it.
    place: (usize, usize),
    /// Number of input and output channels.
    channels: [usize; 2],
    /// `[height, width]` of its images, in pixels.
    size: [usize; 2],
    /// Side of the kernel, in pixels.
    kernel: usize,
    normalisation: BlockNormalisation,
    activation: Activation,
    initialisation: Initialisation,
}

impl LayerPlan {
    /// Returns the layer of `spec` at a `place`, the number of its block and its index in it.
    pub(super) fn new(
        spec: &ModelSpec,
        place: (usize, usize),
        channels: [usize; 2],
        size: [usize; 2],
    ) -> Self {
        Self {
            place,
            channels,
            size,
            kernel: spec.kernel,
            normalisation: spec.normalisation,
            activation: spec.activation.function(),
            initialisation: spec.initialisation,
        }
    }

    /// Returns the number of its block, from 1.
    pub(super) fn block(&self) -> usize {
        self.place.0
    }

    /// Returns the number of its output channels.
    pub(super) fn filters(&self) -> usize {
        self.channels[1]
    }

    /// Returns whether a pool can be part of the layer's last operation.
    pub(super) fn pools(&self) -> bool {
        match self.normalisation {
            BlockNormalisation::None => self.activation == Activation::Relu,
            BlockNormalisation::Batch => true,
        }
    }

    /// Returns the cost of the layer.
    pub(super) fn size(&self) -> NetworkSize {
        let [[inputs, filters], [height, width]] =
            [self.channels, self.size].map(|counts| counts.map(|count| count as u64));
        let side = self.kernel as u64;
        let weights = product(&[filters, inputs, side, side]);
        let others = match self.normalisation {
            BlockNormalisation::None => filters,
            BlockNormalisation::Batch => product(&[2, filters]),
        };
        NetworkSize {
            parameters: sum(&[weights, others]),
            multiply_adds: product(&[height, width, weights]),
        }
    }

    /// Returns the number of its positions in an `nn.Sequential`.
    pub(super) fn exported_places(&self) -> usize {
        match self.normalisation {
            BlockNormalisation::None => 2,
            BlockNormalisation::Batch => 3,
        }
    }
}

/// A convolution with zero padding that keeps the size, and a normalisation, if any.
#[derive(Module, Debug)]
pub(super) struct Layer {
    pub(super) convolution: Conv2d,
    pub(super) norm: Option<BatchNorm>,
}

impl Layer {
    pub(super) fn new(plan: &LayerPlan, device: &Device) -> Self {
        let filters = plan.filters();
        let (block, index) = plan.place;
        let norm = match plan.normalisation {
            BlockNormalisation::None => None,
            BlockNormalisation::Batch => {
                Some(BatchNorm::new(filters, index * BLOCKS + block, device))
            }
        };
        let config = Conv2dConfig::new(plan.channels, [plan.kernel; 2])
            .with_padding(PaddingConfig2d::Same)
            .with_bias(norm.is_none());
        let convolution = match plan.initialisation {
            Initialisation::Pytorch => config.init(device),
            Initialisation::Kaiming => {
                let initializer = Initializer::KaimingUniform {
                    gain: std::f64::consts::SQRT_2,
                    fan_out_only: false,
                };
                let convolution = config.with_initializer(initializer).init(device);
                let zeros = |_| Param::from_tensor(Tensor::zeros([filters], device));
                let bias = convolution.bias.as_ref().map(zeros);
                Conv2d {
                    bias,
                    ..convolution
                }
            }
        };
        Self { convolution, norm }
    }

    pub(super) fn parts(&self) -> LayerParts<'_> {
        LayerParts {
            convolution: &self.convolution,
            norm: self.norm.as_ref(),
        }
    }
}

/// The parameters of a layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerParts<'a> {
    pub(super) convolution: &'a Conv2d,
    pub(super) norm: Option<&'a BatchNorm>,
}

impl LayerParts<'_> {
    /// Returns the activation, of the sum with `plus` if there is one.
    ///
    /// # Shapes
    /// - `images`, returned: `[batch, channels, height, width]`; `plus` as returned
    pub(super) fn forward(
        self,
        plan: &LayerPlan,
        images: Tensor<4>,
        plus: Option<Tensor<4>>,
    ) -> Tensor<4> {
        let activation = plan.activation;
        match (self.norm, plus) {
            (None, None) => self.convolve(plan, images, After::Activation(activation)),
            (None, Some(plus)) => joined(
                self.convolve(plan, images, After::NOTHING),
                plus,
                activation,
            ),
            (Some(norm), plus) => {
                let results = self.convolve(plan, images, After::NOTHING);
                norm.forward(results, plus, activation)
            }
        }
    }

    /// Returns the activation after a 2x2 max-pool, if the [plan](LayerPlan::pools) allows that.
    pub(super) fn pooled(self, plan: &LayerPlan, images: Tensor<4>) -> Tensor<4> {
        match self.norm {
            None => self.convolve(plan, images, After::ReluPool),
            Some(norm) => {
                let results = self.convolve(plan, images, After::NOTHING);
                norm.forward_pooled(results, plan.activation)
            }
        }
    }

    fn convolve(self, plan: &LayerPlan, images: Tensor<4>, after: After) -> Tensor<4> {
        let weight = self.convolution.weight.val();
        let bias = self.convolution.bias.as_ref().map(Param::val);
        convolution(images, weight, bias, Form::same(plan.kernel), after)
    }

    /// Returns its parameters and running statistics, with the names of its convolution and its
    /// normalisation.
    pub(super) fn tensors(self, names: [String; 2]) -> Vec<ExportedTensor> {
        let [convolution, norm] = names;
        let weight = self.convolution.weight.val();
        let mut found = vec![ExportedTensor::new(format!("{convolution}.weight"), weight)];
        if let Some(bias) = &self.convolution.bias {
            found.push(ExportedTensor::new(
                format!("{convolution}.bias"),
                bias.val(),
            ));
        }
        for (part, values) in self.norm.iter().flat_map(|norm| norm.tensors()) {
            found.push(ExportedTensor::new(format!("{norm}.{part}"), values));
        }
        found
    }
}
