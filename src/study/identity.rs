//! What a run is: its experiment as recorded by its checkpoints, the same for every seed, and whether
//! it is done.

use crate::experiment::{ExperimentKind, FieldDifference, Resolved, changes, in_words, load_saved};
use crate::run::{
    CheckpointName, CheckpointState, RunDir, RunError, RunManifest, RunStatus, sha256,
};
use crate::train::TrainError;

use super::error::StudyError;
use super::named::RunName;

/// Returns whether `run` recorded the experiment that it was trained with.
///
/// # Errors
/// A folder that cannot be listed.
pub(super) fn has_experiment(run: &RunDir) -> Result<bool, StudyError> {
    let in_checkpoint = |state: CheckpointState| !state.experiment.is_empty();
    Ok(run.experiment().exists() || run.latest_state()?.is_some_and(in_checkpoint))
}

/// Returns whether `run` completed all its epochs.
pub fn is_done(run: &RunDir) -> bool {
    RunManifest::read(&run.manifest()).is_ok_and(|manifest| manifest.status == RunStatus::Done)
        && std::fs::metadata(run.epochs()).is_ok_and(|table| table.len() > 0)
}

/// Returns the error about a run without the record of its experiment.
pub(super) fn without_record(run: &RunDir, named: RunName) -> StudyError {
    let has_checkpoints = || run.checkpoints().is_ok_and(|names| !names.is_empty());
    match run.manifest().exists() || has_checkpoints() {
        true => StudyError::RecordLost {
            path: run.experiment(),
            run: named,
        },
        false => StudyError::NoRun {
            path: run.path(),
            run: named,
        },
    }
}

/// Returns the experiment that `run` was trained with, from its latest checkpoint, which has a
/// checksum; of the first runs, which do not keep it there, from `experiment.toml`.
///
/// # Errors
/// A record that cannot be read or is damaged; [`StudyError::ExperimentEdited`].
pub fn saved_experiment<E: ExperimentKind>(run: &RunDir) -> Result<Resolved<E>, StudyError> {
    let path = run.experiment();
    let written = match std::fs::read_to_string(&path) {
        Ok(text) => Ok(load_saved(&path, run.trial(), &text)?),
        Err(source) => Err(RunError::io("read", &path, source)),
    };
    let Some(state) = run
        .latest_state()?
        .filter(|state| !state.experiment.is_empty())
    else {
        return Ok(written?);
    };
    let sealed: Resolved<E> = load_saved(&path, run.trial(), &state.experiment)?;
    if let Ok(written) = written {
        check_listed(run, &state, (&sealed.experiment, &written.experiment))?;
        let mut changed = changes(&sealed.experiment, &written.experiment);
        // Other keys differ after a resume with accepted changes, until the next checkpoint.
        changed.retain(FieldDifference::is_fixed);
        if !changed.is_empty() {
            let changes = in_words(&changed);
            return Err(StudyError::ExperimentEdited { path, changes });
        }
    }
    Ok(sealed)
}

/// Fails if the checkpoint of `state` was written by the training of another experiment than that of
/// the `run`.
///
/// # Errors
/// [`TrainError::OtherExperiment`].
pub(super) fn check_identity<E: ExperimentKind>(
    run: &RunDir,
    state: &CheckpointState,
    experiment: &E,
) -> Result<(), StudyError> {
    if state.experiment.is_empty() {
        // The first runs' checkpoints name only the trial, which was compared on reading.
        return Ok(());
    }
    let theirs: Resolved<E> = load_saved(&run.experiment(), run.trial(), &state.experiment)?;
    check_listed(run, state, (&theirs.experiment, experiment))?;
    let mut changed = changes(&theirs.experiment, experiment);
    changed.retain(FieldDifference::is_fixed);
    match changed.is_empty() {
        true => Ok(()),
        false => Err(other_experiment(run, state, in_words(&changed))),
    }
}

fn other_experiment(run: &RunDir, state: &CheckpointState, changes: String) -> StudyError {
    TrainError::OtherExperiment {
        path: run.path(),
        checkpoint: CheckpointName::of(state),
        changes,
    }
    .into()
}

/// Fails if the `run` was never trained with the experiment that the checkpoint of `state` holds:
/// `theirs`, where the run's is `ours`.
fn check_listed<E: ExperimentKind>(
    run: &RunDir,
    state: &CheckpointState,
    (theirs, ours): (&E, &E),
) -> Result<(), StudyError> {
    // A damaged record is reported by a training; one that is gone or old lists nothing.
    let listed = RunManifest::read(&run.manifest()).map(|manifest| manifest.experiments);
    let listed = listed.unwrap_or_default();
    if listed.is_empty() || listed.contains(&sha256(state.experiment.as_bytes())) {
        return Ok(());
    }
    let changes = match &changes(theirs, ours)[..] {
        [] => "the training of another run".to_string(),
        changed => in_words(changed),
    };
    Err(other_experiment(run, state, changes))
}

/// Fails if the runs of the experiment `name`, each a seed and what it was trained with, are not of
/// one network and training.
///
/// # Errors
/// [`StudyError::DifferentRuns`].
pub(super) fn check_one<'a, E: ExperimentKind + 'a>(
    name: &str,
    runs: impl IntoIterator<Item = (u64, &'a E)>,
) -> Result<(), StudyError> {
    let mut runs = runs.into_iter();
    let Some((seed, first)) = runs.next() else {
        return Ok(());
    };
    for (other_seed, other) in runs {
        let mut changed = changes(first, other);
        changed.retain(FieldDifference::decides_result);
        if !changed.is_empty() {
            let differ = |field: &FieldDifference| {
                format!("{} is {} and {}", field.key, field.first, field.second)
            };
            return Err(StudyError::DifferentRuns {
                experiment: name.to_string(),
                seeds: [seed, other_seed],
                differences: changed.iter().map(differ).collect::<Vec<_>>().join("; "),
            });
        }
    }
    Ok(())
}
