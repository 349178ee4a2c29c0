//! A trained network's weights as a safetensors state dict, with the metadata needed to use them.

use crate::data::Normalisation;
use crate::model::weights::{DATASET_NOTE, NETWORK_NOTE, TRIAL_NOTE, export_safetensors};

use crate::experiment::ForecastExperiment;

use super::error::StudyError;
use super::runs::{Runs, Trained, Which};

/// Returns the content of the file for the checkpoint `which` of `trained`: its tensors under
/// PyTorch's names, with experiment, epoch, classes and standardisation in the metadata.
///
/// # Errors
/// As [`Trained::open`]; absent or changed data.
pub fn export(runs: &Runs, trained: &Trained, which: Which) -> Result<Vec<u8>, StudyError> {
    let subject = trained.open(which, runs)?;
    let data = trained.images(runs)?;
    let Normalisation { mean, std } = data.normalisation;
    let classes = serde_json::Value::from(data.test.class_names().to_vec()).to_string();
    let experiment = &trained.experiment.experiment;
    let architecture = experiment.architecture(data.test.classes());
    let notes = [
        (TRIAL_NOTE, subject.name.clone()),
        ("seed", subject.seed.to_string()),
        ("epoch", subject.epoch.to_string()),
        (NETWORK_NOTE, architecture),
        (DATASET_NOTE, data.test.dataset_name().to_string()),
        ("mean", format!("{mean:?}")),
        ("std", format!("{std:?}")),
        ("classes", classes),
    ];
    let network = subject.trained_network();
    let tensors = network.map(|network| network.network().tensors());
    Ok(export_safetensors(&tensors.unwrap_or_default(), &notes)?)
}

/// Returns the same for a next-frame predictor, whose tensors have the names of its fields. Its frames
/// are not standardised: grey values are 0 to 1.
///
/// # Errors
/// As [`Trained::open`].
pub fn export_predictor(
    runs: &Runs,
    trained: &Trained<ForecastExperiment>,
    which: Which,
) -> Result<Vec<u8>, StudyError> {
    let opened = trained.open(which, runs)?;
    let experiment = &trained.experiment.experiment;
    let notes = [
        (TRIAL_NOTE, trained.run.trial().to_string()),
        ("seed", trained.run.seed().to_string()),
        ("epoch", opened.epoch.to_string()),
        (NETWORK_NOTE, experiment.architecture()),
        (DATASET_NOTE, experiment.clips.dataset.name().to_string()),
    ];
    Ok(export_safetensors(&opened.network.tensors(), &notes)?)
}
