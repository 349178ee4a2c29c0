//! The runs below a folder.

use std::path::Path;

use super::dir::seed_of;
use super::names::folder_names;
use super::{RunDir, RunError};

/// Folder of the runs that come with the program, in that of the user's own.
pub const PUBLISHED: &str = "published";
/// Maximum depth of a run's trial below the root: a base, and an experiment in a folder.
const MOST_NESTED: usize = 4;

/// Returns every run under `root`, by trial and then by seed, or none if it does not exist. The
/// trial is the path of the run's folder below `root`, such as "trial-d", or "shapes/trial-d" for a
/// run on another base. Published runs below `root` are not among them.
///
/// # Errors
/// [`RunError::Io`] if a folder cannot be listed.
pub fn list_runs(root: &Path) -> Result<Vec<RunDir>, RunError> {
    let mut runs = Vec::new();
    add_runs(root, "", &mut runs)?;
    runs.sort_by(|a, b| (a.trial(), a.seed()).cmp(&(b.trial(), b.seed())));
    Ok(runs)
}

/// Adds the runs of `trial` and of every folder in it.
fn add_runs(root: &Path, trial: &str, runs: &mut Vec<RunDir>) -> Result<(), RunError> {
    for name in folder_names(&root.join(trial))? {
        match seed_of(&name) {
            Some(seed) if !trial.is_empty() => runs.push(RunDir::new(root, trial, seed)),
            _ if name.starts_with('.') || trial.split('/').count() > MOST_NESTED => {}
            _ if trial.is_empty() && name == PUBLISHED => {}
            _ if trial.is_empty() => add_runs(root, &name, runs)?,
            _ => add_runs(root, &format!("{trial}/{name}"), runs)?,
        }
    }
    Ok(())
}
