//! One cell: trained to its end, wherever it runs.

use std::cell::LazyCell;

use crate::run::{Measured, PlannedCell, RunDir, RunError, SweepDir, is_locked, read_measured};
use crate::study::training::Training;
use crate::study::watch::Watch;
use crate::study::{Runs, StudyError, is_done};
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
    if end != CellEnd::Stopped && !has_result(&run, cell)? {
        experiment.test(runs, cell.seed, watch)?;
    }
    Ok(end)
}

/// Returns whether `run`, which is done, has all that was planned of `cell`: its best checkpoint is
/// measured on the test split, unless that was not planned.
fn has_result(run: &RunDir, cell: &PlannedCell) -> Result<bool, StudyError> {
    let best = run.read_best()?;
    Ok(!cell.test || tested(run, best.epoch)?.is_some())
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

/// Returns what is there of each cell, or why that cannot be read.
pub(super) fn standings(runs: &Runs, cells: &[PlannedCell]) -> Vec<Result<Standing, StudyError>> {
    // Seeds of one experiment follow each other.
    let seeds = cells.chunk_by(|a, b| a.run == b.run);
    let of_seeds = |cells: &[PlannedCell]| {
        let experiment = LazyCell::new(|| resolved(runs, &cells[0]));
        let standing = |cell: &PlannedCell| {
            let run = cell.dir(&runs.checkpoints);
            if !is_done(&run) {
                return Ok(Standing::Open);
            }
            let Ok(experiment) = &*experiment else {
                return resolved(runs, cell).map(|_| Standing::Open);
            };
            Ok(match () {
                () if !experiment.is_of(&run)? => Standing::Other,
                () if !has_result(&run, cell)? => Standing::Untested,
                () => Standing::Done,
            })
        };
        cells.iter().map(standing).collect::<Vec<_>>()
    };
    seeds.flat_map(of_seeds).collect()
}

/// Returns the numbers of the cells that are not done. A cell whose records cannot be read is one of
/// them: running it reports why.
pub fn pending(runs: &Runs, cells: &[PlannedCell]) -> Vec<u64> {
    let open = cells
        .iter()
        .zip(standings(runs, cells))
        .filter(|(_, standing)| !matches!(standing, Ok(Standing::Done)));
    open.map(|(cell, _)| cell.cell).collect()
}
