//! The layers that the architectures are made of.

use burn::tensor::module::{conv2d, linear};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, activation};

use super::norm::BatchNorm;
use super::tally::Count;
use crate::kernels::{After, convolution};

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

/// What a convolution computes with.
#[derive(Debug, Clone)]
pub(super) enum Kernel {
    /// Weights `[outputs, inputs, height, width]` and a bias `[outputs]`.
    Biased(Tensor<4>, Tensor<1>),
    /// Weights, and the batch normalisation that follows them.
    Normalised(Tensor<4>, BatchNorm),
    /// Nothing: what it would cost is added up.
    Counted(Count),
}

/// A convolution, with batch normalisation where it has one, and its activation.
#[derive(Debug, Clone)]
pub(super) struct Convolution {
    pub(super) kernel: Kernel,
    pub(super) form: Form,
    pub(super) padding: Padding,
    pub(super) activation: Activation,
    /// Whether our own kernels may compute it, whose last digits differ from the backend's.
    pub(super) own_kernels: bool,
}

/// A dense layer.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "a network has one to three of them, and those that count are not kept"
)]
pub(super) enum Dense {
    /// Weights `[outputs, inputs]`, as torchvision has them, and a bias `[outputs]`.
    Held(Tensor<2>, Tensor<1>),
    /// Nothing: what so many outputs would cost is added up.
    Counted(Count, usize),
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

    /// One filter per channel.
    pub(super) fn depthwise(channels: usize, kernel: usize, stride: usize) -> Self {
        Self {
            groups: channels,
            ..Self::new([channels, channels], kernel, stride)
        }
    }

    /// The shape of the weights.
    pub(super) fn shape(&self) -> [usize; 4] {
        let inputs = self.inputs / self.groups;
        [self.outputs, inputs, self.kernel, self.kernel]
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
        let padding = [height, width].map(|size| self.padding.around(size, self.form));
        let form = self.form;
        let convolve = |weight: &Tensor<4>, bias: Option<Tensor<1>>| {
            if self.own_kernels && form.keeps_size(self.padding) {
                return convolution(input.clone(), weight.clone(), bias, After::Nothing);
            }
            let strides = [form.stride; 2];
            let options = ConvOptions::new_with_padding(strides, padding, [1; 2], form.groups);
            conv2d(input.clone(), weight.clone(), bias, options)
        };
        match &self.kernel {
            Kernel::Biased(weight, bias) => convolve(weight, Some(bias.clone())),
            Kernel::Normalised(weight, norm) => norm.forward(convolve(weight, None)),
            Kernel::Counted(count) => {
                let [height, width] = [(height, padding[0]), (width, padding[1])]
                    .map(|(size, (before, after))| form.reached(before + size + after));
                count.convolution(height * width);
                Tensor::zeros([1, 1, height, width], &input.device())
            }
        }
    }

    /// Returns the bias, where the convolution has one.
    pub(super) fn bias(&self) -> Option<Tensor<1>> {
        match &self.kernel {
            Kernel::Biased(_, bias) => Some(bias.clone()),
            Kernel::Normalised(..) | Kernel::Counted(_) => None,
        }
    }

    /// Returns the device of the weights.
    pub(super) fn device(&self) -> Device {
        match &self.kernel {
            Kernel::Biased(weight, _) | Kernel::Normalised(weight, _) => weight.device(),
            Kernel::Counted(_) => Device::flex(),
        }
    }
}

impl Form {
    /// Whether it is a dense convolution with as many cells after it as before.
    fn keeps_size(&self, padding: Padding) -> bool {
        let centred = self.kernel % 2 == 1 && padding == Padding::Each(self.kernel / 2);
        centred && self.stride == 1 && self.groups == 1
    }

    /// Outputs along an axis of `size` with its padding.
    fn reached(&self, size: usize) -> usize {
        (size - self.kernel) / self.stride + 1
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
        match self {
            Self::Held(weight, bias) => {
                linear(features, weight.clone().transpose(), Some(bias.clone()))
            }
            Self::Counted(count, outputs) => {
                count.dense();
                Tensor::zeros([1, *outputs], &features.device())
            }
        }
    }

    /// Returns the weights, `[outputs, inputs]`, where it has any.
    pub(super) fn weight(&self) -> Option<Tensor<2>> {
        match self {
            Self::Held(weight, _) => Some(weight.clone()),
            Self::Counted(..) => None,
        }
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
}
