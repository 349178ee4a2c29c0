//! SqueezeNet 1.0: fire modules, and a convolution as its head. For small images the stem is a 3x3
//! convolution that keeps the size.

use burn::tensor::Tensor;
use burn::tensor::activation::relu;

use super::Dialect;
use super::architecture::Architecture;
use super::builder::{Builder, Stem};
use super::layers::{Convolution, Form, Padding};
use super::random::Dropping;
use crate::kernels::{Activation, Window, activated, averaged, forked, max_pooled};
use crate::model::tap::Tap;

/// The max-pools, which keep partial windows at the border.
const POOL: Window = Window {
    side: 3,
    stride: 2,
    padding: 0,
    partial: true,
};
/// Filters of the stem.
const STEM: usize = 96;
/// Channels that a fire module squeezes to, and that each of its two halves then expands to; `None`
/// is a pool. They are torchvision's `features.3` to `features.12`.
const BODY: [Option<[usize; 2]>; 10] = [
    Some([16, 64]),
    Some([16, 64]),
    Some([32, 128]),
    None,
    Some([32, 128]),
    Some([48, 192]),
    Some([48, 192]),
    Some([64, 256]),
    None,
    Some([64, 256]),
];
/// Where the body starts: after the stem's convolution, ReLU and pool.
const BODY_START: usize = 3;
/// Share of the last fire module's output that is dropped in training.
const DROPPED: f64 = 0.5;
/// The last fire module, after its ReLUs.
const LAST_FIRE: &str = "features.12";
/// Cells of the head for a picture of 224 or 227 pixels per side.
const CELLS: [usize; 2] = [13; 2];
/// The head's convolution, after its ReLU: one channel per class.
const HEAD: &str = "classifier.2";

/// Squeezes the channels, then expands them by parallel 1x1 and 3x3 convolutions.
#[derive(Debug, Clone)]
struct Fire {
    squeeze: Convolution,
    expand: [Convolution; 2],
}

/// The network. Its tap points are torchvision's `features.0` to `features.12`, `classifier.1` and
/// `classifier.2`.
#[derive(Debug, Clone)]
pub(super) struct SqueezeNet {
    stem: Convolution,
    /// A fire module; `None` for a pool.
    body: Vec<Option<Fire>>,
    head: Convolution,
    /// Cells of padding on each side of the head's input: 1 in the Caffe original, 0 in
    /// torchvision.
    ring: usize,
    classes: usize,
    dropping: Dropping,
}

impl SqueezeNet {
    /// Returns SqueezeNet 1.0 for `classes` classes.
    pub(super) fn new(builder: &mut Builder<'_>, classes: usize) -> Self {
        let (kernel, stride, padding) = match builder.stem {
            Stem::ImageNet => (7, 2, 0),
            Stem::Cifar => (3, 1, 1),
        };
        let (form, padding) = (Form::new([3, STEM], kernel, stride), Padding::Each(padding));
        let stem = builder.biased("features.0", form, padding, Activation::Relu);
        let mut channels = STEM;
        let mut body = Vec::new();
        for (place, fire) in BODY.into_iter().enumerate() {
            let name = format!("features.{}", BODY_START + place);
            body.push(fire.map(|[squeezed, expanded]| {
                let fire = Fire::new(builder, &name, [channels, squeezed, expanded]);
                channels = 2 * expanded;
                fire
            }));
        }
        let ring = match builder.dialect {
            Dialect::Caffe => 1,
            Dialect::Torchvision | Dialect::TensorFlow => 0,
        };
        let form = Form::new([channels, classes], 1, 1);
        let padding = Padding::Each(0);
        Self {
            stem,
            body,
            head: builder.biased("classifier.1", form, padding, Activation::Relu),
            ring,
            classes,
            dropping: builder.dropping(DROPPED),
        }
    }

