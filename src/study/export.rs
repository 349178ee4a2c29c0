//! A trained network's weights as a safetensors state dict, with the metadata needed to use them: one
//! file, or a run folder to share.

use std::fs;
use std::path::Path;

use crate::data::Normalisation;
use crate::experiment::ForecastExperiment;
use crate::model::EXPORT_FILE;
use crate::model::weights::{
    DATASET_NOTE, ExportedTensor, NETWORK_NOTE, Precision, TRIAL_NOTE, WeightsError,
    export_safetensors, read_exported,
};
use crate::run::{
    CheckpointName, ImageRecord, PixelStatistics, RunDir, RunError, RunManifest, RunStatus,
};

use super::error::StudyError;
use super::runs::{Runs, Trained};
use super::which::Which;

/// A network's weights in PyTorch's layout, and what one must know to use them.
#[derive(Debug)]
pub struct Exported {
    /// Content of the `.safetensors` file.
    pub content: Vec<u8>,
    epoch: u32,
    images: Option<(ImageRecord, PixelStatistics)>,
}

impl Exported {
    /// Returns the epoch of the weights.
    pub fn epoch(&self) -> u32 {
        self.epoch
    }

    /// Returns the network's images with their classes, and how its input is standardised; nothing for a
    /// predictor of frames.
    pub fn images(&self) -> Option<(&ImageRecord, &PixelStatistics)> {
        let (images, statistics) = self.images.as_ref()?;
        Some((images, statistics))
    }
}

/// Returns the weights of the checkpoint `which` of `trained`: its tensors under PyTorch's names, with
/// experiment, epoch, classes and standardisation in the metadata.
///
/// # Errors
/// As [`Trained::open`]; absent or changed data, if the run has no record of what they were.
pub fn export(
    runs: &Runs,
    trained: &Trained,
    (which, precision): (Which, Precision),
) -> Result<Exported, StudyError> {
    let subject = trained.open(which, runs)?;
    let sight = trained.sight(runs)?;
    let Normalisation { mean, std } = sight.normalisation;
    let classes = serde_json::Value::from(sight.class_names.clone()).to_string();
    let experiment = &trained.experiment.experiment;
    let architecture = experiment.architecture(sight.class_names.len());
    let notes = [
        (TRIAL_NOTE, subject.name.clone()),
        ("seed", subject.seed.to_string()),
        ("epoch", subject.epoch.to_string()),
        (NETWORK_NOTE, architecture),
        (DATASET_NOTE, experiment.data.dataset.name().to_string()),
        ("mean", format!("{mean:?}")),
        ("std", format!("{std:?}")),
        ("classes", classes),
    ];
    let network = subject.trained_network();
    let tensors = network.map(|network| network.network().tensors());
    Ok(Exported {
        content: export_safetensors(&tensors.unwrap_or_default(), &notes, precision)?,
        epoch: subject.epoch,
        images: Some((
            ImageRecord {
                side: sight.view.side(),
                class_names: sight.class_names,
            },
            PixelStatistics {
                mean: mean.to_vec(),
                std: std.to_vec(),
            },
        )),
    })
}

/// Returns the same for a next-frame predictor, whose tensors have the names of its fields. Its frames
/// are not standardised: grey values are 0 to 1.
///
/// # Errors
/// As [`Trained::open`].
pub fn export_predictor(
    runs: &Runs,
    trained: &Trained<ForecastExperiment>,
    (which, precision): (Which, Precision),
) -> Result<Exported, StudyError> {
    let opened = trained.open(which, runs)?;
    let experiment = &trained.experiment.experiment;
    let notes = [
        (TRIAL_NOTE, trained.run.trial().to_string()),
        ("seed", trained.run.seed().to_string()),
        ("epoch", opened.epoch.to_string()),
        (NETWORK_NOTE, experiment.architecture()),
        (DATASET_NOTE, experiment.clips.dataset.name().to_string()),
    ];
    Ok(Exported {
        content: export_safetensors(&opened.network.tensors(), &notes, precision)?,
        epoch: opened.epoch,
        images: None,
    })
}

/// Returns the folder of the run that [`share`] writes below `root`: that of the base, the experiment
/// and the seed.
pub fn shared_run<E>(trained: &Trained<E>, root: &Path) -> RunDir {
    let base = &trained.experiment.base;
    RunDir::new(&root.join(base), trained.run.trial(), trained.run.seed())
}

/// Writes a run with the best checkpoint of `trained` alone, its weights as `exported`, below `root`,
/// and returns it. `reopened` returns the tensors of the network of a run; they are compared with
/// those that were written. A run that is there already is replaced.
///
/// # Errors
/// A file that cannot be read or written; a network that does not come back as it was.
pub fn share<E: Clone>(
    trained: &Trained<E>,
    exported: &Exported,
    root: &Path,
    reopened: impl Fn(&Trained<E>) -> Result<Vec<ExportedTensor>, StudyError>,
) -> Result<RunDir, StudyError> {
    let (from, to) = (&trained.run, shared_run(trained, root));
    let temporary = root.join(format!(".writing-{}", std::process::id()));
    let staged = Trained {
        run: RunDir::new(&temporary, from.trial(), from.seed()),
        experiment: trained.experiment.clone(),
    };
    let written = write_shared(from, &staged.run, exported).map_err(StudyError::from);
    let checked = written.and_then(|()| check_same(exported, &reopened(&staged)?));
    let placed = checked.and_then(|()| Ok(place(&staged.run.path(), &to.path())?));
    // A leftover of a failure is no run, and its folder is hidden.
    let _ = fs::remove_dir_all(&temporary);
    placed.map(|()| to)
}

fn write_shared(from: &RunDir, to: &RunDir, exported: &Exported) -> Result<(), RunError> {
    let state = from.read_state(CheckpointName::epoch(exported.epoch))?;
    to.write_checkpoint(state, &[(EXPORT_FILE, &exported.content)])?;
    from.read_best()?.write(&to.best())?;
    for (from, to) in [
        (from.experiment(), to.experiment()),
        (from.epochs(), to.epochs()),
    ] {
        fs::copy(&from, &to).map_err(|source| RunError::io("copy", &from, source))?;
    }
    let mut manifest = RunManifest::read(&from.manifest())?;
    manifest.status = RunStatus::Done;
    if let Some((images, statistics)) = &exported.images {
        manifest.images = Some(images.clone());
        manifest.statistics = Some(statistics.clone());
    }
    manifest.write(&to.manifest())
}

/// Fails if the network that was read back does not have the tensors that were written.
fn check_same(exported: &Exported, found: &[ExportedTensor]) -> Result<(), StudyError> {
    let failed = |tensor: &str, problem: &str| WeightsError::Export {
        tensor: tensor.to_string(),
        problem: problem.to_string(),
    };
    let written = read_exported(&exported.content).map_err(|problem| failed("all", &problem))?;
    match written
        .iter()
        .zip(found)
        .find(|(written, found)| written != found)
    {
        Some((tensor, _)) => Err(failed(&tensor.name, "it is not read back as written").into()),
        None if written.len() != found.len() => Err(failed("all", "some are not read back").into()),
        None => Ok(()),
    }
}

fn place(from: &Path, to: &Path) -> Result<(), RunError> {
    let failed = |source| RunError::io("move the run to", to, source);
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    if to.exists() {
        crate::run::remove_folder_atomically(to)?;
    }
    fs::rename(from, to).map_err(failed)
}
