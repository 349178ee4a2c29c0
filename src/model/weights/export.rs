//! Weights in PyTorch's layout.

use std::collections::HashMap;

use burn::tensor::Tensor;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::WeightsError;

/// The note that identifies the layout to PyTorch's loaders.
const FORMAT_NOTE: (&str, &str) = ("format", "pt");

/// A tensor in PyTorch's layout.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedTensor {
    /// Its name in a state dict, such as "features.3.weight".
    pub name: String,
    /// Extent of each axis, outermost first.
    pub shape: Vec<usize>,
    /// The values, row-major.
    pub values: Vec<f32>,
}

impl ExportedTensor {
    /// Returns `tensor` under `name`.
    pub(in crate::model) fn new<const D: usize>(name: String, tensor: Tensor<D>) -> Self {
        Self {
            name,
            shape: tensor.dims().to_vec(),
            values: tensor.into_data().iter::<f32>().collect(),
        }
    }
}

/// Returns the content of a `.safetensors` file with `tensors` and `notes`, which describe the
/// network.
///
/// # Errors
/// [`WeightsError::Export`] if a shape and its values disagree.
pub fn export_safetensors(
    tensors: &[ExportedTensor],
    notes: &[(&str, String)],
) -> Result<Vec<u8>, WeightsError> {
    let bytes = |tensor: &ExportedTensor| {
        let values = tensor.values.iter();
        values
            .flat_map(|value| value.to_le_bytes())
            .collect::<Vec<u8>>()
    };
    let contents: Vec<Vec<u8>> = tensors.iter().map(bytes).collect();
    let failed = |tensor: &str, reason: safetensors::SafeTensorError| WeightsError::Export {
        tensor: tensor.to_string(),
        problem: reason.to_string(),
    };
    let mut views = Vec::new();
    for (tensor, content) in tensors.iter().zip(&contents) {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), content);
        let view = view.map_err(|reason| failed(&tensor.name, reason))?;
        views.push((tensor.name.as_str(), view));
    }
    let (key, value) = FORMAT_NOTE;
    let mut all = HashMap::from([(key.to_string(), value.to_string())]);
    all.extend(
        notes
            .iter()
            .map(|(key, value)| (key.to_string(), value.clone())),
    );
    serialize(views, Some(all)).map_err(|reason| failed("all", reason))
}
