//! Named arrays in a `.safetensors` file: written from memory or array by array, read whole or one at
//! a time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError, View};

use super::atomic::write_with;
use super::{RunError, read_regular};

/// Bytes of a value.
const VALUE: usize = size_of::<f32>();
/// Bytes before the header: its length.
const LENGTH: usize = size_of::<u64>();
/// Most bytes of a header, as the format's own reader has it.
const MOST_HEADER: u64 = 100_000_000;

/// A dense row-major array of 32-bit floats.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Extent of each axis, outermost first.
    pub shape: Vec<usize>,
    /// The values; their number is the product of `shape`.
    pub values: Vec<f32>,
}

impl Array {
    fn bytes(&self) -> Vec<u8> {
        let values = self.values.iter();
        values.flat_map(|value| value.to_le_bytes()).collect()
    }
}

impl View for &Array {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.bytes())
    }

    fn data_len(&self) -> usize {
        self.values.len() * VALUE
    }
}

/// Writes `arrays` to `path`, one at a time.
pub(super) fn write_arrays(path: &Path, arrays: &BTreeMap<String, Array>) -> Result<(), RunError> {
    let shapes = arrays
        .iter()
        .map(|(name, array)| (name.as_str(), &array.shape));
    write_file(path, shapes, |name| Ok(arrays[name].bytes()))
}

/// Writes a file of arrays with these names, in order, and shapes; `bytes` returns the values of one.
fn write_file<'a>(
    path: &Path,
    shapes: impl Iterator<Item = (&'a str, &'a Vec<usize>)> + Clone,
    mut bytes: impl FnMut(&str) -> std::io::Result<Vec<u8>>,
) -> Result<(), RunError> {
    let header = header(shapes.clone()).map_err(|reason| RunError::damaged(path, reason))?;
    write_with(path, |file| {
        let mut out = BufWriter::new(file);
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        for (name, _) in shapes {
            out.write_all(&bytes(name)?)?;
        }
        out.flush()
    })
}

/// Returns the header of a file of arrays with these names and shapes, padded as the format's own
/// writer pads it.
fn header<'a>(
    shapes: impl Iterator<Item = (&'a str, &'a Vec<usize>)>,
) -> Result<Vec<u8>, SafeTensorError> {
    let mut end = 0;
    let infos = shapes.map(|(name, shape)| {
        let start = end;
        end += shape.iter().product::<usize>() * VALUE;
        let info = TensorInfo {
            dtype: Dtype::F32,
            shape: shape.clone(),
            data_offsets: (start, end),
        };
        (name.to_string(), info)
    });
    let metadata = Metadata::new(None, infos.collect())?;
    let mut header = serde_json::to_vec(&metadata)?;
    header.resize(header.len().next_multiple_of(LENGTH), b' ');
    Ok(header)
}

/// Arrays that were added one by one and wait in a file, in any order.
#[derive(Debug)]
pub(super) struct ArraySpool {
    path: PathBuf,
    file: File,
    end: u64,
    /// The shape and the place in the file of each array.
    known: BTreeMap<String, (Vec<usize>, u64)>,
}

impl ArraySpool {
    /// Returns a spool without arrays in a new file at `path`.
    pub(super) fn create(path: &Path) -> Result<Self, RunError> {
        let file = File::options()
            .create_new(true)
            .read(true)
            .write(true)
            .open(path)
            .map_err(|source| RunError::io("create", path, source))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
            end: 0,
            known: BTreeMap::new(),
        })
    }

    /// Adds an array; it replaces one of the same name.
    pub(super) fn add(&mut self, name: String, array: &Array) -> Result<(), RunError> {
        let bytes = array.bytes();
        self.file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(&bytes))
            .map_err(|source| RunError::io("write", &self.path, source))?;
        self.known.insert(name, (array.shape.clone(), self.end));
        self.end += bytes.len() as u64;
        Ok(())
    }

    /// Writes all arrays to `path` and removes the spool's own file.
    pub(super) fn finish(mut self, path: &Path) -> Result<(), RunError> {
        let shapes = self
            .known
            .iter()
            .map(|(name, (shape, _))| (name.as_str(), shape));
        write_file(path, shapes, |name| {
            let (shape, start) = &self.known[name];
            let mut bytes = vec![0; shape.iter().product::<usize>() * VALUE];
            self.file.seek(SeekFrom::Start(*start))?;
            self.file.read_exact(&mut bytes)?;
            Ok(bytes)
        })?;
        fs::remove_file(&self.path).map_err(|source| RunError::io("remove", &self.path, source))
    }
}

/// The arrays of a file that stays open; each is read when it is used.
#[derive(Debug, Clone)]
pub struct StoredArrays {
    path: PathBuf,
    file: Arc<Mutex<File>>,
    metadata: Arc<Metadata>,
    /// Where the values begin.
    start: u64,
}

/// The same open file.
impl PartialEq for StoredArrays {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.file, &other.file)
    }
}

