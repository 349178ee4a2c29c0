//! The parameters of a trainable backbone's layers.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::layers::{Dense, Kernel};
use crate::model::norm::BatchNorm;
use crate::model::weights::ExportedTensor;

/// A convolution's parameters.
#[derive(Module, Debug)]
pub(super) struct ConvolutionLayer {
    pub(super) weight: Param<Tensor<4>>,
    bias: Option<Param<Tensor<1>>>,
    norm: Option<BatchNorm>,
    /// Torchvision's names of the convolution and, if it has one, of its normalisation.
    #[module(skip)]
    names: Vec<String>,
}

/// A dense layer's parameters; its weight is `[outputs, inputs]`, as in torchvision.
#[derive(Module, Debug)]
pub(super) struct DenseLayer {
    pub(super) weight: Param<Tensor<2>>,
    pub(super) bias: Param<Tensor<1>>,
    #[module(skip)]
    pub(super) name: String,
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

    /// Returns torchvision's name of the convolution.
    pub(super) fn name(&self) -> &str {
        &self.names[0]
    }

    /// Returns the parameters of a forward pass.
    pub(super) fn kernel(&self) -> Kernel {
        let weight = self.weight.val();
        match (&self.norm, &self.bias) {
            (Some(norm), _) => Kernel::Normalised(weight, norm.clone()),
            (None, Some(bias)) => Kernel::Biased(weight, bias.val()),
            (None, None) => panic!("\"{}\" has neither bias nor norm", self.names.concat()),
        }
    }

    /// Returns the parameters and running statistics by torchvision's names.
    pub(super) fn tensors(&self) -> Vec<ExportedTensor> {
        let own = self.name();
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
    /// Returns the parameters by torchvision's names.
    pub(super) fn tensors(&self) -> Vec<ExportedTensor> {
        let named = |part: &str| format!("{}.{part}", self.name);
        vec![
            ExportedTensor::new(named("weight"), self.weight.val()),
            ExportedTensor::new(named("bias"), self.bias.val()),
        ]
    }

    /// Returns the parameters of a forward pass.
    pub(super) fn dense(&self) -> Dense {
        Dense::Held(self.weight.val(), self.bias.val())
    }
}
