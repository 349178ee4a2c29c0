//! The choices of a plain CNN's `[model]`.

use serde::{Deserialize, Serialize};

use crate::kernels::Activation;

/// The head, which turns the last block's activation into logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The last block's pooled activation is flattened into one dense layer.
    Flatten,
    /// The last block's activation is averaged over its cells into one dense layer; the average
    /// replaces that block's max-pool. Class activation mapping (CAM) needs this head.
    AveragePool,
}

/// The normalisation between a convolution and its activation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockNormalisation {
    /// There is none; the convolution has a bias.
    #[default]
    None,
    /// Batch normalisation, with a scale and a shift per channel; the convolution has no bias, which
    /// the mean of a batch would remove.
    Batch,
}

/// The activation after each convolution of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockActivation {
    /// max(x, 0).
    #[default]
    Relu,
    /// x, or x / 100 below 0.
    LeakyRelu,
    /// x times the normal distribution function, in its exact form.
    Gelu,
    /// x times the logistic function.
    Silu,
}

impl BlockActivation {
    /// Returns the function.
    pub(super) fn function(self) -> Activation {
        match self {
            Self::Relu => Activation::Relu,
            Self::LeakyRelu => Activation::LeakyRelu,
            Self::Gelu => Activation::Gelu,
            Self::Silu => Activation::Silu,
        }
    }
}

/// The distribution of the initial weights of convolutions. Those of the dense layer are always
/// PyTorch's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initialisation {
    /// Weights and biases uniform within 1/sqrt(fan in), as in PyTorch's layers.
    #[default]
    Pytorch,
    /// Weights uniform within sqrt(6 / fan in), which keeps the variance through ReLUs (He et al.
    /// 2015, eq. 10); biases 0.
    Kaiming,
}

/// Dropout after each block: one share for all, or one per block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number or a list of numbers, one per block"
)]
pub enum BlockDropout {
    /// The same share after every block.
    All(f64),
    /// The share after each block, first block first.
    Each(Vec<f64>),
}

impl BlockDropout {
    /// Returns the share after block `number`, from 1; 0 if the list ends before it.
    pub(super) fn of(&self, number: usize) -> f64 {
        match self {
            Self::All(share) => *share,
            Self::Each(shares) => shares.get(number - 1).copied().unwrap_or(0.0),
        }
    }

    /// Returns all its numbers.
    pub fn shares(&self) -> &[f64] {
        match self {
            Self::All(share) => std::slice::from_ref(share),
            Self::Each(shares) => shares,
        }
    }
}

impl Default for BlockDropout {
    fn default() -> Self {
        Self::All(0.0)
    }
}
