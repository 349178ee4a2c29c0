//! One block of a plain CNN: its layers, its cost, and its exported parameters.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Dropout, DropoutConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor};

use crate::kernels::{self, Activation, After, Form, Window};
use crate::model::norm::BatchNorm;
use crate::model::size::{NetworkSize, product, sum};
use crate::model::spec::{BlockNormalisation, ModelSpec};
use crate::model::tap::Tap;
use crate::model::weights::ExportedTensor;

/// Side of a convolution kernel, in pixels.
const KERNEL_SIDE: usize = 3;
/// Side and stride of a max-pool, in pixels.
const POOL_SIDE: usize = 2;
/// Number of positions of a block in an `nn.Sequential` of convolution, ReLU and pool.
const EXPORTED_PLACES: usize = 3;
/// The same with the normalisation after the convolution.
const NORMALISED_PLACES: usize = 4;

/// The description of a block, for building and counting it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BlockPlan {
    /// Its number, from 1.
    number: usize,
    /// Number of input channels.
    inputs: usize,
    /// Number of output channels.
    filters: usize,
    /// `[height, width]` of its images, in pixels.
    size: [usize; 2],
    /// The normalisation before the ReLU.
    normalisation: BlockNormalisation,
    /// Share of the pooled activation that dropout zeroes in training.
    dropout: f64,
    /// The tap point after the ReLU.
    activation: String,
    /// The tap point after the pool; `None` if the block has no pool.
    pool: Option<String>,
}

impl BlockPlan {
    /// Returns the block `number` of `spec`, for `inputs` channels of `size` `[height, width]`,
    /// with or without a pool.
    ///
    /// # Panics
    /// If there is no such block.
    pub(super) fn new(
        spec: &ModelSpec,
        number: usize,
        (inputs, size): (usize, [usize; 2]),
        pools: bool,
    ) -> Self {
        Self {
            number,
            inputs,
            filters: spec.filters[number - 1],
            size,
            normalisation: spec.normalisation,
            dropout: spec.block_dropout,
            activation: format!("block-{number}"),
            pool: pools.then(|| format!("pool-{number}")),
        }
    }

    /// Returns the number of its output channels.
    pub(super) fn filters(&self) -> usize {
        self.filters
    }

    /// Returns the name of the block, which is its tap point after the ReLU.
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
        let [inputs, filters, height, width, side] = [
            self.inputs,
            self.filters,
            self.size[0],
            self.size[1],
            KERNEL_SIDE,
        ]
        .map(|count| count as u64);
        let weights = product(&[filters, inputs, side, side]);
        let others = match self.normalisation {
            BlockNormalisation::None => filters,
            BlockNormalisation::Batch => product(&[2, filters]),
        };
        NetworkSize {
            parameters: sum(&[weights, others]),
            multiply_adds: product(&[height, width, weights]),
        }
    }
}

/// One block: 3x3 convolution with zero padding, normalisation if any, ReLU, 2x2 max-pool, dropout.
#[derive(Module, Debug)]
pub(super) struct Block {
    pub(super) convolution: Conv2d,
    norm: Option<BatchNorm>,
    dropout: Dropout,
}

impl Block {
    pub(super) fn new(plan: &BlockPlan, device: &Device) -> Self {
        let norm = match plan.normalisation {
            BlockNormalisation::None => None,
            BlockNormalisation::Batch => Some(BatchNorm::new(plan.filters, plan.number, device)),
        };
        Self {
            convolution: Conv2dConfig::new([plan.inputs, plan.filters], [KERNEL_SIDE, KERNEL_SIDE])
                .with_padding(PaddingConfig2d::Same)
                .with_bias(norm.is_none())
                .init(device),
            norm,
            dropout: DropoutConfig::new(plan.dropout).init(),
        }
    }

    /// Returns the block's output for `images`. Convolution, ReLU and pool are one operation if there
    /// is no normalisation and no tap observes the activation between them.
    ///
    /// # Shapes
    /// - `images`: `[batch, channels, height, width]`
    /// - returned: the same axes, with half the height and width if the block has a pool
    pub(super) fn forward(&self, plan: &BlockPlan, images: Tensor<4>, tap: &mut Tap) -> Tensor<4> {
        let name = plan.name();
        match &plan.pool {
            Some(pool) if self.norm.is_none() && !tap.wants(name) => {
                tap.pass(name);
                let pooled = tap.observe(pool, self.convolve(images, After::ReluPool));
                self.dropout.forward(pooled)
            }
            _ => {
                let activation = tap.observe(name, self.activate(images));
                self.after_activation(plan, activation, tap)
            }
        }
    }

    /// Returns the block's output for its own activation after the ReLU.
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

    /// Returns the activation after the ReLU.
    fn activate(&self, images: Tensor<4>) -> Tensor<4> {
        match &self.norm {
            None => self.convolve(images, After::RELU),
            Some(norm) => {
                let results = self.convolve(images, After::NOTHING);
                norm.forward(results, None, Activation::Relu)
            }
        }
    }

    fn convolve(&self, images: Tensor<4>, after: After) -> Tensor<4> {
        let bias = self.convolution.bias.as_ref().map(Param::val);
        kernels::convolution(
            images,
            self.convolution.weight.val(),
            bias,
            Form::same(KERNEL_SIDE),
            after,
        )
    }

    /// Returns its parameters and running statistics as the state dict of an `nn.Sequential`
    /// "features" with convolution, normalisation if any, ReLU and pool per block.
    pub(super) fn tensors(&self, plan: &BlockPlan) -> Vec<ExportedTensor> {
        let places = match plan.normalisation {
            BlockNormalisation::None => EXPORTED_PLACES,
            BlockNormalisation::Batch => NORMALISED_PLACES,
        };
        let place = (plan.number - 1) * places;
        let stem = format!("features.{place}");
        let weight = self.convolution.weight.val();
        let mut found = vec![ExportedTensor::new(format!("{stem}.weight"), weight)];
        if let Some(bias) = &self.convolution.bias {
            found.push(ExportedTensor::new(format!("{stem}.bias"), bias.val()));
        }
        if let Some(norm) = &self.norm {
            let named = |part| format!("features.{}.{part}", place + 1);
            let parts = norm.tensors().into_iter();
            found.extend(parts.map(|(part, values)| ExportedTensor::new(named(part), values)));
        }
        found
    }
}
