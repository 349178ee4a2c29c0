//! The plan of a full reproduction: the runs to train and the studies of them, in order.

use crate::data::load_clips;
use crate::experiment::{ForecastExperiment, Override, Resolved};
use crate::explain::sequence::FrameTarget;
use crate::run::{RunDir, RunError, RunLock};

use super::error::StudyError;
use super::once::check_once;
use super::runs::Runs;
use super::selection::Selection;
use super::series::PLAIN;
use super::which::Which;
use super::{ablation, forecast, localize, measure, memory, sanity, score};

/// Base of the trials in the quick plan.
const QUICK_BASE: &str = "shapes";
/// Number of pictures of the ablation.
const PICTURES: usize = 6;
/// Maximum number of test images whose maps are scored.
pub const SCORED_IMAGES: usize = 500;
/// Maximum number of test images whose maps are checked.
pub const CHECKED_IMAGES: usize = 100;
/// Methods that explain predictors.
const FRAME_METHODS: [&str; 2] = ["grad-cam", "hires-cam"];

/// One half of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The series of trials on images.
    Images,
    /// Next-frame predictors on clips.
    Frames,
}

/// What to reproduce.
#[derive(Debug, Clone)]
pub struct Request {
    /// Generated data and short trainings.
    pub quick: bool,
    /// Training seeds; the figures show the networks of the first one.
    pub seeds: Vec<u64>,
    /// A single half.
    pub only: Option<Half>,
    /// Changes to the trials.
    pub overrides: Vec<Override>,
}

/// One step of the plan.
#[derive(Debug, Clone)]
pub enum Step {
    /// Train a trial with a seed.
    TrainTrial(Box<Resolved>, u64),
    /// Train a predictor with a seed.
    TrainPredictor(Box<Resolved<ForecastExperiment>>, u64),
    /// The ablation of the series.
    Ablation(ablation::Request),
    /// The sanity checks of its maps. They precede the scores, whose tables mark failed methods.
    Sanity(sanity::Request),
    /// The scores of its maps.
    Score(score::Request),
    /// Localisation of its maps, if the objects are known.
    Localization(localize::Request),
    /// The scores of the predictors.
    Forecast(forecast::Request),
    /// Memory of the predictors.
    Memory(memory::Request),
}

/// The predictors of one plan: each with its change, the base, and the number of test clips scored
/// and measured. All are small enough for a CPU.
struct Predictors {
    networks: &'static [(&'static str, Option<&'static str>)],
    base: &'static str,
    scored: usize,
    measured: usize,
}

const PREDICTORS: Predictors = Predictors {
    networks: &[
        ("convlstm", None),
        ("convlstm-narrow", None),
        // As many parameters as the two layers of convlstm on this base.
        ("convlstm-1-layer", Some("forecast.hidden=[52]")),
    ],
    base: "moving-mnist-small",
    scored: 1000,
    measured: 200,
};
/// The quick plan has one predictor: on its base the first two are the same.
const QUICK_PREDICTORS: Predictors = Predictors {
    networks: &[("convlstm", None)],
    base: "digits",
    scored: 100,
    measured: 50,
};

impl Request {
    fn wants(&self, half: Half) -> bool {
        self.only.is_none_or(|only| only == half)
    }

    fn base(&self) -> Option<String> {
        self.quick.then(|| QUICK_BASE.to_string())
    }

    fn predictors(&self) -> &'static Predictors {
        match self.quick {
            true => &QUICK_PREDICTORS,
            false => &PREDICTORS,
        }
    }

    /// Returns the trials with their changes, shallowest first.
    fn trials(&self, runs: &Runs) -> Result<Vec<Resolved>, StudyError> {
        let base = self.base();
        let resolve = |trial: &&str| runs.experiment(trial, base.as_deref(), &self.overrides);
        PLAIN.trials.iter().map(resolve).collect()
    }

    fn resolved_predictors(
        &self,
        runs: &Runs,
    ) -> Result<Vec<Resolved<ForecastExperiment>>, StudyError> {
        let Predictors { networks, base, .. } = self.predictors();
        let resolve = |(name, change): &(&str, Option<&str>)| {
            let overrides: Vec<Override> = change
                .iter()
                .map(|change| change.parse())
                .collect::<Result<_, _>>()?;
            // Named by the plan, as its tables do.
            let resolved = runs.experiment(name, Some(base), &overrides)?;
            Ok(Resolved {
                name: name.to_string(),
                ..resolved
            })
        };
        networks.iter().map(resolve).collect()
    }

    fn measured(&self, names: &[&str], class: &str, limit: usize) -> measure::Request {
        measure::Request {
            base: self.base(),
            ..measure::Request::of(names)
                .seeds(&self.seeds)
                .limit(limit)
                .class(class)
        }
    }
}

