//! The runs that are compared: found by their names, and checked to be comparable.

use std::path::PathBuf;

use crate::experiment::{Experiment, ExperimentKind, ForecastExperiment, changes, known};
use crate::run::{RunDir, list_runs};
use crate::study::identity::{check_one, is_done, saved_experiment};
use crate::study::named_runs::{Found, based, by_name, is_on, named};
use crate::study::{Runs, StudyError, Trained};

use super::error::CompareError;

/// Runs that are compared as one: the seeds of a name.
#[derive(Debug, Clone)]
pub struct Side<E = Experiment> {
    /// How tables and figures call it.
    pub label: String,
    /// Its runs, by seed; never empty.
    pub runs: Vec<Trained<E>>,
    /// Seeds without a best checkpoint, which are skipped.
    pub skipped: Vec<u64>,
}

impl<E> Side<E> {
    /// Returns the seeds whose training has not ended.
    pub fn unfinished(&self) -> Vec<u64> {
        let open = self.runs.iter().filter(|run| !is_done(&run.run));
        open.map(|run| run.run.seed()).collect()
    }
}

/// The compared runs, all of one kind.
#[derive(Debug, Clone)]
pub enum Sides {
    /// Networks that classify.
    Classifiers(Vec<Side>),
    /// Networks that predict frames.
    Predictors(Vec<Side<ForecastExperiment>>),
}

impl Sides {
    /// Returns the name of the runs' data set.
    pub fn dataset(&self) -> &'static str {
        fn of<E: ExperimentKind>(sides: &[Side<E>]) -> &'static str {
            sides[0].runs[0].experiment.experiment.dataset_name()
        }
        match self {
            Self::Classifiers(sides) => of(sides),
            Self::Predictors(sides) => of(sides),
        }
    }

    /// Returns the runs that are not complete, by name: the seeds whose training has not ended, and those
    /// that are skipped because they have no best checkpoint.
    pub fn incomplete(&self) -> Vec<(&str, Vec<u64>, &[u64])> {
        fn of<E>(sides: &[Side<E>]) -> Vec<(&str, Vec<u64>, &[u64])> {
            let seeds = |side: &Side<E>| (side.unfinished(), side.skipped.clone());
            let open = sides
                .iter()
                .filter(|side| seeds(side) != Default::default());
            open.map(|side| (&*side.label, side.unfinished(), &*side.skipped))
                .collect()
        }
        match self {
            Self::Classifiers(sides) => of(sides),
            Self::Predictors(sides) => of(sides),
        }
    }

    /// Returns how the runs are called.
    pub fn labels(&self) -> Vec<&str> {
        fn of<E>(sides: &[Side<E>]) -> Vec<&str> {
            sides.iter().map(|side| side.label.as_str()).collect()
        }
        match self {
            Self::Classifiers(sides) => of(sides),
            Self::Predictors(sides) => of(sides),
        }
    }
}

/// Returns the runs called `names`, or every run on `base` if there is no name. `best`: whether the runs
/// are compared at their best checkpoints, so that seeds without one are skipped.
///
/// # Errors
/// [`CompareError`]; an experiment that cannot be read; seeds of one name with different experiments.
pub fn find(runs: &Runs, names: &[String], base: Option<&str>) -> Result<Sides, CompareError> {
    let all = list_runs(&runs.checkpoints)?;
    let mut found: Vec<Found> = Vec::new();
    for name in names {
        found.extend(named(runs, &all, name, base)?);
    }
    if let (Some(base), true) = (base, names.is_empty()) {
        let on_base = |run: &&RunDir| is_on(runs, run, base);
        found = by_name(all.iter().filter(on_base).cloned());
        if found.is_empty() {
            let base = base.to_string();
            return Err(CompareError::NoneOnBase { base });
        }
    }
    check_folders(&mut found)?;
    for (label, folders) in &mut found {
        if !folders.iter().any(RunDir::has_best) {
            let path = folders[0].path();
            return Err(CompareError::NoBest { path });
        }
        // The same folder may be named in two ways, but also two folders alike.
        *label = label.trim_end_matches('/').to_string();
    }
    if let [(name, _)] = &found[..] {
        return Err(CompareError::One { name: name.clone() });
    }
    let mut sides = read(&found, &known(&runs.folder))?;
    match &mut sides {
        Sides::Classifiers(sides) => call_apart(sides.iter_mut().map(|side| &mut side.label)),
        Sides::Predictors(sides) => call_apart(sides.iter_mut().map(|side| &mut side.label)),
    }
    Ok(sides)
}

fn check_folders(found: &mut [Found]) -> Result<(), CompareError> {
    let mut seen: Vec<PathBuf> = Vec::new();
    for run in found.iter().flat_map(|(_, folders)| folders) {
        let path = run.path();
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if seen.contains(&real) {
            return Err(CompareError::Twice { path });
        }
        seen.push(real);
    }
    Ok(())
}

