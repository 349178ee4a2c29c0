//! The start of a run: fresh, over an old one, or from the latest complete checkpoint.

use std::path::Path;

use crate::model::{CheckpointError, InTraining, load_training};
use crate::run::{
    CheckpointName, CheckpointState, EpochRecord, Leftover, RunDir, RunError, RunLock, RunManifest,
    RunStatus, clear_temporaries, read_epoch_records, remove_folder_atomically,
    truncate_epoch_records,
};

use super::job::{Job, StartMode, Task};
use super::{TrainError, TrainEvents};

/// A network in training and its state, from a checkpoint.
type Restored<N> = (InTraining<N>, CheckpointState);

/// Passes warnings to `events` and stores them for the run's record.
pub(super) struct Notes<'a> {
    pub(super) events: &'a mut dyn TrainEvents,
    pub(super) warnings: Vec<String>,
}

impl Notes<'_> {
    pub(super) fn warn(&mut self, message: String) {
        self.events.warn(&message);
        self.warnings.push(message);
    }
}

/// Prepares the folder for `mode`; the caller holds its lock.
pub(super) fn prepare(
    run: &RunDir,
    mode: StartMode,
    notes: &mut Notes<'_>,
) -> Result<(), TrainError> {
    let mut folders = vec![run.path()];
    folders.extend(
        run.checkpoint_folders()?
            .iter()
            .map(|name| run.checkpoint(*name)),
    );
    let mut leftovers = Vec::new();
    for folder in folders {
        leftovers.append(&mut clear_temporaries(&folder)?);
    }
    for leftover in leftovers {
        notes.warn(match leftover {
            Leftover::Removed(name) => {
                format!("removed \"{name}\", left half-written by a stopped run")
            }
            Leftover::Restored(name) => {
                format!("put back \"{name}\", which a stopped run was about to replace")
            }
        });
    }
    check_there(run, mode)?;
    match mode {
        StartMode::Force => remove_run(run),
        StartMode::Fresh | StartMode::Resume => Ok(()),
    }
}

/// Fails if a run cannot start or resume in the folder: before anything is loaded.
///
/// # Errors
/// [`RunError::Locked`](crate::run::RunError::Locked), [`TrainError::AlreadyThere`],
/// [`TrainError::NothingToResume`].
pub fn check_start(run: &RunDir, mode: StartMode) -> Result<(), TrainError> {
    let path = run.path();
    if !path.exists() {
        return match mode {
            StartMode::Resume => Err(TrainError::NothingToResume { path }),
            StartMode::Fresh | StartMode::Force => Ok(()),
        };
    }
    let _lock = RunLock::take(&path)?;
    check_there(run, mode)
}

fn check_there(run: &RunDir, mode: StartMode) -> Result<(), TrainError> {
    let recorded = run.manifest().exists() || run.experiment().exists();
    // With the experiment alone, the run was stopped before it began.
    let there = run.manifest().exists() || !run.checkpoint_folders()?.is_empty();
    match mode {
        StartMode::Fresh if !recorded && there => Err(TrainError::AlreadyThere {
            path: run.path(),
            status: "checkpoints without a record, half removed".to_string(),
        }),
        StartMode::Fresh if there => {
            let status = match RunManifest::read(&run.manifest()).map(|manifest| manifest.status) {
                Ok(RunStatus::Done) => "done".to_string(),
                Ok(RunStatus::Interrupted) => "interrupted".to_string(),
                Ok(RunStatus::Running) => "not finished".to_string(),
                Ok(RunStatus::Failed { reason }) => format!("failed: {reason}"),
                Err(error) => error.to_string(),
            };
            Err(TrainError::AlreadyThere {
                path: run.path(),
                status,
            })
        }
        // A killed `--force` leaves only checkpoints.
        StartMode::Resume if !recorded => Err(TrainError::NothingToResume { path: run.path() }),
        StartMode::Fresh | StartMode::Resume | StartMode::Force => Ok(()),
    }
}

/// Removes all files of a run, its record first and its checkpoints last, so that a kill never
/// leaves a run that seems complete.
fn remove_run(run: &RunDir) -> Result<(), TrainError> {
    let mut files = vec![run.manifest(), run.experiment(), run.best()];
    files.extend([run.metrics(), run.epochs()]);
    files.extend(run.curves()?);
    for file in files {
        remove_file(&file)?;
    }
    for name in run.checkpoint_folders()? {
        run.remove_checkpoint(name)?;
    }
    for folder in [run.heads(), run.measured()] {
        if folder.exists() {
            remove_folder_atomically(&folder)?;
        }
    }
    Ok(())
}

