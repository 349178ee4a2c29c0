//! Runs that exist, by name.

use crate::run::{RunDir, list_runs};

use super::named::RunName;
use super::runs::Runs;

impl Runs {
    /// Returns the folder of the run called `run`, whether it exists or not.
    pub fn place(&self, run: &RunName) -> RunDir {
        let root = match &run.base {
            Some(base) => &self.checkpoints.join(base),
            None => &self.checkpoints,
        };
        RunDir::new(root, &run.experiment, run.seed)
    }

    /// Returns the runs of the experiment `name` that have a best checkpoint, on any base. What
    /// cannot be listed is no choice to offer, so it is skipped.
    pub fn runs_of(&self, name: &str) -> Vec<RunName> {
        let named = |run: &RunDir| {
            let base = match run.trial() == name {
                true => None,
                false => Some(
                    run.trial()
                        .strip_suffix(name)?
                        .strip_suffix('/')?
                        .to_string(),
                ),
            };
            run.has_best().then(|| RunName {
                experiment: name.to_string(),
                base,
                seed: run.seed(),
            })
        };
        let runs = list_runs(&self.checkpoints).unwrap_or_default();
        let mut found: Vec<RunName> = runs.iter().filter_map(named).collect();
        found.sort_by(|a, b| (&a.base, a.seed).cmp(&(&b.base, b.seed)));
        found
    }
}
