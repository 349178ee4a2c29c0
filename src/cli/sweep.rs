//! `sweep`: many runs from one description, on this machine or on a cluster.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use crate::experiment::Sweep;
use crate::run::{PlannedCell, plan_lines};
use crate::study::StudyError;
use crate::study::sweep::engine::TRY_AGAIN;
use crate::study::sweep::{
    CellEnd, Estimate, SweepError, Time, estimate, merge, pending, planned, run_cell,
};

use super::context::Context;
use super::failure::Complaint;
use super::hints;
use super::modes::Mode;
use super::output::{DONE, listed, note, result_file};
use super::progress::duration;
use super::sweep_described::{Described, Shard};
use super::sweep_submit::{SubmitArguments, check_queue, submit};
use super::sweep_text::{list, print, unreadable};
use super::sweep_workers::{Workers, run_all};

/// Folder of the merged tables and figures, in that of all figures.
const FOLDER: &str = "sweeps";
/// Variables in which Slurm and Kubernetes give the number of a cell.
const INDEX_VARIABLES: [&str; 2] = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"];
/// Bytes of a megabyte.
const MEGABYTE: f64 = 1e6;

/// Arguments of `sweep`.
#[derive(Debug, Clone, Args)]
pub(super) struct SweepArguments {
    #[command(subcommand)]
    pub(super) verb: SweepVerb,
}

