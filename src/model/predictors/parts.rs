//! Convolutions whose kernels are stacked: how they are drawn, and parts of them.

use std::ops::Range;

use burn::module::Param;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor};

use crate::kernels::{After, Form, convolution};
use crate::model::forecast_spec::ForecastSpec;

/// The kernels from some of a convolution's inputs to some of its outputs.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// `[outputs, inputs, side, side]`
    taps: Tensor<4>,
    /// `[outputs]`
    bias: Option<Tensor<1>>,
}

impl Part {
    /// Returns the part of `whole` without its bias.
    pub(super) fn of(whole: &Conv2d, outputs: Range<usize>, inputs: Range<usize>) -> Self {
        let taps = whole.weight.val();
        let taps = taps.narrow(0, outputs.start, outputs.len());
        Self {
            taps: taps.narrow(1, inputs.start, inputs.len()),
            bias: None,
        }
    }

    /// Returns the part of `whole` with the bias of its outputs.
    pub(super) fn with_bias(whole: &Conv2d, outputs: Range<usize>, inputs: Range<usize>) -> Self {
        let bias = whole.bias.as_ref().map(Param::val);
        Self {
            bias: bias.map(|bias| bias.narrow(0, outputs.start, outputs.len())),
            ..Self::of(whole, outputs, inputs)
        }
    }

    /// Returns all of `whole`.
    pub(super) fn all(whole: &Conv2d) -> Self {
        Self {
            taps: whole.weight.val(),
            bias: whole.bias.as_ref().map(Param::val),
        }
    }

    /// Returns the convolution of `images`, with zero padding.
    ///
    /// # Shapes
    /// - `images`: `[batch, inputs, height, width]`
    /// - returned: `[batch, outputs, height, width]`
    pub(super) fn of_images(&self, images: Tensor<4>) -> Tensor<4> {
        let form = Form::same(self.taps.dims()[2]);
        let (taps, bias) = (self.taps.clone(), self.bias.clone());
        convolution(images, taps, bias, form, After::NOTHING)
    }
}

/// Returns a convolution with zero padding from `[inputs, outputs]` channels, drawn uniformly within
/// +-1/sqrt(fan in).
pub(super) fn drawn(channels: [usize; 2], side: usize, bias: bool, device: &Device) -> Conv2d {
    Conv2dConfig::new(channels, [side; 2])
        .with_padding(PaddingConfig2d::Same)
        .with_bias(bias)
        .init(device)
}

/// Sets the biases of some outputs to `value`.
pub(super) fn set_bias(whole: &mut Conv2d, outputs: Range<usize>, value: f64) {
    let Some(bias) = &whole.bias else {
        return;
    };
    let drawn = bias.val();
    let values = Tensor::full([outputs.len()], value, &drawn.device());
    // Detached: a parameter is a leaf.
    let bias = drawn.slice_assign([outputs], values).detach();
    whole.bias = Some(Param::from_tensor(bias));
}

/// Returns the 1x1 convolution from the top layer's hidden state to the logits of a frame's patches,
/// with the biases of `spec`.
pub(super) fn head(spec: &ForecastSpec, device: &Device) -> Conv2d {
    let top = *spec.hidden.last().expect("a checked spec has a layer");
    let pixels = spec.patch * spec.patch;
    let mut head = Conv2dConfig::new([top, pixels], [1, 1]).init(device);
    let bias = Tensor::full([pixels], spec.head_bias, device);
    head.bias = Some(Param::from_tensor(bias));
    head
}
