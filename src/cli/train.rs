//! `train`: one run per seed.

use clap::{Args, ValueEnum};

use crate::experiment::{FieldDifference, Resolved, changes, check_run_name, in_words};
use crate::run::{RunDir, RunManifest, list_runs};
use crate::study::training::{
    Accepted, Trainable, Training, check_unchanged, train_run, train_unless_done,
};
use crate::study::{AnyExperiment, StudyError, check_once, saved_experiment};
use crate::train::{Outcome, StartMode, StopReason};

use super::commands::{base_words, option};
use super::context::Context;
use super::logged_maps::log_maps;
use super::output::{DONE, FAILED, note, result};
use super::progress::Following;
use super::shared::ExperimentArguments;

/// Arguments of `train`.
#[derive(Debug, Clone, Args)]
pub(super) struct TrainArguments {
    /// Experiment, such as trial-d
    #[arg(value_name = "EXPERIMENT")]
    trial: String,
    #[command(flatten)]
    experiment: ExperimentArguments,
    /// Training seed
    #[arg(long, default_value_t = 0, conflicts_with = "seeds")]
    seed: u64,
    /// Name of the run and of its folder [default: that of the experiment, with its changes]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Several training seeds, one run each
    #[arg(long, value_delimiter = ',', value_name = "SEED,SEED")]
    seeds: Vec<u64>,
    /// Resume from the latest complete checkpoint
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// With --resume: accept changes to the experiment since the run was started
    #[arg(long, requires = "resume")]
    accept_changes: bool,
    /// Start over, removing the existing run
    #[arg(long)]
    force: bool,
    /// Also write the epochs for another program, into the run's folder
    #[arg(long, value_enum, value_name = "FORMAT")]
    log: Option<LogFormat>,
}

/// A program that shows the epochs of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// TensorBoard: losses, accuracies and learning rate, and at the end maps of every checkpoint
    Tensorboard,
}

/// Trains one run per seed and returns the exit code.
pub(super) fn run(context: &Context, arguments: &TrainArguments) -> anyhow::Result<u8> {
    let (base, overrides) = (
        arguments.experiment.base.as_deref(),
        arguments.experiment.overrides()?,
    );
    let runs = &context.runs;
    match AnyExperiment::load(runs, &arguments.trial, base, &overrides)? {
        AnyExperiment::Classify(resolved) => {
            let (code, trained) = run_kind(context, arguments, *resolved)?;
            if arguments.log.is_some() {
                for run in trained {
                    log_maps(context, run)?;
                }
            }
            Ok(code)
        }
        AnyExperiment::Forecast(resolved) => Ok(run_kind(context, arguments, *resolved)?.0),
    }
}

/// Trains one run per seed, and returns the exit code and the runs that were trained to their end.
fn run_kind<E: Trainable>(
    context: &Context,
    arguments: &TrainArguments,
    mut resolved: Resolved<E>,
) -> anyhow::Result<(u8, Vec<RunDir>)> {
    let mode = match (arguments.resume, arguments.force) {
        (true, _) => StartMode::Resume,
        (_, true) => StartMode::Force,
        _ => StartMode::Fresh,
    };
    let seeds = match arguments.seeds.as_slice() {
        [] => std::slice::from_ref(&arguments.seed),
        seeds => seeds,
    };
    check_once("seed", seeds, u64::to_string)?;
    resolved.name = run_name(context, arguments, &resolved, seeds)?;
    let resolved = &resolved;
    let mut trained = Vec::new();
    for (place, &seed) in seeds.iter().enumerate() {
        context
            .following
            .set(Following::Alike(seeds.len() - 1 - place));
        let run = context.runs.dir(resolved, seed);
        context.logged.replace(arguments.log.map(|_| run.clone()));
        // Of several seeds to resume, some may never have been started.
        let started = run.path().exists() || seeds.len() == 1;
        let mode = match mode {
            StartMode::Resume if !started => StartMode::Fresh,
            mode => mode,
        };
        if mode == StartMode::Resume {
            let accepted = check_unchanged(&run, resolved, arguments.accept_changes)?;
            warn(&accepted);
        }
        if mode != StartMode::Resume {
            warn_of_others(context, resolved, seed);
            note_same(context, resolved, &run);
        }
        let outcome = train_run(&context.runs, resolved, (seed, mode), context)?;
        if let Some(code) = show(context, &run, &Training::Ended(outcome))? {
            note(format!(
                "to go on: {}",
                resume_command(context, arguments, seeds)
            ));
            return Ok((code, trained));
        }
        trained.push(run);
    }
    Ok((DONE, trained))
}

/// Returns the name of the runs: the user's, or that of the changed experiment. The changes of a call
/// that resumes may be those of the experiment's own run, if no run has their name.
fn run_name<E: Trainable>(
    context: &Context,
    arguments: &TrainArguments,
    resolved: &Resolved<E>,
    seeds: &[u64],
) -> anyhow::Result<String> {
    let runs = &context.runs;
    if let Some(name) = &arguments.name {
        return Ok(check_run_name(&runs.folder, name, &arguments.trial)?.to_string());
    }
    let root = runs.root_of(resolved);
    let exists = |name: &str| {
        let dirs = seeds.iter().map(|&seed| RunDir::new(&root, name, seed));
        dirs.filter(|dir| dir.path().exists()).count()
    };
    let own = &arguments.trial;
    // All of them: none is to begin under the experiment's name with other values.
    let is_own = arguments.resume && exists(&resolved.name) == 0 && exists(own) == seeds.len();
    Ok(if is_own { own } else { &resolved.name }.clone())
}

