//! What every figure can do: name its files, compose itself, and save itself.

use std::path::{Path, PathBuf};

use super::drawing::Drawing;
use super::error::FigureError;

/// Something that can be drawn as one page.
pub(super) trait Figure {
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
