//! From a sweep to its cells.

use std::collections::BTreeMap;

use crate::experiment::{Override, Sweep};
use crate::run::{PlannedCell, SweepDir, is_locked, sha256};
use crate::study::once::check_once;
use crate::study::{AnyExperiment, Runs, StudyError};

use super::error::SweepError;

/// Version of this program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Origin of a cell's changes in the record of its run.
const ORIGIN: &str = "sweep";

/// Returns the cells of `sweep`: every experiment, with every setting, with every seed.
///
/// # Errors
/// [`SweepError`]; an experiment or seed that is named twice, or none.
pub fn plan(runs: &Runs, sweep: &Sweep) -> Result<Vec<PlannedCell>, StudyError> {
    for (what, count) in [
        ("experiment", sweep.experiments.len()),
        ("seed", sweep.seeds.len()),
    ] {
        if count == 0 {
            return Err(StudyError::NoneNamed { what });
        }
    }
    check_once("experiment", &sweep.experiments, |name| format!("{name:?}"))?;
    check_once("seed", &sweep.seeds, u64::to_string)?;
    if let Some((key, _)) = sweep.grid.iter().find(|(_, values)| values.is_empty()) {
        return Err(SweepError::NoValues { key: key.clone() }.into());
    }
    if sweep.cells() > sweep.most_cells {
        return Err(SweepError::TooLarge {
            name: sweep.name.clone(),
            cells: sweep.cells(),
            most: sweep.most_cells,
        }
        .into());
    }
    let mut cells: Vec<PlannedCell> = Vec::new();
    let mut known = BTreeMap::new();
    let mut dataset = None;
    for experiment in &sweep.experiments {
        for setting in sweep.settings() {
            let pair = |change: &Override| (change.key().to_string(), change.value().to_string());
            let text = |change: &Override| format!("{}={}", change.key(), change.value());
            let planned = PlannedCell {
                cell: 0,
                experiment: experiment.clone(),
                base: sweep.base.clone(),
                seed: 0,
                set: sweep.set.iter().map(text).collect(),
                setting: setting.iter().map(pair).collect(),
                run: String::new(),
                test: sweep.test,
                camtrail: VERSION.to_string(),
                hash: String::new(),
            };
            let resolved =
                resolved(runs, &planned).map_err(|error| located(sweep, &planned, error))?;
            if sweep.test && matches!(resolved, AnyExperiment::Forecast(_)) {
                return Err(SweepError::NoTest {
                    experiment: experiment.clone(),
                }
                .into());
            }
            let dataset = *dataset.get_or_insert(resolved.dataset());
            if dataset != resolved.dataset() {
                return Err(SweepError::TwoDatasets {
                    first: dataset,
                    second: resolved.dataset(),
                    experiment: experiment.clone(),
                }
                .into());
            }
            for &seed in &sweep.seeds {
                let mut cell = PlannedCell {
                    cell: cells.len() as u64,
                    seed,
                    base: resolved.base().map(str::to_string),
                    run: resolved.name().to_string(),
                    ..planned.clone()
                };
                cell.hash = hash(&cell, &resolved);
                if let Some(first) = known.insert(cell.label(), cell.cell) {
                    return Err(SweepError::SameRun {
                        first,
                        second: cell.cell,
                        run: cell.label(),
                    }
                    .into());
                }
                cells.push(cell);
            }
        }
    }
    Ok(cells)
}

/// Returns the experiment of `cell` with its changes.
pub(super) fn resolved(runs: &Runs, cell: &PlannedCell) -> Result<AnyExperiment, StudyError> {
    let mut changes = cell.set.clone();
    changes.extend(
        cell.setting
            .iter()
            .map(|(key, value)| format!("{key}={value}")),
    );
    let load = || {
        let overrides = changes
            .iter()
            .map(|change| Ok(change.parse::<Override>()?.given_with(ORIGIN)))
            .collect::<Result<Vec<_>, StudyError>>()?;
        AnyExperiment::load(runs, &cell.experiment, cell.base.as_deref(), &overrides)
    };
    load().map_err(|error| match error {
        StudyError::Experiment(source) => SweepError::Setting {
            setting: match changes.is_empty() {
                true => String::new(),
                false => format!("{} with {}: ", cell.experiment, changes.join(", ")),
            },
            place: None,
            in_file: false,
            source: Box::new(source),
        }
        .into(),
        other => other,
    })
}

