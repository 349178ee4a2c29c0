//! A folder to draw from: it reads the tables and maps in it, saves the figures, and stops when asked.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::drawing::ENDINGS;
use super::error::FigureError;
use super::sheet::Figure;
use crate::run::{
    CASCADE_JSON, DrawnAs, ExplanationSet, LOCALIZATION_JSON, MANIFEST_FILE, Output, RunError,
    TableRow,
};

/// The folder of an ablation's maps of one picture along the training of every network.
pub(super) const TRAIL_MAPS: &str = "maps-trail";
/// The folders of an ablation's maps: by depth, along training, and both for one picture.
pub(super) const ABLATION_MAPS: [&str; 3] = ["maps", "maps-along-training", TRAIL_MAPS];

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
    into: &'a Path,
    /// Whether to stop before the next file; nothing where files are named and not drawn.
    stop: Option<&'a dyn Fn() -> bool>,
    /// What is done with the path of each file that was drawn or named.
    drawn: &'a mut dyn FnMut(&Path),
    /// The maps that were read last, and their folder: several figures may show them.
    last_maps: Option<(PathBuf, Rc<ExplanationSet>)>,
}

impl<'a> Folder<'a> {
    /// Returns the folder `from`, whose figures go `into` another one, or the same.
    pub(super) fn new(
        from: &'a Path,
        into: &'a Path,
        stop: Option<&'a dyn Fn() -> bool>,
        drawn: &'a mut dyn FnMut(&Path),
    ) -> Self {
        Self {
            from,
            into,
            stop,
            drawn,
            last_maps: None,
        }
    }

    /// Draws `figure`.
    pub(super) fn save(&mut self, figure: &dyn Figure) -> Result<(), FigureError> {
        let stem = figure.stem();
        let files = ENDINGS.map(|ending| format!("{stem}.{ending}"));
        self.add(&files, |into| figure.save(into).map(drop))
    }

    /// Draws `files` with `draw`, which is given the folder that they are in.
    ///
    /// # Errors
    /// [`FigureError::Stopped`], and those of `draw`.
    pub(super) fn add(
        &mut self,
        files: &[String],
        draw: impl FnOnce(&Path) -> Result<(), FigureError>,
    ) -> Result<(), FigureError> {
        if let Some(stop) = self.stop {
            if stop() {
                return Err(FigureError::Stopped);
            }
            draw(self.into)?;
        }
        for file in files {
            (self.drawn)(&self.into.join(file));
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
            _ => Rc::new(ExplanationSet::open(&folder)?),
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

/// Holds the folder `from`, if one of `inputs` is in it, and the folder `into` while figures are drawn:
/// no command writes into them meanwhile, and what a killed one had decided to write is in its place.
/// A run folder is not held, so that the curves of a training can be drawn while it goes on.
///
/// # Errors
/// [`RunError::OutputLocked`]; [`RunError::Unwritable`], naming `into`.
pub(super) fn hold(from: &Path, into: &Path, inputs: &[&str]) -> Result<Vec<Output>, RunError> {
    let is_there = |name: &&str| from.join(name).exists();
    if from.join(MANIFEST_FILE).is_file() || !inputs.iter().any(is_there) {
        return Ok(Vec::new());
    }
    let mut held = vec![Output::open(into)?.0];
    // The same folder may be spelled in two ways.
    if from.canonicalize().ok() != into.canonicalize().ok() {
        match Output::open(from) {
            Ok((output, _)) => held.push(output),
            // Where this process cannot write, none that it could meet does.
            Err(RunError::Unwritable { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(held)
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