/// Returns the latest complete checkpoint, loaded; damaged ones are skipped with a warning. Returns
/// `None` for a run that was stopped before its first checkpoint.
///
/// # Errors
/// A skipped checkpoint is overwritten later, so one that may be intact is an error: a newer
/// format, another network, other steps, or a file that the system does not let us read.
pub(super) fn restore<T: Task>(
    job: &Job<'_>,
    task: &T,
    build: impl Fn() -> InTraining<T::Network>,
    notes: &mut Notes<'_>,
) -> Result<Option<Restored<T::Network>>, TrainError> {
    let run = job.run;
    let mut reasons = Vec::new();
    for name in run.checkpoint_folders()?.into_iter().rev() {
        match load_training(run, name, job.architecture, build()) {
            Ok((training, mut state)) => {
                check_steps(job, task.items(), &state)?;
                let steps = task.items().div_ceil(job.train.batch_size) as u64;
                truncate_epoch_records::<T::Row>(run, steps, name.epoch)?;
                restore_best::<T::Row>(run, &mut state, notes)?;
                notes.events.resumed(name);
                return Ok(Some((training, state)));
            }
            Err(error) if !is_damage(&error) => return Err(error.into()),
            Err(error) => {
                notes.warn(format!("skipped checkpoint {name}: {error}"));
                reasons.push(error.to_string());
            }
        }
    }
    if reasons.is_empty() {
        return Ok(None);
    }
    Err(TrainError::AllDamaged {
        path: run.path(),
        reasons: reasons.join("; "),
    })
}

/// Returns whether `error` means that a checkpoint is permanently damaged or incomplete.
fn is_damage(error: &CheckpointError) -> bool {
    match error {
        CheckpointError::OtherArchitecture { .. } => false,
        CheckpointError::Run(RunError::NewerFormat { .. }) => false,
        CheckpointError::Run(RunError::Io { source, .. }) => {
            source.kind() == std::io::ErrorKind::NotFound
        }
        CheckpointError::Run(_) | CheckpointError::Record { .. } => true,
    }
}

/// Fails if a run at `state` has completed more than `epochs` epochs.
///
/// # Errors
/// [`TrainError::FewerEpochs`].
pub fn check_epochs(run: &RunDir, state: &CheckpointState, epochs: u32) -> Result<(), TrainError> {
    let checkpoint = CheckpointName::of(state);
    match checkpoint > CheckpointName::epoch(epochs) {
        true => Err(TrainError::FewerEpochs {
            path: run.path(),
            checkpoint,
            epochs,
        }),
        false => Ok(()),
    }
}

/// Checks that the counts of `state` match this run's steps, and that it has no more of them.
fn check_steps(job: &Job<'_>, items: usize, state: &CheckpointState) -> Result<(), TrainError> {
    check_epochs(job.run, state, job.train.epochs)?;
    let (step, batch_size) = (state.step, job.train.batch_size);
    let steps = items.div_ceil(batch_size) as u64;
    let (images, done) = (state.totals.images, state.total_steps);
    let expected_images = step * batch_size as u64;
    let expected_done = u64::from(state.epoch) * steps + step;
    let reason = match () {
        () if step >= steps => {
            format!("it stands after step {step} of an epoch, this run's epochs have {steps}")
        }
        () if step > 0 && images != expected_images => {
            format!("it saw {images} images in {step} steps, this run sees {expected_images}")
        }
        () if done != expected_done => {
            format!("it stands after {done} steps in all, this run would have {expected_done}")
        }
        () => return Ok(()),
    };
    Err(TrainError::OtherSteps {
        path: job.run.path(),
        checkpoint: CheckpointName::of(state),
        reason,
    })
}

/// Writes the best epoch of `state` to `best.json`, which a kill between the two writes leaves one
/// epoch behind. If the best epoch was removed in favour of one that is itself damaged, the best of
/// the existing ones is used.
fn restore_best<R: EpochRecord>(
    run: &RunDir,
    state: &mut CheckpointState,
    notes: &mut Notes<'_>,
) -> Result<(), TrainError> {
    let there = run.checkpoints()?;
    let is_there = |epoch: u32| there.contains(&CheckpointName::epoch(epoch));
    if let Some(best) = state.best.take_if(|best| !is_there(best.epoch)) {
        let mut rows: Vec<R> = read_epoch_records(&run.epochs())?;
        rows.retain(|row| is_there(row.epoch()));
        for row in rows {
            let candidate = row.candidate();
            if state.best.as_ref().is_none_or(|best| candidate.beats(best)) {
                state.best = Some(candidate);
            }
        }
        let instead = match &state.best {
            Some(best) => format!("epoch {} is the best of those that are", best.epoch),
            None => "none is left to be the best".to_string(),
        };
        notes.warn(format!(
            "the checkpoint of epoch {}, the best so far, is not there: {instead}",
            best.epoch
        ));
    }
    match &state.best {
        Some(best) => best.write(&run.best())?,
        None => remove_file(&run.best())?,
    }
    Ok(())
}

/// Removes a file, if it exists.
fn remove_file(path: &Path) -> Result<(), RunError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(RunError::io("remove", path, source))
        }
        _ => Ok(()),
    }
}
