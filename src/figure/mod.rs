//! Figures, drawn from what earlier stages left on disk; no model is seen here. Called by `cli`.
//!
//! A figure is a struct with what it shows; [`Figure::draw`] composes it as SVG, and
//! [`Drawing::save`] writes it as PNG (200 dots per inch) and as SVG. To add one: its file, and its
//! lines below.

mod ablation;
mod animation;
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
mod run_curves;
#[cfg(test)]
mod samples;
mod sanity_cascade;
mod sanity_pictures;
mod score_depth;
mod selection;
mod svg_text;
mod theme;
mod training_time;
mod trajectory;
mod typeface;
mod verdict;

pub use ablation::Ablation;
pub use capacity::Capacity;
pub use capacity_compared::CapacityCompared;
pub use curve_rows::Curved;
pub use curves::{Curves, Series};
pub use depth::Depth;
pub use drawing::Drawing;
pub use error::FigureError;
pub use frame_scores::FrameScores;
pub use grid::ExplainGrid;
pub use loc_coverage::LocalizationCoverage;
pub use loc_curves::{LocalizationCurves, LocalizationRegion};
pub use loc_pictures::LocalizationPictures;
pub use panels::save_panels;
pub use run_curves::draw_curves;
pub use sanity_cascade::SanityCascade;
pub use sanity_pictures::SanityPictures;
pub use score_depth::ScoreDepth;
pub use selection::{LayerRule, MapChoice};
#[cfg(test)]
pub(crate) use svg_text::{method_name, trial_name};
pub use training_time::TrainingTime;
pub use trajectory::Trajectory;

use std::path::{Path, PathBuf};

use crate::run::{ExplainedImage, ExplanationSet, safe_name};
use picture::{PanelSize, picture_size};

/// Something that can be drawn from disk.
pub trait Figure {
    /// Returns the stem of its files' names, in kebab-case.
    fn name(&self) -> String;

    /// Returns the composed figure. The same input gives the same bytes.
    ///
    /// # Errors
    /// [`FigureError`] names the map, array or network that is missing or cannot be drawn.
    fn draw(&self) -> Result<Drawing, FigureError>;

    /// Draws the figure into `folder` as `name.png` and `name.svg`, and returns both paths.
    ///
    /// # Errors
    /// As [`Figure::draw`] and [`Drawing::save`].
    fn save(&self, folder: &Path) -> Result<Vec<PathBuf>, FigureError> {
        self.draw()?.save(folder, &self.name())
    }
}

/// Returns "ablation-grad-cam-deepest-seed-0" and the like, safe as a file name.
fn file_stem(figure: &str, choice: &MapChoice) -> String {
    let layer = match &choice.layer {
        LayerRule::Deepest => "deepest".to_string(),
        LayerRule::DeepestWithCells(cells) => format!("cells-{cells}"),
        LayerRule::Named(name) => name.clone(),
    };
    let stem = format!("{figure}-{}-{layer}-seed-{}", choice.method, choice.seed);
    safe_name(&stem, "+")
}

/// Returns the panel that holds every one of `images` with its longer side at most `target` pixels.
fn common_panel(
    set: &ExplanationSet,
    images: &[&ExplainedImage],
    target: usize,
) -> Result<PanelSize, FigureError> {
    let mut common = PanelSize {
        width: 1,
        height: 1,
    };
    for image in images {
        let (height, width) = picture_size(set, &image.pixels)?;
        let panel = PanelSize::fit(width, height, target);
        common.width = common.width.max(panel.width);
        common.height = common.height.max(panel.height);
    }
    Ok(common)
}
