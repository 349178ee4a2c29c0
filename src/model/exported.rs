//! The weights of an exported state dict, put back into a network.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};

use super::weights::{ExportedTensor, read_exported};

/// Returns `network` with the weights of the exported file `content`, whose tensors are in network
/// order.
///
/// # Errors
/// What is wrong: a file that is no export, or tensors of another network.
pub(super) fn with_exported<N: Module>(network: N, content: &[u8]) -> Result<N, String> {
    let mut taking = Taking {
        left: read_exported(content)?.into_iter(),
        containers: Vec::new(),
        problem: None,
    };
    let network = network.map(&mut taking);
    match (taking.problem, taking.left.next()) {
        (Some(problem), _) => Err(problem),
        (None, Some(extra)) => Err(format!("tensor \"{}\" was not expected", extra.name)),
        (None, None) => Ok(network),
    }
}

/// Burn's name of its dense layer in [`ModuleMapper::enter_module`].
const BURN_LINEAR: &str = "Struct:Linear";

/// Takes one tensor per parameter, in network order.
struct Taking {
    left: std::vec::IntoIter<ExportedTensor>,
    /// The modules around the current parameter, outermost first.
    containers: Vec<String>,
    problem: Option<String>,
}

impl ModuleMapper for Taking {
    fn enter_module(&mut self, _name: &str, container: &str) {
        self.containers.push(container.to_string());
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.containers.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, old, mapper) = param.consume();
        let mut shape = old.dims().to_vec();
        // A dense layer's weight is [outputs, inputs] in a state dict; Burn's own layer stores
        // [inputs, outputs].
        let is_dense = D == 2
            && self
                .containers
                .last()
                .is_some_and(|last| last == BURN_LINEAR);
        if is_dense {
            shape.reverse();
        }
        let value = match self.left.next() {
            Some(tensor) if tensor.shape == shape => {
                let data = TensorData::new(tensor.values, shape);
                let value = Tensor::from_data(data, &old.device());
                if is_dense { value.transpose() } else { value }
            }
            found => {
                self.problem.get_or_insert_with(|| match found {
                    Some(tensor) => format!(
                        "tensor \"{}\" has shape {:?}, expected {shape:?}",
                        tensor.name, tensor.shape
                    ),
                    None => format!("a tensor of shape {shape:?} is missing at the end"),
                });
                old
            }
        };
        Param::from_mapped_value(id, value, mapper)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::{DeviceChoice, choose};
    use crate::model::weights::{Precision, export_safetensors};
    use crate::model::{BlockNormalisation, ModelSpec, PlainCnn};

    fn network(filters: &[usize], seed: u64) -> PlainCnn {
        let device = choose(DeviceChoice::Cpu).expect("a processor").device;
        let spec = ModelSpec {
            normalisation: BlockNormalisation::Batch,
            ..ModelSpec::plain(filters)
        };
        PlainCnn::new(&spec, (8, 8), 5, seed, &device)
    }

    fn exported(network: &PlainCnn, precision: Precision) -> Vec<u8> {
        export_safetensors(&network.tensors(), &[], precision).expect("an export")
    }

    #[test]
    fn every_weight_comes_back() {
        let ours = network(&[3, 4], 1);
        let content = exported(&ours, Precision::Single);
        let back = with_exported(network(&[3, 4], 2), &content).expect("the same network");
        assert_eq!(back.tensors(), ours.tensors());
    }

    /// A 16-bit float has 11 significant bits.
    #[test]
    fn half_precision_is_off_by_its_rounding_alone() {
        let ours = network(&[3, 4], 1);
        let content = exported(&ours, Precision::Half);
        assert!(2 * content.len() < exported(&ours, Precision::Single).len() + content.len());
        let back = with_exported(network(&[3, 4], 2), &content).expect("the same network");
        let mut rounded = 0;
        for (ours, back) in ours.tensors().iter().zip(back.tensors()) {
            for (value, found) in ours.values.iter().zip(&back.values) {
                let error = (value - found).abs();
                assert!(
                    error <= value.abs() * 2f32.powi(-11) + 2f32.powi(-25),
                    "{value} {found}"
                );
                rounded += usize::from(error > 0.0);
            }
        }
        assert!(rounded > 100, "{rounded}");
    }

    #[test]
    fn another_network_is_refused() {
        let content = exported(&network(&[3, 4], 1), Precision::Single);
        let found = with_exported(network(&[3, 5], 1), &content).expect_err("another");
        assert_eq!(
            found,
            "tensor \"features.4.weight\" has shape [4, 3, 3, 3], expected [5, 3, 3, 3]"
        );
        assert!(with_exported(network(&[3, 4], 1), b"no file").is_err());
    }
}
