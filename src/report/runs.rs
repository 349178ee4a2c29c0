//! Where results come from: the runs of the networks that the tables name.

use std::path::Path;

use super::error::ReportError;
use super::table::{Table, TableCell, numbers, texts};
use crate::run::{DepthRow, FrameScoreRow, RunDir, RunManifest, RunStatus, TableRow, list_runs};

/// A network that a table names: its experiment, its seed, and the folder of its section.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    experiment: String,
    seed: u64,
    section: String,
}

/// Adds the networks that the tables in `folder` name to `named`.
pub(super) fn name_networks(
    folder: &Path,
    section: &str,
    named: &mut Vec<Named>,
) -> Result<(), ReportError> {
    let depth = DepthRow::read_if_present(&folder.join(DepthRow::FILE))?;
    let frames = FrameScoreRow::read_if_present(&folder.join(FrameScoreRow::FILE))?;
    let classifiers = depth.into_iter().map(|row| (row.trial, row.seed));
    let predictors = frames
        .into_iter()
        .filter_map(|row| Some((row.forecast, row.seed?)));
    for (experiment, seed) in classifiers.chain(predictors) {
        let new = Named {
            experiment,
            seed,
            section: section.to_string(),
        };
        if !named.contains(&new) {
            named.push(new);
        }
    }
    Ok(())
}

/// Returns the table of the runs below `roots` that `named` lists; a run in an earlier folder hides one
/// in a later folder. A damaged record is skipped: it says
/// nothing of the results.
pub(super) fn table(roots: &[&Path], named: &[Named]) -> Result<Table, ReportError> {
    let mut table = Table {
        columns: texts(&["Run"])
            .chain(numbers(&["Parameters"]))
            .chain(texts(&[
                "Data", "Device", "camtrail", "Burn", "Revision", "Status",
            ]))
            .collect(),
        ..Table::default()
    };
    let mut left: Vec<&Named> = named.iter().collect();
    for root in roots {
        for run in list_runs(root)? {
            let Ok(manifest) = RunManifest::read(&run.manifest()) else {
                continue;
            };
            let known = left.len();
            left.retain(|named| !is_of(&run, &manifest, named));
            if left.len() < known {
                table.rows.push(row(&run, manifest));
            }
        }
    }
    Ok(table)
}

/// Returns whether `run` is the network that a table names: results on the experiment's own base lie in
/// the folder of the data set, others in that of the base.
fn is_of(run: &RunDir, manifest: &RunManifest, named: &Named) -> bool {
    let own_base = run.trial() == named.experiment && manifest.dataset == named.section;
    let other_base = run.trial() == format!("{}/{}", named.section, named.experiment);
    run.seed() == named.seed && (own_base || other_base)
}

fn row(run: &RunDir, manifest: RunManifest) -> Vec<TableCell> {
    let status = match manifest.status {
        RunStatus::Done => "done".to_string(),
        RunStatus::Running => "running or killed".to_string(),
        RunStatus::Interrupted => "interrupted".to_string(),
        RunStatus::Failed { reason } => format!("failed: {reason}"),
    };
    let revision = manifest.git_revision.unwrap_or_else(|| "–".to_string());
    vec![
        TableCell::text(format!("{}, seed {}", run.trial(), run.seed())),
        TableCell::count(manifest.parameters),
        TableCell::text(manifest.dataset),
        TableCell::text(manifest.device),
        TableCell::text(manifest.camtrail),
        TableCell::text(manifest.burn),
        TableCell::text(revision),
        TableCell::text(status),
    ]
}
