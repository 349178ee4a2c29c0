//! `metrics.jsonl`: the rows of `epochs.csv` for other programs, one JSON object per line.

use serde::Serialize;

use super::{RunDir, RunError, write_atomically};

/// One line of the file.
#[derive(Debug, Serialize)]
struct Line<'a, R> {
    trial: &'a str,
    seed: u64,
    /// Optimizer steps done at the end of the epoch.
    step: u64,
    /// All columns of `epochs.csv`; an empty cell is `null`.
    #[serde(flatten)]
    row: &'a R,
}

/// Writes the rows of `run`, each after its number of steps.
///
/// # Errors
/// As [`write_atomically`].
pub(super) fn write_metrics<'a, R: Serialize + 'a>(
    run: &RunDir,
    rows: impl Iterator<Item = (u64, &'a R)>,
) -> Result<(), RunError> {
    let path = run.metrics();
    let mut content = Vec::new();
    for (step, row) in rows {
        let line = Line {
            trial: run.trial(),
            seed: run.seed(),
            step,
            row,
        };
        serde_json::to_writer(&mut content, &line)
            .map_err(|reason| RunError::damaged(&path, reason))?;
        content.push(b'\n');
    }
    write_atomically(&path, &content)
}
