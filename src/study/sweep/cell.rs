//! One cell: trained to its end, wherever it runs.

use crate::run::{Measured, PlannedCell, RunDir, RunError, SweepDir, is_locked, read_measured};
use crate::study::training::Training;
use crate::study::watch::Watch;
use crate::study::{AnyExperiment, Runs, StudyError, is_done};
use crate::train::{Outcome, TrainError};

use super::error::SweepError;
use super::plan::{VERSION, hash, resolved};

/// How a cell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellEnd {
    /// Its run is done.
    Done,
    /// Its run was done before.
    Already,
    /// It was stopped with a checkpoint saved, and can continue.
    Stopped,
    /// Another process is training its run.
    Elsewhere,
}

/// Trains the run of `cell` of the sweep called `name`, from where it stopped or from the start. A
/// failure is recorded in the sweep's folder.
///
/// # Errors
/// [`SweepError::OtherVersion`], [`SweepError::Changed`]; those of training.
pub fn run_cell(
    runs: &Runs,
    name: &str,
    cell: &PlannedCell,
    watch: &dyn Watch,
) -> Result<CellEnd, StudyError> {
    let dir = SweepDir::new(&runs.checkpoints, name);
    match attempt(runs, name, cell, watch) {
        Ok(end) => {
            dir.clear_failure(cell)?;
            Ok(end)
        }
        Err(StudyError::Stopped) => Ok(CellEnd::Stopped),
        // It began elsewhere after the first look.
        Err(
            StudyError::Run(RunError::Locked { .. })
            | StudyError::Train(TrainError::Run(RunError::Locked { .. })),
        ) => Ok(CellEnd::Elsewhere),
        Err(error) => {
            // The first error is the one to report.
            let _ = dir.write_failure(cell, &error.to_string());
            Err(error)
        }
    }
}

fn attempt(
    runs: &Runs,
    name: &str,
    cell: &PlannedCell,
    watch: &dyn Watch,
) -> Result<CellEnd, StudyError> {
    if cell.camtrail != VERSION {
        return Err(SweepError::OtherVersion {
            name: name.to_string(),
            planned: cell.camtrail.clone(),
            ours: VERSION.to_string(),
        }
        .into());
    }
    let experiment = resolved(runs, cell)?;
    if hash(cell, &experiment) != cell.hash {
        return Err(SweepError::Changed {
            name: name.to_string(),
            cell: cell.cell,
            now: None,
        }
        .into());
    }
    let run = cell.dir(&runs.checkpoints);
    if is_locked(&run.path()) {
        return Ok(CellEnd::Elsewhere);
    }
    let done = is_done(&run);
    let end = match experiment.train(runs, cell.seed, watch)? {
        Training::Already => CellEnd::Already,
        Training::Ended(Outcome::Done { .. }) if done => CellEnd::Already,
        Training::Ended(Outcome::Done { .. }) => CellEnd::Done,
        Training::Ended(Outcome::Stopped { .. }) => CellEnd::Stopped,
    };
    if cell.test && end != CellEnd::Stopped && !is_tested(&run)? {
        experiment.test(runs, cell.seed, watch)?;
    }
    Ok(end)
}

/// Returns whether the best checkpoint of `run` was measured on the test split.
fn is_tested(run: &RunDir) -> Result<bool, StudyError> {
    Ok(tested(run, run.read_best()?.epoch)?.is_some())
}

/// Returns what was measured of the checkpoint of `epoch` on the test split.
pub(super) fn tested(run: &RunDir, epoch: u32) -> Result<Option<Measured>, StudyError> {
    let is_it = |found: &Measured| found.epoch == epoch && found.split == "test";
    Ok(read_measured(run)?.into_iter().rfind(is_it))
}

/// What is there of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// All that was planned.
    Done,
    /// Its run is done, and was not measured on the test split.
    Untested,
    /// A run of its name that was trained with other values.
    Other,
    /// No run that is done.
    Open,
}

/// Returns what is there of each cell.
pub(super) fn standings(runs: &Runs, cells: &[PlannedCell]) -> Result<Vec<Standing>, StudyError> {
    let mut last: Option<(String, AnyExperiment)> = None;
    let standing = |cell: &PlannedCell| {
        let run = cell.dir(&runs.checkpoints);
        if !is_done(&run) {
            return Ok(Standing::Open);
        }
        // Seeds of one experiment follow each other.
        let (_, experiment) = match last.take() {
            Some(same) if same.0 == cell.run => last.insert(same),
            _ => last.insert((cell.run.clone(), resolved(runs, cell)?)),
        };
        Ok(match () {
            () if !experiment.is_of(&run)? => Standing::Other,
            () if cell.test && !is_tested(&run)? => Standing::Untested,
            () => Standing::Done,
        })
    };
    cells.iter().map(standing).collect()
}

/// Returns the numbers of the cells that are not done.
///
/// # Errors
/// A damaged record; an experiment that does not resolve.
pub fn pending(runs: &Runs, cells: &[PlannedCell]) -> Result<Vec<u64>, StudyError> {
    let standings = standings(runs, cells)?;
    let open = cells
        .iter()
        .zip(standings)
        .filter(|(_, standing)| *standing != Standing::Done);
    Ok(open.map(|(cell, _)| cell.cell).collect())
}
