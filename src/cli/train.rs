//! `train`: one run a seed. Called by [`super::run`], and by the verbs that train what is missing.

use crate::experiment::{Experiment, ExperimentError, FieldDifference, ForecastExperiment};
use crate::experiment::{Resolved, compare};
use crate::run::{RunDir, RunManifest, RunStatus};
use crate::train::{FIXED_ON_RESUME, Outcome, StartMode, TrainError};

use super::DONE;
use super::arguments::TrainArguments;
use super::context::{Context, base_flag};
use super::failure::Complaint;
use super::network::saved_experiment;
use super::output::{note, result};
use super::progress::TrainView;
use super::trainable::Trainable;

/// Trains one run a seed and returns the exit code.
pub(super) fn run(context: &Context, arguments: &TrainArguments) -> anyhow::Result<u8> {
    match context.experiment::<Experiment>(&arguments.trial, &arguments.experiment) {
        Err(error) if is_other_kind(&error) => {
            let resolved = context.experiment(&arguments.trial, &arguments.experiment)?;
            run_kind::<ForecastExperiment>(context, arguments, &resolved)
        }
        resolved => run_kind(context, arguments, &resolved?),
    }
}

/// Returns whether `error` says that an experiment trains another kind of network.
pub(super) fn is_other_kind(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(ExperimentError::OtherKind { .. })
    )
}

fn run_kind<E: Trainable>(
    context: &Context,
    arguments: &TrainArguments,
    resolved: &Resolved<E>,
) -> anyhow::Result<u8> {
    let mode = match (arguments.resume, arguments.force) {
        (true, _) => StartMode::Resume,
        (_, true) => StartMode::Force,
        _ => StartMode::Fresh,
    };
    let seeds = match arguments.seeds.as_slice() {
        [] => std::slice::from_ref(&arguments.seed),
        seeds => seeds,
    };
    if let Some(twice) = named_twice(seeds) {
        let message = format!("seed {twice} is named twice");
        return Err(Complaint::misused(message, "name each seed once").into());
    }
    for &seed in seeds {
        let run = context.run(resolved, seed);
        // Of several seeds to go on with, some may never have been started.
        let started = run.path().exists() || seeds.len() == 1;
        let mode = if mode == StartMode::Resume && !started {
            StartMode::Fresh
        } else {
            mode
        };
        if mode == StartMode::Resume {
            check_unchanged(&run, resolved, arguments.accept_changes)?;
        }
        if let Some(code) = train_run(context, resolved, seed, mode)? {
            note(format!(
                "to go on: {}",
                resume_command(context, arguments, seeds)
            ));
            return Ok(code);
        }
    }
    Ok(DONE)
}

/// Returns an item that stands twice among `items`, if one does.
pub(super) fn named_twice<T: PartialEq>(items: &[T]) -> Option<&T> {
    let twice = |(place, item): &(usize, &T)| items[..*place].contains(item);
    items.iter().enumerate().find(twice).map(|(_, item)| item)
}

/// Trains one run, draws its curves, and returns the exit code where a signal stopped it.
pub(super) fn train_run<E: Trainable>(
    context: &Context,
    resolved: &Resolved<E>,
    seed: u64,
    mode: StartMode,
) -> anyhow::Result<Option<u8>> {
    let run = context.run(resolved, seed);
    let mut view = TrainView::new(&format!("{} seed {seed}", resolved.name));
    let outcome = E::train(context, resolved, (&run, mode), &mut view);
    view.finish();
    match outcome? {
        Outcome::Stopped { saved } => {
            note(format!(
                "stopped; saved as {saved} in \"{}\"",
                run.path().display()
            ));
            Ok(Some(context.signals.exit_code()))
        }
        Outcome::Done { best } => {
            if let Some(best) = best {
                result(format!(
                    "{} seed {seed}: best validation {} after epoch {}",
                    resolved.name,
                    best.in_words(),
                    best.epoch
                ));
            }
            draw_curves::<E>(&run)?;
            Ok(None)
        }
    }
}

