//! Weights in PyTorch's layout.

use std::collections::{BTreeMap, HashMap};

use burn::tensor::{Tensor, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};

use super::WeightsError;
use super::safetensors_file::element_kind;

/// The note that identifies the layout to PyTorch's loaders.
const FORMAT_NOTE: (&str, &str) = ("format", "pt");
/// Key of the note with the names of all tensors in network order, as a JSON list.
const ORDER_NOTE: &str = "order";

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

/// Precision of exported values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// 32-bit floats, the values themselves.
    #[default]
    Single,
    /// 16-bit floats, rounded to the nearest.
    Half,
}

/// Returns the content of a `.safetensors` file with `tensors`, in network order, and `notes`, which
/// describe the network.
///
/// # Errors
/// [`WeightsError::Export`] if a shape and its values disagree.
pub fn export_safetensors(
    tensors: &[ExportedTensor],
    notes: &[(&str, String)],
    precision: Precision,
) -> Result<Vec<u8>, WeightsError> {
    let bytes = |tensor: &ExportedTensor| {
        let values = tensor.values.iter();
        match precision {
            Precision::Single => values.flat_map(|value| value.to_le_bytes()).collect(),
            Precision::Half => values
                .flat_map(|value| f16::from_f32(*value).to_le_bytes())
                .collect::<Vec<u8>>(),
        }
    };
    let dtype = match precision {
        Precision::Single => Dtype::F32,
        Precision::Half => Dtype::F16,
    };
    let contents: Vec<Vec<u8>> = tensors.iter().map(bytes).collect();
    let failed = |tensor: &str, reason: safetensors::SafeTensorError| WeightsError::Export {
        tensor: tensor.to_string(),
        problem: reason.to_string(),
    };
    let mut views = Vec::new();
    for (tensor, content) in tensors.iter().zip(&contents) {
        let view = TensorView::new(dtype, tensor.shape.clone(), content);
        let view = view.map_err(|reason| failed(&tensor.name, reason))?;
        views.push((tensor.name.as_str(), view));
    }
    let (key, value) = FORMAT_NOTE;
    let names: Vec<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let mut all = HashMap::from([
        (key.to_string(), value.to_string()),
        (
            ORDER_NOTE.to_string(),
            serde_json::Value::from(names).to_string(),
        ),
    ]);
    all.extend(
        notes
            .iter()
            .map(|(key, value)| (key.to_string(), value.clone())),
    );
    let mut content = serialize(views, Some(all)).map_err(|reason| failed("all", reason))?;
    order_notes(&mut content);
    Ok(content)
}

/// Returns the tensors of an exported file, in network order.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn read_exported(content: &[u8]) -> Result<Vec<ExportedTensor>, String> {
    let failed = |reason: safetensors::SafeTensorError| reason.to_string();
    let (_, header) = SafeTensors::read_metadata(content).map_err(failed)?;
    let notes = header.metadata().as_ref();
    let order = notes.and_then(|notes| notes.get(ORDER_NOTE));
    let order = order.ok_or("it does not state the order of its tensors")?;
    let names: Vec<String> = serde_json::from_str(order).map_err(|reason| reason.to_string())?;
    let tensors = SafeTensors::deserialize(content).map_err(failed)?;
    if names.len() != tensors.len() {
        return Err(format!(
            "{} names for {} tensors",
            names.len(),
            tensors.len()
        ));
    }
    let tensor = |name: String| {
        let view = tensors.tensor(&name).map_err(failed)?;
        let kind = element_kind(view.dtype());
        let values = kind.and_then(|kind| kind.decode(view.data()));
        Ok(ExportedTensor {
            values: values.ok_or_else(|| format!("tensor \"{name}\" does not hold floats"))?,
            shape: view.shape().to_vec(),
            name,
        })
    };
    names.into_iter().map(tensor).collect()
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
