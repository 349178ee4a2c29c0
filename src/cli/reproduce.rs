//! `reproduce`: trains, explains and draws every trial with one command.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use crate::data::DataError;
use crate::run::check_folder;
use crate::study::reproduce::{
    CHECKED_IMAGES, Half, Request, SCORED_IMAGES, Step, check_clips, check_images, discard, plan,
};
use crate::study::{StudyError, measure};

use super::commands::Commands;
use super::context::{Context, SANITY};
use super::failure::Complaint;
use super::modes::Mode;
use super::output::{DONE, note, result};
use super::progress::duration;
use super::shared::overrides;
use super::train::train_missing;
use super::{ablate, evaluate_frames, explain_seq, localize, sanity, score};

/// Folders of the steps' results, in that of the user.
const FOLDERS: [&str; 5] = [
    SANITY,
    score::FOLDER,
    localize::FOLDER,
    evaluate_frames::FOLDER,
    explain_seq::FOLDER,
];

/// Arguments of `reproduce`.
#[derive(Debug, Clone, Args)]
pub(super) struct ReproduceArguments {
    /// Generated images and short trainings: no download, under ten minutes on two cores
    #[arg(long)]
    quick: bool,
    /// Training seeds
    #[arg(long, value_delimiter = ',', default_values_t = [0], value_name = "SEED,SEED")]
    seeds: Vec<u64>,
    /// Only one part: trials A to D on images, or next-frame predictors on clips
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
    /// Change a value of trials A to D, such as train.epochs=10; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Start over, removing existing runs
    #[arg(long)]
    force: bool,
    /// Folder for the figures
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// A part of `reproduce`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Trials A to D
    Images,
    /// Next-frame predictors
    Frames,
}

impl ReproduceArguments {
    /// Returns the mode: what is trained.
    pub(super) fn mode(&self) -> Mode {
        match self.only {
            Some(Part::Frames) => Mode::Clips,
            Some(Part::Images) | None => Mode::Images,
        }
    }
}

/// Trains unfinished runs, draws everything, and lists the files to open at the end.
pub(super) fn run(context: &Context, arguments: &ReproduceArguments) -> anyhow::Result<u8> {
    let started = Instant::now();
    let request = Request {
        quick: arguments.quick,
        seeds: arguments.seeds.clone(),
        only: arguments.only.map(|part| match part {
            Part::Images => Half::Images,
            Part::Frames => Half::Frames,
        }),
        overrides: overrides(&arguments.overrides)?,
    };
    let steps = plan(&context.runs, &request)?;
    let out = context.figures(arguments.out.as_deref(), &[]);
    for folder in FOLDERS {
        check_folder(&out.join(folder))?;
    }
    if arguments.quick {
        note("generated data and short trainings; for real data in full leave out --quick");
    }
    let runs = &context.runs;
    check_images(runs, &steps).map_err(|error| without_data(context, Half::Images, error))?;
    check_clips(runs, &steps).map_err(|error| without_data(context, Half::Frames, error))?;
    if arguments.force {
        discard(&context.runs, &steps)?;
    }
    let mut files = Vec::new();
    for step in &steps {
        match perform(context, step, arguments.out.as_deref())? {
            Made::Files(made) => files.extend(made),
            Made::Stopped(code) => {
                note(format!("to go on: {}", Commands::again()));
                return Ok(code);
            }
        }
    }
    note(format!(
        "done in {}",
        duration(started.elapsed().as_secs_f64())
    ));
    result("");
    result("files to open (each picture is there as SVG too):");
    for path in files
        .iter()
        .filter(|path| path.extension().is_none_or(|ending| ending != "svg"))
    {
        result(format!("  {}", path.display()));
    }
    Ok(DONE)
}

/// The result of a step.
enum Made {
    /// The files to open.
    Files(Vec<PathBuf>),
    /// A signal stopped it: the exit code.
    Stopped(u8),
}

impl From<Option<u8>> for Made {
    fn from(stopped: Option<u8>) -> Self {
        stopped.map_or(Self::Files(Vec::new()), Self::Stopped)
    }
}

/// Performs a step; its files are written below `out` if the user gives a folder.
fn perform(context: &Context, step: &Step, out: Option<&Path>) -> anyhow::Result<Made> {
    let below = |folder: &str| out.map(|out| out.join(folder));
    let announce = |what: &str, limit: usize| {
        note(format!("{what} of the first test images, {limit} at most"));
    };
    let marked = |request: &measure::Request, out: Option<&Path>| measure::Request {
        verdicts: context.verdicts(&request.trials, request.base.as_deref(), out),
        ..request.clone()
    };
    Ok(Made::Files(match step {
        Step::TrainTrial(resolved, seed) => {
            return Ok(train_missing(context, resolved, *seed)?.into());
        }
        Step::TrainPredictor(resolved, seed) => {
            return Ok(train_missing(context, resolved, *seed)?.into());
        }
        Step::Ablation(request) => ablate::perform(context, request, out)?,
        Step::Sanity(request) => {
            announce("sanity checks of the maps", CHECKED_IMAGES);
            sanity::perform(context, request, below(SANITY).as_deref())?
        }
        Step::Score(request) => {
            announce("scores of the maps", SCORED_IMAGES);
            let out = below(score::FOLDER);
            let request = crate::study::score::Request {
                measurement: marked(&request.measurement, out.as_deref()),
                ..request.clone()
            };
            score::perform(context, &request, out.as_deref())?
        }
        Step::Localization(request) => {
            announce("localisation", SCORED_IMAGES);
            let out = below(localize::FOLDER);
            let request = crate::study::localize::Request {
                measurement: marked(&request.measurement, out.as_deref()),
                ..request.clone()
            };
            localize::perform(context, &request, out.as_deref())?
        }
        Step::Forecast(request) => {
            let out = below(evaluate_frames::FOLDER);
            evaluate_frames::perform(context, request, (out.as_deref(), None))?
        }
        Step::Memory(request) => {
            explain_seq::perform(context, request, below(explain_seq::FOLDER).as_deref())?
        }
    }))
}

/// Returns the error about absent data, with how to continue without them.
fn without_data(context: &Context, half: Half, error: StudyError) -> anyhow::Error {
    let StudyError::Data(DataError::NotFound { dataset, .. }) = &error else {
        return error.into();
    };
    let fetch = context.command(["data", "fetch", dataset]);
    let quick = context.command(["reproduce", "--quick"]);
    let hint = match half {
        Half::Images => format!("{fetch}, or take images that camtrail generates: {quick}"),
        Half::Frames => {
            let only = context.command(["reproduce", "--only", "images"]);
            format!("{fetch}, or without it: {only}, or on generated data: {quick}")
        }
    };
    Complaint::failed(error.to_string(), hint).into()
}
