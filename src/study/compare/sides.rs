//! From names to runs: an experiment or run name with all its seeds, NAME/seed-N, a sweep, or a folder.

use std::path::{Path, PathBuf};

use crate::experiment::{Experiment, ExperimentKind, ForecastExperiment, changes, known};
use crate::run::{RunDir, SweepDir, list_runs, near_names, split_changes};
use crate::study::identity::{check_one, saved_experiment};
use crate::study::{Runs, StudyError, Trained};

use super::error::CompareError;

/// Runs that are compared as one: the seeds of a name.
#[derive(Debug, Clone)]
pub struct Side<E = Experiment> {
    /// How tables and figures call it.
    pub label: String,
    /// Its runs, by seed; never empty.
    pub runs: Vec<Trained<E>>,
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

/// The folders of a side, before they are read.
type Found = (String, Vec<RunDir>);

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
        let without = folders[0].path();
        folders.retain(RunDir::has_best);
        if folders.is_empty() {
            return Err(CompareError::NoBest { path: without });
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

/// Returns the runs of the cells of the sweep called `name`; none if no such sweep was planned.
fn of_sweep(runs: &Runs, all: &[RunDir], name: &str) -> Result<Vec<Found>, CompareError> {
    let cells = SweepDir::new(&runs.checkpoints, name).read_plan()?;
    let mut names: Vec<String> = Vec::new();
    for cell in cells.unwrap_or_default() {
        let name = match &cell.base {
            Some(base) => format!("{base}/{}", cell.run),
            None => cell.run,
        };
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names.iter().flat_map(|name| below(all, name)).collect())
}

/// Returns the folders that `name` stands for.
fn named(
    runs: &Runs,
    all: &[RunDir],
    name: &str,
    base: Option<&str>,
) -> Result<Vec<Found>, CompareError> {
    let name = name.trim_end_matches('/');
    let on_base = base.map(|base| format!("{base}/{name}"));
    for name in on_base.iter().map(String::as_str).chain([name]) {
        // Without its base in front, it is a run on its own base.
        let counts = |run: &RunDir| base.is_none_or(|base| is_on(runs, run, base));
        let mut found = below(all, name);
        found.retain(|(_, folders)| folders.iter().all(counts));
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let found = of_sweep(runs, all, name)?;
    if !found.is_empty() {
        return Ok(found);
    }
    if let Some(found) = in_folder(runs, Path::new(name))? {
        return Ok(found);
    }
    let mut known: Vec<&str> = all.iter().map(RunDir::trial).collect();
    known.dedup();
    let last = |trial: &&&str| trial.rsplit('/').next() == Some(name);
    let mut near: Vec<String> = known
        .iter()
        .filter(last)
        .map(|trial| trial.to_string())
        .collect();
    if near.is_empty() {
        near = near_names(name, known);
    }
    Err(CompareError::NoRun {
        name: name.to_string(),
        base: base.map(str::to_string),
        near,
    })
}

/// Returns the runs of `all` called `name`, the one that `name` names with its seed, or all below it.
fn below(all: &[RunDir], name: &str) -> Vec<Found> {
    let seed_of = |run: &&RunDir| Path::new(run.trial()).join(seed_folder(run)) == Path::new(name);
    if let Some(run) = all.iter().find(seed_of) {
        return vec![(name.to_string(), vec![run.clone()])];
    }
    let exact: Vec<RunDir> = all
        .iter()
        .filter(|run| run.trial() == name)
        .cloned()
        .collect();
    match exact.is_empty() {
        false => vec![(name.to_string(), exact)],
        true => {
            let prefix = format!("{name}/");
            let inside = all.iter().filter(|run| run.trial().starts_with(&prefix));
            by_name(inside.cloned())
        }
    }
}

fn seed_folder(run: &RunDir) -> PathBuf {
    run.path()
        .file_name()
        .map(PathBuf::from)
        .unwrap_or_default()
}

fn by_name(runs: impl Iterator<Item = RunDir>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    for run in runs {
        match found.iter_mut().find(|(name, _)| name == run.trial()) {
            Some((_, folders)) => folders.push(run),
            None => found.push((run.trial().to_string(), vec![run])),
        }
    }
    found
}

/// Returns the runs of the folder at `path`: a run folder, or one with runs in it.
fn in_folder(runs: &Runs, path: &Path) -> Result<Option<Vec<Found>>, CompareError> {
    let Ok(path) = path.canonicalize() else {
        return Ok(None);
    };
    // Below the root of the runs it has a shorter name.
    if let Ok(root) = runs.checkpoints.canonicalize()
        && let Ok(name) = path.strip_prefix(&root)
        && let Some(name) = name.to_str().filter(|name| !name.is_empty())
    {
        let found = below(&list_runs(&runs.checkpoints)?, name);
        return Ok((!found.is_empty()).then_some(found));
    }
    let label = path.display().to_string();
    if let Some(run) = RunDir::at(&path).filter(|run| run.manifest().is_file()) {
        return Ok(Some(vec![(label, vec![run])]));
    }
    let (Some(root), Some(name)) = (
        path.parent(),
        path.file_name().and_then(|name| name.to_str()),
    ) else {
        return Ok(None);
    };
    let found = below(&list_runs(root)?, name);
    let called = |(name, folders): Found| {
        let place = root.join(&name);
        (place.display().to_string(), folders)
    };
    let found: Vec<Found> = found.into_iter().map(called).collect();
    Ok((!found.is_empty()).then_some(found))
}

/// Returns whether `run` is on `base`: below its folder or, where the base is its experiment's own, in
/// none.
fn is_on(runs: &Runs, run: &RunDir, base: &str) -> bool {
    match based(&known(&runs.folder), run.trial()) {
        (Some(folder), _) => folder == base,
        (None, _) => {
            let own = runs.experiment::<Experiment>(run.trial(), None, &[]);
            let of_frames = || runs.experiment::<ForecastExperiment>(run.trial(), None, &[]);
            let own = own
                .map(|own| own.base)
                .or_else(|_| of_frames().map(|own| own.base));
            own.is_ok_and(|own| own == base)
        }
    }
}

/// Returns the base in front of the name of a run, if there is one, and the rest of it. An experiment in a
/// folder, one of `known`, has a name with several parts.
fn based<'a>(known: &[String], name: &'a str) -> (Option<&'a str>, &'a str) {
    let (experiment, _) = split_changes(name);
    match name.split_once('/') {
        Some((base, rest)) if !known.iter().any(|known| known == experiment) => (Some(base), rest),
        _ => (None, name),
    }
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
    let mut runs = Vec::new();
    for folder in folders {
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
    Ok(Side { label, runs })
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
