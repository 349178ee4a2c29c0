//! Where a backbone's parameters come from, and the layers that are made of them. Used by the
//! files of the architectures; implemented by weight files and by tests.

use burn::tensor::module::{conv2d, linear};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData, activation};

use super::Dialect;

/// What PyTorch's batch normalisation adds to a variance before its root, so that it is not 0.
const VARIANCE_EPSILON: f32 = 1e-5;

/// A source of parameters by torchvision's names.
pub trait Parameters {
    /// Returns the values of the parameter or buffer `name`, row-major, as many as the product of
    /// `shape`.
    ///
    /// A source that lacks them keeps note of it and gives zeros, so that all that is wrong with it
    /// can be told at once.
    fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32>;
}

/// Makes layers from parameters.
pub(super) struct Builder<'a> {
    pub(super) parameters: &'a mut dyn Parameters,
    pub(super) device: &'a Device,
    pub(super) dialect: Dialect,
}

/// What comes after a convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activation {
    Identity,
    Relu,
    /// ReLU, held at 6.
    Relu6,
    /// x times its logistic function.
    Silu,
}

/// The form of a convolution over square kernels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) groups: usize,
}

/// How a convolution's input is padded with zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    /// So many on every side.
    Each(usize),
    /// TensorFlow's "same": as many as give ceil(input / stride) outputs, the odd one last.
    Same,
}

/// A convolution, batch normalisation folded into it where it has one, and its activation.
#[derive(Debug, Clone)]
pub(super) struct Convolution {
    weight: Tensor<4>,
    bias: Tensor<1>,
    form: Form,
    padding: Padding,
    activation: Activation,
}

/// A dense layer; its weight is `[outputs, inputs]`, as torchvision has it.
#[derive(Debug, Clone)]
pub(super) struct Dense {
    weight: Tensor<2>,
    bias: Tensor<1>,
}

impl Form {
    /// A dense convolution that keeps or, by its stride, divides the size.
    pub(super) fn new([inputs, outputs]: [usize; 2], kernel: usize, stride: usize) -> Self {
        Self {
            inputs,
            outputs,
            kernel,
            stride,
            groups: 1,
        }
    }

    /// One filter a channel.
    pub(super) fn depthwise(channels: usize, kernel: usize, stride: usize) -> Self {
        Self {
            groups: channels,
            ..Self::new([channels, channels], kernel, stride)
        }
    }

    fn shape(&self) -> [usize; 4] {
        let inputs = self.inputs / self.groups;
        [self.outputs, inputs, self.kernel, self.kernel]
    }
}

impl Builder<'_> {
    /// Returns the convolution `name`, which has a bias and no normalisation.
    pub(super) fn biased(
        &mut self,
        name: &str,
        form: Form,
        padding: Padding,
        activation: Activation,
    ) -> Convolution {
        let weight = self.values(name, "weight", &form.shape());
        let bias = self.values(name, "bias", &[form.outputs]);
        self.convolution((weight, bias), form, padding, activation)
    }

    /// Returns the convolution `name`, which has no bias and is followed by the batch normalisation
    /// `norm`, the two as one.
    pub(super) fn normalised(
        &mut self,
        [name, norm]: [&str; 2],
        form: Form,
        activation: Activation,
    ) -> Convolution {
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
        let padding = match self.dialect {
            Dialect::TensorFlow => Padding::Same,
            Dialect::Torchvision | Dialect::Caffe => Padding::Each(form.kernel / 2),
        };
        self.convolution((weight, bias), form, padding, activation)
    }

    fn convolution(
        &self,
        (weight, bias): (Vec<f32>, Vec<f32>),
        form: Form,
        padding: Padding,
        activation: Activation,
    ) -> Convolution {
        Convolution {
            weight: Tensor::from_data(TensorData::new(weight, form.shape()), self.device),
            bias: Tensor::from_data(TensorData::new(bias, [form.outputs]), self.device),
            form,
            padding,
            activation,
        }
    }

    /// Returns the dense layer `name`.
    pub(super) fn dense(&mut self, name: &str, [inputs, outputs]: [usize; 2]) -> Dense {
        let weight = self.values(name, "weight", &[outputs, inputs]);
        let bias = self.values(name, "bias", &[outputs]);
        Dense {
            weight: Tensor::from_data(TensorData::new(weight, [outputs, inputs]), self.device),
            bias: Tensor::from_data(TensorData::new(bias, [outputs]), self.device),
        }
    }

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
}

