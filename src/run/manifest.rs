//! `run.json`, `state.json` and `best.json`: the records of a run and its checkpoints.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::arrays::read_file;
use super::host::host_name;
use super::pixel_statistics::{ImageRecord, PixelStatistics};
use super::sealed::Sealed;
use super::totals::TotalsRecord;
use super::{Checksum, RunError, write_atomically};

/// The checkpoint format that this program writes, and the newest that it reads.
pub const CHECKPOINT_FORMAT: u32 = 1;

/// The status of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// A process is training it, or was killed while training it.
    Running,
    /// Stopped by a signal; can be resumed.
    Interrupted,
    /// Every epoch is done.
    Done,
    /// Stopped by an error.
    Failed {
        /// The error's text.
        reason: String,
    },
}

/// `run.json`: the origin and status of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunManifest {
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Version of camtrail.
    pub camtrail: String,
    /// Version of Burn.
    pub burn: String,
    /// Git revision of the working directory, if it is a git checkout.
    pub git_revision: Option<String>,
    /// Device of the training, such as "cpu (flex, 2 threads)".
    pub device: String,
    /// Name of the machine.
    pub host: String,
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// SHA-256 of each data file, or of the generator's description, by name.
    pub data: BTreeMap<String, String>,
    /// Statistics with which images are standardised; absent in the first runs' records and for clips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<PixelStatistics>,
    /// What the network knows of images; absent in the first runs' records and for clips.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images: Option<ImageRecord>,
    /// Number of convolution blocks.
    pub blocks: usize,
    /// Number of trainable parameters.
    pub parameters: u64,
    /// Multiply-adds of one image's forward pass.
    pub multiply_adds: u64,
    /// When the run was first started, in seconds since 1970-01-01 UTC.
    pub started: u64,
    /// When this file was last written, in seconds since 1970-01-01 UTC.
    pub updated: u64,
    /// The status of the run.
    pub status: RunStatus,
    /// Problems that did not stop the run.
    pub warnings: Vec<String>,
    /// SHA-256 of every experiment that the run was trained with, as its checkpoints hold it; more than
    /// one after a resume with accepted changes. Empty in the first runs' records.
    #[serde(default)]
    pub experiments: Vec<String>,
    /// SHA-256 of this file without these 64 digits; empty in the first runs' records.
    #[serde(default)]
    pub sha256: String,
}

impl Sealed for RunManifest {
    fn seal(&mut self) -> &mut String {
        &mut self.sha256
    }
}

impl RunManifest {
    /// Returns the seconds since 1970-01-01 UTC, 0 if the clock is set before that.
    pub fn now() -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |elapsed| elapsed.as_secs())
    }

    /// Returns this machine's name.
    pub fn this_host() -> String {
        host_name()
    }

    /// Returns the manifest in the file at `path`.
    ///
    /// # Errors
    /// [`RunError::Io`]; [`RunError::Damaged`] or [`RunError::ChecksumMismatch`], with the file.
    pub fn read(path: &Path) -> Result<Self, RunError> {
        Self::unsealed(path, &read_file(path)?)
    }

    /// Writes the manifest to `path` with the current time.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write(&mut self, path: &Path) -> Result<(), RunError> {
        self.updated = Self::now();
        let mut content = self.sealed(path)?;
        content.push(b'\n');
        write_atomically(path, &content)
    }
}

/// `best.json`: the best epoch on the validation split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BestCheckpoint {
    /// The epoch.
    pub epoch: u32,
    /// Its share of validation images predicted correctly, 0 to 1; the highest so far. None for
    /// predicted frames, where the loss decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_accuracy: Option<f64>,
    /// Its mean loss on the validation split; decides a tie.
    pub validation_loss: f64,
}

impl BestCheckpoint {
    /// Returns whether `self` beats `other`: by accuracy if both have one, then by loss. A NaN
    /// never beats.
    pub fn beats(&self, other: &Self) -> bool {
        match (self.validation_accuracy, other.validation_accuracy) {
            (Some(mine), Some(theirs)) if mine != theirs => mine > theirs,
            _ => self.validation_loss < other.validation_loss,
        }
    }

