//! What a classifier predicted on a split, as tables.

use std::path::Path;

use crate::data::{Dataset, ImageSet};
use crate::evaluate::{Accuracy, CALIBRATION_BINS, Calibration, calibration};
use crate::model::Prediction;
use crate::run::{
    CalibrationRow, Confusion, DepthRow, EvaluationRow, PerClassRow, PredictionRow, RunError,
    TableRow, short_name,
};

/// The tables of one checkpoint on the test split.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The checkpoint and its scores.
    pub summary: EvaluationRow,
    /// The prediction for each image.
    pub predictions: Vec<PredictionRow>,
    /// The accuracy of each class.
    pub classes: Vec<PerClassRow>,
    /// How many images of each class were predicted as each class.
    pub confusion: Confusion,
    /// The bins of the calibration error.
    pub calibration: Vec<CalibrationRow>,
}

impl Evaluation {
    /// The files that [`write`](Self::write) writes.
    pub const FILES: [&str; 5] = [
        EvaluationRow::FILE,
        PredictionRow::FILE,
        PerClassRow::FILE,
        Confusion::FILE,
        CalibrationRow::FILE,
    ];

    /// Returns the tables of the network of `row`, whose predictions are those for `test`.
    pub(super) fn of(
        row: &DepthRow,
        accuracy: &Accuracy,
        test: &ImageSet,
        dataset: Dataset,
    ) -> Self {
        let names = test.class_names();
        let predictions = &accuracy.predictions;
        let pairs = predictions.iter().map(|found| [found.label, found.class]);
        let confusion = Confusion::new(names, pairs);
        let calibration = calibration(predictions);
        let rows = predictions.iter().enumerate();
        Self {
            summary: EvaluationRow {
                trial: row.trial.clone(),
                network_title: row.network_title.clone(),
                seed: row.seed,
                epoch: row.epoch,
                checkpoint: row.checkpoint.clone(),
                dataset: row.dataset.clone(),
                generated: row.generated,
                split: test.split().to_string(),
                images: accuracy.test.images,
                loss: accuracy.test.loss,
                accuracy: accuracy.test.accuracy,
                top5_accuracy: accuracy.test.top5_accuracy,
                calibration_error: calibration.error(),
            },
            predictions: rows
                .map(|(place, found)| {
                    let file = test.file(place).map(|file| file.display().to_string());
                    prediction_row((test.id(place), file), found, names)
                })
                .collect(),
            classes: class_rows(&confusion, dataset),
            confusion,
            calibration: calibration_rows(&calibration),
        }
    }

    /// Returns the name of the folder of its files, such as "trial-d-seed-0-epoch-10".
    pub fn folder(&self) -> String {
        let EvaluationRow {
            trial, seed, epoch, ..
        } = &self.summary;
        short_name(&format!("{trial}-seed-{seed}-epoch-{epoch}"))
    }

    /// Writes the tables into `folder`.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), RunError> {
        EvaluationRow::write(&folder.join(EvaluationRow::FILE), [&self.summary])?;
        PredictionRow::write(&folder.join(PredictionRow::FILE), &self.predictions)?;
        PerClassRow::write(&folder.join(PerClassRow::FILE), &self.classes)?;
        self.confusion.write(&folder.join(Confusion::FILE))?;
        CalibrationRow::write(&folder.join(CalibrationRow::FILE), &self.calibration)
    }
}

fn prediction_row(
    (image, file): (String, Option<String>),
    found: &Prediction,
    names: &[String],
) -> PredictionRow {
    let class = |place: usize| found.top.get(place).map(|(class, _)| names[*class].clone());
    let confidence = |place: usize| found.top.get(place).map(|(_, confidence)| *confidence);
    PredictionRow {
        image,
        file,
        truth: names[found.label].clone(),
        predicted: names[found.class].clone(),
        confidence: found.confidence,
        true_confidence: found.label_confidence,
        class_2: class(1),
        confidence_2: confidence(1),
        class_3: class(2),
        confidence_3: confidence(2),
        class_4: class(3),
        confidence_4: confidence(3),
        class_5: class(4),
        confidence_5: confidence(4),
    }
}

fn class_rows(confusion: &Confusion, dataset: Dataset) -> Vec<PerClassRow> {
    let groups = dataset.groups();
    let names = confusion.classes().iter().enumerate();
    let rows = names.map(|(number, class)| {
        let [images, correct, predicted] = [
            confusion.images(number),
            confusion.count(number, number),
            confusion.predicted(number),
        ];
        let of = |all: u64| (all > 0).then(|| correct as f64 / all as f64);
        PerClassRow {
            number,
            class: class.clone(),
            group: groups.map_or(String::new(), |groups| groups.of(number).to_string()),
            images: images as usize,
            correct: correct as usize,
            accuracy: of(images),
            predicted: predicted as usize,
            precision: of(predicted),
        }
    });
    rows.collect()
}

fn calibration_rows(calibration: &Calibration) -> Vec<CalibrationRow> {
    let bound = |number: usize| number as f64 / CALIBRATION_BINS as f64;
    let bins = calibration.bins.iter().enumerate();
    let rows = bins.map(|(number, bin)| CalibrationRow {
        above: bound(number),
        to: bound(number + 1),
        images: bin.images,
        confidence: bin.confidence(),
        accuracy: bin.accuracy(),
    });
    rows.collect()
}
