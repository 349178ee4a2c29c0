//! Sweeps as text: the merged results, and the list of sweeps.

use crate::experiment::{ExperimentError, Sweep, known_sweeps};
use crate::run::SweepDir;
use crate::study::sweep::{CellState, Merged, pending};

use super::context::Context;
use super::experiments::question;
use super::failure::{Complaint, Failure};
use super::output::{DONE, FAILED, note, result, result_table};

/// Most cells without a result that are named.
const NAMED: usize = 10;

/// Prints the settings, best first, and what is missing.
pub(super) fn print(found: &Merged, cells: usize) {
    let mut rows: Vec<_> = found.summary.iter().collect();
    let is_loss = rows.first().is_some_and(|(row, _)| row.by_loss());
    rows.sort_by(|(a, _), (b, _)| a.best_first(b));
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
    for (cell, state) in found.undone.iter().take(NAMED) {
        let reason = state.reason();
        let reason = reason.map_or(String::new(), |reason| format!(": {reason}"));
        let (number, label, name) = (cell.cell, cell.label(), state.name());
        note(format!("  cell {number}, {label}: {name}{reason}"));
    }
    if found.undone.len() > NAMED {
        note(format!("  and {} more", found.undone.len() - NAMED));
    }
}

/// Prints the errors of cells whose records cannot be read, and returns the exit code.
pub(super) fn unreadable(context: &Context, name: &str, found: &Merged) -> u8 {
    let cells = found.undone.iter();
    let cells = cells.filter(|(_, state)| matches!(state, CellState::Unreadable(_)));
    let mut code = DONE;
    for (cell, state) in cells {
        let (number, reason) = (cell.cell.to_string(), state.reason().unwrap_or_default());
        let run = cell.dir(&context.runs.checkpoints);
        let hint = match reason.contains(&format!("{:?}", run.best())) {
            true => "remove that file: the latest checkpoint names the best epoch too".to_string(),
            false => format!(
                "restore the file from a copy, or move {:?} away and run the cell again: {}",
                run.path(),
                context.command(["sweep", "run", name, "--cell", &number])
            ),
        };
        let error = Complaint::failed(format!("cell {number}: {reason}"), hint);
        code = Failure::of(&error.into(), Some(context)).print();
    }
    code
}

/// Prints every sweep, planned or not. A sweep that cannot be read is reported after the others.
pub(super) fn list(context: &Context) -> anyhow::Result<u8> {
    let header = ["sweep", "cells", "done", "question"];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    let mut names = known_sweeps(&context.runs.folder);
    names.extend(SweepDir::list(&context.runs.checkpoints)?);
    names.sort();
    names.dedup();
    let mut errors: Vec<anyhow::Error> = Vec::new();
    for name in names {
        let dir = SweepDir::new(&context.runs.checkpoints, &name);
        let (cells, done) = match dir.read_plan() {
            Ok(Some(cells)) => {
                let open = pending(&context.runs, &cells).len();
                (cells.len().to_string(), (cells.len() - open).to_string())
            }
            Ok(None) => ("not planned".to_string(), "-".to_string()),
            Err(error) => {
                errors.push(error.into());
                ("unreadable".to_string(), "-".to_string())
            }
        };
        let question = match Sweep::load(&context.runs.folder, &name) {
            Ok(sweep) => question(&sweep.header),
            Err(ExperimentError::UnknownSweep { .. }) => String::new(),
            Err(error) => {
                errors.push(error.into());
                "its file cannot be read".to_string()
            }
        };
        rows.push(vec![name, cells, done, question]);
    }
    result_table(&rows);
    for error in &errors {
        Failure::of(error, Some(context)).print();
    }
    Ok(if errors.is_empty() { DONE } else { FAILED })
}
