//! `sweep`: many runs from one description, on this machine or on a cluster.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::experiment::{ExperimentError, Sweep};
use crate::run::{PlannedCell, SweepDir, plan_lines};
use crate::study::StudyError;
use crate::study::sweep::engine::TRY_AGAIN;
use crate::study::sweep::{
    CellEnd, Estimate, Merged, SweepError, estimate, merge, pending, planned, run_cell,
};

use super::context::Context;
use super::failure::Complaint;
use super::output::{DONE, note, result, result_file, result_table};
use super::progress::duration;
use super::shared::overrides;
use super::sweep_submit::{SubmitArguments, submit};
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
    /// Run the cells that are not done: all of them, a share, or one
    Run {
        #[command(flatten)]
        described: Described,
        /// Number of cells that run at once on this machine
        #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        workers: u16,
        /// One cell, by its number from 0 [default: $SLURM_ARRAY_TASK_ID or $JOB_COMPLETION_INDEX]
        #[arg(long, value_name = "N", conflicts_with_all = ["workers", "shard"])]
        cell: Option<u64>,
        /// A share of the cells: the I-th of N, from 1
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

/// A sweep by its name, or described by flags.
#[derive(Debug, Clone, Args)]
pub(super) struct Described {
    /// Name of the sweep: that of experiments/sweeps/NAME.toml, or a new one for the flags below
    pub(super) name: String,
    /// Experiment; can be given several times
    #[arg(long = "experiment", value_name = "NAME", value_delimiter = ',')]
    experiments: Vec<String>,
    /// A key and its values, such as train.learning_rate=1e-3,3e-3; several make every combination
    #[arg(long, value_name = "KEY=VALUE,VALUE", requires = "experiments")]
    grid: Vec<String>,
    /// Change a value in every cell
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "experiments")]
    overrides: Vec<String>,
    /// Training seeds [default: 0]
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "SEED,SEED",
        requires = "experiments"
    )]
    seeds: Vec<u64>,
    /// Use the defaults of this base instead of the experiments' own
    #[arg(
        long,
        visible_alias = "dataset",
        value_name = "NAME",
        requires = "experiments"
    )]
    base: Option<String>,
    /// The largest number of cells that is allowed [default: 1000]
    #[arg(long, value_name = "N")]
    most_cells: Option<u64>,
}

/// A share of the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shard {
    /// Number of the share, from 0.
    share: u64,
    shares: u64,
}

impl Shard {
    fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/');
        let numbers = parts.and_then(|(share, shares)| {
            Some((share.parse::<u64>().ok()?, shares.parse::<u64>().ok()?))
        });
        match numbers {
            Some((share, shares)) if (1..=shares).contains(&share) => Ok(Self {
                share: share - 1,
                shares,
            }),
            _ => Err("give I/N with I from 1 to N, such as 2/8".to_string()),
        }
    }

    fn has(&self, cell: u64) -> bool {
        cell % self.shares == self.share
    }
}

impl Described {
    /// Returns the sweep of the flags or of its file; `None` if there is neither, so that only its
    /// plan may be there.
    fn sweep(&self, context: &Context) -> anyhow::Result<Option<Sweep>> {
        let mut sweep = match self.experiments.is_empty() {
            true => match Sweep::load(&context.runs.folder, &self.name) {
                Err(ExperimentError::UnknownSweep { .. }) if self.is_planned(context) => {
                    return Ok(None);
                }
                loaded => loaded?,
            },
            false => self.of_flags(context)?,
        };
        if let Some(most) = self.most_cells {
            sweep.most_cells = most;
        }
        Ok(Some(sweep))
    }

    fn is_planned(&self, context: &Context) -> bool {
        SweepDir::new(&context.runs.checkpoints, &self.name)
            .plan()
            .exists()
    }

