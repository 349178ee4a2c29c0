//! Experiments by name, and runs that exist.

use crate::experiment::{
    ExperimentError, ExperimentKind, Override, Resolved, load as load_experiment, load_record,
};
use crate::run::{RunDir, list_runs};

use super::error::StudyError;
use super::identity::{has_experiment, saved_experiment};
use super::named::RunName;
use super::runs::Runs;

impl Runs {
    /// Returns the experiment `name`, on `base` if given, with `overrides` on top. The name of a run
    /// with a name of its own means the experiment that it was trained with.
    ///
    /// # Errors
    /// As [`load`](crate::experiment::load); a damaged record in the folder of that run.
    pub fn experiment<E: ExperimentKind>(
        &self,
        name: &str,
        base: Option<&str>,
        overrides: &[Override],
    ) -> Result<Resolved<E>, StudyError> {
        match load_experiment(&self.folder, name, base, overrides) {
            Err(ExperimentError::Unknown {
                name: unknown,
                near,
                known,
                place: None,
            }) if unknown == name => match self.recorded(name, base, overrides)? {
                Some(recorded) => Ok(recorded),
                None => Err(ExperimentError::Unknown {
                    name: unknown,
                    near,
                    known,
                    place: None,
                }
                .into()),
            },
            loaded => Ok(loaded?),
        }
    }

    /// Returns the experiment of the runs called `name`, from the first that has recorded it.
    fn recorded<E: ExperimentKind>(
        &self,
        name: &str,
        base: Option<&str>,
        overrides: &[Override],
    ) -> Result<Option<Resolved<E>>, StudyError> {
        let root = base.map_or(self.checkpoints.clone(), |base| self.checkpoints.join(base));
        for run in list_runs(&root)? {
            if run.trial() != name || !has_experiment(&run)? {
                continue;
            }
            let saved: Resolved<E> = saved_experiment(&run)?;
            let mut found = load_record(&run.experiment(), name, &saved.text, overrides)?;
            found.base = base.unwrap_or_default().to_string();
            found.base_replaced = base.is_some();
            return Ok(Some(found));
        }
        Ok(None)
    }

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
