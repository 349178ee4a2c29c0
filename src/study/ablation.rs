//! The ablation: the same pictures explained by every trial, at its best checkpoint and along its
//! training; accuracy against depth.

use std::path::{Path, PathBuf};

use crate::experiment::{Experiment, Resolved};
use crate::explain::{Method, TargetRule};
use crate::run::{
    CURVES_FILE, DepthRow, DepthSeedsRow, DrawnAs, ExplanationSet, Overlay, RunDir, RunError,
    TableRow, write_curves,
};

use super::accuracy::{Images, measured};
use super::choice::{MethodChoice, QuantityChoice, target_rule};
use super::error::StudyError;
use super::identity::is_done;
use super::maps::{MapRequest, add_maps, empty_set};
use super::measure::check_same_data;
use super::pictures::Pictures;
use super::runs::{Runs, Trained};
use super::selection::Selection;
use super::subject::{FINE_CELLS, LayerChoice, Subject};
use super::trail;
use super::watch::Watch;
use super::which::Which;

/// Folder of the maps of every trial.
pub const MAPS: &str = "maps";
/// Folder of the maps of one picture along the training of every trial.
pub const MAPS_TRAIL: &str = "maps-trail";
/// Folder of the maps along training.
pub const MAPS_ALONG: &str = "maps-along-training";
/// Methods of the maps along training; the figure shows the first.
const METHODS_ALONG: [&str; 3] = ["grad-cam", "grad-cam-pp", "hires-cam"];

/// The request of an ablation.
#[derive(Debug, Clone)]
pub struct Request {
    /// Experiments, shallowest first.
    pub trials: Vec<String>,
    /// Base that the runs were trained on, if not the experiments' own.
    pub base: Option<String>,
    /// Training seed of the explained networks.
    pub seed: u64,
    /// Training seeds whose accuracy is measured; every trained seed if empty.
    pub seeds: Vec<u64>,
    /// The checkpoint.
    pub which: Which,
    /// The trial whose checkpoints the figure shows; the last one if none is given.
    pub along: Option<String>,
    /// The pictures.
    pub selection: Selection,
    /// Class to explain: "predicted", "true" or a class name.
    pub class: String,
    /// Whether layers without a pooled linear head get a retrained head, so that CAM can explain
    /// them.
    pub retrain_head: bool,
    /// How heat maps lie over their pictures.
    pub overlay: Overlay,
}

/// The result of an ablation.
#[derive(Debug)]
pub struct Ablation {
    /// Data set name.
    pub dataset: String,
    /// Maps of every trial.
    pub by_depth: ExplanationSet,
    /// Maps of every trial along its training.
    pub along: ExplanationSet,
    /// Maps of one picture along the training of every trial.
    pub trail: ExplanationSet,
    /// The trial whose checkpoints the figure shows.
    pub followed: String,
    /// Size and accuracy of every network.
    pub depth: Vec<DepthRow>,
    /// The runs of the explained networks.
    pub runs: Vec<RunDir>,
}

/// Returns the experiments of the request without a usable run: a run without a best checkpoint or,
/// with `finished`, an unfinished run.
///
/// # Errors
/// An unknown experiment.
pub fn missing(runs: &Runs, request: &Request, finished: bool) -> Result<Vec<String>, StudyError> {
    let mut missing = Vec::new();
    for trial in request.trials.iter().chain(&request.along) {
        let base = request.base.as_deref();
        let resolved: Resolved<Experiment> = runs.experiment(trial, base, &[])?;
        let run = runs.dir(&resolved, request.seed);
        let usable = match finished {
            true => is_done(&run),
            false => run.has_best() || runs.has_published(&resolved, request.seed)?,
        };
        if !usable && !missing.contains(trial) {
            missing.push(trial.clone());
        }
    }
    Ok(missing)
}

/// Explains the pictures with every trial and every checkpoint of it, at two layers each, and measures
/// every trial's accuracy.
///
/// # Errors
/// [`StudyError::Untrained`]; absent data; an unknown class; [`StudyError::Stopped`].
pub fn measure(runs: &Runs, request: &Request, watch: &dyn Watch) -> Result<Ablation, StudyError> {
    let base = request.base.as_deref();
    let trained: Vec<Trained> = runs.find_all(&request.trials, base, &[request.seed])?;
    check_same_data(&trained)?;
    let deepest = trained
        .last()
        .ok_or(StudyError::NoneNamed { what: "trial" })?;
    let mut images = Images::default();
    let data = images.of(runs, deepest)?;
    let find = |name: &str| Ok::<_, StudyError>(data.test.find_class(name)?);
    let target = target_rule(&request.class, find)?;
    let pictures = request.selection.pictures(data)?;
    let dataset = data.test.dataset_name().to_string();
    let followed = match &request.along {
        Some(trial) => runs.find(trial, base, request.seed)?,
        None => deepest.clone(),
    };
    let explain = Explain {
        runs,
        pictures: &pictures,
        target,
        watch,
    };
    let mut by_depth = empty_set(&pictures);
    let mut depth = Vec::new();
    let mut predictions = Vec::new();
    for trained in &trained {
        watch.go_on()?;
        let mut subject = trained.open(request.which, runs)?;
        let layers = explain.layers(&subject)?;
        if request.retrain_head {
            subject.retrain_heads(runs, trained, &layers, watch)?;
        }
        explain.add(&mut by_depth, &subject, &layers, &MethodChoice::Allowed)?;
        for other in all_seeds(runs, request, trained)? {
            watch.go_on()?;
            let opened = match other.run == trained.run {
                true => None,
                false => Some(other.open(request.which, runs)?),
            };
            let network = opened.as_ref().unwrap_or(&subject);
            let data = images.of(runs, &other)?;
            if let Some((row, accuracy)) = measured((runs, watch), &other, network, data)? {
                depth.push(row);
                if other.run == trained.run {
                    predictions.push(accuracy.predictions);
                }
            }
        }
    }
    by_depth.drawn_as = drawn_as("ablation", request);
    // A change of class would hide the change of a map.
    let fixed = Explain {
        target: match target {
            TargetRule::Predicted => TargetRule::True,
            named => named,
        },
        ..explain
    };
    let mut along = empty_set(&pictures);
    for trained in &trained {
        fixed.add_along(&mut along, trained)?;
    }
    if !trained.iter().any(|trained| trained.run == followed.run) {
        fixed.add_along(&mut along, &followed)?;
    }
    let trial = followed.run.trial().to_string();
    along.drawn_as = DrawnAs {
        shown: Some((trial.clone(), METHODS_ALONG[0].to_string())),
        ..drawn_as("training-time", request)
    };
    let ends = predictions.first().zip(predictions.last());
    let picture = trail::picture(
        (&request.selection, &pictures),
        ends,
        images.of(runs, deepest)?,
    );
    let mut trail = trail::measure(runs, &trained, &picture, watch)?;
    trail.drawn_as = drawn_as("trail", request);
    Ok(Ablation {
        dataset,
        by_depth,
        along,
        trail,
        followed: trial,
        depth,
        runs: trained.into_iter().map(|trained| trained.run).collect(),
    })
}

