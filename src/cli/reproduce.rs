//! `reproduce`: every trial trained, explained and drawn by one command. Called by [`super::run`].

use std::time::Instant;

use crate::data::DataError;
use crate::train::StartMode;

use super::DONE;
use super::arguments::{
    AblateArguments, CheckpointArguments, ExperimentArguments, ReproduceArguments,
};
use super::context::Context;
use super::output::{note, result};
use super::progress::duration;
use super::train::{check_unchanged, is_done, train_run};
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
    let base = arguments.quick.then(|| QUICK_BASE.to_string());
    if arguments.quick {
        note("generated images and short trainings; for CIFAR-100 in full leave out --quick");
    }
    let changed = ExperimentArguments {
        base: base.clone(),
        overrides: arguments.overrides.clone(),
    };
    check_data(context, &changed)?;
    for trial in TRIALS {
        let resolved = context.experiment(trial, &changed)?;
        for &seed in &arguments.seeds {
            let run = context.run(&resolved, seed);
            let there = run.manifest().exists();
            if there && !arguments.force {
                check_unchanged(&run, &resolved)?;
                if is_done(&run) {
                    note(format!(
                        "{trial} seed {seed} is trained already; --force starts over"
                    ));
                    continue;
                }
            }
            let mode = match (arguments.force, there) {
                (true, _) => StartMode::Force,
                (false, true) => StartMode::Resume,
                (false, false) => StartMode::Fresh,
            };
            if let Some(code) = train_run(context, &resolved, seed, mode)? {
                note(format!(
                    "to go on: {}",
                    context.command(&same_again(arguments))
                ));
                return Ok(code);
            }
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

/// Fails early where the images are not there, and names the way without them.
fn check_data(context: &Context, changed: &ExperimentArguments) -> anyhow::Result<()> {
    let resolved = context.experiment(TRIALS[0], changed)?;
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
    text
}
