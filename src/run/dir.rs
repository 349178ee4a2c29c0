//! The paths inside `checkpoints/`. No other file spells them.

use std::path::{Path, PathBuf};

use super::arrays::read_file;
use super::checkpoint_name::CheckpointName;
use super::names::{folder_names, names_in};
use super::{BestCheckpoint, CheckpointState, Checksum, RunError, sha256};

/// Name of a run's manifest.
pub const MANIFEST_FILE: &str = "run.json";
/// Name of the table of a run's epochs.
pub const EPOCHS_FILE: &str = "epochs.csv";
/// Name of the state file of a checkpoint.
const STATE_FILE: &str = "state.json";
/// Prefix of a seed's folder, before the number.
const SEED_PREFIX: &str = "seed-";
/// Folder of the retrained heads. Measuring writes here while the run may be training, so it is
/// not part of a checkpoint.
const HEADS: &str = "heads";
/// Folder of what was measured, written like the heads.
const MEASURED: &str = "measured";
/// Prefix of a picture of the curves, before the run's name.
const CURVES_PREFIX: &str = "curves-";

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

    /// Returns the run whose folder is `path`, if its name is that of a run folder.
    pub fn at(path: &Path) -> Option<Self> {
        let name = |path: &Path| Some(path.file_name()?.to_str()?.to_string());
        let seed = seed_of(&name(path)?)?;
        let trial = path.parent()?;
        Some(Self::new(trial.parent()?, &name(trial)?, seed))
    }

    /// Returns the same run, called `trial` below the folder `base` of its root.
    pub fn below(&self, base: &str, trial: &str) -> Self {
        Self::new(&self.root.join(base), trial, self.seed)
    }

    /// Returns the trial's name.
    pub fn trial(&self) -> &str {
        &self.trial
    }

    /// Returns whether `name` is that of a seed's folder.
    pub fn is_seed(name: &str) -> bool {
        seed_of(name).is_some()
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

    /// Returns the path of the table of epochs for other programs.
    pub fn metrics(&self) -> PathBuf {
        self.path().join("metrics.jsonl")
    }

    /// Returns the checksum of the table of epochs.
    ///
    /// # Errors
    /// [`RunError::Io`] if it cannot be read.
    pub fn epochs_checksum(&self) -> Result<Checksum, RunError> {
        Ok(Checksum::of(&read_file(&self.epochs())?))
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
        let mut names = names_in(&folder)?;
        names.retain(|name| is_curves(name));
        Ok(names.iter().map(|name| folder.join(name)).collect())
    }

    /// Returns the folder of a checkpoint.
    pub fn checkpoint(&self, name: CheckpointName) -> PathBuf {
        self.path().join(name.to_string())
    }

    /// Returns the folder of the retrained heads.
    pub fn heads(&self) -> PathBuf {
        self.path().join(HEADS)
    }

    /// Returns the folder of what was measured.
    pub fn measured(&self) -> PathBuf {
        self.path().join(MEASURED)
    }

    /// Returns the path of the head retrained on `layer` of a checkpoint.
    pub fn head(&self, name: CheckpointName, layer: &str) -> PathBuf {
        self.heads().join(format!("{name}-{layer}.safetensors"))
    }

    /// Returns every complete checkpoint, earliest first; none if there is no folder.
    ///
    /// # Errors
    /// [`RunError::Io`] if the folder cannot be listed.
    pub fn checkpoints(&self) -> Result<Vec<CheckpointName>, RunError> {
        let mut names = self.checkpoint_folders()?;
        names.retain(|name| self.checkpoint(*name).join(STATE_FILE).is_file());
        Ok(names)
    }

    /// Returns every checkpoint, earliest first, also those that are half removed.
    ///
    /// # Errors
    /// [`RunError::Io`] if the folder cannot be listed.
    pub fn checkpoint_folders(&self) -> Result<Vec<CheckpointName>, RunError> {
        let mut names: Vec<CheckpointName> = folder_names(&self.path())?
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect();
        names.sort();
        Ok(names)
    }

    /// Removes a checkpoint and the heads retrained on it. A reader finds all of it or none.
    ///
    /// # Errors
    /// As [`super::remove_folder_atomically`].
    pub fn remove_checkpoint(&self, name: CheckpointName) -> Result<(), RunError> {
        super::remove_folder_atomically(&self.checkpoint(name))?;
        let prefix = format!("{name}-");
        for head in names_in(&self.heads())? {
            if head.starts_with(&prefix) {
                let path = self.heads().join(head);
                std::fs::remove_file(&path)
                    .map_err(|source| RunError::io("remove", &path, source))?;
            }
        }
        Ok(())
    }

    /// Returns the state of the latest checkpoint that can be read; `None` if there is none.
    ///
    /// # Errors
    /// [`RunError::Io`] if the folder cannot be listed.
    pub fn latest_state(&self) -> Result<Option<CheckpointState>, RunError> {
        let mut names = self.checkpoints()?.into_iter().rev();
        Ok(names.find_map(|name| self.read_state(name).ok()))
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
        let name = CheckpointName::of(&state);
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
                let found = CheckpointName::of(&state);
                let named =
                    |one: &str, other: &str| one == other || one.ends_with(&format!("/{other}"));
                // Below another root the name of the same run has another prefix.
                let is_ours = named(&self.trial, &state.trial) || named(&state.trial, &self.trial);
                if found != name || state.seed != self.seed || !is_ours {
                    let found = format!("{found} of {}", state.trial);
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

    /// Returns the SHA-256 of every experiment that a checkpoint holds, each once.
    ///
    /// # Errors
    /// [`RunError::Io`] if the folder cannot be listed.
    pub fn recorded_experiments(&self) -> Result<Vec<String>, RunError> {
        let mut found = Vec::new();
        for name in self.checkpoints()? {
            // A damaged state is reported where it is needed.
            let state = self.read_state(name).ok();
            let held = state.filter(|state| !state.experiment.is_empty());
            found.extend(held.map(|state| sha256(state.experiment.as_bytes())));
        }
        found.sort();
        found.dedup();
        Ok(found)
    }

    /// Returns the content of one of a checkpoint's files, verified against `state`.
    ///
    /// # Errors
    /// [`RunError::Io`], or [`RunError::ChecksumMismatch`] with the file.
    pub fn read_checked(&self, state: &CheckpointState, file: &str) -> Result<Vec<u8>, RunError> {
        let name = CheckpointName::of(state);
        let path = self.checkpoint(name).join(file);
        let expected = state
            .files
            .get(file)
            .ok_or_else(|| RunError::damaged(&path, "the state file does not list it"))?;
        let content = match std::fs::read(&path) {
            Ok(content) => content,
            // Removed by a training since its state was read.
            Err(_) if !self.checkpoint(name).exists() => {
                return Err(self.no_checkpoint(format!("for epoch {}", name.epoch)));
            }
            Err(source) => return Err(RunError::io("read", &path, source)),
        };
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

    /// Returns whether the run has a best checkpoint.
    pub fn has_best(&self) -> bool {
        self.best().exists() || self.read_best().is_ok()
    }

    /// Returns the best epoch on the validation split, from `best.json`, which must agree with the
    /// latest checkpoint.
    ///
    /// # Errors
    /// [`RunError::NoCheckpoint`] if no epoch is complete; otherwise [`RunError::Damaged`].
    pub fn read_best(&self) -> Result<BestCheckpoint, RunError> {
        if !self.best().exists() {
            // Lost, or not written yet: the latest checkpoint names it too.
            let sealed = self.latest_state()?.and_then(|state| state.best);
            return sealed.ok_or_else(|| self.no_checkpoint("named best".to_string()));
        }
        let written = BestCheckpoint::read(&self.best())?;
        // The state is newer than the file that was read before it, or as old.
        let Some((state, sealed)) = self
            .latest_state()?
            .and_then(|state| Some((state.epoch, state.best?)))
        else {
            return Ok(written);
        };
        let is_there = |best: &BestCheckpoint| {
            let folder = self.checkpoint(CheckpointName::epoch(best.epoch));
            folder.join(STATE_FILE).is_file()
        };
        match () {
            () if sealed == written => Ok(written),
            // `best.json` is written after the checkpoint that is the best.
            () if sealed.epoch == state && written.epoch < state => Ok(sealed),
            // The best checkpoint was removed, and a resumed training named another one.
            () if !is_there(&sealed) && is_there(&written) => Ok(written),
            () => Err(RunError::damaged(
                &self.best(),
                format!(
                    "it names epoch {} with {}, the latest checkpoint epoch {} with {}",
                    written.epoch,
                    written.in_words(),
                    sealed.epoch,
                    sealed.in_words()
                ),
            )),
        }
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

/// Returns the seed in the name of its folder.
pub(super) fn seed_of(name: &str) -> Option<u64> {
    name.strip_prefix(SEED_PREFIX)?.parse().ok()
}

#[cfg(test)]
#[path = "dir_tests.rs"]
mod tests;