/// Returns the maps of the first `pictures` test images of different classes at every checkpoint of one run,
/// for their true class.
///
/// # Errors
/// As [`measure`].
pub fn along_training(
    runs: &Runs,
    trained: &Trained,
    pictures: usize,
    watch: &dyn Watch,
) -> Result<ExplanationSet, StudyError> {
    let mut images = Images::default();
    let data = images.of(runs, trained)?;
    let pictures = Selection::FirstOfEachClass(pictures).pictures(data)?;
    let mut set = empty_set(&pictures);
    let explain = Explain {
        runs,
        pictures: &pictures,
        target: TargetRule::True,
        watch,
    };
    explain.add_along(&mut set, trained)?;
    Ok(set)
}

/// Returns the runs of the trial of `trained` whose accuracy is measured.
fn all_seeds(
    runs: &Runs,
    request: &Request,
    trained: &Trained,
) -> Result<Vec<Trained>, StudyError> {
    let name = trained.run.trial().to_string();
    runs.find_all(&[name], request.base.as_deref(), &request.seeds)
}

/// The figure that is drawn of the maps, at two layers or the finer one of them.
fn drawn_as(figure: &str, request: &Request) -> DrawnAs {
    DrawnAs {
        figures: vec![figure.to_string()],
        fine_cells: Some(FINE_CELLS),
        overlay: request.overlay,
        shown: None,
    }
}

/// The pictures, and what is explained of them.
struct Explain<'a> {
    runs: &'a Runs,
    pictures: &'a Pictures,
    target: TargetRule,
    watch: &'a dyn Watch,
}

impl Explain<'_> {
    /// Returns the two layers of a network that are explained.
    fn layers(&self, subject: &Subject) -> Result<Vec<String>, StudyError> {
        Ok(LayerChoice::Ablation
            .layers(subject, self.pictures.size[0])?
            .names)
    }

    /// Adds the maps of one network at its `layers`.
    fn add(
        &self,
        set: &mut ExplanationSet,
        subject: &Subject,
        layers: &[String],
        methods: &MethodChoice,
    ) -> Result<(), StudyError> {
        let request = MapRequest {
            layers,
            methods,
            target: self.target,
            quantity: &QuantityChoice::default(),
            device: &self.runs.device.device,
        };
        add_maps(set, subject, self.pictures, &request, self.watch)
    }

    /// Adds the maps of every complete checkpoint of one run.
    fn add_along(&self, set: &mut ExplanationSet, trained: &Trained) -> Result<(), StudyError> {
        let methods: Result<_, _> = METHODS_ALONG.map(Method::parse).into_iter().collect();
        let methods = MethodChoice::Named(methods?);
        let best = trained.run.read_best()?.epoch;
        for epoch in trained.epochs()? {
            self.watch.go_on()?;
            let which = match epoch == best {
                true => Which::Best,
                false => Which::Epoch(epoch),
            };
            match trained.open(which, self.runs) {
                // Removed by a training since the checkpoints were listed.
                Err(StudyError::NoCheckpoint { .. }) => {}
                opened => {
                    let subject = opened?;
                    self.add(set, &subject, &self.layers(&subject)?, &methods)?;
                }
            }
        }
        Ok(())
    }
}

impl Ablation {
    /// Writes maps and table into `folder`, and returns the table's file.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, RunError> {
        self.by_depth.write(&folder.join(MAPS))?;
        self.along.write(&folder.join(MAPS_ALONG))?;
        self.trail.write(&folder.join(MAPS_TRAIL))?;
        write_curves(&folder.join(CURVES_FILE), &self.runs)?;
        let table = folder.join(DepthRow::FILE);
        DepthRow::write(&table, &self.depth)?;
        let seeds = DepthSeedsRow::all(&self.depth);
        DepthSeedsRow::write(&folder.join(DepthSeedsRow::FILE), &seeds)?;
        Ok(table)
    }
}
