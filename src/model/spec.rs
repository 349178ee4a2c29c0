//! `[model]` of an experiment: the network to build.

use serde::{Deserialize, Serialize};

use super::backbones::{self, BackboneName};
use super::ingredients::{BlockActivation, BlockDropout, BlockNormalisation, Head, Initialisation};

/// Maximum number of filters of a block: four times the widest layer of VGG or ResNet. Two such
/// layers already need gigabytes of weights.
const MOST_FILTERS: usize = 16_384;
/// Maximum number of convolutions of a block.
const MOST_CONVOLUTIONS: usize = 16;
/// Minimum side of a published network's images, in pixels: VGG-16's five pools leave one cell.
const LEAST_SIDE: usize = 32;
/// The name of the network that is defined by its blocks.
const PLAIN_CNN: &str = "plain-cnn";
/// Follows a published network's name, so that its checkpoint is not mistaken for one with other
/// first layers.
pub(super) const SMALL_IMAGES: &str = "for small images";

/// The network that an experiment trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NetworkName {
    /// Blocks of [convolutions, each with a normalisation (if any) and an activation; 2x2 max-pool;
    /// dropout], then a head, all defined by the other keys of `[model]`.
    #[default]
    PlainCnn,
    /// A published network, with first layers for small images. It has no other keys.
    Backbone(BackboneName),
}

/// A network: a plain CNN by its blocks, or a published one by its name. Fields that older runs omit
/// have the value of their networks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// The network.
    #[serde(default)]
    pub network: NetworkName,
    /// Filters of each block, first block first.
    pub filters: Vec<usize>,
    /// Number of convolutions in each block.
    #[serde(default = "one")]
    pub convolutions_per_block: usize,
    /// Side of the convolutions' kernels, in pixels: 3 or 5.
    #[serde(default = "three")]
    pub kernel: usize,
    /// The normalisation in each block.
    #[serde(default)]
    pub normalisation: BlockNormalisation,
    /// The activation after each convolution.
    #[serde(default)]
    pub activation: BlockActivation,
    /// Whether a shortcut bypasses the convolutions of a block after its first: their result and
    /// their input are added before the last activation (He et al. 2016, eq. 1).
    #[serde(default)]
    pub shortcut: bool,
    /// Share of a block's pooled activation that dropout zeroes in training, 0 to below 1.
    pub block_dropout: BlockDropout,
    /// Share of the dense layer's input that dropout zeroes in training, 0 to below 1.
    pub head_dropout: f64,
    /// The head.
    pub head: Head,
    /// The distribution of the initial weights.
    #[serde(default)]
    pub initialisation: Initialisation,
}

fn one() -> usize {
    1
}

fn three() -> usize {
    3
}

impl ModelSpec {
    /// Returns a plain CNN with one 3x3 convolution, a ReLU and a pool per block, and nothing else.
    pub fn plain(filters: &[usize]) -> Self {
        Self {
            network: NetworkName::PlainCnn,
            filters: filters.to_vec(),
            convolutions_per_block: one(),
            kernel: three(),
            normalisation: BlockNormalisation::None,
            activation: BlockActivation::Relu,
            shortcut: false,
            block_dropout: BlockDropout::default(),
            head_dropout: 0.0,
            head: Head::Flatten,
            initialisation: Initialisation::Pytorch,
        }
    }
}

/// A `[model]` that cannot be built.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SpecError {
    /// There is no block.
    #[error("model.filters is empty: give the filters of at least one block, such as [32, 64]")]
    NoBlocks,
    /// A block would have no filter.
    #[error("model.filters has a block of 0 filters")]
    NoFilters,
    /// A block would have more filters than fit in memory.
    #[error("model.filters has a block of {filters} filters, {MOST_FILTERS} is the most")]
    TooManyFilters {
        /// Number of filters requested.
        filters: usize,
    },
    /// A block would have no convolution, or too many.
    #[error("model.convolutions_per_block is {count}: 1 to {MOST_CONVOLUTIONS} are possible")]
    Convolutions {
        /// Number of convolutions requested.
        count: usize,
    },
    /// Another kernel than the two.
    #[error("model.kernel is {kernel}: 3 and 5 are possible")]
    Kernel {
        /// Side requested, in pixels.
        kernel: usize,
    },
    /// A shortcut would bypass nothing.
    #[error(
        "model.shortcut bypasses the convolutions of a block after its first, but \
         model.convolutions_per_block is 1"
    )]
    NothingBypassed,
    /// The list of dropouts has another length than that of the blocks.
    #[error("model.block_dropout has {shares} numbers for {blocks} blocks")]
    Dropouts {
        /// Number of shares.
        shares: usize,
        /// Number of blocks.
        blocks: usize,
    },
    /// The images are too small for the number of pools.
    #[error("model.filters has {blocks} blocks, but images of {side} pixels allow at most {most}")]
    TooDeep {
        /// Number of blocks requested.
        blocks: usize,
        /// The images' smaller side in pixels.
        side: usize,
        /// Maximum number of blocks.
        most: usize,
    },
    /// A published network accepts no other keys.
    #[error("{network} has layers of its own: leave out model.{key}, which is for \"plain-cnn\"")]
    NotPlain {
        /// The key, without its section.
        key: &'static str,
        /// The network.
        network: BackboneName,
    },
    /// Its last map would have no cell.
    #[error("{network} is for images of at least {LEAST_SIDE} pixels a side, these have {side}")]
    TooSmall {
        /// The network.
        network: BackboneName,
        /// The images' smaller side in pixels.
        side: usize,
    },
}