/// Adds to the `error` of `cell` where in the file of `sweep` its fault is.
fn located(sweep: &Sweep, cell: &PlannedCell, mut error: StudyError) -> StudyError {
    if let StudyError::Sweep(SweepError::Setting {
        place,
        in_file,
        source,
        ..
    }) = &mut error
    {
        let value = |key: &str| {
            let setting = cell.setting.iter().rev();
            let own = setting.clone().find(|(changed, _)| changed == key);
            let own = own.map(|(_, value)| value.clone());
            let of_every =
                |change: &String| Some(change.strip_prefix(key)?.strip_prefix('=')?.into());
            own.or_else(|| cell.set.iter().rev().find_map(of_every))
        };
        *place = sweep.place(source, value).map(Box::new);
        *in_file = sweep.source.is_some();
    }
    error
}

/// Returns the hash of what determines the result of `cell`.
pub(super) fn hash(cell: &PlannedCell, resolved: &AnyExperiment) -> String {
    let content = serde_json::json!({
        "camtrail": cell.camtrail,
        "experiment": resolved.values(),
        "seed": cell.seed,
        "base": cell.base,
        "run": cell.run,
    });
    sha256(content.to_string().as_bytes())
}

/// Returns the plan of the sweep called `name`: that on disk, or the new one of `sweep`, which is
/// written. If there are both, they must be the same, unless `replace` is set.
///
/// # Errors
/// [`SweepError::NoPlan`], [`SweepError::OtherVersion`], [`SweepError::Changed`],
/// [`SweepError::Running`]; as [`plan`].
pub fn planned(
    runs: &Runs,
    (name, sweep): (&str, Option<&Sweep>),
    replace: bool,
) -> Result<Vec<PlannedCell>, StudyError> {
    let dir = SweepDir::new(&runs.checkpoints, name);
    let replaced = replace && sweep.is_some();
    let before = match dir.read_plan() {
        // A damaged plan can be replaced.
        Err(_) if replaced => None,
        read => read?,
    };
    let now = sweep.map(|sweep| plan(runs, sweep)).transpose()?;
    let cells = match (before, now) {
        (Some(before), Some(now)) if replaced => {
            if before != now {
                check_at_rest(runs, name, &before)?;
            }
            now
        }
        (None, None) => {
            return Err(SweepError::NoPlan {
                name: name.to_string(),
                path: dir.plan(),
            }
            .into());
        }
        (Some(before), Some(now)) => {
            check_version(name, &before)?;
            check_same(name, &before, &now)?;
            return Ok(before);
        }
        (None, Some(now)) => now,
        (Some(_), None) if replace => {
            return Err(SweepError::NotDescribed {
                name: name.to_string(),
            }
            .into());
        }
        (Some(before), None) => {
            check_version(name, &before)?;
            return Ok(before);
        }
    };
    dir.write_plan(&cells)?;
    Ok(cells)
}

/// Fails if cells of a plan are running: the processes that started them refer to cells by number.
fn check_at_rest(runs: &Runs, name: &str, cells: &[PlannedCell]) -> Result<(), SweepError> {
    let is_running = |cell: &&PlannedCell| is_locked(&cell.dir(&runs.checkpoints).path());
    let running = cells.iter().filter(is_running).map(|cell| cell.cell);
    match running.collect::<Vec<u64>>() {
        cells if cells.is_empty() => Ok(()),
        cells => Err(SweepError::Running {
            name: name.to_string(),
            cells,
        }),
    }
}

fn check_version(name: &str, cells: &[PlannedCell]) -> Result<(), SweepError> {
    match cells.iter().find(|cell| cell.camtrail != VERSION) {
        Some(cell) => Err(SweepError::OtherVersion {
            name: name.to_string(),
            planned: cell.camtrail.clone(),
            ours: VERSION.to_string(),
        }),
        None => Ok(()),
    }
}

fn check_same(name: &str, before: &[PlannedCell], now: &[PlannedCell]) -> Result<(), SweepError> {
    let same = (before.iter().zip(now)).take_while(|(before, now)| before == now);
    let same = same.count();
    match same == before.len() && same == now.len() {
        true => Ok(()),
        false => Err(SweepError::Changed {
            name: name.to_string(),
            cell: same as u64,
            now: now.get(same).map(PlannedCell::label),
        }),
    }
}
