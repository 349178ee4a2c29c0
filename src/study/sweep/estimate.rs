//! What a sweep will cost, from runs that were made before.

use crate::run::PlannedCell;
use crate::study::{Pace, Runs, StudyError};
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

/// Returns the estimate for the `open` ones of the `cells`, by number, of which `workers` run at once, by
/// the [`Pace`] of earlier runs.
///
/// # Errors
/// An experiment that does not resolve; a folder that cannot be listed.
pub fn estimate(
    runs: &Runs,
    cells: &[PlannedCell],
    (open, workers): (&[u64], usize),
) -> Result<Estimate, StudyError> {
    let pace = Pace::of(runs)?;
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
        let (dataset, epochs) = (experiment.dataset(), training.epochs);
        let seconds = pace.seconds(dataset, size.multiply_adds, epochs);
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
