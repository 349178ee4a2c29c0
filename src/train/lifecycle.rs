//! A training run from its lock to its final status.

use crate::run::{RunDir, RunError, RunLock, RunManifest, RunStatus, sha256, write_atomically};

use super::epochs::Loop;
use super::job::{Job, Outcome, StartMode, Task};
use super::session::{Notes, prepare};
use super::space::check_space;
use super::{StopSignal, TrainError, TrainEvents};

/// Trains `task` until the last epoch or until `stop` requests it, and returns how the run ended.
pub(super) fn run<T: Task>(
    job: &Job<'_>,
    task: T,
    events: &mut dyn TrainEvents,
    stop: &dyn StopSignal,
) -> Result<Outcome, TrainError> {
    let run = job.run;
    // Before the lock, which creates the folder.
    if job.mode == StartMode::Resume && !run.path().is_dir() {
        return Err(TrainError::NothingToResume { path: run.path() });
    }
    let _lock = RunLock::take(&run.path())?;
    let mut notes = Notes {
        events,
        warnings: Vec::new(),
    };
    check_space(job, &mut notes)?;
    prepare(run, job.mode, &mut notes)?;
    let mut manifest = job.manifest.clone();
    if job.mode == StartMode::Resume
        && let Some(before) = earlier_manifest(run)?
    {
        if before.data != manifest.data {
            return Err(TrainError::DataChanged { path: run.path() });
        }
        manifest.started = before.started;
        manifest.warnings = before.warnings;
        manifest.experiments = before.experiments;
    }
    // Opened before the run's own files are written: a rejected resume changes nothing.
    let mut training = Loop::open(job, task, &mut notes)?;
    manifest.warnings.append(&mut notes.warnings);
    if manifest.experiments.is_empty() {
        // Of a record that was removed, or is of a version that did not list them.
        manifest.experiments = run.recorded_experiments()?;
    }
    let experiment = sha256(job.experiment.as_bytes());
    if !manifest.experiments.contains(&experiment) {
        manifest.experiments.push(experiment);
    }
    write_atomically(&run.experiment(), job.experiment.as_bytes())?;
    write_status(run, &mut manifest, RunStatus::Running)?;
    let result = training.run(notes.events, stop);
    let status = match &result {
        Ok(Outcome::Done { .. }) => RunStatus::Done,
        Ok(Outcome::Stopped { .. }) => RunStatus::Interrupted,
        Err(error) => RunStatus::Failed {
            reason: error.to_string(),
        },
    };
    let written = write_status(run, &mut manifest, status);
    let outcome = result?;
    written?;
    Ok(outcome)
}

/// Returns the record of the run to resume; `None` if there is none, for example after the user
/// removed a damaged one.
fn earlier_manifest(run: &RunDir) -> Result<Option<RunManifest>, RunError> {
    let path = run.manifest();
    if path.exists() {
        RunManifest::read(&path).map(Some)
    } else {
        Ok(None)
    }
}

fn write_status(
    run: &RunDir,
    manifest: &mut RunManifest,
    status: RunStatus,
) -> Result<(), RunError> {
    manifest.status = status;
    manifest.write(&run.manifest())
}