    fn of_flags(&self, context: &Context) -> anyhow::Result<Sweep> {
        crate::experiment::check_run_name(&context.runs.folder, &self.name, "")?;
        let mut sweep = Sweep::new(&self.name);
        sweep.experiments = self.experiments.clone();
        sweep.base = self.base.clone();
        sweep.set = overrides(&self.overrides)?;
        if !self.seeds.is_empty() {
            sweep.seeds = self.seeds.clone();
        }
        for text in &self.grid {
            let Some((key, values)) = text.split_once('=') else {
                return Err(ExperimentError::BadOverride {
                    given: text.clone(),
                }
                .into());
            };
            sweep.grid.push((key.trim().to_string(), listed(values)));
        }
        Ok(sweep)
    }

    /// Returns the cells of the plan, which is made if there is none.
    pub(super) fn cells(
        &self,
        context: &Context,
        replace: bool,
    ) -> anyhow::Result<Vec<PlannedCell>> {
        let sweep = self.sweep(context)?;
        Ok(planned(
            &context.runs,
            (&self.name, sweep.as_ref()),
            replace,
        )?)
    }
}

/// Returns the values of a list with commas between them; those in brackets belong to one value.
fn listed(text: &str) -> Vec<String> {
    let (mut values, mut depth) = (vec![String::new()], 0_usize);
    for character in text.chars() {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                values.push(String::new());
                continue;
            }
            _ => {}
        }
        values
            .last_mut()
            .expect("there is always one")
            .push(character);
    }
    let values = values.iter().map(|value| value.trim().to_string());
    values.filter(|value| !value.is_empty()).collect()
}

