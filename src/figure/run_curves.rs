//! Learning curves from run folders.

use std::path::{Path, PathBuf};

use crate::run::{EpochRow, ForecastRow, RunDir, RunManifest, TableRow, read_epoch_records};

use super::curve_rows::Curved;
use super::{Curves, Figure, FigureError, Series};

/// A column that only the table of a classifier has.
const OF_CLASSIFIERS: &str = "validation_accuracy";

/// Draws the learning curves of `runs`, all of one kind, into `folder`, and returns the files.
///
/// # Errors
/// A record or table that cannot be read; as [`Figure::save`].
pub fn draw_curves(runs: &[RunDir], folder: &Path) -> Result<Vec<PathBuf>, FigureError> {
    let Some(first) = runs.first() else {
        return Ok(Vec::new());
    };
    let table = std::fs::read_to_string(first.epochs()).unwrap_or_default();
    let header = table.lines().next().unwrap_or_default();
    match header.split(',').any(|column| column == OF_CLASSIFIERS) {
        true => draw_kind::<EpochRow>(runs, folder),
        false => draw_kind::<ForecastRow>(runs, folder),
    }
}

fn draw_kind<R: Curved + TableRow>(
    runs: &[RunDir],
    folder: &Path,
) -> Result<Vec<PathBuf>, FigureError> {
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
    Curves {
        series,
        dataset,
        generated,
    }
    .save(folder)
}
