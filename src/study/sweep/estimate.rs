//! What a sweep will cost, from runs that were made before.

use crate::run::{PlannedCell, RunDir, RunManifest, epoch_seconds, list_runs};
use crate::study::{Runs, StudyError};
use crate::train::checkpoint_bytes;

use super::plan::resolved;

/// The cost of the cells that are not done.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// Number of these cells.
    pub cells: usize,
    /// Bytes of their checkpoints.
    pub bytes: u64,
    /// Seconds of their training; `None` without an earlier run on the same data and device.
    pub time: Option<Time>,
}

/// Seconds of the training of several cells.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Time {
    /// One cell after another.
    pub serial: f64,
    /// With several at once, if none slows down another.
    pub parallel: f64,
}

/// Seconds per epoch of an earlier run.
struct Measured {
    dataset: String,
    multiply_adds: u64,
    seconds: f64,
}

/// Returns the estimate for the `open` ones of the `cells`, by number, of which `workers` run at once. The
/// time of a cell is that of the earlier run on the same data and device whose network is nearest in size,
/// by multiply-adds.
///
/// # Errors
/// An experiment that does not resolve; a folder that cannot be listed.
pub fn estimate(
    runs: &Runs,
    cells: &[PlannedCell],
    (open, workers): (&[u64], usize),
) -> Result<Estimate, StudyError> {
    let measured = measured(runs)?;
    let mut total = Estimate::default();
    let mut each: Vec<Option<f64>> = Vec::new();
    // Seeds of one experiment follow each other.
    for seeds in cells.chunk_by(|a, b| a.run == b.run) {
        let count = seeds
            .iter()
            .filter(|cell| open.contains(&cell.cell))
            .count();
        if count == 0 {
            continue;
        }
        let experiment = resolved(runs, &seeds[0])?;
        let size = experiment.size(runs)?;
        let (training, checkpoints) = experiment.kept();
        total.cells += count;
        total.bytes += count as u64 * checkpoint_bytes(size.parameters, checkpoints, training);
        let nearest = measured
            .iter()
            .filter(|run| run.dataset == experiment.dataset())
            .min_by_key(|run| run.multiply_adds.abs_diff(size.multiply_adds));
        let seconds = nearest.map(|run| {
            let scale = size.multiply_adds as f64 / run.multiply_adds.max(1) as f64;
            run.seconds * scale * f64::from(training.epochs)
        });
        each.extend(std::iter::repeat_n(seconds, count));
    }
    let each: Option<Vec<f64>> = each.into_iter().collect();
    total.time = each.map(|each| time(&each, workers));
    Ok(total)
}

/// Returns the time of cells of these seconds: each begins, in this order, as soon as a worker is free.
fn time(each: &[f64], workers: usize) -> Time {
    let mut ends = vec![0.0_f64; workers.max(1)];
    for seconds in each {
        let first = ends.iter_mut().min_by(|a, b| a.total_cmp(b));
        *first.expect("there is a worker") += seconds;
    }
    Time {
        serial: each.iter().sum(),
        parallel: ends.into_iter().fold(0.0, f64::max),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Two workers: the second takes 4, then 3 and 2 follow the 3 of the first: 3 + 3 and 4 + 2.
    #[test]
    fn cells_begin_when_a_worker_is_free() {
        let seconds = [3.0, 4.0, 3.0, 2.0];
        let of = |workers| {
            let Time { serial, parallel } = time(&seconds, workers);
            [serial, parallel]
        };
        assert_eq!(of(1), [12.0, 12.0]);
        assert_eq!(of(2), [12.0, 6.0]);
        // The longest cell bounds it.
        assert_eq!(of(4), [12.0, 4.0]);
        assert_eq!(of(9), [12.0, 4.0]);
        assert_eq!(time(&[], 2), Time::default());
    }
}
