//! The header of a `.safetensors` file.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::{ElementKind, Source, TensorEntry, WeightsError};

/// Maximum size of the header in bytes. MobileNet-V2's has 25 thousand.
const MOST_HEADER_BYTES: u64 = 16 << 20;
/// Bytes before the header: its length.
const LENGTH_BYTES: u64 = 8;

/// The tensors by name, and the notes of the file.
pub(super) type Header = (BTreeMap<String, TensorEntry>, HashMap<String, String>);

/// Returns the content of the header.
pub(super) fn read(source: Source<'_>) -> Result<Header, WeightsError> {
    let Source { path, file, bytes } = source;
    let damaged = |problem: String| WeightsError::damaged(path, problem);
    let io = |error| WeightsError::io("read", path)(error);
    let mut start = [0; LENGTH_BYTES as usize];
    file.read_exact(&mut start).map_err(io)?;
    let length = u64::from_le_bytes(start);
    let most = MOST_HEADER_BYTES.min(bytes - LENGTH_BYTES);
    if length > most {
        let problem = format!("its header claims {length} bytes, {most} are the most it can have");
        return Err(damaged(problem));
    }
    let mut header = Vec::new();
    (&mut *file)
        .take(length)
        .read_to_end(&mut header)
        .map_err(io)?;
    let metadata: Metadata = serde_json::from_slice(&header)
        .map_err(|reason| damaged(format!("its header: {reason}")))?;
    let values_at = LENGTH_BYTES + length;
    let mut tensors: Vec<(String, &TensorInfo)> = metadata.tensors().into_iter().collect();
    tensors.sort_by_key(|(_, info)| info.data_offsets);
    let mut entries = BTreeMap::new();
    // The values follow each other without gap or overlap, to the end of the file.
    let mut end = 0;
    for (name, info) in tensors {
        let in_tensor = |problem: String| damaged(format!("tensor {name:?}: {problem}"));
        let kind = element_kind(info.dtype);
        let kind = kind.ok_or_else(|| in_tensor(format!("unknown values {:?}", info.dtype)))?;
        let strides = TensorEntry::row_major(&info.shape);
        let strides = strides.ok_or_else(|| in_tensor("it is larger than any file".to_string()))?;
        let (first, last) = info.data_offsets;
        if first != end || last < first {
            let problem = format!("its values lie from byte {first} to {last}, not from {end}");
            return Err(in_tensor(problem));
        }
        end = last;
        let elements = (last - first) / kind.bytes();
        let place = (values_at.saturating_add(first as u64), 0, elements);
        let form = (info.shape.clone(), strides);
        let entry = TensorEntry::checked(form, kind, place, bytes).map_err(in_tensor)?;
        if entry.extent * kind.bytes() != last - first {
            let (shape, size) = (&info.shape, last - first);
            return Err(in_tensor(format!(
                "{size} bytes do not hold {shape:?} {kind}"
            )));
        }
        entries.insert(name, entry);
    }
    if values_at.checked_add(end as u64) != Some(bytes) {
        let problem = format!("its values end at byte {end}, something follows them");
        return Err(damaged(problem));
    }
    if entries.is_empty() {
        return Err(damaged("it holds no tensor".to_string()));
    }
    Ok((entries, metadata.metadata().clone().unwrap_or_default()))
}

pub(super) fn element_kind(dtype: Dtype) -> Option<ElementKind> {
    Some(match dtype {
        Dtype::F64 => ElementKind::F64,
        Dtype::F32 => ElementKind::F32,
        Dtype::F16 => ElementKind::F16,
        Dtype::BF16 => ElementKind::Bf16,
        Dtype::I64 | Dtype::U64 => ElementKind::Whole(8),
        Dtype::I32 | Dtype::U32 => ElementKind::Whole(4),
        Dtype::I16 | Dtype::U16 => ElementKind::Whole(2),
        Dtype::I8 | Dtype::U8 | Dtype::BOOL => ElementKind::Whole(1),
        _ => return None,
    })
}
