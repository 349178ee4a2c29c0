//! One block of a plain CNN: its layers, its cost, and its exported parameters.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Device, Tensor};

use super::layer::{Layer, LayerParts, LayerPlan};
use crate::kernels::{self, Window, forked};
use crate::model::norm::BatchNorm;
use crate::model::size::NetworkSize;
use crate::model::spec::ModelSpec;
use crate::model::tap::Tap;
use crate::model::weights::ExportedTensor;

/// Side and stride of a max-pool, in pixels.
const POOL_SIDE: usize = 2;

/// The description of a block, for building and counting it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BlockPlan {
    /// Its convolutions, each with a normalisation, if any, and an activation.
    layers: Vec<LayerPlan>,
    /// Whether the first convolution's result is added to the last one's, before its activation.
    shortcut: bool,
    /// Share of the pooled activation that dropout zeroes in training.
    dropout: f64,
    /// The tap point after the last activation.
    activation: String,
    /// The tap point after the pool; `None` if the block has no pool.
    pool: Option<String>,
}

impl BlockPlan {
    /// Returns the block `number` of `spec`, from 1, for `inputs` channels of `size`
    /// `[height, width]`, with or without a pool.
    ///
    /// # Panics
    /// If there is no such block.
    pub(super) fn new(
        spec: &ModelSpec,
        number: usize,
        (inputs, size): (usize, [usize; 2]),
        pools: bool,
    ) -> Self {
        let filters = spec.filters[number - 1];
        let channels = |index| if index == 0 { inputs } else { filters };
        let layers = 0..spec.convolutions_per_block;
        Self {
            layers: layers
                .map(|index| {
                    LayerPlan::new(spec, (number, index), [channels(index), filters], size)
                })
                .collect(),
            shortcut: spec.shortcut,
            dropout: spec.block_dropout.of(number),
            activation: format!("block-{number}"),
            pool: pools.then(|| format!("pool-{number}")),
        }
    }

    /// Returns the number of its output channels.
    pub(super) fn filters(&self) -> usize {
        self.layers.last().map_or(0, LayerPlan::filters)
    }

    /// Returns the name of the block, which is its tap point after the last activation.
    pub(super) fn name(&self) -> &str {
        &self.activation
    }

    /// Returns the names of its tap points, in forward order.
    pub(super) fn places(&self) -> impl Iterator<Item = &String> {
        std::iter::once(&self.activation).chain(&self.pool)
    }

    /// Returns `[height, width]` of a picture after a pool, which drops an odd row or column.
    pub(super) fn pooled(size: [usize; 2]) -> [usize; 2] {
        size.map(|pixels| pixels / POOL_SIDE)
    }

    /// Returns the cost of the block.
    pub(super) fn size(&self) -> NetworkSize {
        let layers = self.layers.iter().map(LayerPlan::size);
        layers.fold(NetworkSize::NOTHING, NetworkSize::plus)
    }

    /// Returns the number of its positions in an `nn.Sequential` of its layers and its pool.
    pub(super) fn exported_places(&self) -> usize {
        let layers: usize = self.layers.iter().map(LayerPlan::exported_places).sum();
        layers + 1
    }
}

/// One block: convolutions, each with a normalisation, if any, and an activation; then a 2x2
/// max-pool and dropout.
///
/// The first layer's parts stand alone, as in checkpoints of blocks that have no other.
#[derive(Module, Debug)]
pub(super) struct Block {
    pub(super) convolution: Conv2d,
    norm: Option<BatchNorm>,
    more: Vec<Layer>,
    dropout: Dropout,
}

impl Block {
    pub(super) fn new(plan: &BlockPlan, device: &Device) -> Self {
        let mut layers = plan.layers.iter().map(|layer| Layer::new(layer, device));
        let Layer { convolution, norm } = layers.next().expect("a block has a convolution");
        Self {
            convolution,
            norm,
            more: layers.collect(),
            dropout: DropoutConfig::new(plan.dropout).init(),
        }
    }

    /// Returns the block's output for `images`. The last activation and the pool are one operation, with
    /// the convolution or the normalisation before them, if no tap observes the activation.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - returned: the same axes, with half the height and width if the block has a pool
    pub(super) fn forward(&self, plan: &BlockPlan, images: Tensor<4>, tap: &mut Tap) -> Tensor<4> {
        let name = plan.name();
        let last = plan.layers.len() - 1;
        match &plan.pool {
            Some(pool) if !plan.shortcut && plan.layers[last].pools() && !tap.wants(name) => {
                let before = self.run(plan, images, last);
                tap.pass(name);
                let pooled = self.layer(last).pooled(&plan.layers[last], before);
                self.dropout.forward(tap.observe(pool, pooled))
            }
            _ => {
                let activation = self.run(plan, images, plan.layers.len());
                self.after_activation(plan, tap.observe(name, activation), tap)
            }
        }
    }

    /// Returns the block's output for its own last activation.
    ///
    /// # Shapes
    /// As [`forward`](Self::forward).
    pub(super) fn after_activation(
        &self,
        plan: &BlockPlan,
        activation: Tensor<4>,
        tap: &mut Tap,
    ) -> Tensor<4> {
        match &plan.pool {
            Some(pool) => {
                let pooled = kernels::max_pooled(activation, Window::tiles(POOL_SIDE));
                let pooled = tap.observe(pool, pooled);
                self.dropout.forward(pooled)
            }
            None => activation,
        }
    }

    /// Returns the activation of the first `count` layers.
    fn run(&self, plan: &BlockPlan, images: Tensor<4>, count: usize) -> Tensor<4> {
        let mut activation = images;
        let mut shortcut = None;
        for (index, layer) in plan.layers.iter().enumerate().take(count) {
            let plus = match index + 1 == plan.layers.len() {
                true => shortcut.take(),
                false => None,
            };
            activation = self.layer(index).forward(layer, activation, plus);
            if plan.shortcut && index == 0 {
                let [branch, plus] = forked(activation);
                (activation, shortcut) = (branch, Some(plus));
            }
        }
        activation
    }

    fn layer(&self, index: usize) -> LayerParts<'_> {
        match index.checked_sub(1) {
            None => LayerParts {
                convolution: &self.convolution,
                norm: self.norm.as_ref(),
            },
            Some(index) => self.more[index].parts(),
        }
    }

    /// Returns its parameters and running statistics as in a state dict. Without a shortcut that is
    /// the state dict of an `nn.Sequential` "features" with convolution, normalisation if any,
    /// activation and pool; `first` is the position of its first layer there. With one, layer n of
    /// block m has the convolution "blocks.m.convolutions.n" and the normalisation
    /// "blocks.m.norms.n", from 0.
    pub(super) fn tensors(&self, plan: &BlockPlan, first: usize) -> Vec<ExportedTensor> {
        let mut place = first;
        let mut found = Vec::new();
        for (index, layer) in plan.layers.iter().enumerate() {
            let names = match plan.shortcut {
                true => ["convolutions", "norms"]
                    .map(|part| format!("blocks.{}.{part}.{index}", layer.block() - 1)),
                false => [place, place + 1].map(|place| format!("features.{place}")),
            };
            place += layer.exported_places();
            found.extend(self.layer(index).tensors(names));
        }
        found
    }
}
