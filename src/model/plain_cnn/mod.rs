//! The trials' network: convolution blocks of growing depth.

mod block;
#[cfg(test)]
mod ingredients_tests;
mod layer;
#[cfg(test)]
mod normalisation_tests;
mod plan;
mod randomise;
#[cfg(test)]
mod testing;

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::ingredients::Head;
use super::numbering::numbered;
use super::spec::{ModelSpec, NetworkName};
use super::tap::Tap;
use super::weights::ExportedTensor;
use crate::kernels::{WeightAxes, averaged, dense};
use block::Block;

pub(super) use plan::Plan;
pub use randomise::fresh_linear_weights;

/// A plain CNN for images of a fixed size.
///
/// Its tap points, in forward order, are `block-1` (after the block's last activation, before the
/// pool), `pool-1` (after the pool), `block-2` and so on. With [`Head::AveragePool`] the last block has no pool.
#[derive(Module, Debug)]
pub struct PlainCnn {
    blocks: Vec<Block>,
    dropout: Dropout,
    dense: Linear,
    #[module(skip)]
    plan: Plan,
}

impl PlainCnn {
    /// Returns a network for images of `height` x `width` pixels and `classes` classes. Its weights
    /// are drawn at once from the device's generator seeded with `seed`, as the spec's initialisation
    /// states. Its parameters are numbered from 1 in network
    /// order, so that equal trainings write equal weight files.
    ///
    /// # Panics
    /// If `spec` names another network or does not pass [`ModelSpec::check`]; the experiment must
    /// have been validated.
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
        let plan = Plan::new(spec, [height, width], classes);
        let blocks = plan.blocks.iter().map(|block| Block::new(block, device));
        numbered(Self {
            blocks: blocks.collect(),
            dropout: DropoutConfig::new(plan.head_dropout).init(),
            dense: LinearConfig::new(plan.features, plan.classes).init(device),
            plan,
        })
    }

    /// Returns the logits, `[batch, classes]`. In training, which needs a device with autodiff, it
    /// updates the running statistics of a batch normalisation.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`, standardised
    pub fn forward(&self, images: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        self.walk(0, images, tap)
    }

    /// Returns the logits, `[batch, classes]`, of the network in inference mode for `activation` at
    /// the tap point `layer`; `None` if there is no such tap point.
    ///
    /// # Shapes
    /// - `activation`: `[batch, channels, height, width]` of that tap point
    pub fn forward_from(&self, layer: &str, activation: Tensor<4>) -> Option<Tensor<2>> {
        let place = self.layers().iter().position(|name| name == layer)?;
        Some(self.walk(place + 1, activation, &mut Tap::off()))
    }

    /// Returns the logits, by everything after the first `places` tap points.
    fn walk(&self, places: usize, mut activation: Tensor<4>, tap: &mut Tap) -> Tensor<2> {
        // The tap points alternate: a block, its pool, the next block.
        let (first, mut inside) = (places / 2, !places.is_multiple_of(2));
        for (block, plan) in self.blocks.iter().zip(&self.plan.blocks).skip(first) {
            activation = match std::mem::take(&mut inside) {
                true => block.after_activation(plan, activation, tap),
                false => block.forward(plan, activation, tap),
            };
        }
        let features = match self.plan.head {
            Head::Flatten => activation.flatten::<2>(1, 3),
            Head::AveragePool => averaged(activation),
        };
        let bias = self.dense.bias.as_ref().map(|bias| bias.val());
        let features = self.dropout.forward(features);
        // Burn stores a linear layer's weights as [inputs, outputs].
        dense(
            features,
            self.dense.weight.val(),
            bias,
            WeightAxes::InputsFirst,
        )
    }

    /// Returns how the last activation becomes logits.
    pub fn head_kind(&self) -> Head {
        self.plan.head
    }

    /// Returns the names of the tap points, in forward order.
    pub fn layers(&self) -> Vec<String> {
        self.plan.layers()
    }

    /// Returns the names of the blocks, in forward order, each with the cells per side of its
    /// activation for images of `side` x `side` pixels.
    pub fn blocks(&self, side: usize) -> Vec<(String, usize)> {
        self.plan.block_cells(side)
    }

    /// Returns the dense layer's weights, `[classes, channels]`, if the network ends in an average
    /// over the cells of `layer` and that dense layer; otherwise `None`.
    pub fn pooled_linear_weights(&self, layer: &str) -> Option<Tensor<2>> {
        let last = self.plan.blocks.last()?;
        // Burn stores a linear layer's weights as [inputs, outputs].
        (self.plan.head == Head::AveragePool && layer == last.name())
            .then(|| self.dense.weight.val().transpose())
    }

    /// Returns the weights as the state dict of a module whose `features` is an `nn.Sequential`
    /// with convolution, normalisation if any, activation and pool per block, and whose `classifier`
    /// is an `nn.Linear`. There, a dense layer's weight is `[outputs, inputs]`. Blocks with a shortcut
    /// are no `nn.Sequential`: their layers are `blocks.0.convolutions.0`, `blocks.0.norms.0` and so
    /// on.
    pub fn tensors(&self) -> Vec<ExportedTensor> {
        let mut first = 0;
        let mut found = Vec::new();
        for (block, plan) in self.blocks.iter().zip(&self.plan.blocks) {
            found.extend(block.tensors(plan, first));
            first += plan.exported_places();
        }
        // Burn stores [inputs, outputs].
        let weight = self.dense.weight.val().transpose();
        found.push(ExportedTensor::new("classifier.weight".to_string(), weight));
        if let Some(bias) = &self.dense.bias {
            let name = "classifier.bias".to_string();
            found.push(ExportedTensor::new(name, bias.val()));
        }
        found
    }
}
