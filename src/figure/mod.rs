//! Figures, drawn from the tables and maps that earlier stages left on disk; no model is seen here.
//!
//! [`draw_folder`] draws everything that a folder holds. A figure is a file that says what it reads in
//! a folder and how it is drawn, and its line in `FIGURES`.

mod ablation;
mod animation;
mod area;
mod axis;
mod calibration;
mod canvas;
mod capacity;
mod capacity_compared;
mod capacity_page;
mod clip_view;
mod colour;
mod compared;
mod compared_names;
mod confusion;
mod confusion_matrix;
mod curve_line;
mod curve_rows;
mod curves;
mod depth;
mod drawing;
mod error;
mod file_name;
mod folder;
#[cfg(test)]
mod folder_tests;
mod frame_scores;
mod grid;
mod grid_rows;
mod heat;
mod interval_rows;
mod lines;
mod loc_coverage;
mod loc_curves;
mod loc_panels;
mod loc_pictures;
mod page;
mod panels;
mod picture;
mod plot;
mod run_names;
#[cfg(test)]
mod samples;
mod sanity_cascade;
mod sanity_pictures;
mod score_depth;
mod score_looks;
mod seed_marks;
mod selection;
mod sheet;
mod stability;
mod svg_text;
mod sweep;
mod theme;
mod trail;
mod training_time;
mod trajectory;
mod typeface;
mod verdict;

pub use colour::{colour_table, diverging_table};
pub use curves::draw_curves;
pub use error::FigureError;
pub use heat::overlay_png;
pub use svg_text::network_title;
pub use typeface::characters_without_font;

use std::path::{Path, PathBuf};

use crate::run::settle;
use folder::{Folder, FolderFigure, folders_in, hold};

/// Every figure that is drawn from a folder, in the order in which a folder is drawn.
const FIGURES: &[FolderFigure] = &[
    grid::FIGURE,
    panels::FIGURE,
    trail::FIGURE,
    ablation::FIGURE,
    ablation::COMPARED,
    training_time::FIGURE,
    depth::FIGURE,
    compared::FIGURE,
    curves::FIGURE,
    confusion::FIGURE,
    calibration::FIGURE,
    frame_scores::FIGURE,
    trajectory::FIGURE,
    capacity::FIGURE,
    capacity_compared::FIGURE,
    score_depth::FIGURE,
    loc_curves::FIGURE,
    loc_coverage::FIGURE,
    loc_pictures::FIGURE,
    sanity_cascade::FIGURE,
    sanity_pictures::FIGURE,
    stability::FIGURE,
    sweep::FIGURE,
];

/// Draws every figure whose tables and maps lie in `folder` into it, and returns the files; none where
/// there is nothing to draw. Folders below it are not searched.
///
/// # Errors
/// [`FigureError::Stopped`] as soon as `stop` returns true; [`FigureError::InFolder`] names the figure
/// that cannot be drawn; [`FigureError::Save`] for a file that cannot be read or written.
pub fn draw_folder(folder: &Path, stop: &dyn Fn() -> bool) -> Result<Vec<PathBuf>, FigureError> {
    let mut files = Vec::new();
    let mut drawn = |file: &Path| files.push(file.to_path_buf());
    draw_one(
        &mut Folder::new(folder, folder, Some(stop), &mut drawn),
        |_| true,
    )?;
    Ok(files)
}

/// Returns the files that [`draw_folder`] draws in `folder` of the figures called `names`, such as
/// "panels", without drawing them.
///
/// # Errors
/// As [`draw_folder`].
pub fn drawn_files(folder: &Path, names: &[&str]) -> Result<Vec<PathBuf>, FigureError> {
    let mut files = Vec::new();
    let mut named = |file: &Path| files.push(file.to_path_buf());
    draw_one(
        &mut Folder::new(folder, folder, None, &mut named),
        |figure| names.contains(&figure.name),
    )?;
    Ok(files)
}

/// Draws every figure whose tables and maps lie in `from` or below it to the same place below `into`,
/// and passes each file to `drawn` as soon as it is there. Hidden folders and links are skipped. Where
/// a folder is drawn, no other command writes into it.
///
/// # Errors
/// As [`draw_folder`]; a folder that cannot be listed, or that another process writes into.
pub fn draw_below(
    from: &Path,
    into: &Path,
    stop: &dyn Fn() -> bool,
    drawn: &mut dyn FnMut(&Path),
) -> Result<(), FigureError> {
    settle(from)?;
    let held = hold(from, into, &inputs())?;
    draw_one(
        &mut Folder::new(from, into, Some(stop), &mut *drawn),
        |_| true,
    )?;
    drop(held);
    for below in folders_in(from)? {
        let name = below.file_name().unwrap_or_default();
        draw_below(&below, &into.join(name), stop, &mut *drawn)?;
    }
    Ok(())
}

/// Returns the files and folders that figures are drawn from, such as "depth.csv", each once.
pub fn inputs() -> Vec<&'static str> {
    selection::unique(FIGURES.iter().map(|figure| figure.reads))
}

fn draw_one(
    folder: &mut Folder<'_>,
    wanted: impl Fn(&FolderFigure) -> bool,
) -> Result<(), FigureError> {
    for figure in FIGURES.iter().filter(|figure| wanted(figure)) {
        (figure.draw)(folder).map_err(|reason| match reason {
            FigureError::Stopped | FigureError::Save(_) => reason,
            reason => FigureError::InFolder {
                figure: figure.name,
                folder: folder.from.to_path_buf(),
                reason: Box::new(reason),
            },
        })?;
    }
    Ok(())
}
