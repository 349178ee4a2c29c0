//! `[model]` of an experiment: the network to build.

use serde::{Deserialize, Serialize};

use super::backbones::{self, BackboneName};

/// Maximum number of filters of a block: four times the widest layer of VGG or ResNet. Two such
/// layers already need gigabytes of weights.
const MOST_FILTERS: usize = 16_384;
/// Minimum side of a published network's images, in pixels: VGG-16's five pools leave one cell.
const LEAST_SIDE: usize = 32;
/// The name of the network that is defined by its blocks.
const PLAIN_CNN: &str = "plain-cnn";
/// Follows a published network's name, so that its checkpoint is not mistaken for one with other
/// first layers.
pub(super) const SMALL_IMAGES: &str = "for small images";

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

/// The normalisation between a block's convolution and its ReLU.
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

/// The network that an experiment trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum NetworkName {
    /// Blocks of [3x3 convolution, normalisation if any, ReLU, 2x2 max-pool, dropout], then a head,
    /// all defined by the other keys of `[model]`.
    #[default]
    PlainCnn,
    /// A published network, with first layers for small images. It has no other keys.
    Backbone(BackboneName),
}

/// A network: a plain CNN by its blocks, or a published one by its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// The network. Older runs omit it.
    #[serde(default)]
    pub network: NetworkName,
    /// Filters of each block, first block first.
    pub filters: Vec<usize>,
    /// The normalisation in each block. Older runs omit it.
    #[serde(default)]
    pub normalisation: BlockNormalisation,
    /// Share of a block's pooled activation that dropout zeroes in training, 0 to below 1.
    pub block_dropout: f64,
    /// Share of the dense layer's input that dropout zeroes in training, 0 to below 1.
    pub head_dropout: f64,
    /// The head.
    pub head: Head,
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
    /// Returns whether the error concerns the network itself, not its number of filters.
    pub fn is_of_network(&self) -> bool {
        matches!(self, Self::NotPlain { .. } | Self::TooSmall { .. })
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
        let normalisation = match self.normalisation {
            BlockNormalisation::None => "",
            BlockNormalisation::Batch => "batch-norm ",
        };
        format!("plain-cnn {} {normalisation}{head}", filters.join("-"))
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
        let given = [
            ("filters", !self.filters.is_empty()),
            (
                "normalisation",
                self.normalisation != BlockNormalisation::None,
            ),
            ("block_dropout", self.block_dropout != 0.0),
            ("head_dropout", self.head_dropout != 0.0),
            ("head", self.head != Head::Flatten),
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
        match () {
            () if blocks == 0 => Err(SpecError::NoBlocks),
            () if self.filters.contains(&0) => Err(SpecError::NoFilters),
            () if widest > MOST_FILTERS => Err(SpecError::TooManyFilters { filters: widest }),
            () if blocks > most => Err(SpecError::TooDeep { blocks, side, most }),
            () => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_bounded_by_the_image() {
        let spec = |filters: &[usize]| ModelSpec {
            network: NetworkName::PlainCnn,
            filters: filters.to_vec(),
            normalisation: BlockNormalisation::None,
            block_dropout: 0.0,
            head_dropout: 0.0,
            head: Head::Flatten,
        };
        assert_eq!(spec(&[8; 5]).check(32), Ok(()));
        let too_deep = SpecError::TooDeep {
            blocks: 6,
            side: 32,
            most: 5,
        };
        assert_eq!(spec(&[8; 6]).check(32), Err(too_deep));
        assert_eq!(spec(&[]).check(32), Err(SpecError::NoBlocks));
        assert_eq!(spec(&[8, 0]).check(32), Err(SpecError::NoFilters));
        assert_eq!(spec(&[8, MOST_FILTERS]).check(32), Ok(()));
        let filters = MOST_FILTERS + 1;
        let too_many = Err(SpecError::TooManyFilters { filters });
        assert_eq!(spec(&[8, filters]).check(32), too_many);
        assert_eq!(spec(&[32, 64]).describe(), "plain-cnn 32-64 flatten");
        let normalised = ModelSpec {
            normalisation: BlockNormalisation::Batch,
            ..spec(&[32, 64])
        };
        let described = "plain-cnn 32-64 batch-norm flatten";
        assert_eq!(normalised.describe(), described);
    }

    #[test]
    fn a_published_network_takes_no_other_key() {
        let network = BackboneName::Resnet50;
        let spec = ModelSpec {
            network: NetworkName::Backbone(network),
            filters: Vec::new(),
            normalisation: BlockNormalisation::None,
            block_dropout: 0.0,
            head_dropout: 0.0,
            head: Head::Flatten,
        };
        assert_eq!(spec.check(32), Ok(()));
        assert_eq!(
            (spec.blocks(), spec.describe().as_str()),
            (16, "resnet50 for small images")
        );
        let too_small = SpecError::TooSmall { network, side: 28 };
        assert_eq!(spec.check(28), Err(too_small));
        let refused = |key| Err(SpecError::NotPlain { key, network });
        let filters = ModelSpec {
            filters: vec![8],
            ..spec.clone()
        };
        assert_eq!(filters.check(32), refused("filters"));
        let dropout = ModelSpec {
            head_dropout: 0.5,
            ..spec.clone()
        };
        assert_eq!(dropout.check(32), refused("head_dropout"));
        let head = ModelSpec {
            head: Head::AveragePool,
            ..spec.clone()
        };
        assert_eq!(head.check(32), refused("head"));
        let normalisation = ModelSpec {
            normalisation: BlockNormalisation::Batch,
            ..spec
        };
        assert_eq!(normalisation.check(32), refused("normalisation"));
    }

    #[test]
    fn a_network_is_written_as_it_is_read() {
        for name in NetworkName::names() {
            let read = NetworkName::try_from(name.to_string()).unwrap();
            assert_eq!(String::from(read), name);
        }
        let error = NetworkName::try_from("resnet5".to_string()).unwrap_err();
        assert!(
            error.contains("\"plain-cnn\", \"vgg16\", \"resnet50\""),
            "{error}"
        );
    }
}
