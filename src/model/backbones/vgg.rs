//! VGG-16: thirteen 3x3 convolutions in five pooled stages, three dense layers. For small images
//! only the last dense layer is used: after the last pool there is one cell, so the two hidden
//! layers, most of the network's weights, would see 7 x 7 copies of it.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;
use burn::tensor::module::adaptive_avg_pool2d;

use super::architecture::Architecture;
use super::builder::{Builder, Stem};
use super::layers::{Convolution, Dense, Form, Padding};
use super::random::Dropping;
use crate::kernels::{Activation, Window, activated, averaged, max_pooled};
use crate::model::tap::Tap;

/// Filters of each convolution, stage by stage; a 2x2 pool ends each stage.
const STAGES: [&[usize]; 5] = [
    &[64, 64],
    &[128, 128],
    &[256, 256, 256],
    &[512, 512, 512],
    &[512, 512, 512],
];
/// Side of a pool's windows.
const POOL: usize = 2;
/// Cells per side of the dense layers' input, for any image size.
const HEAD_CELLS: usize = 7;
/// Width of the two hidden dense layers.
const HIDDEN: usize = 4096;
/// Share of a dense layer's input dropped in training, except for the first layer; if only the last
/// layer is used, share of its input.
const DROPPED: f64 = 0.5;
/// The last ReLU, before the last pool.
const LAST: &str = "features.29";
/// The last pool.
const LAST_POOL: &str = "features.30";

/// The network; its tap points are torchvision's `features.0` to `features.30`.
#[derive(Debug, Clone)]
pub(super) struct Vgg {
    stages: Vec<Vec<Convolution>>,
    hidden: Option<[Dense; 2]>,
    dense: Dense,
    dropping: Dropping,
}

impl Vgg {
    /// Returns VGG-16 for `classes` classes.
    pub(super) fn new(builder: &mut Builder<'_>, classes: usize) -> Self {
        let (mut channels, mut place) = (3, 0);
        let mut stages = Vec::new();
        for filters in STAGES {
            let mut stage = Vec::new();
            for &outputs in filters {
                let form = Form::new([channels, outputs], 3, 1);
                let name = format!("features.{place}");
                stage.push(builder.biased(&name, form, Padding::Each(1), Activation::Relu));
                // Each convolution's ReLU has its own position, and so does each stage's pool.
                (channels, place) = (outputs, place + 2);
            }
            place += 1;
            stages.push(stage);
        }
        let hidden = (builder.stem == Stem::ImageNet).then(|| {
            let features = channels * HEAD_CELLS * HEAD_CELLS;
            channels = HIDDEN;
            [
                builder.dense("classifier.0", [features, HIDDEN]),
                builder.dense("classifier.3", [HIDDEN, HIDDEN]),
            ]
        });
        Self {
            stages,
            hidden,
            dense: builder.dense("classifier.6", [channels, classes]),
            dropping: builder.dropping(DROPPED),
        }
    }
}

impl Architecture for Vgg {
    fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let (mut activation, mut place) = (images, 0);
        let mut observe = |activation| {
            place += 1;
            tap.observe(&format!("features.{}", place - 1), activation)
        };
        for stage in &self.stages {
            for convolution in stage {
                activation = observe(convolution.before_activation(activation));
                activation = observe(activated(activation, Activation::Relu));
            }
            activation = observe(max_pooled(activation, Window::tiles(POOL)));
        }
        self.classify(activation)
    }

    fn layers(&self) -> Vec<String> {
        let places: usize = STAGES.iter().map(|filters| 2 * filters.len() + 1).sum();
        (0..places)
            .map(|place| format!("features.{place}"))
            .collect()
    }

    fn default_layer(&self) -> &'static str {
        LAST
    }

    fn blocks(&self) -> Vec<String> {
        let mut place = 0;
        let mut names = Vec::new();
        for stage in &self.stages {
            for _ in stage {
                names.push(format!("features.{}", place + 1));
                place += 2;
            }
            place += 1;
        }
        names
    }

    fn head(&self) -> &'static str {
        match self.hidden {
            Some(_) => "three dense layers",
            None => "a max-pool, global average pooling and one dense layer",
        }
    }

    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let alone = self.hidden.is_none() && layer == LAST_POOL;
        self.dense.weight().filter(|_| alone)
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        match layer {
            LAST => Some(self.classify(max_pooled(activation, Window::tiles(POOL)))),
            LAST_POOL => Some(self.classify(activation)),
            _ => None,
        }
    }
}

impl Vgg {
    /// Returns the logits from the output of the last pool.
    fn classify(&self, activation: Tensor<4>) -> Tensor<2> {
        let features = match &self.hidden {
            None => averaged(activation),
            Some([first, second]) => {
                let cells = adaptive_avg_pool2d(activation, [HEAD_CELLS; 2]);
                let hidden = relu(first.forward(cells.flatten::<2>(1, 3)));
                relu(second.forward(self.dropping.values(hidden)))
            }
        };
        self.dense.forward(self.dropping.values(features))
    }
}
