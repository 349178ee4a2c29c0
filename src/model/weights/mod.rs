//! Weight files: PyTorch's `.pth` and `.safetensors` from other programs, and the exported
//! `.safetensors`.
//!
//! Files are not trusted: nothing in them is executed, every count is compared with the file's size
//! before use, and values are read one tensor at a time, only if name and shape are those that a
//! network requested.

mod element;
mod error;
mod export;
mod load;
mod pickle;
mod safetensors_file;
mod state_dict;
mod torch_file;
mod zip_directory;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::run::open_regular;

pub use element::ElementKind;
pub use error::WeightsError;
pub(crate) use export::read_exported;
pub use export::{ExportedTensor, Precision, export_safetensors};
pub use load::{LoadOptions, load_backbone};

/// Number of bytes at a file's start that identify its format.
const START_BYTES: usize = 64;
/// First bytes of a zip archive.
const ZIP_START: &[u8] = b"PK\x03\x04";
/// First bytes of the pickle at the start of a `.pth` from before PyTorch 1.6.
const LEGACY_START: &[u8] = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.";
/// Start of the header of a `.safetensors` file, after its length.
const HEADER_AT: usize = 8;
/// Parts that `torch.compile` and `DataParallel` or `AveragedModel` add to the names of what they
/// wrap.
const WRAPPER_PARTS: [&str; 2] = ["_orig_mod", "module"];
/// First parts of the names of a network inside a training script's own module.
const OUTER_PARTS: [&str; 2] = ["model", "net"];
/// The number of averaged networks that `AveragedModel` stores with their mean.
const AVERAGED_COUNT: &str = "n_averaged";
/// First bytes of other files that people have, and what they are.
const OTHER_FILES: [(&[u8], &str); 5] = [
    (
        b"version https://git-lfs",
        "it is a pointer of Git LFS, not the file itself",
    ),
    (b"\x89HDF", "it is an HDF5 file, as Keras writes"),
    (b"\x1F\x8B", "it is compressed with gzip"),
    (b"\x93NUMPY", "it is a NumPy array"),
    (b"\x80", "it is a pickle that torch.save did not write"),
];
/// The keys of an exported file's notes for its experiment, its network and its data.
pub const TRIAL_NOTE: &str = "trial";
/// See [`TRIAL_NOTE`].
pub const NETWORK_NOTE: &str = "network";
/// See [`TRIAL_NOTE`].
pub const DATASET_NOTE: &str = "dataset";

/// Location of a tensor's values in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorEntry {
    /// Extent of each axis, outermost first.
    pub shape: Vec<usize>,
    /// Storage of each value, little-endian.
    pub kind: ElementKind,
    /// Steps along each axis, in elements.
    strides: Vec<usize>,
    /// Offset of its first value in the file, in bytes.
    start: u64,
    /// Number of elements from the first to the last, in storage order.
    extent: usize,
}

/// Returns a tensor's name without what wrappers add to it, in any order and depth.
fn own_name(name: &str) -> String {
    let parts = name.split('.').filter(|part| !WRAPPER_PARTS.contains(part));
    let own: Vec<&str> = parts
        .skip_while(|part| OUTER_PARTS.contains(part))
        .collect();
    match own.is_empty() {
        true => name.to_string(),
        false => own.join("."),
    }
}

/// Returns the tensors of the file at `path` by their own names, which must differ.
fn by_own_names(
    path: &Path,
    entries: BTreeMap<String, TensorEntry>,
) -> Result<BTreeMap<String, TensorEntry>, WeightsError> {
    let mut found = BTreeMap::new();
    for (name, entry) in entries {
        let own = own_name(&name);
        if found.insert(own.clone(), entry).is_some() {
            return Err(WeightsError::SeveralNetworks {
                path: path.to_path_buf(),
                tensor: own,
                name,
            });
        }
    }
    Ok(found)
}

/// A weight file with a verified header.
#[derive(Debug)]
pub struct WeightFile {
    path: PathBuf,
    entries: BTreeMap<String, TensorEntry>,
    notes: HashMap<String, String>,
}