impl SpecError {
    /// Returns the key of `[model]` that is wrong.
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoBlocks
            | Self::NoFilters
            | Self::TooManyFilters { .. }
            | Self::TooDeep { .. } => "model.filters",
            Self::Convolutions { .. } => "model.convolutions_per_block",
            Self::Kernel { .. } => "model.kernel",
            Self::NothingBypassed => "model.shortcut",
            Self::Dropouts { .. } => "model.block_dropout",
            Self::NotPlain { .. } | Self::TooSmall { .. } => "model.network",
        }
    }
}

impl NetworkName {
    /// Returns the names of all networks.
    pub fn names() -> Vec<&'static str> {
        let backbones = BackboneName::ALL.map(BackboneName::name);
        std::iter::once(PLAIN_CNN).chain(backbones).collect()
    }
}

impl From<NetworkName> for String {
    fn from(name: NetworkName) -> Self {
        match name {
            NetworkName::PlainCnn => PLAIN_CNN.to_string(),
            NetworkName::Backbone(name) => name.to_string(),
        }
    }
}

impl TryFrom<String> for NetworkName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        match name.as_str() {
            PLAIN_CNN => Ok(Self::PlainCnn),
            name => name.parse().map(Self::Backbone).map_err(|_| {
                let known = Self::names().join("\", \"");
                format!("no such network, known are \"{known}\"")
            }),
        }
    }
}

impl ModelSpec {
    /// Returns the network's description, such as "plain-cnn 32-64-128 flatten" or, with batch
    /// normalisation, "plain-cnn 32-64-128 batch-norm flatten".
    pub fn describe(&self) -> String {
        if let NetworkName::Backbone(name) = self.network {
            return format!("{name} {SMALL_IMAGES}");
        }
        let filters: Vec<String> = self.filters.iter().map(ToString::to_string).collect();
        let head = match self.head {
            Head::Flatten => "flatten",
            Head::AveragePool => "average-pool",
        };
        let mut words = vec![PLAIN_CNN.to_string(), filters.join("-")];
        let count = self.convolutions_per_block;
        words.extend((count != 1).then(|| format!("x{count}")));
        words.extend((self.kernel != three()).then(|| format!("{0}x{0}", self.kernel)));
        let batch = self.normalisation == BlockNormalisation::Batch;
        words.extend(batch.then(|| "batch-norm".to_string()));
        words.extend(match self.activation {
            BlockActivation::Relu => None,
            BlockActivation::LeakyRelu => Some("leaky-relu".to_string()),
            BlockActivation::Gelu => Some("gelu".to_string()),
            BlockActivation::Silu => Some("silu".to_string()),
        });
        words.extend(self.shortcut.then(|| "shortcut".to_string()));
        words.push(head.to_string());
        words.join(" ")
    }

    /// Checks that the network can be built for images whose smaller side has `side` pixels.
    ///
    /// # Errors
    /// [`SpecError`] with what is wrong and what is allowed.
    pub fn check(&self, side: usize) -> Result<(), SpecError> {
        match self.network {
            NetworkName::PlainCnn => self.check_plain(side),
            NetworkName::Backbone(network) => self.check_backbone(network, side),
        }
    }

    /// Returns the number of convolutional blocks, against which accuracy is plotted.
    pub fn blocks(&self) -> usize {
        match self.network {
            NetworkName::PlainCnn => self.filters.len(),
            NetworkName::Backbone(network) => backbones::small_blocks(network),
        }
    }

    /// Rejects keys that a published network would not read.
    fn check_backbone(&self, network: BackboneName, side: usize) -> Result<(), SpecError> {
        let plain = Self::plain(&[]);
        let given = [
            ("filters", self.filters != plain.filters),
            (
                "convolutions_per_block",
                self.convolutions_per_block != plain.convolutions_per_block,
            ),
            ("kernel", self.kernel != plain.kernel),
            ("normalisation", self.normalisation != plain.normalisation),
            ("activation", self.activation != plain.activation),
            ("shortcut", self.shortcut != plain.shortcut),
            ("block_dropout", self.block_dropout != plain.block_dropout),
            ("head_dropout", self.head_dropout != plain.head_dropout),
            ("head", self.head != plain.head),
            (
                "initialisation",
                self.initialisation != plain.initialisation,
            ),
        ];
        match given.into_iter().find(|(_, given)| *given) {
            Some((key, _)) => Err(SpecError::NotPlain { key, network }),
            None if side < LEAST_SIDE => Err(SpecError::TooSmall { network, side }),
            None => Ok(()),
        }
    }

    fn check_plain(&self, side: usize) -> Result<(), SpecError> {
        let blocks = self.filters.len();
        // Each pool halves the side, and a side of 1 cannot be halved.
        let most = side.max(1).ilog2() as usize;
        let widest = self.filters.iter().copied().max().unwrap_or(0);
        let (count, kernel) = (self.convolutions_per_block, self.kernel);
        match () {
            () if blocks == 0 => Err(SpecError::NoBlocks),
            () if self.filters.contains(&0) => Err(SpecError::NoFilters),
            () if widest > MOST_FILTERS => Err(SpecError::TooManyFilters { filters: widest }),
            () if blocks > most => Err(SpecError::TooDeep { blocks, side, most }),
            () if !(1..=MOST_CONVOLUTIONS).contains(&count) => {
                Err(SpecError::Convolutions { count })
            }
            () if ![3, 5].contains(&kernel) => Err(SpecError::Kernel { kernel }),
            () if self.shortcut && count == 1 => Err(SpecError::NothingBypassed),
            () => match &self.block_dropout {
                BlockDropout::Each(shares) if shares.len() != blocks => Err(SpecError::Dropouts {
                    shares: shares.len(),
                    blocks,
                }),
                BlockDropout::All(_) | BlockDropout::Each(_) => Ok(()),
            },
        }
    }
}

#[cfg(test)]
#[path = "spec_tests.rs"]
mod tests;