/// Trains one run to its end, from where it stopped or from the start, and returns the exit code where
/// a signal stopped it. A run that is done stays as it is.
pub(super) fn train_unless_done<E: Trainable>(
    context: &Context,
    resolved: &Resolved<E>,
    seed: u64,
) -> anyhow::Result<Option<u8>> {
    let run = context.run(resolved, seed);
    let mode = match run.manifest().exists() {
        true => {
            check_unchanged(&run, resolved, false)?;
            StartMode::Resume
        }
        false => StartMode::Fresh,
    };
    if mode == StartMode::Resume && is_done(&run) {
        note(format!("{} seed {seed} is trained already", resolved.name));
        return Ok(None);
    }
    train_run(context, resolved, seed, mode)
}

/// Draws the run's curves. A trained network is no failure because its picture is one, so that is a
/// warning, kept in the run's record.
fn draw_curves<E: Trainable>(run: &RunDir) -> anyhow::Result<()> {
    match E::curves(run) {
        Ok(files) => files.iter().for_each(|path| result(path.display())),
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

/// Returns whether the run of `resolved` and `seed` went through all its epochs.
pub(super) fn is_done(run: &RunDir) -> bool {
    RunManifest::read(&run.manifest()).is_ok_and(|manifest| manifest.status == RunStatus::Done)
        && std::fs::metadata(run.epochs()).is_ok_and(|table| table.len() > 0)
}

/// Fails where `resolved` is not the experiment that the run was started with. With `accept`, only
/// where a value differs that says what a step is.
pub(super) fn check_unchanged<E: Trainable>(
    run: &RunDir,
    resolved: &Resolved<E>,
    accept: bool,
) -> anyhow::Result<()> {
    if !run.experiment().exists() {
        return Err(TrainError::NothingToResume { path: run.path() }.into());
    }
    let saved: Resolved<E> = saved_experiment(run)?;
    let mut changes = compare(&saved.experiment, &resolved.experiment);
    changes.retain(|field| E::is_read(&field.key, [&saved.experiment, &resolved.experiment]));
    let is_fixed = |key: &str| FIXED_ON_RESUME.iter().any(|fixed| key.starts_with(fixed));
    let fixed: Vec<_> = changes
        .iter()
        .filter(|field| is_fixed(&field.key))
        .collect();
    let (path, told) = (run.path(), |fields: &[&FieldDifference]| {
        let text = |field: &&FieldDifference| {
            format!("{} was {}, is {}", field.key, field.first, field.second)
        };
        fields.iter().map(text).collect::<Vec<_>>().join("; ")
    });
    if !fixed.is_empty() {
        return Err(TrainError::FixedKeysChanged {
            path,
            changes: told(&fixed),
        }
        .into());
    }
    if !accept && !changes.is_empty() {
        let changes = told(&changes.iter().collect::<Vec<_>>());
        return Err(TrainError::ExperimentChanged { path, changes }.into());
    }
    Ok(())
}

/// Returns the revision of the folder that the program runs in, where git knows one.
pub(super) fn git_revision() -> Option<String> {
    let output = std::process::Command::new("git")
        .args(["rev-parse", "HEAD"])
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let revision = text.trim();
    (output.status.success() && !revision.is_empty()).then(|| revision.to_string())
}

fn resume_command(context: &Context, arguments: &TrainArguments, seeds: &[u64]) -> String {
    let base = base_flag(arguments.experiment.base.as_deref());
    let mut command = format!("train {}{base}", arguments.trial);
    for change in &arguments.experiment.overrides {
        command.push_str(&format!(" --set '{change}'"));
    }
    let seeds: Vec<String> = seeds.iter().map(ToString::to_string).collect();
    let option = if seeds.len() == 1 {
        "--seed"
    } else {
        "--seeds"
    };
    command.push_str(&format!(" {option} {} --resume", seeds.join(",")));
    if arguments.accept_changes {
        command.push_str(" --accept-changes");
    }
    context.command(&command)
}
