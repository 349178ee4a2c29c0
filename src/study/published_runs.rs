//! Runs that others published: the networks where there is no run of one's own.

use crate::experiment::{ExperimentKind, Resolved};
use crate::run::{RunDir, list_runs};

use super::error::StudyError;
use super::identity::saved_experiment;
use super::runs::{PublishedRuns, Runs, Trained};

impl Runs {
    /// Returns the published run of the experiment `name` and `seed`, on `base` if given, otherwise on
    /// the first base in alphabetical order.
    ///
    /// # Errors
    /// A folder that cannot be listed; a damaged record.
    pub(super) fn published_run<E: ExperimentKind>(
        &self,
        name: &str,
        base: Option<&str>,
        seed: u64,
    ) -> Result<Option<Trained<E>>, StudyError> {
        let Some(published) = &self.published else {
            return Ok(None);
        };
        let found = self.published_as(name, base)?;
        let Some((base, run)) = found.into_iter().find(|(_, run)| run.seed() == seed) else {
            return Ok(None);
        };
        let mut experiment: Resolved<E> = saved_experiment(&run)?;
        experiment.base = base;
        experiment.base_replaced = true;
        (published.used)(&run);
        Ok(Some(Trained { run, experiment }))
    }

    /// Returns the seeds of the published runs of `experiment`.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub(super) fn published_seeds<E>(
        &self,
        experiment: &Resolved<E>,
    ) -> Result<Vec<u64>, StudyError> {
        let base = experiment.base_replaced.then_some(experiment.base.as_str());
        let mut found = self.published_as(&experiment.name, base)?;
        let first = found.first().map(|(base, _)| base.clone());
        found.retain(|(base, _)| Some(base) == first.as_ref());
        Ok(found.iter().map(|(_, run)| run.seed()).collect())
    }

    /// Returns whether there is a published run of `experiment` and `seed`.
    ///
    /// # Errors
    /// A folder that cannot be listed.
    pub(super) fn has_published<E>(
        &self,
        experiment: &Resolved<E>,
        seed: u64,
    ) -> Result<bool, StudyError> {
        Ok(self.published_seeds(experiment)?.contains(&seed))
    }

    /// Returns the published runs of the experiment `name`, on `base` if given, each with its base.
    fn published_as(
        &self,
        name: &str,
        base: Option<&str>,
    ) -> Result<Vec<(String, RunDir)>, StudyError> {
        let Some(PublishedRuns { folder, .. }) = &self.published else {
            return Ok(Vec::new());
        };
        let on_base = |run: &RunDir| {
            let (its_base, trial) = run.trial().rsplit_once('/')?;
            (trial == name && base.is_none_or(|base| base == its_base) && run.has_best()).then(
                || {
                    let run = RunDir::new(&folder.join(its_base), trial, run.seed());
                    (its_base.to_string(), run)
                },
            )
        };
        Ok(list_runs(folder)?.iter().filter_map(on_base).collect())
    }
}
