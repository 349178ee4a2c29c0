//! The plan of a full reproduction: the runs to train and the studies of them, in order.

use crate::experiment::{ForecastExperiment, Override, Resolved};
use crate::explain::sequence::FrameTarget;
use crate::run::{Overlay, RunDir, RunError, RunLock};

use super::any_experiment::AnyExperiment;
use super::error::StudyError;
use super::identity::is_done;
use super::once::check_once;
use super::pace::Pace;
use super::runs::Runs;
use super::selection::Selection;
use super::series::Series;
use super::which::Which;
use super::{ablation, forecast, localize, measure, memory, sanity, score};

/// Base of the trials in the quick plan.
const QUICK_BASE: &str = "shapes";
/// Number of pictures of the ablation.
const PICTURES: usize = 6;
/// Training seeds of the whole plan.
const SEEDS: [u64; 3] = [0, 1, 2];
/// Training seeds of the quick plan.
const QUICK_SEEDS: [u64; 1] = [0];
/// Maximum number of test images whose maps the quick plan scores.
const QUICK_SCORED: usize = 500;
/// Maximum number of test images whose maps are checked.
const CHECKED: usize = 1000;
/// That of the quick plan.
const QUICK_CHECKED: usize = 100;
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
    /// Training seeds; those of the plan if there are none. The figures show the networks of the first.
    pub seeds: Vec<u64>,
    /// The trials and their base; the quick plan has a base of its own.
    pub series: Series,
    /// A single half.
    pub only: Option<Half>,
    /// Changes to the trials.
    pub overrides: Vec<Override>,
}

/// One step of the plan.
#[derive(Debug, Clone)]
pub enum Step {
    /// Train an experiment with a seed.
    Train(AnyExperiment, u64),
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
        let base = if self.quick {
            Some(QUICK_BASE)
        } else {
            self.series.base
        };
        base.map(str::to_string)
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
        self.series.trials.iter().map(resolve).collect()
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

    fn measured(&self, names: &[&str], class: &str, limit: Option<usize>) -> measure::Request {
        measure::Request {
            base: self.base(),
            limit,
            ..measure::Request::of(names).seeds(&self.seeds).class(class)
        }
    }
}

/// Returns all steps, in order.
///
/// # Errors
/// [`StudyError::NamedTwice`]; an experiment that does not resolve.
pub fn plan(runs: &Runs, request: &Request) -> Result<Vec<Step>, StudyError> {
    let mut request = request.clone();
    if request.seeds.is_empty() {
        request.seeds = if request.quick {
            &QUICK_SEEDS[..]
        } else {
            &SEEDS
        }
        .to_vec();
    }
    let (request, seed) = (&request, request.seeds[0]);
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
            let trial = AnyExperiment::Classify(Box::new(trial.clone()));
            steps.push(Step::Train(trial, seed));
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
        overlay: Overlay::default(),
    }));
    let checked = if request.quick {
        QUICK_CHECKED
    } else {
        CHECKED
    };
    let checked = request.measured(&names, "predicted", Some(checked));
    steps.push(Step::Sanity(checked.into()));
    let scored = request.quick.then_some(QUICK_SCORED);
    steps.push(Step::Score(
        request.measured(&names, "predicted", scored).into(),
    ));
    if located {
        let localised = request.measured(&names, "true", scored);
        steps.push(Step::Localization(localised.into()));
    }
    Ok(steps)
}

fn frames(runs: &Runs, request: &Request, seed: u64) -> Result<Vec<Step>, StudyError> {
    let predictors = request.predictors();
    let mut steps = Vec::new();
    for resolved in request.resolved_predictors(runs)? {
        for &seed in &request.seeds {
            let predictor = AnyExperiment::Forecast(Box::new(resolved.clone()));
            steps.push(Step::Train(predictor, seed));
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

/// Fails if the data of a half of the plan are absent or damaged, before hours of training.
///
/// # Errors
/// Absent or damaged data.
pub fn check_data(runs: &Runs, steps: &[Step], half: Half) -> Result<(), StudyError> {
    let mut trainings = trainings(steps);
    let first = trainings.find(|(experiment, _)| half_of(experiment) == half);
    // Those of a half share their data.
    first.map_or(Ok(()), |(experiment, _)| experiment.check_data(runs))
}

fn half_of(experiment: &AnyExperiment) -> Half {
    match experiment {
        AnyExperiment::Classify(_) => Half::Images,
        AnyExperiment::Forecast(_) => Half::Frames,
    }
}

/// Returns the trainings of a plan, each with its seed.
fn trainings(steps: &[Step]) -> impl Iterator<Item = (&AnyExperiment, u64)> {
    steps.iter().filter_map(|step| match step {
        Step::Train(experiment, seed) => Some((experiment, *seed)),
        _ => None,
    })
}

/// The trainings of one experiment in a plan.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// Name of the experiment.
    pub experiment: String,
    /// Training seeds.
    pub seeds: Vec<u64>,
    /// Epochs of each.
    pub epochs: u32,
    /// Epochs of all seeds that are not done.
    pub left: u32,
    /// Seconds that they take; `None` without an earlier run on the same data and device.
    pub seconds: Option<f64>,
}

/// Returns what the plan trains, experiment by experiment, and how much of it is left.
///
/// # Errors
/// A folder that cannot be listed; absent files, if the size of a network depends on them.
pub fn schedule(runs: &Runs, steps: &[Step]) -> Result<Vec<Scheduled>, StudyError> {
    let pace = Pace::of(runs)?;
    let mut found: Vec<Scheduled> = Vec::new();
    for (experiment, seed) in trainings(steps) {
        let epochs = experiment.kept().0.epochs;
        let run = experiment.dir(runs, seed);
        let done = match is_done(&run) {
            true => epochs,
            false => run.latest_state()?.map_or(0, |state| state.epoch),
        };
        let left = epochs.saturating_sub(done);
        let size = experiment.size(runs)?.multiply_adds;
        let seconds = pace.seconds(experiment.dataset(), size, left);
        match found.last_mut() {
            Some(last) if last.experiment == experiment.name() => {
                last.seeds.push(seed);
                last.left += left;
                last.seconds = last.seconds.zip(seconds).map(|(sum, own)| sum + own);
            }
            _ => found.push(Scheduled {
                experiment: experiment.name().to_string(),
                seeds: vec![seed],
                epochs,
                left,
                seconds,
            }),
        }
    }
    Ok(found)
}

/// Removes all runs of the plan at once, so that a plan that is stopped and resumed keeps no old
/// run.
///
/// # Errors
/// A run that another process is writing to, or that cannot be removed.
pub fn discard(runs: &Runs, steps: &[Step]) -> Result<(), RunError> {
    for (experiment, seed) in trainings(steps) {
        discard_run(&experiment.dir(runs, seed))?;
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
