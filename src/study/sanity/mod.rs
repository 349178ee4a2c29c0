//! Sanity checks: whether maps depend on the network's parameters and on the class, and whether
//! identities hold.

mod cascade;
mod checks;
mod pictures;

use std::path::{Path, PathBuf};

use crate::run::{CascadePictures, CascadeSeedsRow, SanityTables, TableRow, short_name};

use super::error::StudyError;
use super::measure::{self, Measurement};
use super::pictures::Pictures;
use super::runs::Runs;
use super::subject::Subject;
use super::watch::Watch;

/// Default number of images; the cascade explains each about twenty times.
pub const DEFAULT_IMAGES: usize = 200;

/// What to check.
#[derive(Debug, Clone)]
pub struct Request {
    /// The networks, images and maps.
    pub measurement: measure::Request,
    /// Number of random re-initialisations.
    pub draws: usize,
    /// Number of pictures of the cascade.
    pub pictures: usize,
}

/// With one re-initialisation and one picture.
impl From<measure::Request> for Request {
    fn from(measurement: measure::Request) -> Self {
        Self {
            measurement,
            draws: 1,
            pictures: 1,
        }
    }
}

/// Results for one network.
#[derive(Debug)]
pub struct Findings {
    /// The network.
    pub subject: Subject,
    /// Its tables.
    pub tables: SanityTables,
    /// The cascade on a few pictures, for each layer.
    pub pictures: Vec<(String, CascadePictures)>,
}

/// The checks of all networks, one after the other.
pub struct Checks<'a> {
    runs: &'a Runs,
    measurement: Measurement,
    draws: usize,
    pictures: usize,
}

impl<'a> Checks<'a> {
    /// Finds the networks and loads the images.
    ///
    /// # Errors
    /// As [`Measurement::new`].
    pub fn new(runs: &'a Runs, request: &Request) -> Result<Self, StudyError> {
        let measurement = measure::Request {
            limit: Some(request.measurement.limit.unwrap_or(DEFAULT_IMAGES)),
            ..request.measurement.clone()
        };
        Ok(Self {
            measurement: Measurement::new(runs, &measurement)?,
            draws: request.draws,
            pictures: request.pictures,
            runs,
        })
    }

    /// Returns the images.
    pub fn images(&self) -> &Pictures {
        &self.measurement.pictures
    }

    /// Checks network by network and passes each one's findings to `with`, so that stopping loses
    /// only the current network.
    ///
    /// # Errors
    /// [`StudyError::Stopped`]; errors of explaining or of `with`.
    pub fn each<E: From<StudyError>>(
        &self,
        watch: &dyn Watch,
        mut with: impl FnMut(Findings) -> Result<(), E>,
    ) -> Result<(), E> {
        let pictures = &self.measurement.pictures;
        watch.note(&format!(
            "{} images of the {} split{}, parameters re-initialised {}",
            pictures.len(),
            pictures.split,
            if pictures.generated {
                " (generated)"
            } else {
                ""
            },
            match self.draws {
                1 => "once".to_string(),
                draws => format!("{draws} times"),
            }
        ));
        for trained in &self.measurement.networks {
            let (subject, layers) = self.measurement.open(self.runs, trained, watch)?;
            let Some(network) = subject.trained_network() else {
                continue;
            };
            let draws = (trained, self.draws);
            let cascade = cascade::Cascade::new(self.runs, draws, network, &subject.heads)?;
            let checked = checks::Checked {
                question: self.measurement.question(self.runs, &layers),
                images: pictures,
                subject: &subject,
                network,
                cascade: &cascade,
                watch,
            };
            let tables = checks::check(&checked)?;
            let drawn = pictures::pictures(&checked, self.pictures)?;
            with(Findings {
                tables,
                pictures: drawn,
                subject,
            })?;
        }
        Ok(())
    }
}

impl Findings {
    /// Adds the findings to `folder`, replacing earlier ones about this network, and returns the
    /// folders of the pictures.
    ///
    /// # Errors
    /// [`StudyError::EarlierTables`]; a folder that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, StudyError> {
        self.write_after(folder, folder)
    }

    /// Writes the tables in `earlier` with the findings added, their summary over seeds, and the pictures, into `folder`, and
    /// returns the folders of the pictures.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_after(&self, earlier: &Path, folder: &Path) -> Result<Vec<PathBuf>, StudyError> {
        let mut tables = read(earlier)?;
        tables.replace(self.tables.clone());
        tables.write(folder)?;
        let seeds = CascadeSeedsRow::all(&tables.cascade);
        CascadeSeedsRow::write(&folder.join(CascadeSeedsRow::FILE), &seeds)?;
        let mut folders = Vec::new();
        for (layer, set) in &self.pictures {
            let name = format!("{}-seed-{}-{layer}", self.subject.name, self.subject.seed);
            let place = folder.join("maps").join(short_name(&name));
            set.write(&place)?;
            folders.push(place);
        }
        Ok(folders)
    }
}

/// Returns the tables in `folder`; empty ones if the checks were never run there.
///
/// # Errors
/// [`StudyError::EarlierTables`].
pub fn read(folder: &Path) -> Result<SanityTables, StudyError> {
    SanityTables::read(folder).map_err(|source| StudyError::EarlierTables {
        source: source.into(),
        folder: folder.to_path_buf(),
    })
}
