//! `reproduce`: every trial trained, explained and drawn by one command. Called by [`super::run`].

mod arguments;
mod frames;

pub(super) use arguments::{Part, ReproduceArguments};

use std::path::PathBuf;
use std::time::Instant;

use crate::data::DataError;
use crate::experiment::Resolved;
use crate::run::{RunDir, RunError, RunLock};

use super::DONE;
use super::arguments::{
    AblateArguments, CURVE_STEPS, CheckpointArguments, ExperimentArguments, LocalizeArguments,
    MeasureArguments, SanityArguments, ScoreArguments,
};
use super::context::Context;
use super::output::{note, result};
use super::progress::duration;
use super::train::{named_twice, train_unless_done};
use super::{ablate, failure::Complaint, localize, sanity, score};

/// The trials, shallowest first.
const TRIALS: [&str; 4] = ["trial-a", "trial-b", "trial-c", "trial-d"];
/// The base of the quick way.
const QUICK_BASE: &str = "shapes";
/// Test images whose maps are scored: `score` takes all of them.
const SCORED_IMAGES: usize = 500;
/// Test images on which maps are checked: `sanity` takes twice as many.
const CHECKED_IMAGES: usize = 100;

/// Trains what is not done, draws everything, and ends with the files to open.
pub(super) fn run(context: &Context, arguments: &ReproduceArguments) -> anyhow::Result<u8> {
    let started = Instant::now();
    let Some(&seed) = arguments.seeds.first() else {
        return Err(Complaint::misused("no seed is given", "for example --seeds 0,1,2").into());
    };
    if let Some(twice) = named_twice(&arguments.seeds) {
        let message = format!("seed {twice} is named twice");
        return Err(Complaint::misused(message, "name each seed once").into());
    }
    if arguments.quick {
        note("generated data and short trainings; for real data in full leave out --quick");
    }
    let wanted = |part: Part| arguments.only.is_none_or(|only| only == part);
    // Hours of training must not end where a file is missing.
    if wanted(Part::Images) {
        check_data(context, &changed(arguments))?;
    }
    if wanted(Part::Frames) {
        frames::check_data(context, arguments)?;
    }
    if arguments.force {
        // All at once: a run that is stopped and goes on without --force must not keep an old one.
        discard_all(context, arguments, wanted)?;
    }
    let mut files = Vec::new();
    if wanted(Part::Images) {
        match images(context, arguments, seed)? {
            Made::Files(made) => files.extend(made),
            Made::Stopped(code) => return Ok(code),
        }
    }
    if wanted(Part::Frames) {
        match frames::make(context, arguments, seed)? {
            Made::Files(made) => files.extend(made),
            Made::Stopped(code) => return Ok(code),
        }
    }
    note(format!(
        "done in {}",
        duration(started.elapsed().as_secs_f64())
    ));
    result("\nfiles to open (each picture is there as SVG too):");
    for path in files
        .iter()
        .filter(|path| path.extension().is_none_or(|ending| ending != "svg"))
    {
        result(format!("  {}", path.display()));
    }
    Ok(DONE)
}

/// What a part of the command comes to.
enum Made {
    /// The files to open.
    Files(Vec<PathBuf>),
    /// A signal stopped it: the exit code.
    Stopped(u8),
}

/// Says how to go on where a signal stopped the training.
fn stopped(context: &Context, arguments: &ReproduceArguments, code: u8) -> Made {
    note(format!(
        "to go on: {}",
        context.command(&same_again(arguments))
    ));
    Made::Stopped(code)
}

/// What is changed in trials A to D.
fn changed(arguments: &ReproduceArguments) -> ExperimentArguments {
    ExperimentArguments {
        base: arguments.quick.then(|| QUICK_BASE.to_string()),
        overrides: arguments.overrides.clone(),
    }
}

/// The trials, shallowest first, with what is changed in them.
fn trials(context: &Context, changed: &ExperimentArguments) -> anyhow::Result<Vec<Resolved>> {
    let trials = TRIALS.iter();
    trials
        .map(|trial| context.experiment(trial, changed))
        .collect()
}

/// Trains trials A to D, explains and measures them.
fn images(context: &Context, arguments: &ReproduceArguments, seed: u64) -> anyhow::Result<Made> {
    let changed = changed(arguments);
    let base = changed.base.clone();
    for resolved in trials(context, &changed)? {
        for &seed in &arguments.seeds {
            if let Some(code) = train_unless_done(context, &resolved, seed)? {
                return Ok(stopped(context, arguments, code));
            }
        }
    }
    let mut files = ablate::draw(
        context,
        &AblateArguments {
            trials: TRIALS.map(str::to_string).to_vec(),
            checkpoint: CheckpointArguments {
                base: base.clone(),
                seed: Some(seed),
                checkpoint: None,
            },
            along: None,
            images: 6,
            test_index: Vec::new(),
            class: "predicted".to_string(),
            retrain_head: false,
            train: false,
            out: arguments.out.clone(),
        },
    )?;
    files.extend(measure(context, arguments, base)?);
    Ok(Made::Files(files))
}

