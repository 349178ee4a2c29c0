//! Named arrays in a `.safetensors` file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors, View};

use super::{RunError, read_regular, write_atomically};

/// A dense row-major array of 32-bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Extent of each axis, outermost first.
    pub shape: Vec<usize>,
    /// The values; their number is the product of `shape`.
    pub values: Vec<f32>,
}

/// Writes `arrays` to `path`.
pub(super) fn write_arrays(path: &Path, arrays: &BTreeMap<String, Array>) -> Result<(), RunError> {
    let views = arrays.iter().map(|(name, array)| (name.as_str(), array));
    let content =
        safetensors::serialize(views, None).map_err(|reason| RunError::damaged(path, reason))?;
    write_atomically(path, &content)
}

/// Returns the arrays of the file at `path`.
///
/// # Errors
/// [`RunError::Io`] if it cannot be read, [`RunError::Damaged`] if it does not parse or contains
/// another type than 32-bit floats.
pub(super) fn read_arrays(path: &Path) -> Result<BTreeMap<String, Array>, RunError> {
    let content = read_file(path)?;
    let tensors =
        SafeTensors::deserialize(&content).map_err(|reason| RunError::damaged(path, reason))?;
    let mut arrays = BTreeMap::new();
    for (name, view) in tensors.tensors() {
        if view.dtype() != Dtype::F32 {
            let reason = format!("array {name:?} has type {:?}, not F32", view.dtype());
            return Err(RunError::damaged(path, reason));
        }
        let values = view
            .data()
            .chunks_exact(size_of::<f32>())
            .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            .collect();
        let shape = view.shape().to_vec();
        arrays.insert(name, Array { shape, values });
    }
    Ok(arrays)
}

impl View for &Array {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(
            self.values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        )
    }

    fn data_len(&self) -> usize {
        self.values.len() * size_of::<f32>()
    }
}

/// Returns the bytes of the file at `path`.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, RunError> {
    read_regular(path).map_err(|source| RunError::io("read", path, source))
}
