//! How to fix a training run that cannot start or continue.

use crate::model::CheckpointError;
use crate::run::RunError;
use crate::train::TrainError;

/// Returns how to fix `error`.
pub(in crate::cli) fn train(error: &TrainError) -> Option<&'static str> {
    match error {
        TrainError::FixedKeysChanged { .. } => {
            Some("start over with --force, or train another seed or trial")
        }
        TrainError::AlreadyThere { .. } => Some("go on with --resume, or start over with --force"),
        TrainError::NothingToResume { .. } => Some("start it without --resume"),
        TrainError::AllDamaged { .. } => Some("start over with --force"),
        TrainError::ExperimentChanged { .. } => Some(
            "take the run's own values with --set, go on with the new ones by --resume \
                 --accept-changes, or start over with --force",
        ),
        TrainError::OtherSteps { .. } => {
            Some("take the run's own data and batch size, or start over with --force")
        }
        TrainError::FewerEpochs { .. } => Some(
            "give train.epochs at least the epochs that are done; an earlier checkpoint is taken \
             with --checkpoint N",
        ),
        TrainError::OtherExperiment { .. } => Some(
            "it was copied from another run: move it out of the folder, or start over with --force",
        ),
        TrainError::TableChanged { .. } => Some(
            "restore the file from a copy, or go on without those rows: --resume --accept-changes",
        ),
        TrainError::DataChanged { .. } => {
            Some("give the run its own data with --data-dir, or start over with --force")
        }
        TrainError::TooLittleSpace { .. } => Some(
            "free some space, write elsewhere with --runs, or keep fewer checkpoints, for \
             example with --set checkpoints.every=0",
        ),
        TrainError::NotANumber { .. } | TrainError::ValidationNotANumber { .. } => {
            Some("lower the learning rate, for example --set train.learning_rate=0.0003 --force")
        }
        TrainError::Run(RunError::Locked { .. }) => {
            Some("wait for it, or train another seed with --seed")
        }
        TrainError::Run(error @ RunError::ChecksumMismatch { .. }) => super::run(error),
        TrainError::Run(RunError::Damaged { .. }) => {
            Some("mend or remove that file, or start over with --force")
        }
        TrainError::Checkpoint(CheckpointError::Run(RunError::NewerFormat { .. })) => {
            Some("update camtrail, or start over with --force")
        }
        TrainError::Checkpoint(CheckpointError::OtherArchitecture { .. }) => {
            Some("start over with --force, or train another seed or trial")
        }
        TrainError::Run(_) | TrainError::Checkpoint(_) | TrainError::Network(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_and_newer_runs_have_two_remedies() {
        let newer = TrainError::Checkpoint(CheckpointError::Run(RunError::NewerFormat {
            path: "state.json".into(),
            found: 2,
            supported: 1,
        }));
        let update = "update camtrail, or start over with --force";
        assert_eq!(train(&newer), Some(update));
        let damaged = TrainError::Run(RunError::damaged("run.json".as_ref(), "EOF"));
        let mend = "mend or remove that file, or start over with --force";
        assert_eq!(train(&damaged), Some(mend));
    }
}
