//! The layers of the architectures.

use burn::tensor::{Device, Tensor};

use super::tally::Count;
use crate::kernels::{self, Activation, After, WeightAxes, convolution, dense, depthwise, joined};
use crate::model::norm::BatchNorm;

/// The form of a convolution over square kernels. The groups are one or, for a depthwise
/// convolution, as many as channels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) groups: usize,
}

/// Zero padding of a convolution's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Padding {
    /// This many on each side.
    Each(usize),
    /// TensorFlow's "same": gives ceil(input / stride) outputs, with the odd pixel last.
    Same,
}

/// The parameters of a convolution.
#[derive(Debug, Clone)]
pub(super) enum Kernel {
    /// Weights `[outputs, inputs, height, width]` and a bias `[outputs]`.
    Biased(Tensor<4>, Tensor<1>),
    /// Weights, and the batch normalisation that follows them.
    Normalised(Tensor<4>, BatchNorm),
    /// No parameters: the cost is counted.
    Counted(Count),
}

/// A convolution with its activation, and its batch normalisation if it has one.
#[derive(Debug, Clone)]
pub(super) struct Convolution {
    pub(super) kernel: Kernel,
    pub(super) form: Form,
    pub(super) padding: Padding,
    pub(super) activation: Activation,
}

/// A dense layer.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "a network has one to three of them, and those that count are not kept"
)]
pub(super) enum Dense {
    /// Weights `[outputs, inputs]`, as in torchvision, and a bias `[outputs]`.
    Held(Tensor<2>, Tensor<1>),
    /// No parameters: the cost of this number of outputs is counted.
    Counted(Count, usize),
}

impl Form {
    /// Returns a dense convolution that keeps the size or divides it by its stride.
    pub(super) fn new([inputs, outputs]: [usize; 2], kernel: usize, stride: usize) -> Self {
        Self {
            inputs,
            outputs,
            kernel,
            stride,
            groups: 1,
        }
    }

    /// Returns a convolution with one filter per channel.
    pub(super) fn depthwise(channels: usize, kernel: usize, stride: usize) -> Self {
        Self {
            groups: channels,
            ..Self::new([channels, channels], kernel, stride)
        }
    }

    /// Returns the shape of the weights.
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
    /// - returned: the same axes, with the form's outputs and stride
    pub(super) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        self.run(input, None, self.activation)
    }

    /// Returns the activation of the sum of the convolution and `plus`.
    ///
    /// # Shapes
    /// As [`forward`](Self::forward); `plus` has the shape of the result.
    pub(super) fn forward_joined(&self, input: Tensor<4>, plus: Tensor<4>) -> Tensor<4> {
        self.run(input, Some(plus), self.activation)
    }

    /// Returns the input of its activation.
    ///
    /// # Shapes
    /// As [`forward`](Self::forward).
    pub(super) fn before_activation(&self, input: Tensor<4>) -> Tensor<4> {
        self.run(input, None, Activation::Identity)
    }

    fn run(&self, input: Tensor<4>, plus: Option<Tensor<4>>, activation: Activation) -> Tensor<4> {
        let [_batch, _channels, height, width] = input.dims();
        let form = kernels::Form {
            stride: self.form.stride,
            padding: [height, width].map(|size| self.padding.around(size, self.form)),
        };
        let convolve = |weight: &Tensor<4>, bias: Option<Tensor<1>>, activation: Activation| {
            let (input, weight) = (input.clone(), weight.clone());
            match self.form.groups {
                1 => convolution(input, weight, bias, form, After::Activation(activation)),
                _ => depthwise(input, weight, bias, form, activation),
            }
        };
        match &self.kernel {
            Kernel::Biased(weight, bias) => {
                let bias = Some(bias.clone());
                match plus {
                    Some(plus) => joined(
                        convolve(weight, bias, Activation::Identity),
                        plus,
                        activation,
                    ),
                    None => convolve(weight, bias, activation),
                }
            }
            Kernel::Normalised(weight, norm) => norm.forward(
                convolve(weight, None, Activation::Identity),
                plus,
                activation,
            ),
            Kernel::Counted(count) => {
                let [height, width] = [(0, height), (1, width)]
                    .map(|(axis, size)| form.positions(axis, size, self.form.kernel));
                count.convolution(height * width);
                Tensor::zeros([1, 1, height, width], &input.device())
            }
        }
    }

    /// Returns the bias, if the convolution has one.
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

impl Padding {
    /// Returns the number of zeros before and after an axis of `size`.
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

impl Dense {
    /// Returns the layer's outputs.
    ///
    /// # Shapes
    /// - `features`: `[batch, inputs]`
    /// - returned: `[batch, outputs]`
    pub(super) fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Held(weight, bias) => {
                let bias = Some(bias.clone());
                dense(features, weight.clone(), bias, WeightAxes::OutputsFirst)
            }
            Self::Counted(count, outputs) => {
                count.dense();
                Tensor::zeros([1, *outputs], &features.device())
            }
        }
    }

    /// Returns the weights, `[outputs, inputs]`, if it has any.
    pub(super) fn weight(&self) -> Option<Tensor<2>> {
        match self {
            Self::Held(weight, _) => Some(weight.clone()),
            Self::Counted(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensorflow_pads_last_what_is_odd() {
        let form = |kernel, stride| Form::new([1, 1], kernel, stride);
        // Two strides of a 3-wide kernel over 4 pixels extend one pixel past the end; over 5
        // pixels, three strides extend one past either end.
        assert_eq!(Padding::Same.around(4, form(3, 2)), (0, 1));
        assert_eq!(Padding::Same.around(5, form(3, 2)), (1, 1));
        assert_eq!(Padding::Same.around(7, form(3, 1)), (1, 1));
        assert_eq!(Padding::Same.around(7, form(1, 1)), (0, 0));
        assert_eq!(Padding::Each(2).around(7, form(5, 2)), (2, 2));
    }
}
