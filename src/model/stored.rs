//! A network's parameters under the names of its fields.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

use super::weights::ExportedTensor;

/// Returns every parameter of `network`, in network order and in the layout in which it is stored: for
/// a convolution that is PyTorch's. A name is the path of fields, such as "cells.0.gates.weight".
pub(super) fn stored_tensors<M: Module>(network: &M) -> Vec<ExportedTensor> {
    let mut names = Named::default();
    network.visit(&mut names);
    names.found
}

/// Collects parameters; the path is kept as Burn walks the network.
#[derive(Default)]
struct Named {
    path: Vec<String>,
    found: Vec<ExportedTensor>,
}

impl ModuleVisitor for Named {
    fn enter_module(&mut self, name: &str, _container: &str) {
        self.path.push(name.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let name = self.path.join(".");
        self.found.push(ExportedTensor::new(name, param.val()));
    }
}
