//! `[model]` of an experiment: which network to build. Read by `experiment`, built by
//! [`super::PlainCnn`].

use serde::{Deserialize, Serialize};

/// Most filters of a block. Four times the widest layer of VGG or ResNet; a block of two such is
/// gigabytes of weights already.
const MOST_FILTERS: usize = 16_384;

/// How the last block's activation becomes logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// The last block's pooled activation is flattened into one dense layer.
    Flatten,
    /// The last block's activation is averaged over its cells into one dense layer; the average
    /// takes the place of that block's max-pool. Class activation mapping (CAM) needs this head.
    AveragePool,
}

/// A plain CNN: blocks of [3x3 convolution, ReLU, 2x2 max-pool, dropout], then a head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSpec {
    /// Filters of each block, first block first.
    pub filters: Vec<usize>,
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
    /// A block would have more filters than any machine here can hold.
    #[error("model.filters has a block of {filters} filters, {MOST_FILTERS} is the most")]
    TooManyFilters {
        /// Filters asked for.
        filters: usize,
    },
    /// The images are too small for that many pools.
    #[error("model.filters has {blocks} blocks, but images of {side} pixels allow at most {most}")]
    TooDeep {
        /// Blocks asked for.
        blocks: usize,
        /// The images' smaller side in pixels.
        side: usize,
        /// Blocks that can be had.
        most: usize,
    },
}

impl ModelSpec {
    /// Returns the network in words, such as "plain-cnn 32-64-128 flatten".
    pub fn describe(&self) -> String {
        let filters: Vec<String> = self.filters.iter().map(ToString::to_string).collect();
        let head = match self.head {
            Head::Flatten => "flatten",
            Head::AveragePool => "average-pool",
        };
        format!("plain-cnn {} {head}", filters.join("-"))
    }

    /// Checks that the network can be built for images whose smaller side has `side` pixels.
    ///
    /// # Errors
    /// [`SpecError`] says what is wrong and what is allowed.
    pub fn check(&self, side: usize) -> Result<(), SpecError> {
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
            filters: filters.to_vec(),
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
    }
}