/// Checks the maps, scores them and, where it is known, compares them with where the objects are;
/// returns the files. The checks come first: the other tables mark what failed them.
fn measure(
    context: &Context,
    arguments: &ReproduceArguments,
    base: Option<String>,
) -> anyhow::Result<Vec<PathBuf>> {
    let shipped: Resolved = context.plain(TRIALS[0], base.as_deref())?;
    let measured = |folder: &str, class: &str, limit: usize| MeasureArguments {
        trials: TRIALS.map(str::to_string).to_vec(),
        base: base.clone(),
        seeds: arguments.seeds.clone(),
        checkpoint: "best".to_string(),
        split: "test".to_string(),
        limit: Some(limit),
        methods: Vec::new(),
        layers: Vec::new(),
        class: class.to_string(),
        retrain_head: false,
        out: arguments.out.as_ref().map(|out| out.join(folder)),
    };
    let told = |what: &str, limit: usize| {
        note(format!("{what} of the first test images, {limit} at most"));
    };
    told("sanity checks of the maps", CHECKED_IMAGES);
    let mut checked = measured(sanity::FOLDER, "predicted", CHECKED_IMAGES);
    checked.seeds.truncate(1);
    let mut files = sanity::draw(
        context,
        &SanityArguments {
            measure: checked,
            draws: 1,
            pictures: 1,
        },
    )?;
    told("scores of the maps", SCORED_IMAGES);
    files.extend(score::draw(
        context,
        &ScoreArguments {
            measure: measured(score::FOLDER, "predicted", SCORED_IMAGES),
            insertion_deletion: false,
            steps: CURVE_STEPS,
        },
    )?);
    if shipped.experiment.data.dataset.has_objects() {
        told("localisation", SCORED_IMAGES);
        files.extend(localize::draw(
            context,
            &LocalizeArguments {
                measure: measured(localize::FOLDER, "true", SCORED_IMAGES),
                boxes: None,
                images: None,
            },
        )?);
    }
    Ok(files)
}

/// Removes every run of the parts that are wanted.
fn discard_all(
    context: &Context,
    arguments: &ReproduceArguments,
    wanted: impl Fn(Part) -> bool,
) -> anyhow::Result<()> {
    for &seed in &arguments.seeds {
        if wanted(Part::Images) {
            for resolved in trials(context, &changed(arguments))? {
                discard(&context.run(&resolved, seed))?;
            }
        }
        if wanted(Part::Frames) {
            for resolved in frames::predictors(context, arguments)? {
                discard(&context.run(&resolved, seed))?;
            }
        }
    }
    Ok(())
}

/// Removes a run that nobody is writing to.
fn discard(run: &RunDir) -> Result<(), RunError> {
    let path = run.path();
    if !path.exists() {
        return Ok(());
    }
    let _lock = RunLock::take(&path)?;
    std::fs::remove_dir_all(&path).map_err(|source| RunError::io("remove", &path, source))
}

/// Fails early where the images are not there, and names the way without them.
fn check_data(context: &Context, changed: &ExperimentArguments) -> anyhow::Result<()> {
    let resolved: Resolved = context.experiment(TRIALS[0], changed)?;
    context
        .data(&resolved)
        .map(drop)
        .map_err(|error| match error.downcast_ref::<DataError>() {
            Some(DataError::NotFound { dataset, .. }) => {
                let fetch = context.command(&format!("data fetch {dataset}"));
                let quick = context.command("reproduce --quick");
                let hint = format!("{fetch}, or take images that camtrail generates: {quick}");
                Complaint::failed(error.to_string(), hint).into()
            }
            _ => error,
        })
}

/// Returns the arguments that go on where this run was stopped.
fn same_again(arguments: &ReproduceArguments) -> String {
    let seeds: Vec<String> = arguments.seeds.iter().map(ToString::to_string).collect();
    let mut text = format!("reproduce --seeds {}", seeds.join(","));
    if arguments.quick {
        text.push_str(" --quick");
    }
    match arguments.only {
        Some(Part::Images) => text.push_str(" --only images"),
        Some(Part::Frames) => text.push_str(" --only frames"),
        None => {}
    }
    for change in &arguments.overrides {
        text.push_str(&format!(" --set '{change}'"));
    }
    if let Some(out) = &arguments.out {
        text.push_str(&format!(" --out '{}'", out.display()));
    }
    text
}
