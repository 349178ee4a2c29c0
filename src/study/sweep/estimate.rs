//! What a sweep will cost, from runs that were made before.

use crate::run::{PlannedCell, RunDir, RunManifest, epoch_seconds, list_runs};
use crate::study::{AnyExperiment, Runs, StudyError};
use crate::train::checkpoint_bytes;

use super::plan::resolved;

/// The cost of the cells that are not done.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// Number of these cells.
    pub cells: usize,
    /// Bytes of their checkpoints.
    pub bytes: u64,
    /// Seconds of their training one after another; `None` without an earlier run on the same data and
    /// device.
    pub seconds: Option<f64>,
}

/// Seconds per epoch of an earlier run.
struct Measured {
    dataset: String,
    multiply_adds: u64,
    seconds: f64,
}

/// Returns the estimate for the `open` ones of the `cells`, by number. The time of a cell is that of the earlier
/// run on the same data and device whose network is nearest in size, by multiply-adds.
///
/// # Errors
/// An experiment that does not resolve; a folder that cannot be listed.
pub fn estimate(runs: &Runs, cells: &[PlannedCell], open: &[u64]) -> Result<Estimate, StudyError> {
    let measured = measured(runs)?;
    let mut total = Estimate {
        seconds: Some(0.0),
        ..Estimate::default()
    };
    let mut last: Option<(String, AnyExperiment, (u64, u64))> = None;
    for cell in cells.iter().filter(|cell| open.contains(&cell.cell)) {
        // Seeds of one experiment follow each other.
        let (_, experiment, (parameters, multiply_adds)) = match last.take() {
            Some(same) if same.0 == cell.run => last.insert(same),
            _ => {
                let experiment = resolved(runs, cell)?;
                let size = experiment.size(runs)?;
                let size = (size.parameters, size.multiply_adds);
                last.insert((cell.run.clone(), experiment, size))
            }
        };
        let (training, checkpoints) = experiment.kept();
        total.cells += 1;
        total.bytes += checkpoint_bytes(*parameters, checkpoints, training);
        let nearest = measured
            .iter()
            .filter(|run| run.dataset == experiment.dataset())
            .min_by_key(|run| run.multiply_adds.abs_diff(*multiply_adds));
        let seconds = nearest.map(|run| {
            let scale = *multiply_adds as f64 / run.multiply_adds.max(1) as f64;
            run.seconds * scale * f64::from(training.epochs)
        });
        total.seconds = total.seconds.zip(seconds).map(|(sum, cell)| sum + cell);
    }
    Ok(total)
}

fn measured(runs: &Runs) -> Result<Vec<Measured>, StudyError> {
    let found = list_runs(&runs.checkpoints)?;
    let measure = |run: &RunDir| {
        // A run that cannot be read is not one to estimate from.
        let manifest = RunManifest::read(&run.manifest()).ok()?;
        let seconds = epoch_seconds(&run.epochs()).ok()??;
        (manifest.device == runs.device.name).then_some(Measured {
            dataset: manifest.dataset,
            multiply_adds: manifest.multiply_adds,
            seconds,
        })
    };
    Ok(found.iter().filter_map(measure).collect())
}
