//! A retrained linear head next to its checkpoint: weights and a record, as safetensors. The path
//! is [`RunDir::head`](super::RunDir::head).

use std::collections::HashMap;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use super::{Array, Checksum, RunError, sha256, write_atomically};

/// Newest file format that this program reads and writes.
const HEAD_FORMAT: u32 = 2;
/// Name of the weights' array, `[classes, channels]`.
const WEIGHTS: &str = "weights";
/// Name of the bias' array, `[classes]`.
const BIAS: &str = "bias";
/// Key of the record in the file's header.
const RECORD: &str = "camtrail";

/// A linear layer on the average-pooled activation of a network's layer.
#[derive(Debug, Clone, PartialEq)]
pub struct RetrainedHead {
    /// Its network and accuracy.
    pub record: HeadRecord,
    /// `[classes, channels]`, row by row.
    pub weights: Vec<f32>,
    /// One value per class.
    pub bias: Vec<f32>,
}

/// The known facts of a retrained head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HeadRecord {
    /// File format.
    pub format: u32,
    /// Checksum of the network's weights in its training.
    pub model: Checksum,
    /// Epoch of those weights.
    pub epoch: u32,
    /// Layer whose pooled activation it reads, such as "block-5".
    pub layer: String,
    /// Number of classes.
    pub classes: usize,
    /// Number of channels of the layer.
    pub channels: usize,
    /// Number of training images, not augmented.
    pub training_images: usize,
    /// Number of validation images.
    pub validation_images: usize,
    /// Number of test images.
    pub test_images: usize,
    /// Share of validation images that the head predicts correctly, 0 to 1.
    pub validation_accuracy: f64,
    /// Share of test images that the head predicts correctly, 0 to 1.
    pub test_accuracy: f64,
    /// Share of validation images that the network itself predicts correctly, 0 to 1.
    pub network_validation_accuracy: f64,
    /// Share of test images that the network itself predicts correctly, 0 to 1.
    pub network_test_accuracy: f64,
    /// Weight decay, selected on the validation split.
    pub weight_decay: f64,
    /// Norm of the loss gradient at the end of training, as a share of the norm at zero weights.
    pub gradient_share: f64,
    /// SHA-256 of this record without these 64 digits, and of the arrays' bytes.
    pub arrays_sha256: String,
}

impl RetrainedHead {
    /// Returns the head, with the format and checksum of its record filled in.
    pub fn new(record: HeadRecord, weights: Vec<f32>, bias: Vec<f32>) -> Self {
        let mut head = Self {
            record,
            weights,
            bias,
        };
        head.record.format = HEAD_FORMAT;
        head.record.arrays_sha256 = head.seal();
        head
    }

