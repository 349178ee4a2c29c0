//! How to fix a sweep that cannot be planned, run or merged, and whether it is a misuse.

use crate::cli::commands::Commands;
use crate::study::sweep::SweepError;

/// Returns how to fix `error`, and whether it is a misuse. [`SweepError::Setting`] is its cause's.
pub(in crate::cli) fn sweep(error: &SweepError, commands: &Commands) -> (String, bool) {
    let replan = |name: &str| {
        let again = commands.of(["sweep", "plan", name, "--replace"]);
        format!("plan it again: {again}; runs that are done are kept")
    };
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
