//! Weights in PyTorch's layout.

use std::collections::{BTreeMap, HashMap};

use burn::tensor::Tensor;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, serialize};

use super::WeightsError;

/// The note that identifies the layout to PyTorch's loaders.
const FORMAT_NOTE: (&str, &str) = ("format", "pt");

/// Bytes of the header's length at the start of a file.
const HEADER_LENGTH: usize = size_of::<u64>();
/// What stands before the notes in the header.
const NOTES_KEY: &str = r#"{"__metadata__":"#;

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
    let mut content = serialize(views, Some(all)).map_err(|reason| failed("all", reason))?;
    order_notes(&mut content);
    Ok(content)
}

/// Sorts the notes in the header of `content` by name; the library writes them in another order
/// each time.
fn order_notes(content: &mut [u8]) {
    let start = HEADER_LENGTH + NOTES_KEY.len();
    let notes = &content[start..];
    let mut parsed =
        serde_json::Deserializer::from_slice(notes).into_iter::<BTreeMap<String, String>>();
    let sorted = parsed
        .next()
        .expect("the notes are the first entry")
        .expect("the library writes a map of texts");
    let sorted = serde_json::to_vec(&sorted).expect("a map of texts has a form in JSON");
    content[start..start + sorted.len()].copy_from_slice(&sorted);
}