    /// Writes the head to `path`.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write(&self, path: &Path) -> Result<(), RunError> {
        let damaged = |reason: String| RunError::damaged(path, reason);
        let record = &self.record;
        let text = serde_json::to_string(record).map_err(|reason| damaged(reason.to_string()))?;
        let weights = Array {
            shape: vec![record.classes, record.channels],
            values: self.weights.clone(),
        };
        let bias = Array {
            shape: vec![record.classes],
            values: self.bias.clone(),
        };
        let arrays = [(WEIGHTS, &weights), (BIAS, &bias)];
        let header = HashMap::from([(RECORD.to_string(), text)]);
        let content = safetensors::serialize(arrays, Some(header))
            .map_err(|reason| damaged(reason.to_string()))?;
        write_atomically(path, &content)
    }

    /// Returns the head at `path`, if the file exists; it must belong to the weights `model`.
    ///
    /// # Errors
    /// [`RunError::Damaged`] with the reason: the file is truncated, changed, of another format or
    /// for other weights. [`RunError::Io`] if it cannot be read.
    pub fn read(path: &Path, model: &Checksum) -> Result<Option<Self>, RunError> {
        let content = match std::fs::read(path) {
            Ok(content) => content,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(RunError::io("read", path, source)),
        };
        let head = Self::parse(&content).map_err(|reason| RunError::damaged(path, reason))?;
        if head.record.model != *model {
            let reason = format!(
                "it was trained on weights with sha-256 {}, the checkpoint's have {}",
                head.record.model.short(),
                model.short()
            );
            return Err(RunError::damaged(path, reason));
        }
        Ok(Some(head))
    }

    fn parse(content: &[u8]) -> Result<Self, String> {
        let text = |reason: safetensors::SafeTensorError| reason.to_string();
        let (_, header) = SafeTensors::read_metadata(content).map_err(text)?;
        let record = header.metadata().as_ref().and_then(|m| m.get(RECORD));
        let record = record.ok_or("its header does not say what it is")?;
        let record: HeadRecord =
            serde_json::from_str(record).map_err(|reason| reason.to_string())?;
        if record.format != HEAD_FORMAT {
            return Err(format!(
                "it has format {}, this program reads {HEAD_FORMAT}",
                record.format
            ));
        }
        let tensors = SafeTensors::deserialize(content).map_err(text)?;
        let values = |name: &str, shape: &[usize]| {
            let view = tensors.tensor(name).map_err(text)?;
            if view.dtype() != Dtype::F32 || view.shape() != shape {
                return Err(format!("array {name:?} has another type or shape"));
            }
            let bytes = view.data().chunks_exact(size_of::<f32>());
            Ok(bytes
                .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
                .collect::<Vec<f32>>())
        };
        let head = Self {
            weights: values(WEIGHTS, &[record.classes, record.channels])?,
            bias: values(BIAS, &[record.classes])?,
            record,
        };
        if head.seal() != head.record.arrays_sha256 {
            return Err("it is not what was written".to_string());
        }
        Ok(head)
    }

    fn seal(&self) -> String {
        let unsigned = HeadRecord {
            arrays_sha256: String::new(),
            ..self.record.clone()
        };
        let mut bytes = serde_json::to_vec(&unsigned)
            .expect("a record of numbers, texts and a checksum has a form in JSON");
        let values = self.weights.iter().chain(&self.bias);
        bytes.extend(values.flat_map(|value| value.to_le_bytes()));
        sha256(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{CheckpointName, RunDir};

    fn head() -> RetrainedHead {
        RetrainedHead::new(
            HeadRecord {
                format: 0,
                model: Checksum::of(b"weights"),
                epoch: 10,
                layer: "block-5".into(),
                classes: 2,
                channels: 3,
                training_images: 40,
                validation_images: 20,
                test_images: 30,
                validation_accuracy: 0.5,
                test_accuracy: 0.25,
                network_validation_accuracy: 0.75,
                network_test_accuracy: 0.5,
                weight_decay: 1e-3,
                gradient_share: 5e-4,
                arrays_sha256: String::new(),
            },
            vec![1.0, -2.0, 0.5, 0.0, 3.0, 1e-7],
            vec![0.1, -0.1],
        )
    }

    #[test]
    fn what_is_written_is_read_and_another_networks_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = RunDir::new(folder.path(), "trial-d", 0);
        let path = run.head(CheckpointName::epoch(10), "block-5");
        assert!(path.ends_with("trial-d/seed-0/heads/epoch-010-block-5.safetensors"));
        let model = Checksum::of(b"weights");
        assert_eq!(RetrainedHead::read(&path, &model).expect("none"), None);
        head().write(&path).expect("written");
        let read = RetrainedHead::read(&path, &model).expect("whole");
        assert_eq!(read, Some(head()));
        let other = Checksum::of(b"weights of a later training");
        let error = RetrainedHead::read(&path, &other).expect_err("another network's");
        assert!(
            error.to_string().contains("it was trained on weights with"),
            "{error}"
        );
    }

    #[test]
    fn a_file_that_was_cut_or_changed_is_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("head.safetensors");
        head().write(&path).expect("written");
        let good = std::fs::read(&path).expect("there");
        let refused = |content: &[u8]| {
            std::fs::write(&path, content).expect("written");
            RetrainedHead::read(&path, &head().record.model).is_err()
        };
        for length in 0..good.len() {
            assert!(refused(&good[..length]), "cut at {length}");
        }
        for place in 0..good.len() {
            let mut bad = good.clone();
            bad[place] ^= 1;
            assert!(refused(&bad), "byte {place}");
        }
        let text = br#"\"test_accuracy\":0.25"#;
        let place = good.windows(text.len()).position(|bytes| bytes == text);
        let mut better = good.clone();
        better[place.expect("the accuracy") + text.len() - 1] = b'9';
        assert!(refused(&better), "another accuracy");
        assert!(!refused(&good));
    }
}