/// The subcommands of `sweep`.
#[derive(Debug, Clone, Subcommand)]
pub(super) enum SweepVerb {
    /// Write the cells of a sweep as JSON lines, with an estimate of time and disk
    Plan {
        #[command(flatten)]
        described: Described,
        /// Replace an earlier plan; runs that are done are kept
        #[arg(long)]
        replace: bool,
    },
    /// Run the cells that are not done: all of them, a shard, or one
    Run {
        #[command(flatten)]
        described: Described,
        /// Number of cells that run at once on this machine
        #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        workers: u16,
        /// Run one cell, numbered from 0 [default: $SLURM_ARRAY_TASK_ID or $JOB_COMPLETION_INDEX]
        #[arg(long, value_name = "N", conflicts_with_all = ["workers", "shard"])]
        cell: Option<u64>,
        /// Run shard I of N, numbered from 1
        #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
        shard: Option<Shard>,
    },
    /// Write one table of the cells that are done, draw it, and report what is missing
    Merge {
        /// Name of the sweep
        name: String,
        /// Folder for tables and figures
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Submit a sweep to a cluster, or write what the cluster needs
    Submit(SubmitArguments),
    /// List the sweeps and how many of their cells are done
    List,
}

impl SweepArguments {
    /// Returns the mode: the engine of `submit`.
    pub(super) fn mode(&self) -> Mode {
        match &self.verb {
            SweepVerb::Submit(arguments) => arguments.mode(),
            _ => Mode::Only,
        }
    }
}

/// Runs one of the verbs of `sweep`.
pub(super) fn run(context: &Context, arguments: &SweepArguments) -> anyhow::Result<u8> {
    match &arguments.verb {
        SweepVerb::Plan { described, replace } => {
            if *replace {
                check_queue(context, &described.name)?;
            }
            let cells = described.cells(context, *replace)?;
            result_file(plan_lines(&cells).trim_end());
            let open = pending(&context.runs, &cells);
            announce(context, (&cells, &open), 1)?;
            Ok(DONE)
        }
        SweepVerb::Run {
            described,
            workers,
            cell,
            shard,
        } => {
            let name = &described.name;
            if let Some(index) = numbered(context, *cell)? {
                return one(context, name, &described.planned(context)?, index);
            }
            let at_once = usize::from(*workers);
            let cells = described.cells(context, false)?;
            let mut open = pending(&context.runs, &cells);
            open.retain(|cell| shard.is_none_or(|shard| shard.has(*cell)));
            announce(context, (&cells, &open), at_once)?;
            let workers = Workers {
                name,
                cells: &cells,
                open: &open,
                at_once,
            };
            let code = run_all(context, &workers)?;
            if code == DONE && shard.is_none() {
                let merge = context.command(["sweep", "merge", name]);
                note(format!("for one table and its figure: {merge}"));
            }
            Ok(code)
        }
        SweepVerb::Merge { name, out } => merged(context, name, out.as_deref()),
        SweepVerb::Submit(arguments) => submit(context, arguments),
        SweepVerb::List => list(context),
    }
}

/// Returns the number of the one cell to run: the user's, or that which an engine gives, if neither
/// `--workers` nor `--shard` is given.
fn numbered(context: &Context, given: Option<u64>) -> anyhow::Result<Option<u64>> {
    let several = ["--workers", "--shard"];
    if given.is_some() || several.iter().any(|option| context.given.has(option)) {
        return Ok(given);
    }
    for variable in INDEX_VARIABLES {
        let Ok(text) = std::env::var(variable) else {
            continue;
        };
        let number = text.parse().map_err(|_| {
            Complaint::failed(
                format!("${variable} is {text:?}, not the number of a cell"),
                "give --cell N, or --workers N to run all cells here",
            )
        })?;
        note(format!("cell {number}, given by ${variable}"));
        return Ok(Some(number));
    }
    Ok(None)
}

/// Notes what the open cells will cost.
fn announce(
    context: &Context,
    (cells, open): (&[PlannedCell], &[u64]),
    workers: usize,
) -> anyhow::Result<()> {
    let all = cells.len();
    let Estimate {
        cells: count,
        bytes,
        time,
    } = estimate(&context.runs, cells, (open, workers))?;
    if count == 0 {
        note(format!("all {all} cells are done"));
        return Ok(());
    }
    let time = time.map_or(
        "the time is unknown until a run on the same data is done here".to_string(),
        in_words,
    );
    let several = match workers {
        1 => String::new(),
        workers => format!(", {workers} at once"),
    };
    note(format!(
        "{count} of {all} cells to run{several}: {time}, up to {:.0} MB of checkpoints",
        bytes as f64 / MEGABYTE
    ));
    Ok(())
}

/// Returns how long the training takes. Workers share this machine, so several at once are not as fast as
/// each alone.
fn in_words(time: Time) -> String {
    match [time.parallel, time.serial].map(duration) {
        [least, most] if least == most => format!("about {most} of training"),
        [least, most] => format!("about {least} to {most} of training"),
    }
}

/// Runs one cell in this process.
fn one(context: &Context, name: &str, cells: &[PlannedCell], index: u64) -> anyhow::Result<u8> {
    let cell = usize::try_from(index)
        .ok()
        .and_then(|index| cells.get(index));
    let Some(cell) = cell else {
        return Err(StudyError::from(SweepError::NoCell {
            name: name.to_string(),
            cell: index,
            last: (cells.len() as u64).saturating_sub(1),
        })
        .into());
    };
    let ended = run_cell(&context.runs, name, cell, context);
    Ok(
        match ended.map_err(|error| of_cell(context, (name, cell), error))? {
            CellEnd::Done => DONE,
            CellEnd::Already => {
                note(format!("cell {index} is done already"));
                DONE
            }
            CellEnd::Elsewhere => {
                note(format!("cell {index} is running in another process"));
                TRY_AGAIN
            }
            CellEnd::Stopped => {
                note(format!(
                    "cell {index} stopped; the same command continues it"
                ));
                TRY_AGAIN
            }
        },
    )
}

/// Returns the `error` of a cell, with a hint that is about the sweep rather than about `train`.
fn of_cell(
    context: &Context,
    (name, cell): (&str, &PlannedCell),
    error: StudyError,
) -> anyhow::Error {
    let StudyError::Train(cause) = &error else {
        return error.into();
    };
    // A sweep without a file was described with options.
    let sweep = Sweep::load(&context.runs.folder, name).ok();
    match hints::cell(cause, (name, cell), (sweep.as_ref(), &context.commands)) {
        Some(hint) => Complaint::failed(error.to_string(), hint).into(),
        None => error.into(),
    }
}

fn merged(context: &Context, name: &str, out: Option<&Path>) -> anyhow::Result<u8> {
    let cells = planned(&context.runs, (name, None), false)?;
    let found = merge(&context.runs, name, &cells);
    let output = context.output(out, &[FOLDER, name])?;
    let set = output.stage()?;
    let tables: Vec<PathBuf> = found
        .write(set.path())?
        .iter()
        .map(|file| set.placed(file))
        .collect();
    print(&found, cells.len());
    let outdated = context.left_in(output.path(), &["sweep"]);
    let mut files = context.finish(set, "", &outdated)?;
    files.extend(tables);
    Ok(listed(files).max(unreadable(context, name, &found)))
}
