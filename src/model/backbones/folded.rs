//! Layers from named parameters, with batch normalisation folded into the convolutions.

use burn::tensor::{Device, Tensor, TensorData};

use super::builder::Source;
use super::layers::{Dense, Form, Kernel};
use crate::model::norm::VARIANCE_EPSILON;

/// A source of parameters by torchvision's names.
pub trait Parameters {
    /// Returns the values of the parameter or buffer `name`, row-major; their number is the product
    /// of `shape`.
    ///
    /// A source without them records this and returns zeros, so that all problems can be reported
    /// at once.
    fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32>;
}

/// Creates layers in inference mode from parameters.
pub(super) struct Folded<'a> {
    pub(super) parameters: &'a mut dyn Parameters,
    pub(super) device: &'a Device,
}

impl Source for Folded<'_> {
    fn normalised(&mut self, [name, norm]: [&str; 2], form: Form) -> Kernel {
        let mut weight = self.values(name, "weight", &form.shape());
        let channel = [form.outputs];
        let [scale, shift, mean, variance] = ["weight", "bias", "running_mean", "running_var"]
            .map(|part| self.values(norm, part, &channel));
        let mut bias = Vec::with_capacity(form.outputs);
        let filters = weight.chunks_exact_mut(form.shape()[1..].iter().product());
        for (channel, filter) in filters.enumerate() {
            let factor = scale[channel] / (variance[channel] + VARIANCE_EPSILON).sqrt();
            filter.iter_mut().for_each(|value| *value *= factor);
            bias.push(shift[channel] - mean[channel] * factor);
        }
        Kernel::Biased(
            self.tensor(weight, form.shape()),
            self.tensor(bias, channel),
        )
    }

    fn biased(&mut self, name: &str, form: Form) -> Kernel {
        let weight = self.values(name, "weight", &form.shape());
        let bias = self.values(name, "bias", &[form.outputs]);
        Kernel::Biased(
            self.tensor(weight, form.shape()),
            self.tensor(bias, [form.outputs]),
        )
    }

    fn dense(&mut self, name: &str, [inputs, outputs]: [usize; 2]) -> Dense {
        let weight = self.values(name, "weight", &[outputs, inputs]);
        let bias = self.values(name, "bias", &[outputs]);
        Dense::Held(
            self.tensor(weight, [outputs, inputs]),
            self.tensor(bias, [outputs]),
        )
    }
}

impl Folded<'_> {
    fn values(&mut self, layer: &str, part: &str, shape: &[usize]) -> Vec<f32> {
        let name = format!("{layer}.{part}");
        let values = self.parameters.values(&name, shape);
        assert_eq!(
            values.len(),
            shape.iter().product::<usize>(),
            "values of \"{name}\", {shape:?}"
        );
        values
    }

    fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), self.device)
    }
}

#[cfg(test)]
mod tests {
    use super::super::builder::{Builder, Stem};
    use super::*;
    use crate::kernels::Activation;
    use crate::model::backbones::Dialect;

    /// A source of 2 for every scale and variance, 3 for the mean, 1 for the shift, 5 for weights.
    struct Numbers;

    impl Parameters for Numbers {
        fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
            let value = match name {
                "bn.weight" => 2.0,
                "bn.bias" => 1.0,
                "bn.running_mean" => 3.0,
                // With the epsilon, the square root is 4.
                "bn.running_var" => 16.0 - VARIANCE_EPSILON,
                "conv.weight" => 5.0,
                other => panic!("\"{other}\" was not expected"),
            };
            vec![value; shape.iter().product()]
        }
    }

    #[test]
    fn a_folded_normalisation_by_hand() {
        let mut source = Folded {
            parameters: &mut Numbers,
            device: &Device::flex(),
        };
        let mut builder = Builder {
            source: &mut source,
            dialect: Dialect::Torchvision,
            stem: Stem::ImageNet,
        };
        let form = Form::new([1, 1], 1, 1);
        let layer = builder.normalised(["conv", "bn"], form, Activation::Relu6);
        // 5 x, minus 3, over 4, times 2, plus 1: 2.5 x - 0.5, clamped to 0 to 6.
        let input = Tensor::from_floats([[[[0.0, 1.0, 2.0, 4.0]]]], &Device::flex());
        let found: Vec<f32> = layer.forward(input).into_data().iter::<f32>().collect();
        assert_eq!(found, [0.0, 2.0, 4.5, 6.0]);
    }
}
