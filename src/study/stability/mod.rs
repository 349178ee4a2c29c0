//! How much of a map is the architecture's and how much one training's: the signed maps of several
//! training seeds, compared with each other, with other experiments' and with other pictures'.

mod findings;
mod seen;
mod tables;

use crate::explain::{MapSource, TargetRule};

use super::error::StudyError;
use super::measure::{self, Measurement};
use super::runs::{Runs, Trained};
use super::seeds_error::SeedsError;
use super::watch::Watch;
pub use findings::Findings;
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