/// Returns all steps, in order.
///
/// # Errors
/// [`StudyError::NoneNamed`], [`StudyError::NamedTwice`]; an experiment that does not resolve.
pub fn plan(runs: &Runs, request: &Request) -> Result<Vec<Step>, StudyError> {
    let Some(&seed) = request.seeds.first() else {
        return Err(StudyError::NoneNamed { what: "seed" });
    };
    check_once("seed", &request.seeds, u64::to_string)?;
    let mut steps = Vec::new();
    if request.wants(Half::Images) {
        steps.extend(images(runs, request, seed)?);
    }
    if request.wants(Half::Frames) {
        steps.extend(frames(runs, request, seed)?);
    }
    Ok(steps)
}

fn images(runs: &Runs, request: &Request, seed: u64) -> Result<Vec<Step>, StudyError> {
    let trials = request.trials(runs)?;
    let located = trials
        .first()
        .is_some_and(|trial| trial.experiment.data.dataset.has_objects());
    let names: Vec<&str> = trials.iter().map(|trial| trial.name.as_str()).collect();
    let mut steps = Vec::new();
    for trial in &trials {
        for &seed in &request.seeds {
            steps.push(Step::TrainTrial(Box::new(trial.clone()), seed));
        }
    }
    steps.push(Step::Ablation(ablation::Request {
        trials: names.iter().map(ToString::to_string).collect(),
        base: request.base(),
        seed,
        seeds: request.seeds.clone(),
        which: Which::Best,
        along: None,
        selection: Selection::FirstOfEachClass(PICTURES),
        class: "predicted".to_string(),
        retrain_head: false,
    }));
    let checked = request.measured(&names, "predicted", CHECKED_IMAGES);
    steps.push(Step::Sanity(checked.seeds(&[seed]).into()));
    let scored = request.measured(&names, "predicted", SCORED_IMAGES);
    steps.push(Step::Score(scored.into()));
    if located {
        let localised = request.measured(&names, "true", SCORED_IMAGES);
        steps.push(Step::Localization(localised.into()));
    }
    Ok(steps)
}

fn frames(runs: &Runs, request: &Request, seed: u64) -> Result<Vec<Step>, StudyError> {
    let predictors = request.predictors();
    let mut steps = Vec::new();
    for resolved in request.resolved_predictors(runs)? {
        for &seed in &request.seeds {
            steps.push(Step::TrainPredictor(Box::new(resolved.clone()), seed));
        }
    }
    let names = predictors.networks.iter().map(|(name, _)| name.to_string());
    let names: Vec<String> = names.collect();
    let base = Some(predictors.base.to_string());
    steps.push(Step::Forecast(forecast::Request {
        experiments: names.clone(),
        base: base.clone(),
        seeds: request.seeds.clone(),
        which: Which::Best,
        limit: Some(predictors.scored),
        official: None,
    }));
    steps.push(Step::Memory(memory::Request {
        experiments: names,
        base,
        seed,
        which: Which::Best,
        clips: vec![0, 1],
        target: FrameTarget::Digit(0),
        layers: Vec::new(),
        methods: memory::methods(&FRAME_METHODS.map(str::to_string))?,
        capacity_clips: predictors.measured,
    }));
    Ok(steps)
}

/// Fails if images of the plan are absent or damaged, before hours of training.
///
/// # Errors
/// Absent or damaged data.
pub fn check_images(runs: &Runs, steps: &[Step]) -> Result<(), StudyError> {
    let trial = steps.iter().find_map(|step| match step {
        Step::TrainTrial(resolved, _) => Some(resolved),
        _ => None,
    });
    trial.map_or(Ok(()), |resolved| runs.images(resolved).map(drop))
}

/// As [`check_images`], of the clips.
///
/// # Errors
/// Absent or damaged data.
pub fn check_clips(runs: &Runs, steps: &[Step]) -> Result<(), StudyError> {
    let predictor = steps.iter().find_map(|step| match step {
        Step::TrainPredictor(resolved, _) => Some(resolved),
        _ => None,
    });
    predictor.map_or(Ok(()), |resolved| {
        load_clips(&resolved.experiment.clips, &runs.data)?;
        Ok(())
    })
}

/// Removes all runs of the plan at once, so that a plan that is stopped and resumed keeps no old
/// run.
///
/// # Errors
/// A run that another process is writing to, or that cannot be removed.
pub fn discard(runs: &Runs, steps: &[Step]) -> Result<(), RunError> {
    for step in steps {
        match step {
            Step::TrainTrial(resolved, seed) => discard_run(&runs.dir(resolved, *seed))?,
            Step::TrainPredictor(resolved, seed) => discard_run(&runs.dir(resolved, *seed))?,
            _ => {}
        }
    }
    Ok(())
}

/// Removes a run that no process is writing to.
fn discard_run(run: &RunDir) -> Result<(), RunError> {
    let path = run.path();
    if !path.exists() {
        return Ok(());
    }
    let _lock = RunLock::take(&path)?;
    std::fs::remove_dir_all(&path).map_err(|source| RunError::io("remove", &path, source))
}
