//! Initialises and numbers a network's parameters.

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::Tensor;

/// Returns `network` with every lazy parameter initialised now, in network order, so that weights
/// depend only on the seed and not on the order of first use. Each is numbered from 1. The
/// optimizer stores its state by these numbers, so that equal trainings write equal files.
pub(super) fn numbered<M: Module>(network: M) -> M {
    network.map(&mut Numbering::default())
}

#[derive(Default)]
struct Numbering {
    parameters: u64,
}

impl ModuleMapper for Numbering {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.parameters += 1;
        let (_random, tensor, mapper) = param.consume();
        Param::from_mapped_value(ParamId::from(self.parameters), tensor, mapper)
    }
}
