//! One table of the cells that are done, and what is missing.

use std::path::{Path, PathBuf};

use crate::run::{
    BestCheckpoint, Cell, PlannedCell, RunError, RunManifest, RunStatus, SeedValues, SweepDir,
    SweepRow, SweepSummaryRow, TableRow, UndoneRow, is_locked, write_wide,
};
use crate::study::{Runs, StudyError};

use super::cell::{Standing, standings, tested};

/// The state of a cell without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellState {
    /// Never started.
    NotStarted,
    /// A process is training it.
    Running,
    /// Stopped, or killed.
    Stopped,
    /// Trained, and not measured on the test split.
    Untested,
    /// A run of its name was trained with other values.
    Other,
    /// Failed, with the reason.
    Failed(String),
    /// Its records cannot be read, with the reason.
    Unreadable(String),
}

impl CellState {
    /// Returns the state as in a table.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotStarted => "not started",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Untested => "not tested",
            Self::Other => "trained with other values",
            Self::Failed(_) => "failed",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// Returns why it failed or cannot be read.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed(reason) | Self::Unreadable(reason) => Some(reason),
            _ => None,
        }
    }
}

/// The results of a sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The keys that differ between cells.
    pub keys: Vec<String>,
    /// One row per cell that is done, with its values of the keys.
    pub rows: Vec<(SweepRow, Vec<String>)>,
    /// One row per experiment and setting, over its seeds, with its values of the keys.
    pub summary: Vec<(SweepSummaryRow, Vec<String>)>,
    /// The other cells.
    pub undone: Vec<(PlannedCell, CellState)>,
}

/// Returns the results of the `cells` of the sweep called `name`. No network is opened: they are read
/// from the records of the runs, so they do not depend on who ran which cell.
pub fn merge(runs: &Runs, name: &str, cells: &[PlannedCell]) -> Merged {
    let dir = SweepDir::new(&runs.checkpoints, name);
    let keys = keys(cells);
    let (mut rows, mut undone) = (Vec::new(), Vec::new());
    for (cell, standing) in cells.iter().zip(standings(runs, cells)) {
        let found = match standing {
            Ok(Standing::Done) => done(runs, cell).map(Ok),
            Ok(other) => state(&dir, (cell, other), runs).map(Err),
            Err(error) => Err(error),
        };
        // One damaged record hides no other result.
        match found.unwrap_or_else(|error| Err(CellState::Unreadable(in_a_line(&error)))) {
            Ok(row) => rows.push((row, values(cell, &keys))),
            Err(state) => undone.push((cell.clone(), state)),
        }
    }
    let summary = summarised(&rows, &keys);
    Merged {
        keys,
        rows,
        summary,
        undone,
    }
}

/// Returns the text of `error`, whose place in a file is on lines of its own, without the text of the file.
fn in_a_line(error: &StudyError) -> String {
    let text = error.to_string();
    text.lines().take(2).collect::<Vec<_>>().join(", ")
}

/// Returns the row of a cell that is done.
fn done(runs: &Runs, cell: &PlannedCell) -> Result<SweepRow, StudyError> {
    let run = cell.dir(&runs.checkpoints);
    let manifest = RunManifest::read(&run.manifest())?;
    let best = run.read_best()?;
    let test = match cell.test {
        true => tested(&run, best.epoch)?,
        false => None,
    };
    Ok(row(
        cell,
        (&manifest, &best),
        test.map(|test| test.accuracy),
    ))
}

fn row(
    cell: &PlannedCell,
    (manifest, best): (&RunManifest, &BestCheckpoint),
    test_accuracy: Option<f64>,
) -> SweepRow {
    SweepRow {
        cell: cell.cell,
        experiment: cell.experiment.clone(),
        run: cell.run.clone(),
        dataset: manifest.dataset.clone(),
        generated: manifest.generated,
        seed: cell.seed,
        parameters: manifest.parameters,
        multiply_adds: manifest.multiply_adds,
        best_epoch: best.epoch,
        validation_accuracy: best.validation_accuracy,
        validation_loss: best.validation_loss,
        test_accuracy,
    }
}

