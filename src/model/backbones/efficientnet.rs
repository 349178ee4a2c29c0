//! EfficientNet-B0: inverted residuals with squeeze-and-excitation. For small images the stem and
//! the first strided stage keep the size.

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
/// Share of the dense layer's input dropped in training. Also the share of images whose residual is
/// dropped in the last block, rising linearly from 0 before the first.
const DROPPED: f64 = 0.2;
/// The last convolution, after its SiLU.
const LAST: &str = "features.8";

/// The seven stages: expansion, kernel, stride, outputs, blocks (the paper's table 1).
const STAGES: [Stage; 7] = [
    stage(1, 3, 1, 16, 1),
    stage(6, 3, 2, 24, 2),
    stage(6, 5, 2, 40, 2),
    stage(6, 3, 2, 80, 3),
    stage(6, 5, 1, 112, 3),
    stage(6, 5, 2, 192, 4),
    stage(6, 3, 1, 320, 1),
];

const fn stage(
    expansion: usize,
    kernel: usize,
    stride: usize,
    outputs: usize,
    blocks: usize,
) -> Stage {
    Stage {
        expansion,
        kernel,
        stride,
        outputs,
        blocks,
    }
}

/// The network. Its tap points are `features.0` (the stem), each block, such as `features.2.1`,
/// each stage, `features.1` to `features.7`, which is the output of its last block, and
/// `features.8`.
#[derive(Debug, Clone)]
pub(super) struct EfficientNet {
    stem: Convolution,
    stages: Vec<Vec<InvertedResidual>>,
    last: Convolution,
    dense: Dense,
    dropping: Dropping,
}

impl EfficientNet {
    /// Returns EfficientNet-B0 for `classes` classes.
    pub(super) fn new(builder: &mut Builder<'_>, classes: usize) -> Self {
        let pair = |builder: &mut Builder<'_>, place: usize, form: Form| {
            let names = [0, 1].map(|part| format!("features.{place}.{part}"));
            builder.normalised([&names[0], &names[1]], form, Activation::Silu)
        };
        let (stem_stride, sized) = strides(builder.stem, STAGES);
        let stem = pair(builder, 0, Form::new([3, STEM], 3, stem_stride));
        let mut channels = STEM;
        let mut stages = Vec::new();
        let (mut before, all) = (0, STAGES.iter().map(|stage| stage.blocks).sum::<usize>());
        for (number, stage) in sized.into_iter().enumerate() {
            let blocks = stage.blocks(channels, Names::EfficientNet, Activation::Silu);
            channels = stage.outputs;
            let blocks = blocks.into_iter().enumerate().map(|(place, block)| {
                let name = format!("features.{}.{place}", number + 1);
                let dropped = DROPPED * before as f64 / all as f64;
                before += 1;
                InvertedResidual::new(builder, &name, block, dropped)
            });
            stages.push(blocks.collect());
        }
        Self {
            stem,
            stages,
            last: pair(
                builder,
                STAGES.len() + 1,
                Form::new([channels, FEATURES], 1, 1),
            ),
            dense: builder.dense("classifier.1", [FEATURES, classes]),
            dropping: builder.dropping(DROPPED),
        }
    }
}

impl Architecture for EfficientNet {
    fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let mut activation = tap.observe("features.0", self.stem.forward(images));
        for (number, blocks) in self.stages.iter().enumerate() {
            let stage = format!("features.{}", number + 1);
            for (place, block) in blocks.iter().enumerate() {
                activation = tap.observe(&format!("{stage}.{place}"), block.forward(activation));
            }
            activation = tap.observe(&stage, activation);
        }
        let features = tap.observe(LAST, self.last.forward(activation));
        self.classify(features)
    }

    fn layers(&self) -> Vec<String> {
        let mut names = vec!["features.0".to_string()];
        for (number, blocks) in self.stages.iter().enumerate() {
            let stage = format!("features.{}", number + 1);
            names.extend((0..blocks.len()).map(|place| format!("{stage}.{place}")));
            names.push(stage);
        }
        names.push(LAST.to_string());
        names
    }

    fn default_layer(&self) -> &'static str {
        LAST
    }

    fn blocks(&self) -> Vec<String> {
        let is_block = |name: &String| name == LAST || name.matches('.').count() == 2;
        self.layers().into_iter().filter(is_block).collect()
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        self.dense.weight().filter(|_| layer == LAST)
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        (layer == LAST).then(|| self.classify(activation))
    }
}

impl EfficientNet {
    /// Returns the logits from the output of the last convolution.
    fn classify(&self, features: Tensor<4>) -> Tensor<2> {
        self.dense.forward(self.dropping.values(averaged(features)))
    }
}
