//! The trials' network: convolution blocks of growing depth. Built by `cli`, trained by `train`,
//! explained by `explain`.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor};

use super::numbering::numbered;
use super::tap::Tap;
use super::{Head, ModelSpec, NetworkName};
use crate::kernels::{self, After};

/// Side of a convolution kernel, in pixels.
const KERNEL_SIDE: usize = 3;
/// Side and stride of a max-pool, in pixels.
const POOL_SIDE: usize = 2;
/// Channels of an image.
const IMAGE_CHANNELS: usize = 3;

/// One block: 3x3 convolution with zero padding, ReLU, 2x2 max-pool, dropout.
#[derive(Module, Debug)]
pub(super) struct Block {
    pub(super) convolution: Conv2d,
    pool: MaxPool2d,
    dropout: Dropout,
}

/// A plain CNN for images of a fixed size.
///
/// Its tap points, in forward order, are `block-1` (after the ReLU, before the pool), `pool-1`
/// (after the pool), `block-2` and so on. With [`Head::AveragePool`] the last block has no pool.
#[derive(Module, Debug)]
pub struct PlainCnn {
    pub(super) blocks: Vec<Block>,
    dropout: Dropout,
    pub(super) dense: Linear,
    #[module(skip)]
    head: Head,
}

impl PlainCnn {
    /// Returns a network for images of `height` x `width` pixels and `classes` classes, its
    /// weights drawn at once from the device's generator seeded with `seed`: uniform within
    /// +-1/sqrt(fan in), as PyTorch's layers do. Its parameters are numbered from 1 in network
    /// order, so that equal trainings write equal weight files.
    ///
    /// # Panics
    /// When `spec` names another network or does not pass [`ModelSpec::check`]; the experiment was
    /// validated before.
    pub fn new(
        spec: &ModelSpec,
        (height, width): (usize, usize),
        classes: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        assert_eq!(
            spec.network,
            NetworkName::PlainCnn,
            "a plain CNN was asked for"
        );
        if let Err(error) = spec.check(height.min(width)) {
            panic!("the experiment was validated, yet {error}");
        }
        device.seed(seed);
        let mut channels = IMAGE_CHANNELS;
        let blocks: Vec<Block> = spec
            .filters
            .iter()
            .map(|&filters| {
                let block = Block::new(channels, filters, spec.block_dropout, device);
                channels = filters;
                block
            })
            .collect();
        let cells = match spec.head {
            Head::Flatten => (height >> blocks.len()) * (width >> blocks.len()),
            Head::AveragePool => 1,
        };
        let network = Self {
            blocks,
            dropout: DropoutConfig::new(spec.head_dropout).init(),
            dense: LinearConfig::new(channels * cells, classes).init(device),
            head: spec.head,
        };
        numbered(network)
    }

    /// Returns the logits, `[batch, classes]`.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`, standardised
    pub fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.walk(0, images, tap)
    }

    /// Returns the logits, `[batch, classes]`, that the network in inference mode gives where
    /// `activation` stands at the tap point `layer`; nothing if there is no such tap point.
    ///
    /// # Shapes
    /// - `activation`: `[batch, channels, height, width]` of that tap point
    pub fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        let place = self.layers().iter().position(|name| name == layer)?;
        Some(self.walk(place + 1, activation, &mut Tap::off()))
    }

    /// The logits, by all that comes after the first `places` tap points.
    fn walk(&self, places: usize, mut activation: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        let names = self.layers();
        let mut place = places;
        while let Some(name) = names.get(place) {
            // The tap points alternate: a block, its pool, the next block.
            let block = &self.blocks[place / 2];
            let pool = names.get(place + 1);
            activation = if !place.is_multiple_of(2) {
                block
                    .dropout
                    .forward(tap.observe(name, block.pool.forward(activation)))
            } else if let Some(pool) = pool.filter(|_| !tap.wants(name)) {
                tap.pass(name);
                place += 1;
                block
                    .dropout
                    .forward(tap.observe(pool, block.convolve(activation, After::ReluPool)))
            } else {
                tap.observe(name, block.convolve(activation, After::Relu))
            };
            place += 1;
        }
        let features = match self.head {
            Head::Flatten => activation.flatten::<2>(1, 3),
            // Averaged over the cells: [batch, channels, height, width] -> [batch, channels].
            Head::AveragePool => activation
                .flatten::<3>(2, 3)
                .mean_dim(2)
                .squeeze_dim::<2>(2),
        };
        self.dense.forward(self.dropout.forward(features))
    }

    /// Returns how the last activation becomes logits.
    pub fn head_kind(&self) -> Head {
        self.head
    }

    /// Returns the names of the tap points, in forward order.
    pub fn layers(&self) -> Vec<String> {
        let last = self.blocks.len();
        let mut names = Vec::new();
        for number in 1..=last {
            names.push(format!("block-{number}"));
            if number < last || self.head == Head::Flatten {
                names.push(format!("pool-{number}"));
            }
        }
        names
    }

    /// Returns the dense layer's weights, `[classes, channels]`, when the network ends in an
    /// average over the cells of `layer` and that dense layer; else nothing.
    pub fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let last = format!("block-{}", self.blocks.len());
        // Burn stores a linear layer's weights as [inputs, outputs].
        (self.head == Head::AveragePool && layer == last)
            .then(|| self.dense.weight.val().transpose())
    }
}

impl Block {
    fn convolve(&self, images: Tensor<4>, after: After) -> Tensor<4> {
        let bias = self.convolution.bias.as_ref().map(Param::val);
        kernels::convolution(images, self.convolution.weight.val(), bias, after)
    }

    fn new(channels: usize, filters: usize, dropout: f64, device: &Device) -> Self {
        Self {
            convolution: Conv2dConfig::new([channels, filters], [KERNEL_SIDE, KERNEL_SIDE])
                .with_padding(PaddingConfig2d::Same)
                .init(device),
            pool: MaxPool2dConfig::new([POOL_SIDE, POOL_SIDE])
                .with_strides([POOL_SIDE, POOL_SIDE])
                .init(),
            dropout: DropoutConfig::new(dropout).init(),
        }
    }
}
