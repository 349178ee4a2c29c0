//! Draws and numbers a network's parameters.

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::Tensor;

/// Returns `network` with every lazy parameter drawn now, in network order, so that weights depend
/// on the seed alone and not on which parameter happens to be used first; and each numbered from 1,
/// by which the optimizer keeps its state, so that equal trainings write equal files.
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
