//! Sweeps as text: the merged results, and the list of sweeps.

use crate::experiment::{ExperimentError, Sweep, known_sweeps};
use crate::run::SweepDir;
use crate::study::sweep::{CellState, Merged, pending};

use super::context::Context;
use super::experiments::question;
use super::output::{DONE, note, result, result_table};

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
        let reason = match state {
            CellState::Failed(reason) => format!("failed: {reason}"),
            other => other.name().to_string(),
        };
        note(format!("  cell {}, {}: {reason}", cell.cell, cell.label()));
    }
    if found.undone.len() > NAMED {
        note(format!("  and {} more", found.undone.len() - NAMED));
    }
}

/// Prints every sweep, planned or not.
pub(super) fn list(context: &Context) -> anyhow::Result<u8> {
    let header = ["sweep", "cells", "done", "question"];
    let mut rows = vec![header.map(str::to_string).to_vec()];
    let mut names = known_sweeps(&context.runs.folder);
    names.extend(SweepDir::list(&context.runs.checkpoints)?);
    names.sort();
    names.dedup();
    for name in names {
        let dir = SweepDir::new(&context.runs.checkpoints, &name);
        let (cells, done) = match dir.read_plan()? {
            Some(cells) => {
                let open = pending(&context.runs, &cells)?.len();
                (cells.len().to_string(), (cells.len() - open).to_string())
            }
            None => ("not planned".to_string(), "-".to_string()),
        };
        let header = match Sweep::load(&context.runs.folder, &name) {
            Ok(sweep) => sweep.header,
            Err(ExperimentError::UnknownSweep { .. }) => String::new(),
            Err(error) => return Err(error.into()),
        };
        let question = question(&header);
        rows.push(vec![name, cells, done, question]);
    }
    result_table(&rows);
    Ok(DONE)
}