/// Runs one of the verbs of `sweep`.
pub(super) fn run(context: &Context, arguments: &SweepArguments) -> anyhow::Result<u8> {
    match &arguments.verb {
        SweepVerb::Plan { described, replace } => {
            let cells = described.cells(context, *replace)?;
            result_file(plan_lines(&cells).trim_end());
            announce(context, &cells, 1)?;
            Ok(DONE)
        }
        SweepVerb::Run {
            described,
            workers,
            cell,
            shard,
        } => {
            let name = &described.name;
            let cells = described.cells(context, false)?;
            if let Some(index) = numbered(context, *cell)? {
                return one(context, name, &cells, index);
            }
            announce(context, &cells, *workers)?;
            let mut open = pending(&context.runs, &cells);
            open.retain(|cell| shard.is_none_or(|shard| shard.has(*cell)));
            let workers = Workers {
                name,
                cells: &cells,
                open: &open,
                at_once: usize::from(*workers),
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

/// Notes what the cells that are not done will cost.
fn announce(context: &Context, cells: &[PlannedCell], workers: u16) -> anyhow::Result<()> {
    let Estimate {
        cells: open,
        bytes,
        seconds,
    } = estimate(&context.runs, cells)?;
    let all = cells.len();
    if open == 0 {
        note(format!("all {all} cells are done"));
        return Ok(());
    }
    let time = match seconds {
        Some(seconds) => format!("about {} of training", duration(seconds)),
        None => "the time is unknown until a run on the same data is done here".to_string(),
    };
    let several = match workers {
        1 => String::new(),
        workers => format!(", {workers} at once"),
    };
    note(format!(
        "{open} of {all} cells to run{several}: {time}, up to {:.0} MB of checkpoints",
        bytes as f64 / MEGABYTE
    ));
    Ok(())
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
    Ok(match run_cell(&context.runs, name, cell, context)? {
        CellEnd::Done => DONE,
        CellEnd::Already => {
            note(format!("cell {index} is done already"));
            DONE
        }
        CellEnd::Stopped => {
            note(format!(
                "cell {index} stopped; the same command continues it"
            ));
            TRY_AGAIN
        }
    })
}

fn merged(context: &Context, name: &str, out: Option<&std::path::Path>) -> anyhow::Result<u8> {
    let cells = planned(&context.runs, (name, None), false)?;
    let found = merge(&context.runs, name, &cells)?;
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
    Ok(super::output::listed(files))
}

/// Prints the settings, best first, and what is missing.
fn print(found: &Merged, cells: usize) {
    let mut rows: Vec<_> = found.summary.iter().collect();
    let is_loss = rows.iter().any(|(row, _)| row.measure == "validation_loss");
    rows.sort_by(|(a, _), (b, _)| match is_loss {
        true => a.mean.total_cmp(&b.mean),
        false => b.mean.total_cmp(&a.mean),
    });
    let head = match is_loss {
        true => "validation loss",
        false => "validation %",
    };
    let mut header = vec!["experiment".to_string()];
    header.extend(found.keys.iter().cloned());
    header.extend([head, "95 % over seeds", "seeds"].map(str::to_string));
    let number = |value: f64| match is_loss {
        true => format!("{value:.4}"),
        false => format!("{:.2}", 100.0 * value),
    };
    let mut table = vec![header];
    for (row, values) in rows {
        let mut line = vec![row.experiment.clone()];
        line.extend(values.iter().cloned());
        line.push(number(row.mean));
        line.push(match row.low.zip(row.high) {
            Some((low, high)) => format!("{} to {}", number(low), number(high)),
            None => "-".to_string(),
        });
        line.push(row.seeds.to_string());
        table.push(line);
    }
    if table.len() > 1 {
        result_table(&table);
        result("");
    }
    let done = found.rows.len();
    if done == cells {
        return;
    }
    note(format!("{done} of {cells} cells are done; not done:"));
    /// Most cells that are named.
    const NAMED: usize = 10;
    for (cell, state) in found.undone.iter().take(NAMED) {
        let reason = match state {
            crate::study::sweep::CellState::Failed(reason) => format!("failed: {reason}"),
            other => other.name().to_string(),
        };
        note(format!("  cell {}, {}: {reason}", cell.cell, cell.label()));
    }
    if found.undone.len() > NAMED {
        note(format!("  and {} more", found.undone.len() - NAMED));
    }
}

fn list(context: &Context) -> anyhow::Result<u8> {
    let header = ["sweep", "cells", "done", "question"];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    let mut names = crate::experiment::known_sweeps(&context.runs.folder);
    names.extend(SweepDir::list(&context.runs.checkpoints)?);
    names.sort();
    names.dedup();
    for name in names {
        let dir = SweepDir::new(&context.runs.checkpoints, &name);
        let (cells, done) = match dir.read_plan()? {
            Some(cells) => {
                let open = pending(&context.runs, &cells).len();
                (cells.len().to_string(), (cells.len() - open).to_string())
            }
            None => ("not planned".to_string(), "-".to_string()),
        };
        let header = match Sweep::load(&context.runs.folder, &name) {
            Ok(sweep) => sweep.header,
            Err(ExperimentError::UnknownSweep { .. }) => String::new(),
            Err(error) => return Err(error.into()),
        };
        let question = super::experiments::question(&header);
        rows.push(vec![name, cells, done, question]);
    }
    result_table(&rows);
    Ok(DONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_in_brackets_belong_to_a_value() {
        assert_eq!(listed("1e-3, 3e-3"), ["1e-3", "3e-3"]);
        assert_eq!(listed("[8,16],[16, 32]"), ["[8,16]", "[16, 32]"]);
        assert_eq!(listed("relu,gelu,"), ["relu", "gelu"]);
    }

    #[test]
    fn shares_take_every_cell_once() {
        let share = |text| Shard::parse(text).expect("a share");
        for cell in 0..7 {
            let takers = ["1/3", "2/3", "3/3"].map(|text| share(text).has(cell));
            assert_eq!(takers.iter().filter(|takes| **takes).count(), 1);
        }
        for text in ["0/3", "4/3", "1", "a/b", "1/0"] {
            assert!(Shard::parse(text).is_err(), "{text}");
        }
    }
}
