//! Which states a next-frame prediction depends on, and how far back.

mod capacity;
mod clips;

use std::path::{Path, PathBuf};

use crate::data::{ClipSplits, load_clips};
use crate::experiment::ForecastExperiment;
use crate::explain::sequence::FrameTarget;
use crate::explain::{ExplainError, Method, Needs};
use crate::run::{CapacityRow, RunError, SequenceSet, TableRow, short_name};

use super::choice::EVERYTHING;
use super::error::StudyError;
use super::forecast::check_same_clips;
use super::heads::grouped;
use super::named::ClipUse;
use super::once::check_once;
use super::runs::{Runs, Trained};
use super::watch::Watch;
use super::which::Which;

/// What to explain and to measure.
#[derive(Debug, Clone)]
pub struct Request {
    /// Experiments; the memory of several is compared.
    pub experiments: Vec<String>,
    /// Base that the runs were trained on, if not the experiments' own.
    pub base: Option<String>,
    /// Training seed.
    pub seed: u64,
    /// The checkpoint.
    pub which: Which,
    /// Numbers, from 0, of the test clips whose maps are made.
    pub clips: Vec<usize>,
    /// The explained quantity of the predicted frame.
    pub target: FrameTarget,
    /// Layers, from 0 for the lowest; all if empty.
    pub layers: Vec<usize>,
    /// Methods that need only the gradient; see [`methods`].
    pub methods: Vec<Method>,
    /// Number of test clips on which memory is measured; 0 for none.
    pub capacity_clips: usize,
}

impl Request {
    /// Returns the request for the best checkpoint of seed 0 of `experiment` on `base`: the first digit
    /// of the first clip, by Grad-CAM, without measuring memory.
    pub fn of(experiment: &str, base: &str) -> Self {
        Self {
            experiments: vec![experiment.to_string()],
            base: Some(base.to_string()),
            seed: 0,
            which: Which::Best,
            clips: vec![0],
            target: FrameTarget::Digit(0),
            layers: Vec::new(),
            methods: Method::parse("grad-cam").into_iter().collect(),
            capacity_clips: 0,
        }
    }
}

/// Returns the methods named, each once; all that need only the gradient for "all".
///
/// # Errors
/// An unknown method, or one that needs more than the gradient.
pub fn methods(names: &[String]) -> Result<Vec<Method>, ExplainError> {
    if names == [EVERYTHING] {
        let usable = Method::all().iter().copied();
        return Ok(usable
            .filter(|method| method.needs() == Needs::Gradient)
            .collect());
    }
    let mut methods = Vec::new();
    for name in names {
        let method = Method::parse(name)?;
        if method.needs() != Needs::Gradient {
            return Err(method.not_gradient());
        }
        if !methods.contains(&method) {
            methods.push(method);
        }
    }
    Ok(methods)
}

/// Results for one predictor.
#[derive(Debug)]
pub struct Findings {
    /// Its experiment and seed, such as "convlstm-seed-0".
    pub folder: String,
    /// Maps of every state of each clip.
    pub set: SequenceSet,
    /// Its memory; empty if not measured.
    pub rows: Vec<CapacityRow>,
}

/// The predictors of a study, and their clips.
#[derive(Debug)]
pub struct Memory<'a> {
    runs: &'a Runs,
    request: &'a Request,
    networks: Vec<Trained<ForecastExperiment>>,
    splits: ClipSplits,
}

impl<'a> Memory<'a> {
    /// Finds the predictors and loads the clips.
    ///
    /// # Errors
    /// Absent runs or data; an unknown layer or clip; predictors with different test clips.
    pub fn new(runs: &'a Runs, request: &'a Request) -> Result<Self, StudyError> {
        let base = request.base.as_deref();
        let networks: Vec<Trained<ForecastExperiment>> =
            runs.find_all(&request.experiments, base, &[request.seed])?;
        check_same_clips(&networks)?;
        for trained in &networks {
            let layers = trained.experiment.experiment.forecast.hidden.len();
            if let Some(layer) = request.layers.iter().find(|layer| **layer >= layers) {
                return Err(StudyError::NoLayer {
                    network: trained.run.trial().to_string(),
                    layer: *layer,
                    layers,
                });
            }
        }
        let first = networks
            .first()
            .ok_or(StudyError::NoneNamed { what: "experiment" })?;
        let splits = load_clips(&first.experiment.experiment.clips, &runs.data)?;
        let found = Self {
            runs,
            request,
            networks,
            splits,
        };
        found.check_numbers()?;
        Ok(found)
    }

    /// Fails if a requested clip is not in the test split.
    fn check_numbers(&self) -> Result<(), StudyError> {
        let test = &self.splits.test;
        let split = format!("{}/{}", test.dataset(), test.split());
        let (count, available) = (grouped(test.len() as u64), test.len());
        check_once("clip", &self.request.clips, usize::to_string)?;
        let beyond = |number: &&usize| **number >= available;
        if let Some(&number) = self.request.clips.iter().find(beyond) {
            return Err(StudyError::NoClip {
                number,
                split,
                count,
                available,
            });
        }
        if self.request.capacity_clips > available {
            return Err(StudyError::TooFewClips {
                split,
                count,
                available,
                wanted: ClipUse::Memory,
            });
        }
        Ok(())
    }

    /// Studies predictor by predictor: passes the maps of its clips to `with`, measures its memory,
    /// and passes both to `with` again with the rows.
    ///
    /// # Errors
    /// [`StudyError::HiddenTarget`]; [`StudyError::Stopped`]; errors of explaining or of `with`.
    pub fn each<E: From<StudyError>>(
        &self,
        watch: &dyn Watch,
        mut with: impl FnMut(&Findings, Part) -> Result<(), E>,
    ) -> Result<(), E> {
        for trained in &self.networks {
            let device = &self.runs.device.device;
            let opened = trained.open(self.request.which, self.runs)?;
            let subject = clips::Subject {
                trained,
                opened: &opened,
                splits: &self.splits,
                request: self.request,
                device,
                watch,
            };
            let mut found = Findings {
                folder: short_name(&format!(
                    "{}-seed-{}",
                    trained.run.trial(),
                    trained.run.seed()
                )),
                set: subject.sequence_set()?,
                rows: Vec::new(),
            };
            with(&found, Part::Maps)?;
            if self.request.capacity_clips > 0 {
                found.rows = subject.measure(self.request.capacity_clips)?;
                with(&found, Part::Memory)?;
            }
        }
        Ok(())
    }
}

/// Which part of a predictor's findings is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The maps of its clips.
    Maps,
    /// The memory.
    Memory,
}

/// Writes the measured memory into `folder`, and returns the file.
///
/// # Errors
/// A folder that cannot be written.
pub fn write_capacity(rows: &[CapacityRow], folder: &Path) -> Result<PathBuf, RunError> {
    let table = folder.join(CapacityRow::FILE);
    CapacityRow::write(&table, rows)?;
    Ok(table)
}
