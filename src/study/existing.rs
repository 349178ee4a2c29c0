//! Runs that exist, by name.

use std::path::PathBuf;

use crate::run::{RunDir, list_runs};

use super::named::RunName;
use super::runs::Runs;

impl Runs {
    /// Returns the folder of the run called `run`, whether it exists or not.
    pub fn place(&self, run: &RunName) -> RunDir {
        RunDir::new(&self.root(run.base.as_deref()), &run.experiment, run.seed)
    }

    fn root(&self, base: Option<&str>) -> PathBuf {
        match base {
            Some(base) => self.checkpoints.join(base),
            None => self.checkpoints.clone(),
        }
    }

    /// Returns the runs of the experiment `name` that have a best checkpoint, on any base. What
    /// cannot be listed is no choice to offer, so it is skipped.
    pub fn runs_of(&self, name: &str) -> Vec<RunName> {
        let folders = std::fs::read_dir(&self.checkpoints)
            .into_iter()
            .flatten()
            .flatten();
        let names = folders.map(|folder| folder.file_name().to_string_lossy().into_owned());
        let mut bases: Vec<Option<String>> = names.map(Some).collect();
        bases.push(None);
        bases.sort();
        let mut found = Vec::new();
        for base in bases {
            let runs = list_runs(&self.root(base.as_deref()))
                .unwrap_or_default()
                .into_iter();
            let ours = runs.filter(|run| run.trial() == name && run.has_best());
            found.extend(ours.map(|run| RunName {
                experiment: name.to_string(),
                base: base.clone(),
                seed: run.seed(),
            }));
        }
        found
    }
}
