//! The evaluation of one checkpoint on one split: scores, predictions, accuracy by class,
//! calibration.

use serde::{Deserialize, Serialize};

use super::TableRow;

/// `evaluation.csv`: one row, the checkpoint and its scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvaluationRow {
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default)]
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// Rule that selected the checkpoint: "best" (by validation accuracy), "last" or "epoch N".
    pub checkpoint: String,
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// The split, such as "test".
    pub split: String,
    /// Number of its images.
    pub images: usize,
    /// Mean cross-entropy in nats.
    pub loss: f64,
    /// Share of images predicted correctly, 0 to 1.
    pub accuracy: f64,
    /// Share of images whose class is among the five most probable, 0 to 1.
    pub top5_accuracy: f64,
    /// Expected calibration error, 0 to 1.
    pub calibration_error: f64,
}

impl TableRow for EvaluationRow {
    const FILE: &'static str = "evaluation.csv";
}

/// A row of `predictions.csv`: the prediction for one image. Columns of classes that the data set does
/// not have are empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionRow {
    /// The image, such as "cifar-100/test/7".
    pub image: String,
    /// Its file in the folder of the data set, if it has one of its own.
    pub file: Option<String>,
    /// Name of its class.
    #[serde(rename = "true")]
    pub truth: String,
    /// Name of the most probable class.
    pub predicted: String,
    /// Softmax probability of that class, 0 to 1.
    pub confidence: f32,
    /// Softmax probability of the true class, 0 to 1.
    pub true_confidence: f32,
    /// Name and probability of the second most probable class, and so on to the fifth.
    pub class_2: Option<String>,
    #[expect(missing_docs, reason = "described with `class_2`")]
    pub confidence_2: Option<f32>,
    #[expect(missing_docs, reason = "described with `class_2`")]
    pub class_3: Option<String>,
    #[expect(missing_docs, reason = "described with `class_2`")]
    pub confidence_3: Option<f32>,
    #[expect(missing_docs, reason = "described with `class_2`")]
    pub class_4: Option<String>,
    #[expect(missing_docs, reason = "described with `class_2`")]
    pub confidence_4: Option<f32>,
    #[expect(missing_docs, reason = "described with `class_2`")]
    pub class_5: Option<String>,
    #[expect(missing_docs, reason = "described with `class_2`")]
    pub confidence_5: Option<f32>,
}

impl TableRow for PredictionRow {
    const FILE: &'static str = "predictions.csv";
}

/// A row of `per-class.csv`: the accuracy of one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PerClassRow {
    /// Number of the class, from 0.
    pub number: usize,
    /// Name of the class.
    pub class: String,
    /// Name of its group, such as a superclass of CIFAR-100; empty if there are no groups.
    pub group: String,
    /// Number of its images.
    pub images: usize,
    /// Number of those predicted correctly.
    pub correct: usize,
    /// Their share (recall), 0 to 1; empty without images.
    pub accuracy: Option<f64>,
    /// Number of images of any class predicted as this one.
    pub predicted: usize,
    /// Share of those that are of this class, 0 to 1; empty if there are none.
    pub precision: Option<f64>,
}

impl TableRow for PerClassRow {
    const FILE: &'static str = "per-class.csv";
}

/// A row of `calibration.csv`: the images whose confidence lies in one bin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationRow {
    /// Lower bound of the confidence, excluded.
    pub above: f64,
    /// Upper bound, included.
    pub to: f64,
    /// Number of images.
    pub images: usize,
    /// Their mean confidence, 0 to 1; empty without images.
    pub confidence: Option<f64>,
    /// Share of them predicted correctly, 0 to 1; empty without images.
    pub accuracy: Option<f64>,
}

impl TableRow for CalibrationRow {
    const FILE: &'static str = "calibration.csv";
}
