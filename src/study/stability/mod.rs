//! How much of a map is the architecture's and how much one training's: the signed maps of several
//! training seeds, compared with each other, with other experiments' and with other pictures'.

mod seen;
mod tables;

use std::path::{Path, PathBuf};

use crate::explain::{MapSource, TargetRule};
use crate::run::{RunError, StabilityPictures, StabilityRow, StabilitySummaryRow, TableRow};

use super::error::StudyError;
use super::measure::{self, Measurement};
use super::runs::{Runs, Trained};
use super::seeds_error::SeedsError;
use super::table::joined_seeds;
use super::watch::Watch;
use seen::Seen;
use tables::Compared;

/// Default number of images.
pub const DEFAULT_IMAGES: usize = 200;

/// What to compare.
#[derive(Debug, Clone)]
pub struct Request {
    /// The networks, images and maps.
    pub measurement: measure::Request,
    /// Number of pictures of the figure.
    pub pictures: usize,
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub struct Findings {
    /// One row per experiment, layer, method and picture.
    pub rows: Vec<StabilityRow>,
    /// The means over pictures.
    pub summary: Vec<StabilitySummaryRow>,
    /// A few pictures with their maps.
    pub pictures: StabilityPictures,
}

/// Explains every image with every network for the same class, and compares the maps of the seeds of
/// each experiment.
///
/// # Errors
/// [`SeedsError`]; [`StudyError::NothingAllowed`]; absent runs or data; [`StudyError::Stopped`].
pub fn measure(runs: &Runs, request: &Request, watch: &dyn Watch) -> Result<Findings, StudyError> {
    let measurement = measure::Request {
        limit: Some(request.measurement.limit.unwrap_or(DEFAULT_IMAGES)),
        ..request.measurement.clone()
    };
    check_methods(&measurement.methods)?;
    let base = measurement.base.clone();
    let measurement = Measurement::new(runs, &measurement)?;
    if measurement.target == TargetRule::Predicted {
        return Err(SeedsError::PredictedClass.into());
    }
    let same_trial = |a: &Trained, b: &Trained| a.run.trial() == b.run.trial();
    for seeds in measurement.networks.chunk_by(same_trial) {
        if let [alone] = seeds {
            return Err(SeedsError::One {
                experiment: alone.run.trial().to_string(),
                base,
                seed: alone.run.seed(),
            }
            .into());
        }
    }
    let mut networks = Vec::new();
    for trained in &measurement.networks {
        networks.push(Seen::of(runs, &measurement, trained, watch)?);
    }
    let mut findings = Findings::default();
    let compared = Compared {
        measurement: &measurement,
        networks: &networks,
        device: &runs.device.device,
        drawn: measurement.pictures.first_of_each_class(request.pictures),
    };
    for seeds in networks.chunk_by(|a, b| a.trial == b.trial) {
        compared.add_trial(&mut findings, seeds, watch)?;
    }
    match findings.summary.is_empty() {
        true => Err(StudyError::NothingAllowed),
        false => Ok(findings),
    }
}

/// Fails if a baseline is named: its map is the same for every seed.
fn check_methods(names: &[String]) -> Result<(), SeedsError> {
    let baseline = |name: &&String| matches!(name.parse(), Ok(MapSource::Baseline(_)));
    match names.iter().find(baseline) {
        Some(name) => Err(SeedsError::Baseline(name.clone())),
        None => Ok(()),
    }
}

impl Findings {
    /// Writes tables and pictures into `folder`, and returns the tables.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<[PathBuf; 2], RunError> {
        let paths = [StabilitySummaryRow::FILE, StabilityRow::FILE].map(|name| folder.join(name));
        StabilitySummaryRow::write(&paths[0], &self.summary)?;
        StabilityRow::write(&paths[1], &self.rows)?;
        self.pictures.write(folder)?;
        Ok(paths)
    }
}

/// Returns the seeds of `networks` as in tables.
fn seeds_of(networks: &[Seen]) -> String {
    joined_seeds(networks.iter().map(|network| network.seed))
}