/// Returns the keys that any cell changes, in the order of the first cell that does.
fn keys(cells: &[PlannedCell]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for (key, _) in cells.iter().flat_map(|cell| &cell.setting) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys
}

fn values(cell: &PlannedCell, keys: &[String]) -> Vec<String> {
    let value = |key: &String| {
        // Of a key that is changed twice, the last counts.
        let found = cell
            .setting
            .iter()
            .rev()
            .find(|(changed, _)| changed == key);
        found.map_or(String::new(), |(_, value)| value.clone())
    };
    keys.iter().map(value).collect()
}

fn state(
    dir: &SweepDir,
    (cell, standing): (&PlannedCell, Standing),
    runs: &Runs,
) -> Result<CellState, StudyError> {
    let run = cell.dir(&runs.checkpoints);
    let path = run.path();
    if is_locked(&path) {
        return Ok(CellState::Running);
    }
    if standing == Standing::Other {
        return Ok(CellState::Other);
    }
    if let Some(failure) = dir.read_failure(cell)? {
        return Ok(CellState::Failed(failure.reason));
    }
    if standing == Standing::Untested {
        return Ok(CellState::Untested);
    }
    if !run.manifest().exists() {
        return Ok(CellState::NotStarted);
    }
    Ok(match RunManifest::read(&run.manifest())?.status {
        RunStatus::Failed { reason } => CellState::Failed(reason),
        _ => CellState::Stopped,
    })
}

/// Returns one row per run over its seeds, in the order of the first cell of each.
fn summarised(
    rows: &[(SweepRow, Vec<String>)],
    keys: &[String],
) -> Vec<(SweepSummaryRow, Vec<String>)> {
    let mut names: Vec<&str> = Vec::new();
    for (row, _) in rows {
        if !names.contains(&row.run.as_str()) {
            names.push(&row.run);
        }
    }
    let summary = |name: &&str| {
        let of_run: Vec<_> = rows.iter().filter(|(row, _)| row.run == *name).collect();
        let (first, setting) = of_run[0];
        let measure = |row: &SweepRow| row.validation_accuracy.unwrap_or(row.validation_loss);
        let values: SeedValues = of_run.iter().map(|(row, _)| measure(row)).collect();
        let spread = values.spread();
        let texts = keys
            .iter()
            .zip(setting)
            .filter(|(_, value)| !value.is_empty());
        let texts: Vec<String> = texts.map(|(key, value)| format!("{key}={value}")).collect();
        let row = SweepSummaryRow {
            experiment: first.experiment.clone(),
            setting: texts.join("; "),
            run: first.run.clone(),
            dataset: first.dataset.clone(),
            generated: first.generated,
            parameters: first.parameters,
            measure: match first.validation_accuracy {
                Some(_) => "validation_accuracy".to_string(),
                None => "validation_loss".to_string(),
            },
            seeds: values.0.len(),
            mean: spread.map_or(values.0[0], |spread| spread.mean),
            low: spread.map(|spread| spread.low),
            high: spread.map(|spread| spread.high),
            values,
        };
        (row, setting.clone())
    };
    names.iter().map(summary).collect()
}

impl Merged {
    /// Writes the tables into `folder` and returns their files.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, RunError> {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let cells = |values: &[String]| values.iter().cloned().map(Cell::Text).collect();
        let table = folder.join(SweepRow::FILE);
        let rows = self.rows.iter().map(|(row, values)| (row, cells(values)));
        write_wide(&table, &keys, rows)?;
        let summary = folder.join(SweepSummaryRow::FILE);
        let rows = self
            .summary
            .iter()
            .map(|(row, values)| (row, cells(values)));
        write_wide(&summary, &keys, rows)?;
        let undone = folder.join(UndoneRow::FILE);
        let rows = self.undone.iter().map(|(cell, state)| UndoneRow {
            cell: cell.cell,
            run: cell.run.clone(),
            seed: cell.seed,
            state: state.name().to_string(),
            reason: state.reason().unwrap_or_default().to_string(),
        });
        UndoneRow::write(&undone, rows)?;
        Ok(vec![table, summary, undone])
    }
}