/// Notes that another seed of the same name was trained with other values: the two are not seeds of one
/// experiment.
fn warn_of_others<E: Trainable>(context: &Context, resolved: &Resolved<E>, seed: u64) {
    // A folder that cannot be listed is reported by the training.
    let others = list_runs(&context.runs.root_of(resolved)).unwrap_or_default();
    for other in others {
        if other.trial() != resolved.name || other.seed() == seed || !other.has_best() {
            continue;
        }
        // A damaged record is reported where it is needed.
        let Ok(saved) = saved_experiment::<E>(&other) else {
            continue;
        };
        let mut changed = changes(&saved.experiment, &resolved.experiment);
        changed.retain(FieldDifference::decides_result);
        if !changed.is_empty() {
            note(format!(
                "warning: seed {} of {} was trained with other values, so they are not measured \
                 together: {}",
                other.seed(),
                resolved.name,
                in_words(&changed)
            ));
            return;
        }
    }
}

/// Notes which other run of the same seed has the same settings.
fn note_same<E: Trainable>(context: &Context, resolved: &Resolved<E>, run: &RunDir) {
    // A folder that cannot be listed is reported by the training.
    let others = list_runs(&context.runs.checkpoints).unwrap_or_default();
    let is_same = |other: &&RunDir| {
        if other.seed() != run.seed() || other.path() == run.path() {
            return false;
        }
        // A damaged record is reported where it is needed.
        saved_experiment::<E>(other).is_ok_and(|saved| {
            let changed = changes(&saved.experiment, &resolved.experiment);
            !changed.iter().any(FieldDifference::decides_result)
        })
    };
    if let Some(same) = others.iter().find(is_same) {
        note(format!(
            "warning: {} seed {} has the same settings: \"{}\"",
            same.trial(),
            same.seed(),
            same.path().display()
        ));
    }
}

/// Notes what the accepted changes of a run lead to, before it continues.
fn warn(accepted: &Accepted) {
    if let Some(lost) = &accepted.table {
        note(format!("warning: {lost}; the curves will lack them"));
    }
    let Some(rate) = accepted.rate else {
        return;
    };
    note(format!("warning: {rate}"));
    let (before, [_, now]) = (rate.before, rate.epochs);
    note(format!(
        "hint: to continue at the last rate instead, add --set train.schedule=constant --set \
         train.learning_rate={before:.1e}; for {now} epochs on one schedule, train another --seed"
    ));
}

/// Trains one run to its end and shows how it ended; returns the exit code if it was stopped before.
/// What follows needs the whole run, so a time limit is a failure.
pub(super) fn train_missing<E: Trainable>(
    context: &Context,
    resolved: &Resolved<E>,
    seed: u64,
) -> anyhow::Result<Option<u8>> {
    let training = match train_unless_done(&context.runs, resolved, seed, context) {
        // While its data were read or generated.
        Err(StudyError::Stopped) => {
            note("stopped before the first step");
            return Ok(Some(context.signals.exit_code()));
        }
        training => training?,
    };
    let code = show(context, &context.runs.dir(resolved, seed), &training)?;
    Ok(code.map(|code| code.max(FAILED)))
}

/// Shows how a training ended, draws its curves, and returns the exit code if it was stopped before
/// its end: by a signal, or by its time limit, which is no failure.
fn show(context: &Context, run: &RunDir, training: &Training) -> anyhow::Result<Option<u8>> {
    match training {
        Training::Already => Ok(None),
        Training::Ended(Outcome::Stopped { saved, reason }) => {
            let (why, code) = match reason {
                StopReason::Requested => ("stopped", context.signals.exit_code()),
                StopReason::TimeLimit => ("stopped after train.max_minutes", DONE),
            };
            let folder = run.path();
            note(format!("{why}; saved as {saved} in {folder:?}"));
            Ok(Some(code))
        }
        Training::Ended(Outcome::Done { best, early }) => {
            if let Some(last) = early {
                note(format!(
                    "stopped early after epoch {last}: no better validation in the last \
                     train.early_stopping epochs"
                ));
            }
            if let Some(best) = best {
                result(format!(
                    "{} seed {}: best validation {} after epoch {}",
                    run.trial(),
                    run.seed(),
                    best.in_words(),
                    best.epoch
                ));
            }
            show_curves(context, run)?;
            Ok(None)
        }
    }
}

/// Draws the run's curves. A failure does not affect the trained network, so it is only a warning,
/// kept in the run's record.
fn show_curves(context: &Context, run: &RunDir) -> anyhow::Result<()> {
    match context.draw(&run.path()) {
        Ok(files) => files.iter().for_each(|path| result(path.display())),
        Err(error) if matches!(error.downcast_ref(), Some(StudyError::Stopped)) => {
            return Err(error);
        }
        Err(error) => {
            let warning = format!("the learning curves could not be drawn: {error:#}");
            note(format!("warning: {warning}"));
            let mut manifest = RunManifest::read(&run.manifest())?;
            manifest.warnings.push(warning);
            if let Err(error) = manifest.write(&run.manifest()) {
                note(format!(
                    "warning: that could not be kept in the run's record: {error}"
                ));
            }
        }
    }
    Ok(())
}

fn resume_command(context: &Context, arguments: &TrainArguments, seeds: &[u64]) -> String {
    let mut words = vec!["train".to_string(), arguments.trial.clone()];
    words.extend(base_words(arguments.experiment.base.as_deref()));
    for change in &arguments.experiment.overrides {
        words.extend(option("--set", change));
    }
    if let Some(name) = &arguments.name {
        words.extend(option("--name", name));
    }
    let name = if seeds.len() == 1 {
        "--seed"
    } else {
        "--seeds"
    };
    let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
    words.extend(option(name, seeds.join(",")));
    words.push("--resume".to_string());
    if arguments.accept_changes {
        words.push("--accept-changes".to_string());
    }
    context.command(words)
}
