//! The paths inside `checkpoints/`. No other file spells them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{BestCheckpoint, CheckpointState, Checksum, RunError};

/// Name of a run's manifest.
pub const MANIFEST_FILE: &str = "run.json";
/// Name of the table of a run's epochs.
pub const EPOCHS_FILE: &str = "epochs.csv";
/// Name of the state file of a checkpoint.
const STATE_FILE: &str = "state.json";
/// Prefix of a seed's folder, before the number.
const SEED_PREFIX: &str = "seed-";
/// Prefix of a checkpoint's folder, before the number.
const EPOCH_PREFIX: &str = "epoch-";
/// Separates the epoch from the step in an interrupted checkpoint's name.
const STEP_INFIX: &str = "-step-";

/// Prefix of a retrained head, before its layer's name.
const HEAD_PREFIX: &str = "cam-head-";
/// Prefix of a picture of the curves, before the run's name.
const CURVES_PREFIX: &str = "curves-";

/// A checkpoint's position in training: completed epochs, then completed steps of the next epoch.
/// Later ones compare greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckpointName {
    /// Completed epochs.
    pub epoch: u32,
    /// Completed steps of the next epoch; 0 at an epoch's end.
    pub step: u64,
}

impl CheckpointName {
    /// Returns the name of the checkpoint at the end of `epoch`.
    pub fn epoch(epoch: u32) -> Self {
        Self { epoch, step: 0 }
    }
}

impl fmt::Display for CheckpointName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{EPOCH_PREFIX}{:03}", self.epoch)?;
        if self.step > 0 {
            write!(formatter, "{STEP_INFIX}{:05}", self.step)?;
        }
        Ok(())
    }
}

impl FromStr for CheckpointName {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        let digits = name.strip_prefix(EPOCH_PREFIX).ok_or(())?;
        let (epoch, step) = match digits.split_once(STEP_INFIX) {
            Some((epoch, step)) => (epoch, step.parse().map_err(|_| ())?),
            None => (digits, 0),
        };
        let parsed = Self {
            epoch: epoch.parse().map_err(|_| ())?,
            step,
        };
        // Only the spelling written here is a checkpoint.
        if parsed.to_string() == name {
            Ok(parsed)
        } else {
            Err(())
        }
    }
}

/// The folder of one run: one trial, one seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDir {
    root: PathBuf,
    trial: String,
    seed: u64,
}

impl RunDir {
    /// Returns the run folder of `trial` and `seed` under `root`, without creating it.
    pub fn new(root: &Path, trial: &str, seed: u64) -> Self {
        Self {
            root: root.to_path_buf(),
            trial: trial.to_string(),
            seed,
        }
    }

    /// Returns the trial's name.
    pub fn trial(&self) -> &str {
        &self.trial
    }

    /// Returns the training seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns the folder.
    pub fn path(&self) -> PathBuf {
        self.root
            .join(&self.trial)
            .join(format!("{SEED_PREFIX}{}", self.seed))
    }

    /// Returns the path of the resolved experiment.
    pub fn experiment(&self) -> PathBuf {
        self.path().join("experiment.toml")
    }

    /// Returns the path of the run's manifest.
    pub fn manifest(&self) -> PathBuf {
        self.path().join(MANIFEST_FILE)
    }

    /// Returns the path of the table of epochs.
    pub fn epochs(&self) -> PathBuf {
        self.path().join(EPOCHS_FILE)
    }

    /// Returns the path of the file that names the best epoch.
    pub fn best(&self) -> PathBuf {
        self.path().join("best.json")
    }

    /// Returns the paths of the pictures of the run's curves.
    ///
    /// # Errors
    /// [`RunError::Io`] if the folder cannot be listed.
    pub fn curves(&self) -> Result<Vec<PathBuf>, RunError> {
        let is_curves = |name: &str| {
            name.starts_with(CURVES_PREFIX) && (name.ends_with(".png") || name.ends_with(".svg"))
        };
        let folder = self.path();
        let names = names_in(&folder)?.into_iter();
        Ok(names
            .filter(|name| is_curves(name))
            .map(|name| folder.join(name))
            .collect())
    }

    /// Returns the folder of a checkpoint.
    pub fn checkpoint(&self, name: CheckpointName) -> PathBuf {
        self.path().join(name.to_string())
    }

    /// Returns the path of the head retrained on `layer` of a checkpoint, next to the checkpoint's
    /// own files.
    pub fn head(&self, name: CheckpointName, layer: &str) -> PathBuf {
        self.checkpoint(name)
            .join(format!("{HEAD_PREFIX}{layer}.safetensors"))
    }

