//! Figures from run folders and tables, and where they went.

use std::path::{Path, PathBuf};

use crate::figure::{Depth, Figure, draw_curves};
use crate::run::{DepthRow, RunDir};

/// Draws the learning curves of `runs`, all of one kind, into `folder`, and returns the files.
pub(super) fn curves(runs: &[RunDir], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    Ok(draw_curves(runs, folder)?)
}

/// Draws accuracy against depth into `folder`, and returns the files.
pub(super) fn depth(rows: &[DepthRow], folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    Ok(Depth { rows }.save(folder)?)
}
