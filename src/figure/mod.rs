//! Figures, drawn from the tables and maps that earlier stages left on disk; no model is seen here.
//!
//! [`draw_folder`] draws everything that a folder holds. A figure is a file that says what it reads in
//! a folder and how it is drawn, and its line in `FIGURES`.

mod ablation;
mod animation;
mod area;
mod axis;
mod canvas;
mod capacity;
mod capacity_compared;
mod capacity_page;
mod clip_view;
mod colour;
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
mod lines;
mod loc_coverage;
mod loc_curves;
mod loc_panels;
mod loc_pictures;
mod page;
mod panels;
mod picture;
mod plot;
#[cfg(test)]
mod samples;
mod sanity_cascade;
mod sanity_pictures;
mod score_depth;
mod selection;
mod sheet;
mod svg_text;
mod theme;
mod training_time;
mod trajectory;
mod typeface;
mod verdict;

pub use curves::draw_curves;
pub use error::FigureError;
pub use typeface::characters_without_font;

use std::path::{Path, PathBuf};

use folder::{Folder, FolderFigure, folders_in};

/// Every figure that is drawn from a folder, in the order in which a folder is drawn.
const FIGURES: &[FolderFigure] = &[
    grid::FIGURE,
    panels::FIGURE,
    ablation::FIGURE,
    training_time::FIGURE,
    depth::FIGURE,
    curves::FIGURE,
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
];

/// Draws every figure whose tables and maps lie in `folder` into it, and returns the files; none where
/// there is nothing to draw. Folders below it are not searched.
///
/// # Errors
/// [`FigureError::Stopped`] as soon as `stop` returns true; [`FigureError::InFolder`] names the figure
/// that cannot be drawn; [`FigureError::Save`] for a file that cannot be read or written.
pub fn draw_folder(folder: &Path, stop: &dyn Fn() -> bool) -> Result<Vec<PathBuf>, FigureError> {
    let mut files = Vec::new();
    draw_one(&mut Folder {
        from: folder,
        into: folder,
        stop,
        drawn: &mut |file| files.push(file.to_path_buf()),
        last_maps: None,
    })?;
    Ok(files)
}

/// Draws every figure whose tables and maps lie in `from` or below it to the same place below `into`,
/// and passes each file to `drawn` as soon as it is there. Hidden folders and links are skipped.
///
/// # Errors
/// As [`draw_folder`]; a folder that cannot be listed.
pub fn draw_below(
    from: &Path,
    into: &Path,
    stop: &dyn Fn() -> bool,
    drawn: &mut dyn FnMut(&Path),
) -> Result<(), FigureError> {
    draw_one(&mut Folder {
        from,
        into,
        stop,
        drawn: &mut *drawn,
        last_maps: None,
    })?;
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

fn draw_one(folder: &mut Folder<'_>) -> Result<(), FigureError> {
    for figure in FIGURES {
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