    /// Returns the value that made it the best, such as "accuracy 40.54 %" or "loss 0.0312".
    pub fn in_words(&self) -> String {
        match self.validation_accuracy {
            Some(accuracy) => format!("accuracy {:.2} %", 100.0 * accuracy),
            None => format!("loss {:.4}", self.validation_loss),
        }
    }

    /// Returns the content of the file at `path`.
    ///
    /// # Errors
    /// [`RunError::Io`] or [`RunError::Damaged`], with the file.
    pub fn read(path: &Path) -> Result<Self, RunError> {
        read_json(path)
    }

    /// Writes the file at `path`.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write(&self, path: &Path) -> Result<(), RunError> {
        write_json(path, self)
    }
}

/// Name and shape of one weight tensor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TensorShape {
    /// Path of the parameter in the network, such as "blocks.0.convolution.weight".
    pub name: String,
    /// Extent of each axis.
    pub shape: Vec<usize>,
}

/// `state.json` of a checkpoint: the progress of the training and the checksums of the other files.
///
/// There is no generator state to keep: data order, augmentation and dropout of a step come from
/// streams derived from (seed, epoch, step), so these three numbers are the state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointState {
    /// Format of the checkpoint, [`CHECKPOINT_FORMAT`].
    pub format: u32,
    /// SHA-256 of this file without these 64 digits.
    pub sha256: String,
    /// Trial name.
    pub trial: String,
    /// Training seed.
    pub seed: u64,
    /// Completed epochs.
    pub epoch: u32,
    /// Completed steps of the next epoch; 0 at an epoch's end.
    pub step: u64,
    /// Total number of optimizer steps.
    pub total_steps: u64,
    /// The network in words, such as "plain-cnn 32-64-128 flatten 100".
    pub architecture: String,
    /// Name and shape of every weight.
    pub tensors: Vec<TensorShape>,
    /// Sums of the unfinished epoch.
    pub totals: TotalsRecord,
    /// Best epoch so far.
    pub best: Option<BestCheckpoint>,
    /// Checksum of every other file of the checkpoint, by name.
    pub files: BTreeMap<String, Checksum>,
    /// The resolved experiment of the training up to here, as TOML; empty in the first runs'
    /// checkpoints.
    #[serde(default)]
    pub experiment: String,
    /// Checksum of `epochs.csv` with the rows up to here; none in the first runs' checkpoints.
    #[serde(default)]
    pub epochs: Option<Checksum>,
}

impl Sealed for CheckpointState {
    fn seal(&mut self) -> &mut String {
        &mut self.sha256
    }
}

impl CheckpointState {
    /// Returns the content of `state.json`, including its own checksum.
    ///
    /// # Errors
    /// [`RunError::Damaged`] if it could not be read back: JSON has no number that is not finite.
    pub fn to_json(&self, path: &Path) -> Result<Vec<u8>, RunError> {
        self.sealed(path)
    }

    /// Returns the state in `content`, read from `path`.
    ///
    /// # Errors
    /// [`RunError::NewerFormat`], [`RunError::ChecksumMismatch`] or [`RunError::Damaged`]; any
    /// changed bit causes one of them.
    pub fn from_json(path: &Path, content: &[u8]) -> Result<Self, RunError> {
        // The format is checked first: a newer one may have any other fields.
        let value: serde_json::Value =
            serde_json::from_slice(content).map_err(|reason| RunError::damaged(path, reason))?;
        if let Some(found) = value.get("format").and_then(serde_json::Value::as_u64)
            && found > u64::from(CHECKPOINT_FORMAT)
        {
            let found = u32::try_from(found).unwrap_or(u32::MAX);
            return Err(RunError::NewerFormat {
                path: path.to_path_buf(),
                found,
                supported: CHECKPOINT_FORMAT,
            });
        }
        let state = Self::unsealed(path, content)?;
        if state.sha256.is_empty() {
            return Err(RunError::damaged(path, "it has no checksum"));
        }
        Ok(state)
    }
}

