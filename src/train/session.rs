//! How a run starts: fresh, over an old one, or from the newest whole checkpoint. Called by
//! `classify`.

use burn::optim::ModuleOptimizer;

use crate::model::{CheckpointError, LoadedCheckpoint, PlainCnn, load_training};
use crate::run::{
    CheckpointName, CheckpointState, RunDir, RunError, RunManifest, RunStatus, clear_temporaries,
    truncate_epoch_rows,
};

use super::{TrainError, TrainEvents};

/// What to do with a run folder that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartMode {
    /// Refuse.
    #[default]
    Fresh,
    /// Go on from its newest whole checkpoint.
    Resume,
    /// Remove what is there and start over.
    Force,
}

/// A network and an optimizer that stand where a checkpoint left them.
pub(super) struct Restored {
    pub(super) network: PlainCnn,
    pub(super) optimizer: ModuleOptimizer,
    pub(super) state: CheckpointState,
}

/// Tells warnings to `events` and keeps them for the run's record.
pub(super) struct Notes<'a> {
    pub(super) events: &'a mut dyn TrainEvents,
    pub(super) warnings: Vec<String>,
}

impl Notes<'_> {
    fn warn(&mut self, message: String) {
        self.events.warn(&message);
        self.warnings.push(message);
    }
}

/// Makes the folder ready for `mode`; the caller holds its lock.
pub(super) fn prepare(
    run: &RunDir,
    mode: StartMode,
    notes: &mut Notes<'_>,
) -> Result<(), TrainError> {
    for leftover in clear_temporaries(&run.path())? {
        notes.warn(format!(
            "removed \"{leftover}\", left half-written by a stopped run"
        ));
    }
    let there = run.manifest().exists() || !run.checkpoints()?.is_empty();
    match mode {
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
        StartMode::Resume if !there => Err(TrainError::NothingToResume { path: run.path() }),
        StartMode::Force => {
            for name in run.checkpoints()? {
                remove_folder(run, name)?;
            }
            for file in [run.manifest(), run.epochs(), run.best(), run.experiment()] {
                match std::fs::remove_file(&file) {
                    Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                        return Err(RunError::io("remove", &file, source).into());
                    }
                    _ => {}
                }
            }
            Ok(())
        }
        StartMode::Fresh | StartMode::Resume => Ok(()),
    }
}

/// Returns the newest whole checkpoint, loaded; damaged ones are passed over with a warning. Returns
/// nothing for a run that was stopped before its first checkpoint.
pub(super) fn restore(
    run: &RunDir,
    architecture: &str,
    build: impl Fn() -> (PlainCnn, ModuleOptimizer),
    notes: &mut Notes<'_>,
) -> Result<Option<Restored>, TrainError> {
    let mut reasons = Vec::new();
    for name in run.checkpoints()?.into_iter().rev() {
        let (network, optimizer) = build();
        match load_training(run, name, network, architecture, optimizer) {
            Ok((loaded, optimizer)) => {
                truncate_epoch_rows(&run.epochs(), name.epoch)?;
                // A kill between a checkpoint and this file left it one epoch behind.
                if let Some(best) = &loaded.state.best {
                    best.write(&run.best())?;
                }
                notes.events.resumed(name);
                let LoadedCheckpoint { network, state } = loaded;
                return Ok(Some(Restored {
                    network,
                    optimizer,
                    state,
                }));
            }
            Err(error @ CheckpointError::OtherArchitecture { .. }) => return Err(error.into()),
            Err(error) => {
                notes.warn(format!("passed over checkpoint {name}: {error}"));
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

/// Removes a checkpoint.
pub(super) fn remove_folder(run: &RunDir, name: CheckpointName) -> Result<(), TrainError> {
    let path = run.checkpoint(name);
    std::fs::remove_dir_all(&path).map_err(|source| RunError::io("remove", &path, source))?;
    Ok(())
}
