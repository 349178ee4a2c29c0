//! `reproduce`: trains, explains and draws every trial with one command.

use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};

use crate::data::DataError;
use crate::run::check_folder;
use crate::study::reproduce::{
    Half, Request, Scheduled, Step, check_data, discard, plan, schedule,
};
use crate::study::series::{NORMALISED, PLAIN, Series};
use crate::study::{AnyExperiment, StudyError, measure};

use super::commands::Commands;
use super::context::{Context, FIGURES, SANITY};
use super::failure::Complaint;
use super::modes::Mode;
use super::output::{DONE, note, result};
use super::progress::{Following, duration};
use super::report::write_page;
use super::shared::{overrides, series};
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

/// Starts of the names of the pictures to open first.
const FIRST: [&str; 4] = ["trail-", "depth", "score-depth", "trajectory"];

/// Arguments of `reproduce`.
#[derive(Debug, Clone, Args)]
pub(super) struct ReproduceArguments {
    /// Generated images and short trainings: no download, under ten minutes on two cores
    #[arg(long)]
    quick: bool,
    /// Training seeds [default: 0,1,2; with --quick 0]
    #[arg(long, value_delimiter = ',', value_name = "SEED,SEED")]
    seeds: Vec<u64>,
    /// Trials A to D with batch normalisation, or as plain as can be
    #[arg(long, value_name = "NAME", value_parser = series(), default_value = NORMALISED.name, conflicts_with = "quick")]
    series: Series,
    /// Only one part: trials A to D on images, or next-frame predictors on clips
    #[arg(long, value_enum, value_name = "PART")]
    only: Option<Part>,
    /// Change a value of trials A to D, such as train.epochs=10; can be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// Start over, removing existing runs
    #[arg(long)]
    force: bool,
    /// List what would be made, with the time that it takes, and stop
    #[arg(long)]
    dry_run: bool,
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
        series: if arguments.quick {
            PLAIN
        } else {
            arguments.series
        },
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
    if arguments.dry_run {
        describe(context, &steps)?.into_iter().for_each(result);
        return Ok(DONE);
    }
    for half in [Half::Images, Half::Frames] {
        check_data(runs, &steps, half).map_err(|error| without_data(context, half, error))?;
    }
    if arguments.force {
        discard(runs, &steps)?;
    }
    describe(context, &steps)?.into_iter().for_each(note);
    let mut files = Vec::new();
    for (place, step) in steps.iter().enumerate() {
        let later = schedule(runs, steps.get(place + 1..).unwrap_or_default())?;
        let seconds = later
            .iter()
            .map(|training| training.seconds.unwrap_or(0.0))
            .sum();
        context.following.set(Following::Seconds(seconds));
        match perform(context, step, arguments.out.as_deref())? {
            Made::Files(made) if made.is_empty() => note(time_left(&schedule(runs, &steps)?)),
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
    let folder = arguments.out.as_deref().unwrap_or(Path::new(FIGURES));
    show(&write_page(context, folder, None)?, &files);
    Ok(DONE)
}

/// Prints the page to open, a few pictures, and the folders of all.
fn show(page: &Path, files: &[PathBuf]) {
    result("");
    result(format!(
        "open {} in a browser, or these pictures first:",
        page.display()
    ));
    let named = |start: &str| {
        let starts = |path: &&PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(start) && name.ends_with(".png")
        };
        files.iter().find(starts)
    };
    for path in FIRST.iter().filter_map(|start| named(start)) {
        result(format!("  {}", path.display()));
    }
    let mut folders: Vec<(&Path, usize)> = Vec::new();
    for folder in files.iter().filter_map(|path| path.parent()) {
        match folders.iter_mut().find(|(known, _)| *known == folder) {
            Some((_, count)) => *count += 1,
            None => folders.push((folder, 1)),
        }
    }
    result("all pictures (PNG and SVG) and tables:");
    for (folder, count) in folders {
        result(format!("  {} ({count} files)", folder.display()));
    }
}

/// Returns what the plan makes, line by line.
fn describe(context: &Context, steps: &[Step]) -> anyhow::Result<Vec<String>> {
    let schedule = schedule(&context.runs, steps)?;
    let mut lines = Vec::new();
    for training in &schedule {
        let Scheduled {
            experiment,
            seeds,
            epochs,
            left,
            seconds,
        } = training;
        let listed: Vec<String> = seeds.iter().map(u64::to_string).collect();
        let all = *epochs as usize * seeds.len();
        let state = match (*left, seconds) {
            (0, _) => "done".to_string(),
            (left, Some(seconds)) => {
                format!("{left} of {all} epochs left, about {}", duration(*seconds))
            }
            (left, None) => format!("{left} of {all} epochs left"),
        };
        let word = if seeds.len() == 1 { "seed" } else { "seeds" };
        lines.push(format!(
            "train {experiment}, {word} {}: {state}",
            listed.join(", ")
        ));
    }
    lines.extend(steps.iter().filter_map(|step| {
        Some(match step {
            Step::Train(..) => return None,
            Step::Ablation(_) => "draw the ablation, and measure accuracy".to_string(),
            Step::Sanity(request) => format!(
                "sanity checks of the maps of {}",
                images(&request.measurement)
            ),
            Step::Score(request) => {
                format!("scores of the maps of {}", images(&request.measurement))
            }
            Step::Localization(request) => {
                format!("localisation on {}", images(&request.measurement))
            }
            Step::Forecast(_) => "scores of the predicted frames".to_string(),
            Step::Memory(_) => "what the predictors remember".to_string(),
        })
    }));
    lines.push(time_left(&schedule));
    Ok(lines)
}

/// Returns the images of a measurement in words.
fn images(measurement: &measure::Request) -> String {
    match measurement.limit {
        Some(limit) => format!("the first {limit} test images, or all if there are fewer"),
        None => "all test images".to_string(),
    }
}

/// Returns how long all trainings take that are left.
fn time_left(schedule: &[Scheduled]) -> String {
    let left: u32 = schedule.iter().map(|training| training.left).sum();
    let seconds = schedule.iter().map(|training| training.seconds);
    match (left, seconds.sum::<Option<f64>>()) {
        (0, _) => "all trainings are done".to_string(),
        (_, Some(seconds)) => format!(
            "about {} of training left, then the measurements",
            duration(seconds)
        ),
        (left, None) => format!(
            "{left} epochs of training left; how long they take is known after the first run on each data set"
        ),
    }
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
    let announce = |what: &str, measurement: &measure::Request| {
        note(format!("{what}: {}", images(measurement)));
    };
    let marked = |request: &measure::Request, out: Option<&Path>| measure::Request {
        verdicts: context.verdicts(&request.trials, request.base.as_deref(), out),
        ..request.clone()
    };
    Ok(Made::Files(match step {
        Step::Train(AnyExperiment::Classify(resolved), seed) => {
            return Ok(train_missing(context, resolved, *seed)?.into());
        }
        Step::Train(AnyExperiment::Forecast(resolved), seed) => {
            return Ok(train_missing(context, resolved, *seed)?.into());
        }
        Step::Ablation(request) => ablate::perform(context, request, out)?,
        Step::Sanity(request) => {
            announce("sanity checks of the maps", &request.measurement);
            sanity::perform(context, request, below(SANITY).as_deref())?
        }
        Step::Score(request) => {
            announce("scores of the maps", &request.measurement);
            let out = below(score::FOLDER);
            let request = crate::study::score::Request {
                measurement: marked(&request.measurement, out.as_deref()),
                ..request.clone()
            };
            score::perform(context, &request, out.as_deref())?
        }
        Step::Localization(request) => {
            announce("localisation", &request.measurement);
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
