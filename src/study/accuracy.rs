//! Accuracy of trained networks on the validation and the test split, with their size.

use crate::data::{DataOptions, ImageShape, Splits};
use crate::evaluate::{Accuracy, measure as measure_accuracy};
use crate::model::Score;
use crate::run::{DepthRow, Measured, RunError, add_measured};

use super::error::StudyError;
use super::evaluation::Evaluation;
use super::measure::check_same_data;
use super::runs::{Runs, Trained};
use super::subject::Subject;
use super::titles::network_title;
use super::watch::Watch;
use super::which::Which;

/// The networks to evaluate.
#[derive(Debug, Clone)]
pub struct Request {
    /// Experiments.
    pub trials: Vec<String>,
    /// Base that the runs were trained on, if not the experiments' own.
    pub base: Option<String>,
    /// Training seeds; every trained seed if empty.
    pub seeds: Vec<u64>,
    /// The checkpoint.
    pub which: Which,
}

/// Returns one row per trained network.
///
/// # Errors
/// Absent runs or data; [`StudyError::Stopped`].
pub fn measure(
    runs: &Runs,
    request: &Request,
    watch: &dyn Watch,
) -> Result<Vec<DepthRow>, StudyError> {
    each(runs, request, watch, |_| Ok::<(), StudyError>(()))
}

/// Returns one row per trained network, and passes what was predicted on the test split to `with`,
/// network by network.
///
/// # Errors
/// As [`measure`]; those of `with`.
pub fn each<E: From<StudyError>>(
    runs: &Runs,
    request: &Request,
    watch: &dyn Watch,
    mut with: impl FnMut(&Evaluation) -> Result<(), E>,
) -> Result<Vec<DepthRow>, E> {
    let mut rows = Vec::new();
    let mut images = Images::default();
    let networks = runs.find_all(&request.trials, request.base.as_deref(), &request.seeds)?;
    check_same_data(&networks)?;
    for trained in networks {
        watch.go_on()?;
        let data = images.of(runs, &trained)?;
        let subject = trained.open(request.which, runs)?;
        if let Some((row, accuracy)) = measured((runs, watch), &trained, &subject, data)? {
            let dataset = trained.experiment.experiment.data.dataset;
            with(&Evaluation::of(&row, &accuracy, &data.test, dataset))?;
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The images of the current run. Runs of one ablation share them, so they are read once.
#[derive(Debug, Default)]
pub(super) struct Images {
    loaded: Option<(DataOptions, Splits)>,
}

impl Images {
    /// Returns the images of `trained`.
    pub(super) fn of(&mut self, runs: &Runs, trained: &Trained) -> Result<&Splits, StudyError> {
        let wanted = trained.experiment.experiment.data_options();
        let (_, data) = match self.loaded.take() {
            Some(same) if same.0.same_images(&wanted) => self.loaded.insert(same),
            _ => self.loaded.insert((wanted, trained.images(runs)?)),
        };
        Ok(data)
    }
}

/// Returns the size and accuracy of `subject`, opened from `trained`, and the scores and predictions
/// themselves; `None` if it was not trained here. Records both accuracies in the run folder.
///
/// # Errors
/// [`StudyError::Stopped`].
pub(super) fn measured(
    (runs, watch): (&Runs, &dyn Watch),
    trained: &Trained,
    subject: &Subject,
    data: &Splits,
) -> Result<Option<(DepthRow, Accuracy)>, StudyError> {
    let Some(network) = subject.trained_network() else {
        return Ok(None);
    };
    let go_on = || !watch.should_stop();
    let accuracy = measure_accuracy(network.network(), data, &runs.device.device, go_on);
    let accuracy = accuracy.ok_or(StudyError::Stopped)?;
    let experiment = &trained.experiment.experiment;
    let size = experiment.size(ImageShape {
        side: data.test.height(),
        classes: data.test.classes(),
    });
    let row = DepthRow {
        trial: subject.name.clone(),
        network_title: network_title(&subject.name),
        seed: subject.seed,
        blocks: subject.blocks,
        parameters: size.parameters,
        multiply_adds: size.multiply_adds,
        epoch: subject.epoch,
        checkpoint: subject.checkpoint.clone(),
        dataset: data.test.dataset_name().to_string(),
        generated: data.test.is_generated(),
        validation_accuracy: accuracy.validation.accuracy,
        validation_images: accuracy.validation.images,
        test_accuracy: accuracy.test.accuracy,
        test_top5_accuracy: accuracy.test.top5_accuracy,
        test_images: accuracy.test.images,
    };
    // The numbers are valid without the record; `list` does not show them then.
    if let Err(error) = keep(trained, subject, &accuracy) {
        watch.note(&format!("warning: the accuracy is not recorded: {error}"));
    }
    Ok(Some((row, accuracy)))
}

/// Records the accuracies of `subject` in the folder of its run.
fn keep(trained: &Trained, subject: &Subject, accuracy: &Accuracy) -> Result<(), RunError> {
    let Some(weights) = &subject.weights else {
        return Ok(());
    };
    let measured = |split: &str, score: &Score| Measured {
        epoch: subject.epoch,
        split: split.to_string(),
        images: score.images,
        accuracy: score.accuracy,
        top5_accuracy: score.top5_accuracy,
        weights: weights.sha256.clone(),
    };
    let splits = [
        measured("validation", &accuracy.validation),
        measured("test", &accuracy.test),
    ];
    add_measured(&trained.run, &splits)
}
