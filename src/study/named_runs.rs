//! From the names of runs to their folders: an experiment or run name with all its seeds, NAME/seed-N, a
//! sweep, or a folder.

use std::path::{Path, PathBuf};

use crate::experiment::{Experiment, ForecastExperiment, known};
use crate::run::{RunDir, SweepDir, list_runs, near_names, split_changes};

use super::error::StudyError;
use super::runs::Runs;
use super::unknown_run::UnknownRun;

/// The folders of the runs of one name, by seed; never empty.
pub(super) type Found = (String, Vec<RunDir>);

/// Returns the runs of the cells of the sweep called `name`; none if no such sweep was planned.
fn of_sweep(runs: &Runs, all: &[RunDir], name: &str) -> Result<Vec<Found>, StudyError> {
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

/// Returns the runs of `all` that `name` stands for, on `base` if given; also those of a folder elsewhere.
///
/// # Errors
/// [`UnknownRun::Named`], with similar names.
pub(super) fn named(
    runs: &Runs,
    all: &[RunDir],
    name: &str,
    base: Option<&str>,
) -> Result<Vec<Found>, StudyError> {
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
    if let Some(found) = in_folder(runs, all, Path::new(name))? {
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
    Err(UnknownRun::Named {
        name: name.to_string(),
        base: base.map(str::to_string),
        near,
    }
    .into())
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

pub(super) fn by_name(runs: impl Iterator<Item = RunDir>) -> Vec<Found> {
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
fn in_folder(runs: &Runs, all: &[RunDir], path: &Path) -> Result<Option<Vec<Found>>, StudyError> {
    let Ok(path) = path.canonicalize() else {
        return Ok(None);
    };
    // Below the root of the runs it has a shorter name.
    if let Ok(root) = runs.checkpoints.canonicalize()
        && let Ok(name) = path.strip_prefix(&root)
        && let Some(name) = name.to_str().filter(|name| !name.is_empty())
    {
        let found = below(all, name);
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
pub(super) fn is_on(runs: &Runs, run: &RunDir, base: &str) -> bool {
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
pub(super) fn based<'a>(known: &[String], name: &'a str) -> (Option<&'a str>, &'a str) {
    let (experiment, _) = split_changes(name);
    match name.split_once('/') {
        Some((base, rest)) if !known.iter().any(|known| known == experiment) => (Some(base), rest),
        _ => (None, name),
    }
}