    /// Returns the logits: the mean of the head's `cells` after its ReLU and, in the Caffe
    /// original, of the cells that its padding adds around them. These lie outside the picture, so
    /// they are not cells of a layer; on zeros the head returns only its bias.
    fn logits(&self, cells: Tensor<4>) -> Tensor<2> {
        let [_batch, _classes, height, width] = cells.dims();
        let mean = averaged(cells);
        match self.head.bias().filter(|_| self.ring > 0) {
            Some(bias) => {
                let share = self.share([height, width]);
                let outside = relu(bias).unsqueeze();
                mean * share + outside * (1.0 - share)
            }
            None => mean,
        }
    }

    /// Returns the share of the pooled cells inside the picture, of `height` x `width` cells of the
    /// head.
    fn share(&self, [height, width]: [usize; 2]) -> f64 {
        let all = (height + 2 * self.ring) * (width + 2 * self.ring);
        (height * width) as f64 / all as f64
    }
}

impl Fire {
    fn new(
        builder: &mut Builder<'_>,
        name: &str,
        [inputs, squeezed, expanded]: [usize; 3],
    ) -> Self {
        let mut layer = |part: &str, channels: [usize; 2], kernel: usize| {
            let (form, padding) = (Form::new(channels, kernel, 1), Padding::Each(kernel / 2));
            builder.biased(&format!("{name}.{part}"), form, padding, Activation::Relu)
        };
        Self {
            squeeze: layer("squeeze", [inputs, squeezed], 1),
            expand: [
                layer("expand1x1", [squeezed, expanded], 1),
                layer("expand3x3", [squeezed, expanded], 3),
            ],
        }
    }

    fn forward(&self, input: Tensor<4>) -> Tensor<4> {
        let squeezed = forked(self.squeeze.forward(input)).into_iter();
        let halves = self.expand.iter().zip(squeezed);
        // Along the last axis in memory.
        let halves = halves.map(|(half, squeezed)| half.forward(squeezed).permute([0, 2, 3, 1]));
        Tensor::cat(halves.collect(), 3).permute([0, 3, 1, 2])
    }
}

impl Architecture for SqueezeNet {
    fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let before = tap.observe("features.0", self.stem.before_activation(images));
        let stem = tap.observe("features.1", activated(before, Activation::Relu));
        let mut activation = tap.observe("features.2", max_pooled(stem, POOL));
        for (place, fire) in self.body.iter().enumerate() {
            activation = match fire {
                Some(fire) => fire.forward(activation),
                None => max_pooled(activation, POOL),
            };
            activation = tap.observe(&format!("features.{}", BODY_START + place), activation);
        }
        let features = self.dropping.values(activation);
        let scores = tap.observe("classifier.1", self.head.before_activation(features));
        self.logits(tap.observe(HEAD, activated(scores, Activation::Relu)))
    }

    fn layers(&self) -> Vec<String> {
        let places = 0..BODY_START + self.body.len();
        let mut names: Vec<String> = places.map(|place| format!("features.{place}")).collect();
        names.extend(["classifier.1", HEAD].map(str::to_string));
        names
    }

    fn default_layer(&self) -> &'static str {
        LAST_FIRE
    }

    fn blocks(&self) -> Vec<String> {
        let places = self.body.iter().enumerate();
        let fires = places.filter(|(_, fire)| fire.is_some());
        fires
            .map(|(place, _)| format!("features.{}", BODY_START + place))
            .collect()
    }

    /// Returns the weights of the head's channels, which are the classes, in the pooled logits: 1
    /// and 0. In the Caffe original they are the picture's share of the cells and 0, for pictures
    /// of its 227 pixels.
    fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let weights = || Tensor::eye(self.classes, &self.head.device()) * self.share(CELLS);
        (layer == HEAD).then(weights)
    }

    fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        match layer {
            HEAD => Some(self.logits(activation)),
            LAST_FIRE => Some(self.logits(self.head.forward(activation))),
            _ => None,
        }
    }

    fn head(&self) -> &'static str {
        "a convolution and a ReLU before the pooling"
    }
}
