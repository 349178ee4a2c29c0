//! Inverted residual blocks: widen, filter each channel, narrow. EfficientNet's variant adds a
//! squeeze-and-excitation.

use burn::tensor::Tensor;

use super::builder::{Builder, Stem};
use super::layers::{Convolution, Form, Padding};
use super::random::Dropping;
use crate::kernels::{Activation, averaged, forked, gated, joined};

/// Ratio of the channels of a block's input to those inside its squeeze-and-excitation.
const SQUEEZE: usize = 4;

/// A block of one stage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    /// Ratio of the channels inside the block to those of its input.
    pub(super) expansion: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) activation: Activation,
    pub(super) names: Names,
}

/// Naming of a block's parameters, which also determines whether it has a squeeze-and-excitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// `conv.0.0`, `conv.0.1`, ...: the narrowing convolution and its normalisation come last, one
    /// number each. No squeeze-and-excitation.
    MobileNet,
    /// `block.0.0`, `block.0.1`, ...: all in pairs, and `block.2.fc1`, `block.2.fc2`.
    EfficientNet,
}

/// A series of equal blocks, except the first, which changes channels and size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage {
    pub(super) expansion: usize,
    pub(super) kernel: usize,
    pub(super) stride: usize,
    pub(super) outputs: usize,
    pub(super) blocks: usize,
}

impl Stage {
    /// Returns its blocks, for an input of `inputs` channels.
    pub(super) fn blocks(self, inputs: usize, names: Names, activation: Activation) -> Vec<Block> {
        let block = |number: usize| Block {
            inputs: if number == 0 { inputs } else { self.outputs },
            outputs: self.outputs,
            expansion: self.expansion,
            kernel: self.kernel,
            stride: if number == 0 { self.stride } else { 1 },
            activation,
            names,
        };
        (0..self.blocks).map(block).collect()
    }
}

/// Returns the stride of the stem before `stages`, and the stages: for small images the stem and
/// the first strided stage lose their strides.
pub(super) fn strides<const N: usize>(stem: Stem, mut stages: [Stage; N]) -> (usize, [Stage; N]) {
    if stem == Stem::ImageNet {
        return (2, stages);
    }
    if let Some(first) = stages.iter_mut().find(|stage| stage.stride > 1) {
        first.stride = 1;
    }
    (1, stages)
}

/// Scales each channel by a factor computed from the means of all channels.
#[derive(Debug, Clone)]
struct SqueezeExcitation {
    squeeze: Convolution,
    excite: Convolution,
}

/// The block.
#[derive(Debug, Clone)]
pub(super) struct InvertedResidual {
    expand: Option<Convolution>,
    depthwise: Convolution,
    excitation: Option<SqueezeExcitation>,
    project: Convolution,
    shortcut: bool,
    dropping: Dropping,
}

impl InvertedResidual {
    /// Returns the block `name`. If it has a shortcut, training skips the rest of the block for a
    /// share `dropped` of the images.
    pub(super) fn new(builder: &mut Builder<'_>, name: &str, block: Block, dropped: f64) -> Self {
        let parent = match block.names {
            Names::MobileNet => format!("{name}.conv"),
            Names::EfficientNet => format!("{name}.block"),
        };
        let mut place = 0;
        let mut pair = |builder: &mut Builder<'_>, form: Form, activation: Activation| {
            let names = [0, 1].map(|part| format!("{parent}.{place}.{part}"));
            place += 1;
            builder.normalised([&names[0], &names[1]], form, activation)
        };
        let width = block.inputs * block.expansion;
        let wider = Form::new([block.inputs, width], 1, 1);
        let expand = (block.expansion != 1).then(|| pair(builder, wider, block.activation));
        let form = Form::depthwise(width, block.kernel, block.stride);
        let depthwise = pair(builder, form, block.activation);
        let narrower = Form::new([width, block.outputs], 1, 1);
        let (excitation, project) = match block.names {
            Names::MobileNet => {
                let names = [place, place + 1].map(|place| format!("{parent}.{place}"));
                let names = [names[0].as_str(), names[1].as_str()];
                (
                    None,
                    builder.normalised(names, narrower, Activation::Identity),
                )
            }
            Names::EfficientNet => {
                let name = format!("{parent}.{place}");
                let channels = [width, (block.inputs / SQUEEZE).max(1)];
                let excitation = SqueezeExcitation::new(builder, &name, channels, block.activation);
                place += 1;
                let names = [0, 1].map(|part| format!("{parent}.{place}.{part}"));
                let names = [names[0].as_str(), names[1].as_str()];
                let project = builder.normalised(names, narrower, Activation::Identity);
                (Some(excitation), project)
            }
        };
        Self {
            expand,
            depthwise,
            excitation,
            project,
            shortcut: block.stride == 1 && block.inputs == block.outputs,
            dropping: builder.dropping(dropped),
        }
    }

    /// Returns the block's output.
    ///
    /// # Shapes
    /// - `input`, returned: `[batch, channels, height, width]`
    pub(super) fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let (input, shortcut) = match self.shortcut {
            true => {
                let [input, shortcut] = forked(input);
                (input, Some(shortcut))
            }
            false => (input, None),
        };
        let wide = match &self.expand {
            Some(expand) => expand.forward(input),
            None => input,
        };
        let filtered = self.depthwise.forward(wide);
        let weighted = match &self.excitation {
            Some(excitation) => excitation.forward(filtered),
            None => filtered,
        };
        let Some(shortcut) = shortcut else {
            return self.project.forward(weighted);
        };
        if !self.dropping.acts_on(&shortcut) {
            return self.project.forward_joined(weighted, shortcut);
        }
        let narrow = self.dropping.images(self.project.forward(weighted));
        joined(narrow, shortcut, Activation::Identity)
    }
}

impl SqueezeExcitation {
    fn new(
        builder: &mut Builder<'_>,
        name: &str,
        [channels, squeezed]: [usize; 2],
        activation: Activation,
    ) -> Self {
        let mut layer = |part: &str, channels: [usize; 2], activation: Activation| {
            let form = Form::new(channels, 1, 1);
            builder.biased(
                &format!("{name}.{part}"),
                form,
                Padding::Each(0),
                activation,
            )
        };
        Self {
            squeeze: layer("fc1", [channels, squeezed], activation),
            excite: layer("fc2", [squeezed, channels], Activation::Identity),
        }
    }

    fn forward(&self, activation: Tensor<4>) -> Tensor<4> {
        let [batch, channels, _height, _width] = activation.dims();
        let [activation, described] = forked(activation);
        let means = averaged(described).reshape([batch, channels, 1, 1]);
        let scale = self.excite.forward(self.squeeze.forward(means));
        gated(activation, scale)
    }
}
