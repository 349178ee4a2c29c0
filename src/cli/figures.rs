//! Figures from run folders and explanation folders, and where they went. Called by the verbs.

use std::path::{Path, PathBuf};

use crate::figure::{Curved, Curves, Depth, Figure, Series};
use crate::run::{DepthRow, RunDir, RunManifest, read_epoch_records};

/// Draws the learning curves of `runs`, all of one kind, into `folder`, and returns the files.
pub(super) fn curves<R: Curved>(runs: &[RunDir], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut series: Vec<Series<R>> = Vec::new();
    let (mut dataset, mut generated) = (String::new(), false);
    for run in runs {
        let manifest = RunManifest::read(&run.manifest())?;
        (dataset, generated) = (manifest.dataset, manifest.generated);
        series.push(Series {
            label: run.trial().to_string(),
            seed: run.seed(),
            rows: read_epoch_records(&run.epochs())?,
        });
    }
    Ok(Curves {
        series,
        dataset,
        generated,
    }
    .save(folder)?)
}

/// Draws accuracy against depth into `folder`, and returns the files.
pub(super) fn depth(rows: &[DepthRow], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    Ok(Depth { rows }.save(folder)?)
}
