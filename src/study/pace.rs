//! How long a training will take, from runs that were made before.

use crate::run::{RunDir, RunManifest, epoch_seconds, list_runs};

use super::error::StudyError;
use super::runs::Runs;

/// The pace of the earlier runs on this device.
#[derive(Debug, Clone)]
pub struct Pace(Vec<Measured>);

/// Seconds per epoch of an earlier run.
#[derive(Debug, Clone)]
struct Measured {
    dataset: String,
    multiply_adds: u64,
    seconds: f64,
}

impl Pace {
    /// Returns the pace of all runs on the device of `runs`.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub fn of(runs: &Runs) -> Result<Self, StudyError> {
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
        Ok(Self(found.iter().filter_map(measure).collect()))
    }

    /// Returns the seconds of `epochs` epochs on `dataset` of a network with these multiply-adds: those
    /// of the earlier run on the same data whose network is nearest in size, in proportion. `None`
    /// without one.
    pub fn seconds(&self, dataset: &str, multiply_adds: u64, epochs: u32) -> Option<f64> {
        let same = self.0.iter().filter(|run| run.dataset == dataset);
        let nearest = same.min_by_key(|run| run.multiply_adds.abs_diff(multiply_adds))?;
        let scale = multiply_adds as f64 / nearest.multiply_adds.max(1) as f64;
        Some(nearest.seconds * scale * f64::from(epochs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_run_on_the_same_data_decides_in_proportion() {
        let measured = |dataset: &str, multiply_adds, seconds| Measured {
            dataset: dataset.to_string(),
            multiply_adds,
            seconds,
        };
        let pace = Pace(vec![
            measured("shapes", 100, 1.0),
            measured("cifar-100", 100, 4.0),
            measured("cifar-100", 1000, 10.0),
        ]);
        assert_eq!(pace.seconds("cifar-100", 200, 3), Some(24.0));
        assert_eq!(pace.seconds("cifar-100", 900, 1), Some(9.0));
        assert_eq!(pace.seconds("shapes", 900, 1), Some(9.0));
        assert_eq!(pace.seconds("digits", 900, 1), None);
    }
}
