//! How to fix a sweep that cannot be planned, run or merged, and whether it is a misuse.

use crate::cli::commands::{Commands, base_words, option};
use crate::experiment::{ExperimentError, Sweep};
use crate::run::PlannedCell;
use crate::study::sweep::SweepError;
use crate::train::TrainError;

/// The key that a training that diverges should have lower.
const RATE: &str = "train.learning_rate";
/// The key of the checkpoints that are kept.
const KEPT: &str = "checkpoints.every";

fn replan(name: &str, commands: &Commands) -> String {
    let again = commands.of(["sweep", "plan", name, "--replace"]);
    format!("plan it again: {again}; runs that are done are kept")
}

/// Returns how to fix `error`, and whether it is a misuse. That of [`SweepError::Setting`] is its own.
pub(in crate::cli) fn sweep(error: &SweepError, commands: &Commands) -> (String, bool) {
    let replan = |name: &str| replan(name, commands);
    match error {
        SweepError::TooLarge { .. } => (
            "leave values out, or allow more with most_cells = N in its file or --most-cells N"
                .to_string(),
            true,
        ),
        SweepError::NoValues { key } => (
            format!("give a list with a value, or leave \"{key}\" out"),
            true,
        ),
        SweepError::SameRun { .. } => (
            "leave one of them out: a value that equals the experiment's own makes no new run"
                .to_string(),
            true,
        ),
        SweepError::NoTest { .. } => (
            "leave \"test\" out, and measure them with evaluate".to_string(),
            true,
        ),
        SweepError::TwoDatasets { .. } => (
            "plan a sweep per data set, or give all one base".to_string(),
            true,
        ),
        SweepError::NotDescribed { .. } => (
            "give its --experiment, --grid and other flags again".to_string(),
            true,
        ),
        SweepError::Setting { .. } => (String::new(), true),
        SweepError::Running { name, .. } => (
            format!("wait for them or stop them, then {}", replan(name)),
            false,
        ),
        SweepError::NoPlan { name, .. } => (
            format!(
                "{}, or describe it with --experiment and --grid",
                commands.of(["sweep", "plan", name])
            ),
            false,
        ),
        SweepError::NoCell { .. } => ("cells are numbered from 0".to_string(), true),
        SweepError::OtherVersion { name, .. } => {
            (format!("use that version, or {}", replan(name)), false)
        }
        SweepError::Changed { name, .. } => (
            format!(
                "change it back, or {}; to keep both, give the changed one another name",
                replan(name)
            ),
            false,
        ),
    }
}

/// Returns how to fix an experiment of a sweep that cannot be loaded; `in_file`: whether the sweep has a
/// file, whose place the error shows.
pub(in crate::cli) fn setting(
    error: &ExperimentError,
    in_file: bool,
    commands: &Commands,
) -> Option<String> {
    match error {
        ExperimentError::Value { place: None, .. } if in_file => None,
        ExperimentError::Value { place: None, .. } => {
            Some("the value was given with --grid or --set".to_string())
        }
        ExperimentError::BadOverride { .. } if in_file => Some("give the key a value".to_string()),
        ExperimentError::BadOverride { .. } => {
            Some("for example --grid train.learning_rate=1e-3,3e-3".to_string())
        }
        ExperimentError::NoBase { .. } if in_file => Some(
            "leave \"base\" out, or begin the experiment's file with extends = \"base/cifar-100\""
                .to_string(),
        ),
        error => super::experiment(error, commands),
    }
}

/// Returns how to fix the training of a `cell` of the sweep called `name`, which was described by `sweep`
/// if it has a file.
pub(in crate::cli) fn cell(
    error: &TrainError,
    (name, cell): (&str, &PlannedCell),
    (sweep, commands): (Option<&Sweep>, &Commands),
) -> Option<String> {
    let again = || format!("then {}", replan(name, commands));
    match error {
        TrainError::NotANumber { .. } | TrainError::ValidationNotANumber { .. } => Some(format!(
            "lower {RATE} {}, {}",
            section(RATE, cell, sweep),
            again()
        )),
        TrainError::TooLittleSpace { .. } => Some(format!(
            "free some space, write elsewhere with --runs, or keep fewer checkpoints: set {KEPT} to 0 \
             {}, {}",
            section(KEPT, cell, sweep),
            again()
        )),
        error => {
            let hint = super::train(error)?;
            if !hint.contains("--") {
                return Some(hint.to_string());
            }
            let mut words = vec!["train".to_string(), cell.experiment.clone()];
            words.extend(base_words(cell.base.as_deref()));
            let setting = cell.setting.iter();
            let setting = setting.map(|(key, value)| format!("{key}={value}"));
            for change in cell.set.iter().cloned().chain(setting) {
                words.extend(option("--set", change));
            }
            words.extend(option("--seed", cell.seed));
            let train = commands.of(words);
            Some(format!("{hint}; these are options of: {train}"))
        }
    }
}

/// Returns where the sweep gives `key`, or can give it.
fn section(key: &str, cell: &PlannedCell, sweep: Option<&Sweep>) -> String {
    let varies = cell.setting.iter().any(|(changed, _)| changed == key);
    let Some(source) = sweep.and_then(|sweep| sweep.source.as_ref()) else {
        let option = if varies { "--grid" } else { "--set" };
        return format!("with {option}");
    };
    let in_grid = sweep.is_some_and(|sweep| sweep.grid.iter().any(|(known, _)| known == key));
    let section = match (varies, in_grid) {
        (true, true) => "[grid]",
        (true, false) => "\"list\"",
        (false, _) => "[set]",
    };
    format!("under {section} in {:?}", source.origin())
}
