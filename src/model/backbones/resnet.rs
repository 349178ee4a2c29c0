//! ResNet-50 and ResNet-101: a stem and four stages of bottleneck blocks with shortcuts. For small
//! images the stem is a 3x3 convolution that keeps the size, without a pool after it.

use burn::tensor::Tensor;

use super::architecture::Architecture;
use super::builder::{Builder, Stem};
use super::layers::{Convolution, Dense, Form};
use crate::kernels::{Activation, Window, averaged, forked, max_pooled};
use crate::model::tap::Tap;

/// Channels after the stem.
const STEM: usize = 64;
/// Channels inside the blocks of each stage.
const WIDTHS: [usize; 4] = [64, 128, 256, 512];
/// Ratio of a block's output channels to its inner channels.
const EXPANSION: usize = 4;
/// The pool after the stem.
const POOL: Window = Window {
    side: 3,
    stride: 2,
    padding: 1,
    partial: false,
};
/// The last block of the last stage, after its ReLU; both networks have three blocks there.
const LAST: &str = "layer4.2";

/// A block: 1x1, 3x3 and 1x1 convolutions next to a shortcut, and a ReLU on their sum.
#[derive(Debug, Clone)]
struct Bottleneck {
    convolutions: [Convolution; 3],
    shortcut: Option<Convolution>,
}

/// The network. Its tap points are the stem's `relu` and, for photographs, `maxpool`, each block,
/// such as `layer1.0`, and each stage, `layer1` to `layer4`, which is the output of its last block.
#[derive(Debug, Clone)]
pub(super) struct ResNet {
    stem: Convolution,
    /// Whether a pool follows the stem.
    pools: bool,
    stages: Vec<Vec<Bottleneck>>,
    dense: Dense,
}

impl ResNet {
    /// Returns the network with `blocks` blocks in each stage, for `classes` classes.
    pub(super) fn new(builder: &mut Builder<'_>, blocks: [usize; 4], classes: usize) -> Self {
        let (kernel, stride) = match builder.stem {
            Stem::ImageNet => (7, 2),
            Stem::Cifar => (3, 1),
        };
        let stem = Form::new([3, STEM], kernel, stride);
        let stem = builder.normalised(["conv1", "bn1"], stem, Activation::Relu);
        let mut channels = STEM;
        let mut stages = Vec::new();
        for (stage, (width, blocks)) in WIDTHS.into_iter().zip(blocks).enumerate() {
            let mut made = Vec::new();
            for block in 0..blocks {
                let name = format!("layer{}.{block}", stage + 1);
                // The first stage keeps the size of its input.
                let stride = if block == 0 && stage > 0 { 2 } else { 1 };
                made.push(Bottleneck::new(builder, &name, [channels, width], stride));
                channels = width * EXPANSION;
            }
            stages.push(made);
        }
        Self {
            stem,
            pools: builder.stem == Stem::ImageNet,
            stages,
            dense: builder.dense("fc", [channels, classes]),
        }
    }
}

impl Bottleneck {
    fn new(
        builder: &mut Builder<'_>,
        name: &str,
        [inputs, width]: [usize; 2],
        stride: usize,
    ) -> Self {
        let outputs = width * EXPANSION;
        let mut layer = |number: usize, form: Form, activation: Activation| {
            let names = [format!("{name}.conv{number}"), format!("{name}.bn{number}")];
            builder.normalised([&names[0], &names[1]], form, activation)
        };
        let convolutions = [
            layer(1, Form::new([inputs, width], 1, 1), Activation::Relu),
            // torchvision strides here, the paper in the previous convolution.
            layer(2, Form::new([width, width], 3, stride), Activation::Relu),
            // Its ReLU follows the sum with the shortcut.
            layer(3, Form::new([width, outputs], 1, 1), Activation::Relu),
        ];
        let shortcut = (stride != 1 || inputs != outputs).then(|| {
            let names = [0, 1].map(|part| format!("{name}.downsample.{part}"));
            let form = Form::new([inputs, outputs], 1, stride);
            builder.normalised([&names[0], &names[1]], form, Activation::Identity)
        });
        Self {
            convolutions,
            shortcut,
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let [input, shortcut] = forked(input);
        let shortcut = match &self.shortcut {
            Some(convolution) => convolution.forward(shortcut),
            None => shortcut,
        };
        let [narrow, filter, widen] = &self.convolutions;
        widen.forward_joined(filter.forward(narrow.forward(input)), shortcut)
    }
}

impl Architecture for ResNet {
    fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let mut activation = tap.observe("relu", self.stem.forward(images));
        if self.pools {
            activation = tap.observe("maxpool", max_pooled(activation, POOL));
        }
        for (stage, blocks) in self.stages.iter().enumerate() {
            let stage = format!("layer{}", stage + 1);
            for (number, block) in blocks.iter().enumerate() {
                activation = tap.observe(&format!("{stage}.{number}"), block.forward(activation));
            }
            activation = tap.observe(&stage, activation);
        }
        self.dense.forward(averaged(activation))
    }

    fn layers(&self) -> Vec<String> {
        let mut names = vec!["relu".to_string()];
        names.extend(self.pools.then(|| "maxpool".to_string()));
        for (stage, blocks) in self.stages.iter().enumerate() {
            let stage = format!("layer{}", stage + 1);
            names.extend((0..blocks.len()).map(|number| format!("{stage}.{number}")));
            names.push(stage);
        }
        names
    }

    fn default_layer(&self) -> &'static str {
        LAST
    }

    fn blocks(&self) -> Vec<String> {
        let is_block = |name: &String| name.contains('.');
        self.layers().into_iter().filter(is_block).collect()
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        self.dense.weight().filter(|_| is_last(layer))
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        is_last(layer).then(|| self.dense.forward(averaged(activation)))
    }
}

fn is_last(layer: &str) -> bool {
    layer == LAST || layer == "layer4"
}
