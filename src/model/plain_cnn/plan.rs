//! The description of a plain CNN's layers, for building, counting and naming them.

use super::block::BlockPlan;
use crate::model::ingredients::Head;
use crate::model::size::{NetworkSize, product, sum};
use crate::model::spec::ModelSpec;

/// Channels of an image.
const IMAGE_CHANNELS: usize = 3;
/// Name of the layer that returns the logits.
const DENSE: &str = "dense";

/// The layers of a plain CNN, first to last.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::model) struct Plan {
    /// The blocks, first block first.
    pub(super) blocks: Vec<BlockPlan>,
    /// How the last activation becomes the dense layer's input.
    pub(super) head: Head,
    /// Share of the dense layer's input that dropout zeroes in training.
    pub(super) head_dropout: f64,
    /// Inputs of the dense layer.
    pub(super) features: usize,
    /// Outputs of the dense layer.
    pub(super) classes: usize,
}

impl Plan {
    /// Returns the layers of `spec` for images of `size` `[height, width]` pixels and `classes`
    /// classes. Numbers that overflow are the largest number.
    pub(in crate::model) fn new(spec: &ModelSpec, size: [usize; 2], classes: usize) -> Self {
        let (mut channels, mut left) = (IMAGE_CHANNELS, size);
        let last = spec.filters.len();
        let mut blocks = Vec::with_capacity(last);
        for number in 1..=last {
            let pools = number < last || spec.head == Head::Flatten;
            let block = BlockPlan::new(spec, number, (channels, left), pools);
            channels = block.filters();
            left = BlockPlan::pooled(left);
            blocks.push(block);
        }
        let features = match spec.head {
            Head::Flatten => left.iter().fold(channels, |all, n| all.saturating_mul(*n)),
            Head::AveragePool => channels,
        };
        Self {
            blocks,
            head: spec.head,
            head_dropout: spec.head_dropout,
            features,
            classes,
        }
    }

    /// Returns the cost of the network. A count that overflows is the largest number.
    pub(in crate::model) fn size(&self) -> NetworkSize {
        let [features, classes] = [self.features, self.classes].map(|count| count as u64);
        let weights = product(&[classes, features]);
        let dense = NetworkSize {
            parameters: sum(&[weights, classes]),
            multiply_adds: weights,
        };
        let blocks = self.blocks.iter().map(BlockPlan::size);
        blocks.fold(dense, NetworkSize::plus)
    }

    /// Returns the names of the tap points, in forward order.
    pub(super) fn layers(&self) -> Vec<String> {
        let places = self.blocks.iter().flat_map(BlockPlan::places);
        places.cloned().collect()
    }

    /// Returns the names of the layers with parameters, from the logits downwards.
    pub(super) fn layers_from_the_top(&self) -> Vec<String> {
        let blocks = self.blocks.iter().rev().map(BlockPlan::name);
        let all = std::iter::once(DENSE).chain(blocks);
        all.map(str::to_string).collect()
    }

    /// Returns the names of the blocks, in forward order, each with the cells per side of its
    /// activation for images of `side` x `side` pixels.
    pub(super) fn block_cells(&self, side: usize) -> Vec<(String, usize)> {
        let sizes = std::iter::successors(Some([side; 2]), |size| Some(BlockPlan::pooled(*size)));
        let names = self.blocks.iter().map(|block| block.name().to_string());
        names.zip(sizes.map(|[cells, _]| cells)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::PlainCnn;
    use super::*;
    use crate::model::ingredients::BlockNormalisation;
    use crate::model::weights::ExportedTensor;
    use burn::module::Module;
    use burn::tensor::Device;

    #[test]
    fn a_plan_counts_the_parameters_of_the_network_that_is_built_from_it() {
        let [none, batch] = [BlockNormalisation::None, BlockNormalisation::Batch];
        for (head, normalisation) in [
            (Head::Flatten, none),
            (Head::AveragePool, none),
            (Head::Flatten, batch),
            (Head::AveragePool, batch),
        ] {
            for filters in [vec![5], vec![4, 7], vec![2, 3, 4]] {
                let spec = ModelSpec {
                    normalisation,
                    head,
                    ..ModelSpec::plain(&filters)
                };
                let plan = Plan::new(&spec, [16, 12], 5);
                let network = PlainCnn::new(&spec, (16, 12), 5, 1, &Device::flex());
                let count = |tensors: &mut dyn Iterator<Item = ExportedTensor>| -> usize {
                    tensors.map(|tensor| tensor.values.len()).sum()
                };
                let all = count(&mut network.tensors().into_iter());
                assert_eq!(all, network.num_params(), "{:?}", spec.filters);
                let is_learned = |tensor: &ExportedTensor| !tensor.name.contains(".running_");
                let learned = count(&mut network.tensors().into_iter().filter(is_learned));
                assert_eq!(plan.size().parameters, learned as u64);
                let statistics = match normalisation {
                    BlockNormalisation::None => 0,
                    BlockNormalisation::Batch => 2 * spec.filters.iter().sum::<usize>(),
                };
                assert_eq!(all - learned, statistics);
            }
        }
    }

    #[test]
    fn the_names_by_hand() {
        let spec = |head| ModelSpec {
            head,
            ..ModelSpec::plain(&[2, 3])
        };
        let plan = Plan::new(&spec(Head::Flatten), [9, 9], 5);
        assert_eq!(plan.layers(), ["block-1", "pool-1", "block-2", "pool-2"]);
        assert_eq!(plan.layers_from_the_top(), ["dense", "block-2", "block-1"]);
        let cells = [("block-1".to_string(), 9), ("block-2".to_string(), 4)];
        assert_eq!(plan.block_cells(9), cells);
        assert_eq!(plan.features, 2 * 2 * 3);
        let plan = Plan::new(&spec(Head::AveragePool), [9, 9], 5);
        assert_eq!(plan.layers(), ["block-1", "pool-1", "block-2"]);
        assert_eq!(plan.features, 3);
    }
}
