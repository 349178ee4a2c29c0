//! A folder to draw from: it reads the tables and maps in it, saves the figures, and stops when asked.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::error::FigureError;
use super::sheet::Figure;
use crate::run::{CASCADE_JSON, DrawnAs, ExplanationSet, LOCALIZATION_JSON, RunError, TableRow};

/// The folders of an ablation's maps: by depth, and along training.
pub(super) const ABLATION_MAPS: [&str; 2] = ["maps", "maps-along-training"];

/// One figure as it is drawn from a folder.
pub(super) struct FolderFigure {
    /// Its name in messages, in kebab-case.
    pub(super) name: &'static str,
    /// The file or folder that it reads, such as "depth.csv".
    pub(super) reads: &'static str,
    /// Draws every file that the tables and maps of the folder give; none where they are absent.
    pub(super) draw: fn(&mut Folder<'_>) -> Result<(), FigureError>,
}

/// A folder with tables and maps, and where its figures go.
pub(super) struct Folder<'a> {
    /// Where the tables and maps are.
    pub(super) from: &'a Path,
    /// Where the figures go.
    pub(super) into: &'a Path,
    /// Whether to stop before the next file.
    pub(super) stop: &'a dyn Fn() -> bool,
    /// What is done with the path of each file that was drawn.
    pub(super) drawn: &'a mut dyn FnMut(&Path),
    /// The maps that were read last, and their folder: several figures may show them.
    pub(super) last_maps: Option<(PathBuf, Rc<ExplanationSet>)>,
}

impl Folder<'_> {
    /// Draws `figure`.
    pub(super) fn save(&mut self, figure: &dyn Figure) -> Result<(), FigureError> {
        self.add(|into| figure.save(into))
    }

    /// Draws what `save` makes in the folder that it is given.
    ///
    /// # Errors
    /// [`FigureError::Stopped`], and those of `save`.
    pub(super) fn add(
        &mut self,
        save: impl FnOnce(&Path) -> Result<Vec<PathBuf>, FigureError>,
    ) -> Result<(), FigureError> {
        if (self.stop)() {
            return Err(FigureError::Stopped);
        }
        for file in save(self.into)? {
            (self.drawn)(&file);
        }
        Ok(())
    }

    /// Returns the rows of a table, or no rows if the file does not exist.
    pub(super) fn rows<R: TableRow>(&self) -> Result<Vec<R>, FigureError> {
        Ok(R::read_if_present(&self.from.join(R::FILE))?)
    }

    /// Returns the maps in the folder `name`, which may be "" for this one, if they are drawn as
    /// `figure`; `by_default` decides for maps of older versions, which do not state it.
    pub(super) fn maps(
        &mut self,
        name: &str,
        figure: &str,
        by_default: impl FnOnce(&Path) -> bool,
    ) -> Result<Option<Rc<ExplanationSet>>, FigureError> {
        let folder = self.from.join(name);
        let Some(DrawnAs { figures, .. }) = DrawnAs::read(&folder)? else {
            return Ok(None);
        };
        let wanted = match figures.is_empty() {
            true => by_default(&folder),
            false => figures.iter().any(|other| other == figure),
        };
        if !wanted {
            return Ok(None);
        }
        let set = match self.last_maps.take() {
            Some((known, set)) if known == folder => set,
            _ => Rc::new(ExplanationSet::read(&folder)?),
        };
        self.last_maps = Some((folder, Rc::clone(&set)));
        Ok(Some(set))
    }

    /// Returns the folders in the folder `name`, by name, or none if it does not exist.
    pub(super) fn folders_in(&self, name: &str) -> Result<Vec<PathBuf>, FigureError> {
        folders_in(&self.from.join(name))
    }
}

/// Returns whether maps of an older version, which do not state how they are drawn, are those of
/// `explain`: they are no part of another figure.
pub(super) fn is_explained(maps: &Path) -> bool {
    let is_there = |name: &str| maps.join(name).exists();
    let name = maps.file_name().unwrap_or_default();
    let of_ablation = ABLATION_MAPS.iter().any(|other| name == *other);
    !of_ablation && !is_there(CASCADE_JSON) && !is_there(LOCALIZATION_JSON)
}

/// Returns the folders in `folder`, by name, without hidden ones and links, or none if it does not
/// exist.
pub(super) fn folders_in(folder: &Path) -> Result<Vec<PathBuf>, FigureError> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |reason| RunError::io("list", folder, reason);
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if !hidden && entry.file_type().map_err(failed)?.is_dir() {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}
