//! What every figure can do: name its files, compose itself, and save itself.

use std::path::{Path, PathBuf};

use super::drawing::Drawing;
use super::error::FigureError;
use crate::run::short_name;

/// Something that can be drawn as one page.
pub(super) trait Figure {
    /// Returns its name, in kebab-case.
    fn name(&self) -> String;

    /// Returns the stem of its files' names: its name, short enough for a file system.
    fn stem(&self) -> String {
        short_name(&self.name())
    }

    /// Returns the composed figure. The same input gives the same bytes.
    ///
    /// # Errors
    /// [`FigureError`] names the map, array or network that is missing or cannot be drawn.
    fn draw(&self) -> Result<Drawing, FigureError>;

    /// Draws the figure into `folder` as `stem.png` and `stem.svg`, and returns both paths.
    ///
    /// # Errors
    /// As [`Figure::draw`] and [`Drawing::save`].
    fn save(&self, folder: &Path) -> Result<Vec<PathBuf>, FigureError> {
        self.draw()?.save(folder, &self.stem())
    }
}