impl WeightFile {
    /// Reads the header of the file at `path`. Its format is detected from the content, not the
    /// name.
    ///
    /// # Errors
    /// [`WeightsError`] with the file and what is wrong: not a weight file (with its first bytes),
    /// truncated or inconsistent, or one that requests code to be run.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        let mut file = open_regular(path).map_err(|problem| match problem.kind() {
            ErrorKind::InvalidInput => WeightsError::not_weights(path, problem.to_string()),
            _ => WeightsError::io("open", path)(problem),
        })?;
        let metadata = file.metadata().map_err(WeightsError::io("read", path))?;
        let mut start = Vec::new();
        (&mut file)
            .take(START_BYTES as u64)
            .read_to_end(&mut start)
            .map_err(WeightsError::io("read", path))?;
        file.seek(SeekFrom::Start(0))
            .map_err(WeightsError::io("read", path))?;
        let source = Source {
            path,
            file: &mut file,
            bytes: metadata.len(),
        };
        let (entries, notes) = match () {
            () if start.starts_with(ZIP_START) => (torch_file::zip(source)?, HashMap::new()),
            () if start.starts_with(LEGACY_START) => (torch_file::legacy(source)?, HashMap::new()),
            () if start.get(HEADER_AT) == Some(&b'{') => safetensors_file::read(source)?,
            () => {
                let text = String::from_utf8_lossy(&start);
                let known = OTHER_FILES
                    .iter()
                    .find(|(first, _)| start.starts_with(first));
                let problem = match known {
                    Some((_, problem)) => problem.to_string(),
                    None if start.is_empty() => "it is empty".to_string(),
                    None => format!("it begins with {text:?}"),
                };
                return Err(WeightsError::not_weights(path, problem));
            }
        };
        Ok(Self {
            path: path.to_path_buf(),
            entries: by_own_names(path, entries)?,
            notes,
        })
    }

    /// Returns the file's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the tensors by name.
    pub fn entries(&self) -> &BTreeMap<String, TensorEntry> {
        &self.entries
    }

    /// Returns the notes in the file; only `.safetensors` files have them.
    pub fn notes(&self) -> &HashMap<String, String> {
        &self.notes
    }

    /// Returns the values of the tensor `name`, row-major; `None` if there is no such tensor. Reads
    /// no more than the file contains, but a tensor with strides of 0 can be larger than that:
    /// compare its shape with the expected one first.
    ///
    /// # Errors
    /// [`WeightsError::Io`] if the file cannot be read, [`WeightsError::Damaged`] if the values are
    /// not floats.
    pub fn values(&self, name: &str) -> Result<Option<Vec<f32>>, WeightsError> {
        let Some(entry) = self.entries.get(name) else {
            return Ok(None);
        };
        let io = || WeightsError::io("read", &self.path);
        let mut file = open_regular(&self.path).map_err(io())?;
        file.seek(SeekFrom::Start(entry.start)).map_err(io())?;
        // The extent was compared with the file's size when the header was read.
        let mut bytes = vec![0; entry.extent * entry.kind.bytes()];
        file.read_exact(&mut bytes).map_err(io())?;
        let stored = entry.kind.decode(&bytes).ok_or_else(|| {
            let problem = format!("tensor \"{name}\" holds {}, not floats", entry.kind);
            WeightsError::damaged(&self.path, problem)
        })?;
        Ok(Some(match entry.is_contiguous() {
            true => stored,
            false => entry.places().map(|place| stored[place]).collect(),
        }))
    }
}

/// A file being opened.
struct Source<'a> {
    path: &'a Path,
    file: &'a mut File,
    /// Its size in bytes.
    bytes: u64,
}

impl TensorEntry {
    /// Returns the entry of a tensor whose storage of `elements` begins at byte `start` of a file
    /// of `file_bytes`, or what is wrong with it.
    fn checked(
        (shape, strides): (Vec<usize>, Vec<usize>),
        kind: ElementKind,
        (start, offset, elements): (u64, usize, usize),
        file_bytes: u64,
    ) -> Result<Self, String> {
        if shape.len() != strides.len() {
            return Err(format!(
                "{} axes and {} strides",
                shape.len(),
                strides.len()
            ));
        }
        let too_large = || format!("shape {shape:?} is larger than any file");
        let count = shape
            .iter()
            .try_fold(1usize, |n, side| n.checked_mul(*side));
        let count = count.ok_or_else(too_large)?;
        let extent = match count {
            0 => 0,
            _ => shape
                .iter()
                .zip(&strides)
                .try_fold(1usize, |last, (side, stride)| {
                    last.checked_add((side - 1).checked_mul(*stride)?)
                })
                .ok_or_else(too_large)?,
        };
        let end = offset.checked_add(extent).ok_or_else(too_large)?;
        if end > elements {
            return Err(format!(
                "shape {shape:?} from element {offset} needs {end} elements, its storage has \
                 {elements}"
            ));
        }
        let size = kind.bytes() as u64;
        let in_file = |elements: usize| (elements as u64).checked_mul(size)?.checked_add(start);
        let storage_end = in_file(elements).ok_or_else(too_large)?;
        if storage_end > file_bytes {
            return Err(format!(
                "its values end at byte {storage_end}, the file has {file_bytes}: it is cut short"
            ));
        }
        Ok(Self {
            start: in_file(offset).ok_or_else(too_large)?,
            shape,
            kind,
            strides,
            extent,
        })
    }

    /// Returns the strides of a row-major tensor of `shape`, or `None` on overflow.
    fn row_major(shape: &[usize]) -> Option<Vec<usize>> {
        let mut strides = vec![1usize; shape.len()];
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis].checked_mul(shape[axis])?;
        }
        Some(strides)
    }

    fn is_contiguous(&self) -> bool {
        Self::row_major(&self.shape).as_deref() == Some(&self.strides[..])
    }

    /// Returns the storage positions of the elements, row-major.
    fn places(&self) -> impl Iterator<Item = usize> + '_ {
        let count: usize = self.shape.iter().product();
        (0..count).map(|mut index| {
            let axes = self.shape.iter().zip(&self.strides).rev();
            axes.fold(0, |place, (side, stride)| {
                let along = index % side;
                index /= side;
                place + along * stride
            })
        })
    }
}

#[cfg(test)]
mod tests;