pub(super) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, RunError> {
    let content = read_file(path)?;
    serde_json::from_slice(&content).map_err(|reason| RunError::damaged(path, reason))
}

pub(super) fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), RunError> {
    let mut content =
        serde_json::to_vec_pretty(value).map_err(|reason| RunError::damaged(path, reason))?;
    content.push(b'\n');
    write_atomically(path, &content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::sha256;

    fn state() -> CheckpointState {
        CheckpointState {
            format: CHECKPOINT_FORMAT,
            sha256: String::new(),
            trial: "trial-a".into(),
            seed: 3,
            epoch: 2,
            step: 7,
            total_steps: 21,
            architecture: "plain-cnn 32 flatten 100".into(),
            tensors: vec![TensorShape {
                name: "head.weight".into(),
                shape: vec![8192, 100],
            }],
            totals: TotalsRecord {
                loss_sum: 0.1 + 0.2,
                correct: 1,
                images: 2,
                squared_error: 0.0,
                seconds: 0.5,
            },
            best: None,
            files: [("model.bpk".to_string(), Checksum::of(b"weights"))].into(),
            experiment: "[train]\nepochs = 2\n".into(),
            epochs: Some(Checksum::of(b"epoch,train_loss\n")),
        }
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let path = Path::new("state.json");
        let good = state().to_json(path).expect("finite");
        let read = CheckpointState::from_json(path, &good).expect("whole");
        assert_eq!(read.totals, state().totals, "sums keep every bit");
        for index in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[index] ^= 1 << bit;
                assert!(
                    CheckpointState::from_json(path, &bad).is_err(),
                    "byte {index} bit {bit}"
                );
            }
        }
        for length in 0..good.len() {
            assert!(
                CheckpointState::from_json(path, &good[..length]).is_err(),
                "cut at {length}"
            );
        }
    }

    /// States of the first runs also had the experiment's checksum.
    #[test]
    fn a_state_with_a_field_that_is_no_more_is_read() {
        let path = Path::new("state.json");
        let blank = serde_json::to_string_pretty(&state()).expect("finite");
        let old = blank.replace(
            "\"architecture\"",
            "\"experiment_sha256\": \"8e\",\n  \"architecture\"",
        );
        assert_ne!(old, blank);
        let signature = format!("\"sha256\": \"{}\"", sha256(old.as_bytes()));
        let signed = old.replacen("\"sha256\": \"\"", &signature, 1);
        let read = CheckpointState::from_json(path, signed.as_bytes()).expect("whole");
        assert_eq!(read.tensors, state().tensors);
        let bad = signed.replace("\"8e\"", "\"9e\"");
        assert!(CheckpointState::from_json(path, bad.as_bytes()).is_err());
    }

    #[test]
    fn a_state_that_could_not_be_read_back_is_not_written() {
        let mut state = state();
        state.totals.loss_sum = f64::NAN;
        let refused = state.to_json(Path::new("state.json"));
        assert!(
            matches!(refused, Err(RunError::Damaged { .. })),
            "{refused:?}"
        );
    }

    #[test]
    fn a_newer_format_names_both_versions() {
        let path = Path::new("state.json");
        let newer = CheckpointState {
            format: 9,
            ..state()
        }
        .to_json(path)
        .expect("finite");
        let error = CheckpointState::from_json(path, &newer)
            .expect_err("newer")
            .to_string();
        assert_eq!(
            error,
            "\"state.json\" has checkpoint format 9, this program reads up to 1"
        );
    }

    #[test]
    fn not_a_number_is_never_best() {
        let best = |accuracy, loss| BestCheckpoint {
            epoch: 1,
            validation_accuracy: Some(accuracy),
            validation_loss: loss,
        };
        assert!(best(0.5, 2.0).beats(&best(0.4, 1.0)));
        assert!(best(0.5, 1.0).beats(&best(0.5, 2.0)));
        assert!(!best(0.5, 1.0).beats(&best(0.5, 1.0)));
        assert!(!best(f64::NAN, 1.0).beats(&best(0.5, 1.0)));
        assert!(!best(0.5, f64::NAN).beats(&best(0.5, 1.0)));
    }
}