impl Convolution {
    /// Returns the activation after the convolution.
    ///
    /// # Shapes
    /// - `input`: `[batch, channels, height, width]`
    /// - returned: the same axes, of the form's outputs and stride
    pub(super) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        self.activation.apply(self.before_activation(input))
    }

    /// Returns what its activation is applied to.
    ///
    /// # Shapes
    /// As [`forward`](Self::forward).
    pub(super) fn before_activation(&self, input: Tensor<4>) -> Tensor<4> {
        let [_batch, _channels, height, width] = input.dims();
        let options = ConvOptions::new_with_padding(
            [self.form.stride; 2],
            [height, width].map(|size| self.padding.around(size, self.form)),
            [1; 2],
            self.form.groups,
        );
        conv2d(input, self.weight.clone(), Some(self.bias.clone()), options)
    }
}

impl Padding {
    /// Zeros before and after an axis of `size`.
    fn around(self, size: usize, form: Form) -> (usize, usize) {
        match self {
            Self::Each(each) => (each, each),
            Self::Same => {
                let last = (size.div_ceil(form.stride) - 1) * form.stride;
                let total = (last + form.kernel).saturating_sub(size);
                (total / 2, total - total / 2)
            }
        }
    }
}

impl Activation {
    /// Returns the activation of `values`.
    pub(super) fn apply<const D: usize>(self, values: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Identity => values,
            Self::Relu => activation::relu(values),
            Self::Relu6 => activation::relu6(values),
            Self::Silu => activation::silu(values),
        }
    }
}

impl Dense {
    /// Returns the layer's outputs.
    ///
    /// # Shapes
    /// - `features`: `[batch, inputs]`
    /// - returned: `[batch, outputs]`
    pub(super) fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        linear(
            features,
            self.weight.clone().transpose(),
            Some(self.bias.clone()),
        )
    }

    /// Returns the weights, `[outputs, inputs]`.
    pub(super) fn weight(&self) -> Tensor<2> {
        self.weight.clone()
    }
}

/// Returns the mean over the cells of each channel: `[batch, channels, height, width]` to
/// `[batch, channels]`.
pub(super) fn pooled(activation: Tensor<4>) -> Tensor<2> {
    activation.flatten::<3>(2, 3).mean_dim(2).squeeze_dim(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensorflow_pads_last_what_is_odd() {
        let form = |kernel, stride| Form::new([1, 1], kernel, stride);
        // Two strides of a 3-wide kernel over 4 pixels reach one pixel past the end; over 5 pixels,
        // three strides reach one past either end.
        assert_eq!(Padding::Same.around(4, form(3, 2)), (0, 1));
        assert_eq!(Padding::Same.around(5, form(3, 2)), (1, 1));
        assert_eq!(Padding::Same.around(7, form(3, 1)), (1, 1));
        assert_eq!(Padding::Same.around(7, form(1, 1)), (0, 0));
        assert_eq!(Padding::Each(2).around(7, form(5, 2)), (2, 2));
    }

    /// Hands out 2 for every scale and variance, 3 for the mean, 1 for the shift, 5 for weights.
    struct Numbers;

    impl Parameters for Numbers {
        fn values(&mut self, name: &str, shape: &[usize]) -> Vec<f32> {
            let value = match name {
                "bn.weight" => 2.0,
                "bn.bias" => 1.0,
                "bn.running_mean" => 3.0,
                // With the epsilon, a root of 4.
                "bn.running_var" => 16.0 - VARIANCE_EPSILON,
                "conv.weight" => 5.0,
                other => panic!("\"{other}\" was not expected"),
            };
            vec![value; shape.iter().product()]
        }
    }

    #[test]
    fn a_folded_normalisation_by_hand() {
        let device = Device::flex();
        let mut builder = Builder {
            parameters: &mut Numbers,
            device: &device,
            dialect: Dialect::Torchvision,
        };
        let form = Form::new([1, 1], 1, 1);
        let layer = builder.normalised(["conv", "bn"], form, Activation::Relu6);
        // 5 x, less 3, over 4, times 2, plus 1: 2.5 x - 0.5, held in 0 to 6.
        let input = Tensor::from_floats([[[[0.0, 1.0, 2.0, 4.0]]]], &device);
        let found: Vec<f32> = layer.forward(input).into_data().iter::<f32>().collect();
        assert_eq!(found, [0.0, 2.0, 4.5, 6.0]);
    }
}
