//! `measured/accuracy.json` of a run: the accuracies that were measured of its checkpoints. Measuring
//! writes it while the run may be training, so it is in a folder with a lock of its own.

use std::io::ErrorKind;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::sealed::Sealed;
use super::{CheckpointName, RunDir, RunError, RunLock, clear_temporaries, write_atomically};

/// Name of the file.
const FILE: &str = "accuracy.json";

/// The accuracy of one checkpoint on one split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// The split: "validation" or "test".
    pub split: String,
    /// Number of its images.
    pub images: usize,
    /// Share of images predicted correctly, 0 to 1.
    pub accuracy: f64,
    /// Share of images whose class is among the five most probable, 0 to 1.
    pub top5_accuracy: f64,
    /// SHA-256 of the checkpoint's weights.
    pub weights: String,
}

/// The content of the file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Record {
    accuracies: Vec<Measured>,
    /// SHA-256 of this file without these 64 digits.
    sha256: String,
}

impl Sealed for Record {
    fn seal(&mut self) -> &mut String {
        &mut self.sha256
    }
}

fn file(run: &RunDir) -> PathBuf {
    run.measured().join(FILE)
}

fn read(run: &RunDir) -> Result<Record, RunError> {
    let path = file(run);
    match std::fs::read(&path) {
        Ok(content) => Record::unsealed(&path, &content),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(Record::default()),
        Err(source) => Err(RunError::io("read", &path, source)),
    }
}

/// Returns the measured accuracies of the checkpoints that `run` has, by epoch; those of weights that
/// a resumed or repeated training replaced are omitted.
///
/// # Errors
/// [`RunError::Io`], [`RunError::Damaged`] or [`RunError::ChecksumMismatch`], with the file.
pub fn read_measured(run: &RunDir) -> Result<Vec<Measured>, RunError> {
    let mut found = read(run)?.accuracies;
    found.retain(|measured| {
        let state = run.read_state(CheckpointName::epoch(measured.epoch));
        state.is_ok_and(|state| {
            let mut files = state.files.values();
            files.any(|file| file.sha256 == measured.weights)
        })
    });
    Ok(found)
}

/// Adds `measured` to the accuracies of `run`, in place of earlier ones of the same epoch and split.
/// A damaged file is replaced.
///
/// # Errors
/// A folder that cannot be written, or that another process is writing into.
pub fn add_measured(run: &RunDir, measured: &[Measured]) -> Result<(), RunError> {
    let _lock = RunLock::take(&run.measured())?;
    clear_temporaries(&run.measured())?;
    let before = read(run).unwrap_or_default();
    let mut record = before.clone();
    for new in measured {
        let same = |old: &Measured| (old.epoch, &old.split) == (new.epoch, &new.split);
        record.accuracies.retain(|old| !same(old));
        record.accuracies.push(new.clone());
    }
    let order = |a: &Measured, b: &Measured| (a.epoch, &a.split).cmp(&(b.epoch, &b.split));
    record.accuracies.sort_by(order);
    if record.accuracies == before.accuracies {
        return Ok(());
    }
    let path = file(run);
    let mut content = record.sealed(&path)?;
    content.push(b'\n');
    write_atomically(&path, &content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::CheckpointState;

    fn measured(epoch: u32, split: &str, accuracy: f64, weights: &str) -> Measured {
        Measured {
            epoch,
            split: split.into(),
            images: 10,
            accuracy,
            top5_accuracy: 1.0,
            weights: crate::run::sha256(weights.as_bytes()),
        }
    }

    /// Writes the checkpoint of `epoch` with these weights.
    fn checkpoint(run: &RunDir, epoch: u32, weights: &str) {
        let state = CheckpointState {
            format: crate::run::CHECKPOINT_FORMAT,
            sha256: String::new(),
            trial: "trial-a".into(),
            seed: 0,
            epoch,
            step: 0,
            total_steps: 1,
            architecture: String::new(),
            tensors: Vec::new(),
            totals: Default::default(),
            best: None,
            files: Default::default(),
            experiment: String::new(),
            epochs: None,
        };
        let files = [("model.bpk", weights.as_bytes())];
        run.write_checkpoint(state, &files).expect("written");
    }

    #[test]
    fn accuracies_belong_to_weights_and_replace_earlier_ones() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = RunDir::new(folder.path(), "trial-a", 0);
        assert_eq!(read_measured(&run).expect("nothing yet"), []);
        checkpoint(&run, 1, "one");
        checkpoint(&run, 2, "two");
        let first = measured(2, "test", 0.1 + 0.2, "two");
        let stale = measured(1, "test", 0.9, "those before");
        add_measured(&run, &[first.clone(), stale]).expect("written");
        assert_eq!(read_measured(&run).expect("sealed"), [first]);
        let validation = measured(2, "validation", 0.5, "two");
        let again = measured(2, "test", 0.4, "two");
        add_measured(&run, &[validation.clone(), again.clone()]).expect("written");
        assert_eq!(read_measured(&run).expect("sealed"), [again, validation]);
        // A resumed training replaces the checkpoint.
        checkpoint(&run, 2, "other");
        assert_eq!(read_measured(&run).expect("sealed"), []);
    }

    #[test]
    fn a_damaged_file_is_reported_and_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let run = RunDir::new(folder.path(), "trial-a", 0);
        checkpoint(&run, 1, "one");
        let whole = measured(1, "test", 0.5, "one");
        add_measured(&run, std::slice::from_ref(&whole)).expect("written");
        let text = std::fs::read_to_string(file(&run)).expect("there");
        std::fs::write(file(&run), text.replace("0.5", "0.6")).expect("written");
        let found = read_measured(&run).expect_err("changed").to_string();
        assert!(found.contains("accuracy.json"), "{found}");
        add_measured(&run, std::slice::from_ref(&whole)).expect("replaced");
        assert_eq!(read_measured(&run).expect("sealed"), [whole]);
    }
}
