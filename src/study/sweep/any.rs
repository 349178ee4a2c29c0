//! An experiment of either kind, for what does not depend on the kind.

use crate::experiment::{Experiment, ForecastExperiment, Override, Resolved};
use crate::experiment::{ExperimentError, ExperimentKind};
use crate::model::NetworkSize;
use crate::study::training::{Training, train_unless_done};
use crate::study::watch::Watch;
use crate::study::{Runs, StudyError, Which, accuracy};
use crate::train::{CheckpointSpec, TrainSpec};

/// An experiment of either kind.
pub(super) enum AnyExperiment {
    Classify(Box<Resolved>),
    Forecast(Box<Resolved<ForecastExperiment>>),
}

impl AnyExperiment {
    /// Returns the experiment `name`, on `base` if given, with `overrides` on top.
    pub(super) fn load(
        runs: &Runs,
        name: &str,
        base: Option<&str>,
        overrides: &[Override],
    ) -> Result<Self, StudyError> {
        match runs.experiment::<Experiment>(name, base, overrides) {
            Err(StudyError::Experiment(ExperimentError::OtherKind { .. })) => {
                let resolved = runs.experiment(name, base, overrides)?;
                Ok(Self::Forecast(Box::new(resolved)))
            }
            resolved => Ok(Self::Classify(Box::new(resolved?))),
        }
    }

    /// Returns the name of its run.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Classify(resolved) => &resolved.name,
            Self::Forecast(resolved) => &resolved.name,
        }
    }

    /// Returns the base that replaces the experiment's own.
    pub(super) fn base(&self) -> Option<&str> {
        let (replaced, base) = match self {
            Self::Classify(resolved) => (resolved.base_replaced, &resolved.base),
            Self::Forecast(resolved) => (resolved.base_replaced, &resolved.base),
        };
        replaced.then_some(base.as_str())
    }

    /// Returns its values as JSON.
    pub(super) fn values(&self) -> serde_json::Value {
        let values = match self {
            Self::Classify(resolved) => serde_json::to_value(&resolved.experiment),
            Self::Forecast(resolved) => serde_json::to_value(&resolved.experiment),
        };
        values.expect("numbers, texts, lists and sections all have a form in JSON")
    }

    /// Returns the size of its network; that of classifiers of files needs the files.
    pub(super) fn size(&self, runs: &Runs) -> Result<NetworkSize, StudyError> {
        Ok(match self {
            Self::Classify(resolved) => {
                let experiment = &resolved.experiment;
                experiment.size(runs.shape(experiment)?)
            }
            Self::Forecast(resolved) => resolved.experiment.size(),
        })
    }

    /// Returns what a run writes: the training options and the checkpoints to keep.
    pub(super) fn kept(&self) -> (&TrainSpec, &CheckpointSpec) {
        match self {
            Self::Classify(resolved) => {
                let experiment = &resolved.experiment;
                (experiment.training(), &experiment.checkpoints)
            }
            Self::Forecast(resolved) => {
                let experiment = &resolved.experiment;
                (experiment.training(), &experiment.checkpoints)
            }
        }
    }

    /// Returns the name of the data set.
    pub(super) fn dataset(&self) -> &'static str {
        match self {
            Self::Classify(resolved) => resolved.experiment.dataset_name(),
            Self::Forecast(resolved) => resolved.experiment.dataset_name(),
        }
    }

    /// Measures the best checkpoint of the run of `seed` on the test split. Frames have no accuracy.
    pub(super) fn test(&self, runs: &Runs, seed: u64, watch: &dyn Watch) -> Result<(), StudyError> {
        if let Self::Classify(_) = self {
            let request = accuracy::Request {
                trials: vec![self.name().to_string()],
                base: self.base().map(str::to_string),
                seeds: vec![seed],
                which: Which::Best,
            };
            accuracy::measure(runs, &request, watch)?;
        }
        Ok(())
    }

    /// Trains the run of `seed` to its end.
    pub(super) fn train(
        &self,
        runs: &Runs,
        seed: u64,
        watch: &dyn Watch,
    ) -> Result<Training, StudyError> {
        match self {
            Self::Classify(resolved) => train_unless_done(runs, resolved, seed, watch),
            Self::Forecast(resolved) => train_unless_done(runs, resolved, seed, watch),
        }
    }
}
