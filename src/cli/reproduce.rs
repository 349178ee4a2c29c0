//! `reproduce`: every trial trained, explained and drawn by one command. Called by [`super::run`].

use std::time::Instant;

use crate::data::DataError;
use crate::experiment::Resolved;
use crate::run::{RunDir, RunError, RunLock};
use crate::train::StartMode;

use super::DONE;
use super::arguments::{
    AblateArguments, CheckpointArguments, ExperimentArguments, ReproduceArguments,
};
use super::context::Context;
use super::output::{note, result};
use super::progress::duration;
use super::train::{check_unchanged, is_done, named_twice, train_run};
use super::{ablate, failure::Complaint};

/// The trials, shallowest first.
const TRIALS: [&str; 4] = ["trial-a", "trial-b", "trial-c", "trial-d"];
/// The base of the quick way.
const QUICK_BASE: &str = "shapes";

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
    let base = arguments.quick.then(|| QUICK_BASE.to_string());
    if arguments.quick {
        note("generated images and short trainings; for CIFAR-100 in full leave out --quick");
    }
    let changed = ExperimentArguments {
        base: base.clone(),
        overrides: arguments.overrides.clone(),
    };
    check_data(context, &changed)?;
    let mut runs = Vec::new();
    for trial in TRIALS {
        let resolved: Resolved = context.experiment(trial, &changed)?;
        for &seed in &arguments.seeds {
            runs.push((context.run(&resolved, seed), resolved.clone()));
        }
    }
    if arguments.force {
        // All at once: a run that is stopped and goes on without --force must not keep an old one.
        for (run, _) in &runs {
            discard(run)?;
        }
    }
    for (run, resolved) in &runs {
        let there = run.manifest().exists();
        if there {
            check_unchanged(run, resolved, false)?;
            if is_done(run) {
                let (trial, seed) = (run.trial(), run.seed());
                note(format!(
                    "{trial} seed {seed} is trained already; --force starts over"
                ));
                continue;
            }
        }
        let mode = if there {
            StartMode::Resume
        } else {
            StartMode::Fresh
        };
        if let Some(code) = train_run(context, resolved, run.seed(), mode)? {
            note(format!(
                "to go on: {}",
                context.command(&same_again(arguments))
            ));
            return Ok(code);
        }
    }
    let files = ablate::draw(
        context,
        &AblateArguments {
            trials: TRIALS.map(str::to_string).to_vec(),
            checkpoint: CheckpointArguments {
                base,
                seed,
                checkpoint: "best".to_string(),
            },
            along: None,
            images: 6,
            test_index: Vec::new(),
            class: "predicted".to_string(),
            train: false,
            out: arguments.out.clone(),
        },
    )?;
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
    for change in &arguments.overrides {
        text.push_str(&format!(" --set '{change}'"));
    }
    if let Some(out) = &arguments.out {
        text.push_str(&format!(" --out '{}'", out.display()));
    }
    text
}