impl StoredArrays {
    /// Returns the arrays of the file at `path`.
    ///
    /// # Errors
    /// [`RunError::Io`] if it cannot be read, [`RunError::Damaged`] if it does not parse or contains
    /// another type than 32-bit floats.
    pub(super) fn open(path: &Path) -> Result<Self, RunError> {
        let failed = |source| RunError::io("read", path, source);
        let damaged = |reason: String| RunError::damaged(path, reason);
        let mut file = File::open(path).map_err(failed)?;
        let size = file.metadata().map_err(failed)?.len();
        let mut length = [0; LENGTH];
        if size < LENGTH as u64 {
            return Err(damaged(SafeTensorError::HeaderTooSmall.to_string()));
        }
        file.read_exact(&mut length).map_err(failed)?;
        let length = u64::from_le_bytes(length);
        if length > MOST_HEADER {
            return Err(damaged(SafeTensorError::HeaderTooLarge.to_string()));
        }
        let start = LENGTH as u64 + length;
        if start > size {
            return Err(damaged(SafeTensorError::InvalidHeaderLength.to_string()));
        }
        let mut header = vec![0; length as usize];
        file.read_exact(&mut header).map_err(failed)?;
        let metadata: Metadata =
            serde_json::from_slice(&header).map_err(|reason| damaged(reason.to_string()))?;
        if start + metadata.data_len() as u64 != size {
            let reason = SafeTensorError::MetadataIncompleteBuffer;
            return Err(damaged(reason.to_string()));
        }
        for (name, info) in metadata.tensors() {
            if info.dtype != Dtype::F32 {
                let reason = format!("array {name:?} has type {:?}, not F32", info.dtype);
                return Err(damaged(reason));
            }
        }
        Ok(Self {
            path: path.to_path_buf(),
            file: Arc::new(Mutex::new(file)),
            metadata: Arc::new(metadata),
            start,
        })
    }

    /// Returns the shape of the array `name`, if there is one.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        Some(&self.metadata.info(name)?.shape)
    }

    /// Returns the array `name`, if there is one.
    ///
    /// # Errors
    /// [`RunError::Io`] if it cannot be read.
    pub fn get(&self, name: &str) -> Result<Option<Array>, RunError> {
        let Some(info) = self.metadata.info(name) else {
            return Ok(None);
        };
        let (start, end) = info.data_offsets;
        let mut bytes = vec![0; end - start];
        // A reader that panicked leaves only another place in the file.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.start + start as u64))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(|source| RunError::io("read", &self.path, source))?;
        let values = bytes
            .chunks_exact(VALUE)
            .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
        Ok(Some(Array {
            shape: info.shape.clone(),
            values: values.collect(),
        }))
    }

    /// Returns all arrays.
    pub(super) fn read_all(&self) -> Result<BTreeMap<String, Array>, RunError> {
        let mut arrays = BTreeMap::new();
        for name in self.metadata.offset_keys() {
            if let Some(array) = self.get(&name)? {
                arrays.insert(name, array);
            }
        }
        Ok(arrays)
    }
}

/// Returns the arrays of the file at `path`.
///
/// # Errors
/// As [`StoredArrays::open`].
pub(super) fn read_arrays(path: &Path) -> Result<BTreeMap<String, Array>, RunError> {
    StoredArrays::open(path)?.read_all()
}

/// Returns the bytes of the file at `path`.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, RunError> {
    read_regular(path).map_err(|source| RunError::io("read", path, source))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrays() -> BTreeMap<String, Array> {
        let array = |shape: &[usize], first: f32| Array {
            shape: shape.to_vec(),
            values: (0..shape.iter().product::<usize>())
                .map(|place| first + place as f32)
                .collect(),
        };
        let arrays = [
            ("raw/b", array(&[2, 3], -1.5)),
            ("raw/a", array(&[4], 0.25)),
            ("é \"quoted\"", array(&[1, 0, 2], 0.0)),
        ];
        arrays.map(|(name, array)| (name.to_string(), array)).into()
    }

    /// In memory or array by array, the bytes are those of the format's own writer.
    #[test]
    fn both_ways_of_writing_give_the_bytes_of_the_formats_own_writer() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [whole, spooled, spool] =
            ["whole", "spooled", "spool"].map(|name| folder.path().join(name));
        let arrays = arrays();
        let expected = safetensors::serialize(&arrays, None).expect("written");
        write_arrays(&whole, &arrays).expect("written");
        assert_eq!(fs::read(&whole).expect("read"), expected);
        let mut waiting = ArraySpool::create(&spool).expect("created");
        let stale = &arrays["raw/b"];
        waiting.add("raw/a".into(), stale).expect("added");
        for (name, array) in arrays.iter().rev() {
            waiting.add(name.clone(), array).expect("added");
        }
        waiting.finish(&spooled).expect("written");
        assert_eq!(fs::read(&spooled).expect("read"), expected);
        assert!(!spool.exists());
        assert_eq!(read_arrays(&spooled).expect("read"), arrays);
    }

    #[test]
    fn a_file_that_is_cut_or_says_too_much_is_refused_before_it_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("maps.safetensors");
        write_arrays(&path, &arrays()).expect("written");
        let content = fs::read(&path).expect("read");
        for end in 0..content.len() {
            fs::write(&path, &content[..end]).expect("written");
            let error = StoredArrays::open(&path).expect_err("refused").to_string();
            assert!(error.contains("maps.safetensors\" is damaged: "), "{error}");
        }
        fs::write(&path, [&u64::MAX.to_le_bytes()[..], &content].concat()).expect("written");
        let error = StoredArrays::open(&path).expect_err("refused").to_string();
        assert!(error.contains("is damaged: header too large"), "{error}");
    }
}
