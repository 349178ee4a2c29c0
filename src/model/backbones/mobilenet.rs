//! MobileNet-V2: inverted residuals. For small images the stem and the first strided stage keep the
//! size.

use burn::tensor::Tensor;

use super::architecture::Architecture;
use super::builder::Builder;
use super::inverted_residual::{InvertedResidual, Names, Stage, strides};
use super::layers::{Convolution, Dense, Form};
use super::random::Dropping;
use crate::kernels::{Activation, averaged};
use crate::model::tap::Tap;

/// Channels after the stem.
const STEM: usize = 32;
/// Channels of the last convolution.
const FEATURES: usize = 1280;
/// Share of the dense layer's input that is dropped in training.
const DROPPED: f64 = 0.2;
/// The last convolution, after its ReLU6.
const LAST: &str = "features.18";

/// The seven stages: expansion, stride, outputs, blocks (the paper's table 2).
const STAGES: [Stage; 7] = [
    stage(1, 1, 16, 1),
    stage(6, 2, 24, 2),
    stage(6, 2, 32, 3),
    stage(6, 2, 64, 4),
    stage(6, 1, 96, 3),
    stage(6, 2, 160, 3),
    stage(6, 1, 320, 1),
];

const fn stage(expansion: usize, stride: usize, outputs: usize, blocks: usize) -> Stage {
    Stage {
        expansion,
        kernel: 3,
        stride,
        outputs,
        blocks,
    }
}

/// The network. Its tap points are torchvision's `features.0` to `features.18`: the stem, seventeen
/// blocks, the last convolution.
#[derive(Debug, Clone)]
pub(super) struct MobileNet {
    stem: Convolution,
    blocks: Vec<InvertedResidual>,
    last: Convolution,
    dense: Dense,
    dropping: Dropping,
}

impl MobileNet {
    /// Returns MobileNet-V2 for `classes` classes.
    pub(super) fn new(builder: &mut Builder<'_>, classes: usize) -> Self {
        let pair = |builder: &mut Builder<'_>, place: usize, form: Form| {
            let names = [0, 1].map(|part| format!("features.{place}.{part}"));
            builder.normalised([&names[0], &names[1]], form, Activation::Relu6)
        };
        let (stem_stride, stages) = strides(builder.stem, STAGES);
        let stem = pair(builder, 0, Form::new([3, STEM], 3, stem_stride));
        let mut channels = STEM;
        let mut blocks = Vec::new();
        for stage in stages {
            for block in stage.blocks(channels, Names::MobileNet, Activation::Relu6) {
                let name = format!("features.{}", blocks.len() + 1);
                blocks.push(InvertedResidual::new(builder, &name, block, 0.0));
            }
            channels = stage.outputs;
        }
        Self {
            stem,
            last: pair(
                builder,
                blocks.len() + 1,
                Form::new([channels, FEATURES], 1, 1),
            ),
            blocks,
            dense: builder.dense("classifier.1", [FEATURES, classes]),
            dropping: builder.dropping(DROPPED),
        }
    }
}

impl Architecture for MobileNet {
    fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let mut activation = tap.observe("features.0", self.stem.forward(images));
        for (place, block) in self.blocks.iter().enumerate() {
            let name = format!("features.{}", place + 1);
            activation = tap.observe(&name, block.forward(activation));
        }
        let features = tap.observe(LAST, self.last.forward(activation));
        self.classify(features)
    }

    fn layers(&self) -> Vec<String> {
        let places = 0..self.blocks.len() + 2;
        places.map(|place| format!("features.{place}")).collect()
    }

    fn default_layer(&self) -> &'static str {
        LAST
    }

    fn blocks(&self) -> Vec<String> {
        self.layers()
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        self.dense.weight().filter(|_| layer == LAST)
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        (layer == LAST).then(|| self.classify(activation))
    }
}

impl MobileNet {
    /// Returns the logits from the output of the last convolution.
    fn classify(&self, features: Tensor<4>) -> Tensor<2> {
        self.dense.forward(self.dropping.values(averaged(features)))
    }
}
