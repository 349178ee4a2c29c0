//! Localisation of maps: on a split with known boxes and masks, or on your own pictures with boxes.

pub(super) mod collect;
mod located;
pub(super) mod pictures;
pub(super) mod summary;

use std::path::{Path, PathBuf};

use crate::run::{
    LocalizationCurveRow, LocalizationRow, LocalizationSummaryRow, LocalizedPictures, RunError,
    TableRow, write_wide,
};

use super::boxes::BoxSource;
use super::error::StudyError;
use super::measure;
use super::runs::{Runs, Trained};
use super::watch::Watch;
use collect::{ScoreName, score_names};
use located::Located;
use summary::Measured;

pub use located::{DeltaRule, check_objects};
pub use summary::MapRow;

/// Marks pictures with any number of objects in [`LocalizationSummaryRow::instances`].
pub const ALL: &str = summary::ALL;
/// The method that the others are compared with.
pub const REFERENCE: &str = summary::REFERENCE;
/// Folder of the pictures with boxes on their maps.
pub const PICTURES: &str = "pictures";

/// What to localise.
#[derive(Debug, Clone)]
pub struct Request {
    /// The networks, images and maps.
    pub measurement: measure::Request,
    /// Boxes on your own pictures, which replace the images.
    pub boxes: Option<BoxSource>,
}

/// On the images of the split, whose objects the data set knows.
impl From<measure::Request> for Request {
    fn from(measurement: measure::Request) -> Self {
        Self {
            measurement,
            boxes: None,
        }
    }
}

/// The results of a measurement.
#[derive(Debug, Default)]
pub struct Findings {
    /// Name of the data set, CSV or folder.
    pub dataset: String,
    /// Every map's scores.
    pub maps: Vec<MapRow>,
    /// Means over pictures.
    pub summary: Vec<LocalizationSummaryRow>,
    /// Mean IoU against delta.
    pub curves: Vec<LocalizationCurveRow>,
    /// Pictures with boxes on maps.
    pub pictures: Vec<LocalizedPictures>,
}

/// Localises the maps of all networks, and passes the means of each trial to `each` as soon as they
/// are known.
///
/// # Errors
/// [`StudyError::NoObjects`]; an error in the boxes or their pictures; absent runs or data;
/// [`StudyError::Stopped`].
pub fn measure(
    runs: &Runs,
    request: &Request,
    watch: &dyn Watch,
    mut each: impl FnMut(&[LocalizationSummaryRow], DeltaRule),
) -> Result<Findings, StudyError> {
    let located = match &request.boxes {
        Some(source) => Located::of_boxes(runs, &request.measurement, source, watch)?,
        None => Located::of_split(runs, &request.measurement)?,
    };
    let mut findings = Findings {
        dataset: located.measurement.pictures.dataset.clone(),
        ..Findings::default()
    };
    let same_trial = |a: &Trained, b: &Trained| a.run.trial() == b.run.trial();
    for seeds in located.measurement.networks.chunk_by(same_trial) {
        let sheets = located.trial(runs, seeds, &mut findings.pictures, watch)?;
        let measured = Measured {
            pictures: &located.measurement.pictures,
            target: located.measurement.target,
            name: seeds[0].run.trial(),
            has_seeds: true,
            sheets: &sheets,
        };
        findings.add(&measured, |rows| each(rows, located.delta_rule()));
        watch.go_on()?;
    }
    Ok(findings)
}

impl Findings {
    /// Adds the rows of one trial, and passes its means to `each` as soon as they are known.
    pub(super) fn add(
        &mut self,
        measured: &Measured<'_>,
        each: impl FnOnce(&[LocalizationSummaryRow]),
    ) {
        let rows = measured.summarise();
        each(&rows);
        self.summary.extend(rows);
        self.curves.extend(measured.curves());
        self.maps.extend(measured.map_rows());
    }

    /// Writes the tables and the pictures into `folder`, and returns the tables.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 3], RunError> {
        let files = [
            LocalizationRow::FILE,
            LocalizationSummaryRow::FILE,
            LocalizationCurveRow::FILE,
        ];
        let paths = files.map(|name| folder.join(name));
        let [maps, summary, curves] = &paths;
        let columns: Vec<String> = score_names().into_iter().map(ScoreName::column).collect();
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        let rows = self.maps.iter().map(|map| (&map.row, map.cells()));
        write_wide(maps, &columns, rows)?;
        LocalizationSummaryRow::write(summary, &self.summary)?;
        LocalizationCurveRow::write(curves, &self.curves)?;
        let names = pictures::folder_names(&self.pictures);
        for (drawn, name) in self.pictures.iter().zip(names) {
            drawn.write(&folder.join(PICTURES).join(name))?;
        }
        Ok(paths)
    }
}
