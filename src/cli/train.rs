//! `train`: one run a seed. Called by [`super::run`], and by the verbs that train what is missing.

use crate::data::{DatasetName, Splits, fingerprint};
use crate::experiment::{FieldDifference, Resolved, compare};
use crate::run::{RunDir, RunManifest, RunStatus, read_epoch_rows};
use crate::train::{ClassifyJob, FIXED_ON_RESUME, Outcome, StartMode, TrainError, train};

use super::arguments::TrainArguments;
use super::context::{Context, base_flag};
use super::experiments::size_of;
use super::failure::Complaint;
use super::network::saved_experiment;
use super::output::{note, result};
use super::progress::TrainView;
use super::{DONE, figures};

/// Version of Burn that this program is built on.
const BURN_VERSION: &str = "0.22.1";

/// The section of an experiment that only the generated data set reads.
const SHAPES_SECTION: &str = "data.shapes.";

/// Trains one run a seed and returns the exit code.
pub(super) fn run(context: &Context, arguments: &TrainArguments) -> anyhow::Result<u8> {
    let resolved = context.experiment(&arguments.trial, &arguments.experiment)?;
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
        let run = context.run(&resolved, seed);
        // Of several seeds to go on with, some may never have been started.
        let started = run.path().exists() || seeds.len() == 1;
        let mode = if mode == StartMode::Resume && !started {
            StartMode::Fresh
        } else {
            mode
        };
        if mode == StartMode::Resume {
            check_unchanged(&run, &resolved, arguments.accept_changes)?;
        }
        if let Some(code) = train_run(context, &resolved, seed, mode)? {
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
pub(super) fn train_run(
    context: &Context,
    resolved: &Resolved,
    seed: u64,
    mode: StartMode,
) -> anyhow::Result<Option<u8>> {
    let run = context.run(resolved, seed);
    let data = context.data(resolved)?;
    note(format!(
        "{} seed {seed} on {}: {} training images of {}, into \"{}\"",
        resolved.name,
        context.device.name,
        data.train.len(),
        data.train.dataset_name(),
        run.path().display()
    ));
    let architecture = resolved.experiment.architecture();
    let mut view = TrainView::new(&format!("{} seed {seed}", resolved.name));
    let job = ClassifyJob {
        run: &run,
        model: &resolved.experiment.model,
        architecture: &architecture,
        train: &resolved.experiment.train,
        checkpoints: &resolved.experiment.checkpoints,
        augmentation: &resolved.experiment.data.augmentation,
        data: &data,
        device: &context.device.device,
        experiment: &resolved.text,
        manifest: manifest(context, resolved, &run, &data),
        mode,
    };
    let outcome = train(job, &mut view, &|| context.signals.stop());
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
            draw_curves(&run)?;
            Ok(None)
        }
    }
}

/// Draws the run's curves. A trained network is no failure because its picture is one, so that is a
/// warning, kept in the run's record.
fn draw_curves(run: &RunDir) -> anyhow::Result<()> {
    match figures::curves(std::slice::from_ref(run), &run.path()) {
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
        && read_epoch_rows(&run.epochs()).is_ok_and(|rows| !rows.is_empty())
}

/// Fails where `resolved` is not the experiment that the run was started with. With `accept`, only
/// where a value differs that says what a step is.
pub(super) fn check_unchanged(
    run: &RunDir,
    resolved: &Resolved,
    accept: bool,
) -> anyhow::Result<()> {
    if !run.experiment().exists() {
        return Err(TrainError::NothingToResume { path: run.path() }.into());
    }
    let saved = saved_experiment(run)?;
    let mut changes = compare(&saved.experiment, &resolved.experiment);
    // How many shapes there are says nothing of a run that sees none.
    let sees_shapes = |of: &Resolved| of.experiment.data.dataset == DatasetName::Shapes;
    if !sees_shapes(&saved) && !sees_shapes(resolved) {
        changes.retain(|field| !field.key.starts_with(SHAPES_SECTION));
    }
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

fn manifest(context: &Context, resolved: &Resolved, run: &RunDir, data: &Splits) -> RunManifest {
    let size = size_of(resolved);
    RunManifest {
        trial: resolved.name.clone(),
        seed: run.seed(),
        camtrail: env!("CARGO_PKG_VERSION").to_string(),
        burn: BURN_VERSION.to_string(),
        git_revision: git_revision(),
        device: context.device.name.clone(),
        host: RunManifest::this_host(),
        dataset: resolved.experiment.data.dataset.name().to_string(),
        generated: data.train.is_generated(),
        data: fingerprint(data).into_iter().collect(),
        blocks: resolved.experiment.model.filters.len(),
        parameters: size.parameters,
        multiply_adds: size.multiply_adds,
        started: RunManifest::now(),
        updated: RunManifest::now(),
        status: RunStatus::Running,
        warnings: Vec::new(),
    }
}

/// Returns the revision of the folder that the program runs in, where git knows one.
fn git_revision() -> Option<String> {
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