/// Shortens the labels of folders to their last parts as far as they stay different.
fn call_apart<'a>(labels: impl Iterator<Item = &'a mut String>) {
    let found: Vec<&mut String> = labels.collect();
    let whole: Vec<Vec<String>> = (found.iter())
        .map(|label| label.split('/').map(str::to_string).collect())
        .collect();
    let longest = whole.iter().map(Vec::len).max().unwrap_or(0);
    let last =
        |parts: &[String], count: usize| parts[parts.len().saturating_sub(count)..].join("/");
    for count in 1..=longest {
        let mut short: Vec<String> = whole.iter().map(|parts| last(parts, count)).collect();
        let labels = short.clone();
        short.sort_unstable();
        short.dedup();
        // "seed-0" alone says nothing of the run.
        let says_name = labels.iter().all(|label| !label.starts_with("seed-"));
        if short.len() == labels.len() && says_name {
            for (label, short) in found.into_iter().zip(labels) {
                *label = short;
            }
            return;
        }
    }
}

fn read(found: &[Found], known: &[String]) -> Result<Sides, CompareError> {
    let (mut classifiers, mut predictors) = (Vec::new(), Vec::new());
    for found in found {
        match side::<Experiment>(found, known) {
            Ok(side) => classifiers.push(side),
            Err(error @ StudyError::DifferentRuns { .. }) => return Err(error.into()),
            Err(error) => match side::<ForecastExperiment>(found, known) {
                Ok(side) => predictors.push(side),
                Err(other @ StudyError::DifferentRuns { .. }) => return Err(other.into()),
                Err(_) => return Err(error.into()),
            },
        }
    }
    match (classifiers.first(), predictors.first()) {
        (Some(classifier), Some(predictor)) => Err(CompareError::TwoKinds {
            classifier: classifier.label.clone(),
            predictor: predictor.label.clone(),
        }),
        (None, _) => check_clips(&predictors).map(|()| Sides::Predictors(predictors)),
        _ => check_images(&classifiers).map(|()| Sides::Classifiers(classifiers)),
    }
}

fn side<E: ExperimentKind>(
    (label, folders): &Found,
    known: &[String],
) -> Result<Side<E>, StudyError> {
    let (mut runs, mut skipped) = (Vec::new(), Vec::new());
    for folder in folders {
        if !folder.has_best() {
            skipped.push(folder.seed());
            continue;
        }
        let mut experiment = saved_experiment::<E>(folder)?;
        let (base, name) = based(known, folder.trial());
        // Below a base, the run has the name that its experiment has there.
        let run = match base {
            Some(base) => {
                (experiment.base, experiment.base_replaced) = (base.to_string(), true);
                folder.below(base, name)
            }
            None => folder.clone(),
        };
        experiment.name = name.to_string();
        runs.push(Trained { run, experiment });
    }
    check_one(
        label,
        runs.iter()
            .map(|run| (run.run.seed(), &run.experiment.experiment)),
    )?;
    let label = label.clone();
    Ok(Side {
        label,
        runs,
        skipped,
    })
}

/// Fails unless all networks are tested on the same images; how many of the training images each had
/// does not count.
fn check_images(sides: &[Side]) -> Result<(), CompareError> {
    let options = |side: &Side| {
        let experiment = &side.runs[0].experiment.experiment;
        let mut options = experiment.data_options();
        options.train_limit = None;
        options
    };
    same(sides, "data.", |a, b| options(a).same_images(&options(b)))
}

/// As [`check_images`], of predictors and their clips.
fn check_clips(sides: &[Side<ForecastExperiment>]) -> Result<(), CompareError> {
    let clips = |side: &Side<ForecastExperiment>| {
        let clips = &side.runs[0].experiment.experiment.clips;
        (clips.dataset, clips.test_clips, clips.seed)
    };
    same(sides, "clips.", |a, b| clips(a) == clips(b))
}

fn same<E: ExperimentKind>(
    sides: &[Side<E>],
    section: &str,
    is_same: impl Fn(&Side<E>, &Side<E>) -> bool,
) -> Result<(), CompareError> {
    let Some(first) = sides.first() else {
        return Ok(());
    };
    let Some(second) = sides.iter().find(|other| !is_same(first, other)) else {
        return Ok(());
    };
    let [one, other] = [first, second].map(|side| &side.runs[0].experiment.experiment);
    let mut changed = changes(one, other);
    changed.retain(|field| field.key.starts_with(section));
    let words = changed.iter();
    let words = words.map(|field| format!("{} is {} and {}", field.key, field.first, field.second));
    Err(CompareError::OtherData {
        first: first.label.clone(),
        second: second.label.clone(),
        differences: words.collect::<Vec<_>>().join("; "),
    })
}