    /// Returns every checkpoint in the folder, earliest first; none if there is no folder.
    ///
    /// # Errors
    /// [`RunError::Io`] if the folder cannot be listed.
    pub fn checkpoints(&self) -> Result<Vec<CheckpointName>, RunError> {
        let mut names: Vec<CheckpointName> = folder_names(&self.path())?
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Writes a checkpoint, all its files or none, and returns its state as written.
    ///
    /// # Errors
    /// As [`super::write_folder_atomically`].
    pub fn write_checkpoint(
        &self,
        state: CheckpointState,
        files: &[(&str, &[u8])],
    ) -> Result<CheckpointState, RunError> {
        let name = CheckpointName {
            epoch: state.epoch,
            step: state.step,
        };
        let folder = self.checkpoint(name);
        let sums = files
            .iter()
            .map(|(name, content)| (name.to_string(), Checksum::of(content)));
        let state = CheckpointState {
            files: sums.collect(),
            ..state
        };
        let json = state.to_json(&folder.join(STATE_FILE))?;
        let mut all = files.to_vec();
        all.push((STATE_FILE, &json));
        super::write_folder_atomically(&folder, &all)?;
        Ok(state)
    }

    /// Returns a checkpoint's state, after verifying its own checksum.
    ///
    /// # Errors
    /// [`RunError::NoCheckpoint`] with the existing ones; [`RunError::Misplaced`] for the state of
    /// another checkpoint or seed; otherwise as [`CheckpointState::from_json`].
    pub fn read_state(&self, name: CheckpointName) -> Result<CheckpointState, RunError> {
        let path = self.checkpoint(name).join(STATE_FILE);
        match std::fs::read(&path) {
            Ok(content) => {
                let state = CheckpointState::from_json(&path, &content)?;
                let found = CheckpointName {
                    epoch: state.epoch,
                    step: state.step,
                };
                if found != name || state.seed != self.seed {
                    let found = found.to_string();
                    return Err(RunError::Misplaced {
                        path,
                        found,
                        seed: state.seed,
                    });
                }
                Ok(state)
            }
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                Err(self.no_checkpoint(format!("for epoch {}", name.epoch)))
            }
            Err(source) => Err(RunError::io("read", &path, source)),
        }
    }

    /// Returns the content of one of a checkpoint's files, verified against `state`.
    ///
    /// # Errors
    /// [`RunError::Io`], or [`RunError::ChecksumMismatch`] with the file.
    pub fn read_checked(&self, state: &CheckpointState, file: &str) -> Result<Vec<u8>, RunError> {
        let name = CheckpointName {
            epoch: state.epoch,
            step: state.step,
        };
        let path = self.checkpoint(name).join(file);
        let expected = state
            .files
            .get(file)
            .ok_or_else(|| RunError::damaged(&path, "the state file does not list it"))?;
        let content = std::fs::read(&path).map_err(|source| RunError::io("read", &path, source))?;
        let found = Checksum::of(&content);
        if found == *expected {
            return Ok(content);
        }
        Err(RunError::ChecksumMismatch {
            path,
            expected: expected.short().to_string(),
            found: found.short().to_string(),
            bytes: found.bytes,
        })
    }

    /// Returns the best epoch on the validation split.
    ///
    /// # Errors
    /// [`RunError::NoCheckpoint`] if no epoch is complete; otherwise [`RunError::Damaged`].
    pub fn read_best(&self) -> Result<BestCheckpoint, RunError> {
        if !self.best().exists() {
            return Err(self.no_checkpoint("named best".to_string()));
        }
        BestCheckpoint::read(&self.best())
    }

    /// Returns the error for a missing checkpoint, with a list of the existing ones.
    pub fn no_checkpoint(&self, wanted: String) -> RunError {
        let names = self.checkpoints().unwrap_or_default();
        let known = match names.len() {
            0 => String::new(),
            _ => {
                let names: Vec<String> = names.iter().map(ToString::to_string).collect();
                format!(" (there are {})", names.join(", "))
            }
        };
        RunError::NoCheckpoint {
            path: self.path(),
            wanted,
            known,
        }
    }
}

/// Returns every run under `root`, by trial and then by seed, or none if it does not exist.
///
/// # Errors
/// [`RunError::Io`] if a folder cannot be listed.
pub fn list_runs(root: &Path) -> Result<Vec<RunDir>, RunError> {
    let mut runs = Vec::new();
    for trial in folder_names(root)? {
        for name in folder_names(&root.join(&trial))? {
            if let Some(seed) = name
                .strip_prefix(SEED_PREFIX)
                .and_then(|digits| digits.parse().ok())
            {
                runs.push(RunDir::new(root, &trial, seed));
            }
        }
    }
    runs.sort_by(|a, b| (&a.trial, a.seed).cmp(&(&b.trial, b.seed)));
    Ok(runs)
}

fn folder_names(folder: &Path) -> Result<Vec<String>, RunError> {
    let mut names = names_in(folder)?;
    names.retain(|name| folder.join(name).is_dir());
    Ok(names)
}

/// Returns the names of all entries of `folder`, or none if it does not exist.
fn names_in(folder: &Path) -> Result<Vec<String>, RunError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(RunError::io("list", folder, source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| RunError::io("list", folder, source))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoint_names_are_ours_alone_and_in_order() {
        let names = [
            "epoch-000",
            "epoch-010",
            "epoch-010-step-00120",
            "epoch-1000",
        ];
        let parsed: Vec<CheckpointName> = names
            .iter()
            .map(|name| name.parse().expect("ours"))
            .collect();
        assert!(parsed.is_sorted());
        for (name, parsed) in names.iter().zip(&parsed) {
            assert_eq!(*name, parsed.to_string());
        }
        for foreign in ["epoch-1", "epoch-0010", "epoch-", "epoch-001.bak", "last"] {
            assert!(foreign.parse::<CheckpointName>().is_err(), "{foreign}");
        }
    }

    #[test]
    fn a_missing_checkpoint_lists_the_ones_there() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let run = RunDir::new(root.path(), "trial-a", 0);
        std::fs::create_dir_all(run.checkpoint(CheckpointName::epoch(5))).expect("created");
        let error = run
            .read_state(CheckpointName::epoch(12))
            .expect_err("missing")
            .to_string();
        assert!(
            error.starts_with("no checkpoint for epoch 12 in "),
            "{error}"
        );
        assert!(error.ends_with("(there are epoch-005)"), "{error}");
        assert_eq!(list_runs(root.path()).expect("listed"), [run]);
    }
}
