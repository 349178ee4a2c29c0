//! The folder of a sweep among the runs: its plan, and what is known of cells that failed.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::manifest::{read_json, write_json};
use super::names::folder_names;
use super::{RunDir, RunError, read_text, write_atomically};

/// Folder of all sweeps.
const SWEEPS: &str = "sweeps";

/// File with the numbers of the submitted jobs, one per line.
const JOBS: &str = "slurm-jobs.txt";

/// One cell of a plan: a run that is to be trained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCell {
    /// Its number, from 0.
    pub cell: u64,
    /// The experiment.
    pub experiment: String,
    /// The base that replaces the experiment's own, if any.
    pub base: Option<String>,
    /// Training seed.
    pub seed: u64,
    /// Changes of every cell of the sweep, as KEY=VALUE.
    pub set: Vec<String>,
    /// Changes of this cell, as KEY and VALUE.
    pub setting: Vec<(String, String)>,
    /// The name of its run.
    pub run: String,
    /// Whether the run is measured on the test split.
    pub test: bool,
    /// Version of camtrail.
    pub camtrail: String,
    /// SHA-256 of the version, the resolved experiment, the seed and the run.
    pub hash: String,
}

impl PlannedCell {
    /// Returns the run's folder below `checkpoints`.
    pub fn dir(&self, checkpoints: &Path) -> RunDir {
        let root = match &self.base {
            Some(base) => &checkpoints.join(base),
            None => checkpoints,
        };
        RunDir::new(root, &self.run, self.seed)
    }

    /// Returns the run and its seed as text, such as "trial-d+train.epochs=5 seed 0".
    pub fn label(&self) -> String {
        format!("{} seed {}", self.run, self.seed)
    }
}

/// The record of a cell that failed. It is removed once the cell is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellFailure {
    /// The cell's content hash.
    pub hash: String,
    /// The error's text.
    pub reason: String,
    /// Name of the machine.
    pub host: String,
    /// Number of attempts that failed.
    pub attempts: u32,
}

/// The folder of one sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepDir {
    path: PathBuf,
}

impl SweepDir {
    /// Returns the folder of the sweep called `name` below `checkpoints`, without creating it.
    pub fn new(checkpoints: &Path, name: &str) -> Self {
        Self {
            path: checkpoints.join(SWEEPS).join(name),
        }
    }

    /// Returns the names of all sweeps below `checkpoints`, in order.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn list(checkpoints: &Path) -> Result<Vec<String>, RunError> {
        let mut names = folder_names(&checkpoints.join(SWEEPS))?;
        names.sort();
        Ok(names)
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the plan, one cell per line.
    pub fn plan(&self) -> PathBuf {
        self.path.join("plan.jsonl")
    }

    /// Returns the path of the messages of a cell's process.
    pub fn log(&self, cell: u64) -> PathBuf {
        self.path.join(format!("cell-{cell:04}.log"))
    }

    /// Returns the numbers of the jobs that were submitted, the first ones first.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn read_jobs(&self) -> Result<Vec<String>, RunError> {
        let path = self.path.join(JOBS);
        match read_text(&path) {
            Ok(text) => Ok(text.lines().map(str::to_string).collect()),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => Err(RunError::io("read", &path, source)),
        }
    }

    /// Records the numbers of all `jobs` that were submitted.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write_jobs(&self, jobs: &[String]) -> Result<(), RunError> {
        let lines: String = jobs.iter().map(|job| format!("{job}\n")).collect();
        write_atomically(&self.path.join(JOBS), lines.as_bytes())
    }

    fn failure(&self, cell: u64) -> PathBuf {
        self.path.join(format!("cell-{cell:04}-failed.json"))
    }

    /// Returns the plan, or `None` if there is none.
    ///
    /// # Errors
    /// [`RunError::Damaged`] with the line; a file that cannot be read.
    pub fn read_plan(&self) -> Result<Option<Vec<PlannedCell>>, RunError> {
        let path = self.plan();
        if !path.exists() {
            return Ok(None);
        }
        let text = read_text(&path).map_err(|source| RunError::io("read", &path, source))?;
        let parsed = text.lines().enumerate().map(|(index, line)| {
            let cell: PlannedCell = serde_json::from_str(line).map_err(|reason| {
                RunError::damaged(&path, format!("line {}: {reason}", index + 1))
            })?;
            match cell.cell == index as u64 {
                true => Ok(cell),
                false => Err(RunError::damaged(
                    &path,
                    format!("line {} has cell {}", index + 1, cell.cell),
                )),
            }
        });
        match parsed.collect::<Result<Vec<_>, _>>()? {
            cells if cells.is_empty() => Err(RunError::damaged(&path, "it has no cells")),
            cells => Ok(Some(cells)),
        }
    }

    /// Writes the plan.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write_plan(&self, cells: &[PlannedCell]) -> Result<(), RunError> {
        let path = self.plan();
        std::fs::create_dir_all(&self.path)
            .map_err(|source| RunError::io("create", &self.path, source))?;
        write_atomically(&path, lines(cells).as_bytes())
    }

    /// Returns the record of the failure of `cell`, if it failed.
    ///
    /// # Errors
    /// A damaged record.
    pub fn read_failure(&self, cell: &PlannedCell) -> Result<Option<CellFailure>, RunError> {
        let path = self.failure(cell.cell);
        match path.exists() {
            true => {
                let failure: CellFailure = read_json(&path)?;
                // Of a plan before this one.
                Ok(Some(failure).filter(|failure| failure.hash == cell.hash))
            }
            false => Ok(None),
        }
    }

    /// Records that `cell` failed once more.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write_failure(&self, cell: &PlannedCell, reason: &str) -> Result<(), RunError> {
        let before = self.read_failure(cell).ok().flatten();
        let failure = CellFailure {
            hash: cell.hash.clone(),
            reason: reason.to_string(),
            host: super::RunManifest::this_host(),
            attempts: before.map_or(0, |before| before.attempts) + 1,
        };
        write_json(&self.failure(cell.cell), &failure)
    }

    /// Removes the record of a failure.
    ///
    /// # Errors
    /// A file that cannot be removed.
    pub fn clear_failure(&self, cell: &PlannedCell) -> Result<(), RunError> {
        let path = self.failure(cell.cell);
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(RunError::io("remove", &path, source))
            }
            _ => Ok(()),
        }
    }
}

/// Returns the text of a plan: one cell per line as JSON.
pub fn lines(cells: &[PlannedCell]) -> String {
    let line = |cell| serde_json::to_string(cell).expect("texts and numbers have a form in JSON");
    cells.iter().map(|cell| line(cell) + "\n").collect()
}
