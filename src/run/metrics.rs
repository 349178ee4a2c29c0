//! `metrics.jsonl`: the rows of `epochs.csv` for other programs, one JSON object per line.

use std::path::Path;

use serde::Serialize;

use super::rows::EpochRecord;
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

/// Writes `rows` of `run`, whose epochs have `steps` steps each.
///
/// # Errors
/// As [`write_atomically`].
pub(super) fn write_metrics<R: EpochRecord>(
    path: &Path,
    run: &RunDir,
    steps: u64,
    rows: &[R],
) -> Result<(), RunError> {
    let mut content = Vec::new();
    for row in rows {
        let line = Line {
            trial: run.trial(),
            seed: run.seed(),
            step: u64::from(row.epoch()) * steps,
            row,
        };
        serde_json::to_writer(&mut content, &line)
            .map_err(|reason| RunError::damaged(path, reason))?;
        content.push(b'\n');
    }
    write_atomically(path, &content)
}
