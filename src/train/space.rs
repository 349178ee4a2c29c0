//! Checks that a run's checkpoints fit on its file system.

use std::path::Path;

use crate::run::{RunDir, RunError};

use super::job::Job;
use super::session::Notes;
use super::{CheckpointSpec, OptimizerName, TrainError, TrainSpec};

/// Bytes of a number.
const NUMBER: u64 = 4;
/// Checkpoints in addition to those of the schedule: the last, the best and the one being written.
const OTHER_CHECKPOINTS: u64 = 3;

/// Rejects a run whose checkpoints do not fit. If the file system does not report its free space,
/// the run continues with a warning: its checkpoints stay intact even on a full one.
pub(super) fn check_space(job: &Job<'_>, notes: &mut Notes<'_>) -> Result<(), TrainError> {
    let path = job.run.path();
    let needed = checkpoint_bytes(job.manifest.parameters, job.checkpoints, job.train);
    let system = match fs4::statvfs(&path) {
        Ok(system) => system,
        Err(error) => {
            notes.warn(format!("cannot tell the free space of {path:?}: {error}"));
            return Ok(());
        }
    };
    // Some network file systems report only zeros.
    if system.total_space() == 0 {
        return Ok(());
    }
    let free = system.available_space().saturating_add(taken(job.run)?);
    if free < needed {
        return Err(TrainError::TooLittleSpace { path, needed, free });
    }
    Ok(())
}

/// Returns the estimated size in bytes of all checkpoints that a run of a network with `parameters`
/// keeps.
pub fn checkpoint_bytes(parameters: u64, checkpoints: &CheckpointSpec, train: &TrainSpec) -> u64 {
    let count = checkpoints.count(train.epochs) + OTHER_CHECKPOINTS;
    // The weight, and the averages of its gradients and their squares, or its velocity.
    let state = match train.optimizer {
        OptimizerName::Adam | OptimizerName::Adamw => 3,
        OptimizerName::Sgd => 2,
    };
    let average = u64::from(train.weight_average > 0.0);
    parameters
        .saturating_mul(NUMBER * (state + average))
        .saturating_mul(count)
}

/// Returns the size in bytes of the run's existing checkpoints, which are kept or overwritten.
fn taken(run: &RunDir) -> Result<u64, RunError> {
    let mut bytes = 0;
    for name in run.checkpoints()? {
        bytes += size_of_files(&run.checkpoint(name))?;
    }
    Ok(bytes)
}

fn size_of_files(folder: &Path) -> Result<u64, RunError> {
    let failed = |source| RunError::io("list", folder, source);
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        bytes += entry
            .and_then(|entry| entry.metadata())
            .map_err(failed)?
            .len();
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A million parameters are 12 MB; epochs 0, 1, 2, 5, 10, 15 and 20 are 7, and 3 more.
    #[test]
    fn the_estimate_by_hand() {
        let schedule = CheckpointSpec {
            at: vec![0, 1, 2, 5, 10],
            every: 5,
        };
        let adam = |epochs| TrainSpec {
            epochs,
            ..TrainSpec::default()
        };
        assert_eq!(
            checkpoint_bytes(1_000_000, &schedule, &adam(20)),
            120_000_000
        );
        // Weights, their average and a velocity.
        let averaged = TrainSpec {
            optimizer: OptimizerName::Sgd,
            weight_average: 0.99,
            ..adam(20)
        };
        assert_eq!(
            checkpoint_bytes(1_000_000, &schedule, &averaged),
            120_000_000
        );
        let all = CheckpointSpec {
            at: vec![],
            every: 1,
        };
        assert_eq!(
            checkpoint_bytes(u64::MAX / 2, &all, &adam(u32::MAX)),
            u64::MAX
        );
    }
}
