//! The resolved experiment of a next-frame predictor as a value.

use serde::{Deserialize, Serialize};

use crate::data::ClipOptions;
use crate::data::clips::{CANVAS_SIDE, CLIP_FRAMES};
use crate::model::{ForecastSpec, ForecastSpecError, NetworkSize, check_predictor};
use crate::train::{CheckpointSpec, ObjectiveSpec, TrainSpec};

use super::spec::{ExperimentKind, OutOfRange, TRAIN, check_train, not_negative, within};

/// Maximum number of clips of a split; clips are generated on demand and take no memory.
const MOST_CLIPS: usize = 1_000_000;

/// A whole experiment, with every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForecastExperiment {
    /// The clips.
    pub clips: ClipOptions,
    /// The network.
    pub forecast: ForecastSpec,
    /// The training loss.
    pub objective: ObjectiveSpec,
    /// Training options.
    pub train: TrainSpec,
    /// The checkpoints to keep.
    pub checkpoints: CheckpointSpec,
}

impl ForecastExperiment {
    /// Returns the network's size for one frame.
    pub fn size(&self) -> NetworkSize {
        NetworkSize::of_forecast(&self.forecast, CANVAS_SIDE)
    }

    /// Returns the network's description.
    pub fn architecture(&self) -> String {
        self.forecast.describe()
    }
}

impl ExperimentKind for ForecastExperiment {
    const NOUN: &'static str = "experiment";
    const SECTION: &'static str = "forecast";
    const NETWORK_KEYS: &'static [&'static str] = &[
        "forecast.network",
        "forecast.hidden",
        "forecast.kernel",
        "forecast.patch",
    ];
    const UNWRITTEN: &'static [(&'static str, &'static str)] = &[("forecast", "network")];

    fn training(&self) -> &TrainSpec {
        &self.train
    }

    fn dataset_name(&self) -> &'static str {
        self.clips.dataset.name()
    }

    fn unread(&self, key: &str) -> Option<String> {
        let key = key.strip_prefix(TRAIN)?;
        self.train.unread(key)
    }

    fn check(&self) -> Result<(), OutOfRange> {
        let clips = &self.clips;
        within("clips.train_clips", clips.train_clips, 1, MOST_CLIPS)?;
        within(
            "clips.validation_clips",
            clips.validation_clips,
            1,
            MOST_CLIPS,
        )?;
        within("clips.test_clips", clips.test_clips, 1, MOST_CLIPS)?;
        check_train(&self.train)?;
        within(
            "train.batch_size",
            self.train.batch_size,
            1,
            clips.train_clips,
        )?;
        let frames = self.objective.true_frames;
        within("objective.true_frames", frames, 1, CLIP_FRAMES - 1)?;
        not_negative("objective.gradient_norm", self.objective.gradient_norm)?;
        check_predictor(&self.forecast, CANVAS_SIDE).map_err(|error| {
            let (key, value) = match &error {
                ForecastSpecError::UnknownNetwork { network, .. } => {
                    ("forecast.network", format!("{network:?}"))
                }
                ForecastSpecError::Layers { .. }
                | ForecastSpecError::Channels { .. }
                | ForecastSpecError::Hidden { .. } => {
                    ("forecast.hidden", format!("{:?}", self.forecast.hidden))
                }
                ForecastSpecError::Kernel { kernel, .. } => ("forecast.kernel", kernel.to_string()),
                ForecastSpecError::Patch { patch, .. } => ("forecast.patch", patch.to_string()),
            };
            OutOfRange {
                key,
                value,
                allowed: error.to_string(),
            }
        })
    }
}
