//! An experiment of either kind, for what does not depend on the kind.

use crate::data::load_clips;
use crate::experiment::{
    Experiment, ExperimentError, ExperimentKind, FieldDifference, ForecastExperiment, Override,
    Resolved, changes, compare,
};
use crate::model::NetworkSize;
use crate::run::RunDir;
use crate::train::{CheckpointSpec, TrainSpec};

use super::accuracy;
use super::error::StudyError;
use super::identity::saved_experiment;
use super::runs::Runs;
use super::training::{Training, train_unless_done};
use super::watch::Watch;
use super::which::Which;

/// An experiment of either kind.
#[derive(Debug, Clone)]
pub enum AnyExperiment {
    /// It trains a network that classifies images.
    Classify(Box<Resolved>),
    /// It trains a network that predicts frames.
    Forecast(Box<Resolved<ForecastExperiment>>),
}

impl AnyExperiment {
    /// Returns the experiment `name`, on `base` if given, with `overrides` on top.
    ///
    /// # Errors
    /// As [`Runs::experiment`].
    pub fn load(
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

    /// Returns the experiment that `run` was trained with.
    ///
    /// # Errors
    /// As [`saved_experiment`].
    pub fn saved(run: &RunDir) -> Result<Self, StudyError> {
        match saved_experiment::<Experiment>(run) {
            Err(StudyError::Experiment(ExperimentError::OtherKind { .. })) => {
                Ok(Self::Forecast(Box::new(saved_experiment(run)?)))
            }
            resolved => Ok(Self::Classify(Box::new(resolved?))),
        }
    }

    /// Returns the header and the whole text.
    pub fn text(&self) -> (&str, &str) {
        match self {
            Self::Classify(resolved) => (&resolved.header, &resolved.text),
            Self::Forecast(resolved) => (&resolved.header, &resolved.text),
        }
    }

    /// Returns the number of blocks or layers.
    pub fn blocks(&self) -> usize {
        match self {
            Self::Classify(resolved) => resolved.experiment.model.blocks(),
            Self::Forecast(resolved) => resolved.experiment.forecast.hidden.len(),
        }
    }

    /// Returns the keys in which it differs from `other`, or `None` for different kinds.
    pub fn compare(&self, other: &Self) -> Option<Vec<FieldDifference>> {
        match (self, other) {
            (Self::Classify(a), Self::Classify(b)) => Some(compare(&a.experiment, &b.experiment)),
            (Self::Forecast(a), Self::Forecast(b)) => Some(compare(&a.experiment, &b.experiment)),
            _ => None,
        }
    }

    /// Returns the keys that either reads and in which they differ, or `None` for different kinds.
    pub fn changes(&self, other: &Self) -> Option<Vec<FieldDifference>> {
        match (self, other) {
            (Self::Classify(a), Self::Classify(b)) => Some(changes(&a.experiment, &b.experiment)),
            (Self::Forecast(a), Self::Forecast(b)) => Some(changes(&a.experiment, &b.experiment)),
            _ => None,
        }
    }

    /// Returns the kind of its network: "classifier" or "predictor".
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Classify(_) => "classifier",
            Self::Forecast(_) => "predictor",
        }
    }

    /// Returns the name of its run.
    pub fn name(&self) -> &str {
        match self {
            Self::Classify(resolved) => &resolved.name,
            Self::Forecast(resolved) => &resolved.name,
        }
    }

    /// Returns the base that replaces the experiment's own.
    pub fn base(&self) -> Option<&str> {
        let (replaced, base) = match self {
            Self::Classify(resolved) => (resolved.base_replaced, &resolved.base),
            Self::Forecast(resolved) => (resolved.base_replaced, &resolved.base),
        };
        replaced.then_some(base.as_str())
    }

    /// Returns its values as JSON.
    pub fn values(&self) -> serde_json::Value {
        let values = match self {
            Self::Classify(resolved) => serde_json::to_value(&resolved.experiment),
            Self::Forecast(resolved) => serde_json::to_value(&resolved.experiment),
        };
        values.expect("numbers, texts, lists and sections all have a form in JSON")
    }

    /// Returns the size of its network; that of classifiers of files needs the files.
    ///
    /// # Errors
    /// Absent files, if the shape of the images must be read from them.
    pub fn size(&self, runs: &Runs) -> Result<NetworkSize, StudyError> {
        Ok(match self {
            Self::Classify(resolved) => {
                let experiment = &resolved.experiment;
                experiment.size(runs.shape(experiment)?)
            }
            Self::Forecast(resolved) => resolved.experiment.size(),
        })
    }

    /// Returns what a run writes: the training options and the checkpoints to keep.
    pub fn kept(&self) -> (&TrainSpec, &CheckpointSpec) {
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

    /// Returns whether `run` was trained with this experiment.
    ///
    /// # Errors
    /// A damaged record.
    pub fn is_of(&self, run: &RunDir) -> Result<bool, StudyError> {
        let changes = self.changes(&Self::saved(run)?);
        Ok(changes.is_some_and(|changes| changes.is_empty()))
    }

    /// Returns the run folder of `seed`, whether it exists or not.
    pub fn dir(&self, runs: &Runs, seed: u64) -> RunDir {
        match self {
            Self::Classify(resolved) => runs.dir(resolved, seed),
            Self::Forecast(resolved) => runs.dir(resolved, seed),
        }
    }

    /// Fails if its data are absent or damaged.
    ///
    /// # Errors
    /// Absent or damaged data.
    pub fn check_data(&self, runs: &Runs) -> Result<(), StudyError> {
        match self {
            Self::Classify(resolved) => runs.images(resolved).map(drop),
            Self::Forecast(resolved) => {
                load_clips(&resolved.experiment.clips, &runs.data)?;
                Ok(())
            }
        }
    }

    /// Returns the name of the data set.
    pub fn dataset(&self) -> &'static str {
        match self {
            Self::Classify(resolved) => resolved.experiment.dataset_name(),
            Self::Forecast(resolved) => resolved.experiment.dataset_name(),
        }
    }

    /// Measures the best checkpoint of the run of `seed` on the test split. Frames have no accuracy.
    ///
    /// # Errors
    /// As [`accuracy::measure`].
    pub fn test(&self, runs: &Runs, seed: u64, watch: &dyn Watch) -> Result<(), StudyError> {
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
    ///
    /// # Errors
    /// As [`train_unless_done`].
    pub fn train(&self, runs: &Runs, seed: u64, watch: &dyn Watch) -> Result<Training, StudyError> {
        match self {
            Self::Classify(resolved) => train_unless_done(runs, resolved, seed, watch),
            Self::Forecast(resolved) => train_unless_done(runs, resolved, seed, watch),
        }
    }
}
