//! The trained networks, images and maps of a measurement.

use std::path::PathBuf;

use crate::data::Split;
use crate::explain::{MapSource, TargetRule};

use super::caveat::Verdicts;
use super::choice::{map_sources, target_rule};
use super::error::StudyError;
use super::groups::Question;
use super::pictures::Pictures;
use super::runs::{Runs, Trained};
use super::subject::{LayerChoice, Layers, Subject};
use super::watch::Watch;
use super::which::Which;

/// The networks, images and maps to measure.
#[derive(Debug, Clone)]
pub struct Request {
    /// Experiments, shallowest first.
    pub trials: Vec<String>,
    /// Base that the runs were trained on, if not the experiments' own.
    pub base: Option<String>,
    /// Training seeds; every trained seed if empty.
    pub seeds: Vec<u64>,
    /// The checkpoint.
    pub which: Which,
    /// Split of the images.
    pub split: Split,
    /// Number of images of the split, from the first; all if `None`.
    pub limit: Option<usize>,
    /// Methods and baselines by name; see [`map_sources`].
    pub methods: Vec<String>,
    /// Layers by name; those of an ablation if empty.
    pub layers: Vec<String>,
    /// Class to explain: "predicted", "true" or a class name.
    pub class: String,
    /// Whether layers without a pooled linear head get a retrained head, so that CAM can explain
    /// them.
    pub retrain_head: bool,
    /// Folder of the sanity checks' verdicts, for each method's caveat.
    pub verdicts: Option<PathBuf>,
}

impl Request {
    /// Returns the request for the best checkpoints of all trained seeds of `trials`: the whole
    /// test split, every fast method and baseline, the predicted class.
    pub fn of(trials: &[&str]) -> Self {
        Self {
            trials: trials.iter().map(|trial| trial.to_string()).collect(),
            base: None,
            seeds: Vec::new(),
            which: Which::Best,
            split: Split::Test,
            limit: None,
            methods: Vec::new(),
            layers: Vec::new(),
            class: "predicted".to_string(),
            retrain_head: false,
            verdicts: None,
        }
    }
}

/// The same request, changed.
impl Request {
    /// With runs that were trained on `base`.
    pub fn on(self, base: &str) -> Self {
        Self {
            base: Some(base.to_string()),
            ..self
        }
    }

    /// Of these training seeds.
    pub fn seeds(self, seeds: &[u64]) -> Self {
        Self {
            seeds: seeds.to_vec(),
            ..self
        }
    }

    /// On the first `images` of the split.
    pub fn limit(self, images: usize) -> Self {
        Self {
            limit: Some(images),
            ..self
        }
    }

    /// For the class "predicted", "true" or one by name.
    pub fn class(self, class: &str) -> Self {
        Self {
            class: class.to_string(),
            ..self
        }
    }
}

/// The networks and images of one measurement.
#[derive(Debug)]
pub struct Measurement {
    /// The trained networks, trial by trial and seed by seed.
    pub networks: Vec<Trained>,
    /// The images.
    pub pictures: Pictures,
    /// The methods and baselines.
    pub sources: Vec<MapSource>,
    /// The class to explain for each image.
    pub target: TargetRule,
    /// Verdicts of the sanity checks on the networks' maps.
    pub verdicts: Verdicts,
    which: Which,
    layers: LayerChoice,
    retrain_head: bool,
}

impl Measurement {
    /// Finds the networks, loads the images and resolves the names of methods and class.
    ///
    /// # Errors
    /// Absent runs or data; networks trained on different data; an unknown method or class.
    pub fn new(runs: &Runs, request: &Request) -> Result<Self, StudyError> {
        let networks: Vec<Trained> =
            runs.find_all(&request.trials, request.base.as_deref(), &request.seeds)?;
        check_same_data(&networks)?;
        let first = networks
            .first()
            .ok_or(StudyError::NoneNamed { what: "trial" })?;
        let data = first.images(runs)?;
        let find = |name: &str| Ok::<_, StudyError>(data.test.find_class(name)?);
        let verdicts = request
            .verdicts
            .as_deref()
            .map(Verdicts::read)
            .transpose()?;
        Ok(Self {
            target: target_rule(&request.class, find)?,
            verdicts: verdicts.unwrap_or_default(),
            pictures: Pictures::of_split(&data, request.split, request.limit),
            sources: map_sources(&request.methods)?,
            networks,
            which: request.which,
            layers: LayerChoice::of(&request.layers, LayerChoice::Ablation),
            retrain_head: request.retrain_head,
        })
    }

    /// Opens a network, its layers to measure and, if requested, a retrained head at each.
    ///
    /// # Errors
    /// As [`Trained::open`]; an unknown layer.
    pub fn open(
        &self,
        runs: &Runs,
        trained: &Trained,
        watch: &dyn Watch,
    ) -> Result<(Subject, Layers), StudyError> {
        let mut subject = trained.open(self.which, runs)?;
        let layers = self.layers.layers(&subject, self.pictures.size[0])?;
        if self.retrain_head {
            subject.retrain_heads(runs, trained, &layers.names, watch)?;
        }
        Ok((subject, layers))
    }

    /// Returns what to explain of each image at `layers`.
    pub fn question<'a>(&'a self, runs: &'a Runs, layers: &'a Layers) -> Question<'a> {
        Question {
            sources: &self.sources,
            layers: &layers.names,
            target: self.target,
            device: &runs.device.device,
        }
    }
}

/// Fails if two of the networks were trained on different data.
///
/// # Errors
/// [`StudyError::DifferentData`].
pub fn check_same_data(networks: &[Trained]) -> Result<(), StudyError> {
    let options = |trained: &Trained| trained.experiment.experiment.data_options();
    let other = |pair: &&[Trained]| !options(&pair[0]).same_images(&options(&pair[1]));
    match networks.windows(2).find(other) {
        Some(pair) => Err(StudyError::DifferentData {
            first: pair[0].run.path(),
            second: pair[1].run.path(),
        }),
        None => Ok(()),
    }
}
