//! The tables of a merged sweep. Columns with the values of the swept keys follow those of a row.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::{SeedValues, TableRow};

/// A cell that is done, as a row of `sweep.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    /// Number of the cell, from 0.
    pub cell: u64,
    /// The experiment.
    pub experiment: String,
    /// The name of its run.
    pub run: String,
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// Training seed.
    pub seed: u64,
    /// Number of trainable parameters.
    pub parameters: u64,
    /// Multiply-adds of one image's or frame's forward pass.
    pub multiply_adds: u64,
    /// The best epoch on the validation split.
    pub best_epoch: u32,
    /// Its share of validation images predicted correctly, 0 to 1; none for predicted frames.
    pub validation_accuracy: Option<f64>,
    /// Its mean loss on the validation split.
    pub validation_loss: f64,
    /// Its share of test images predicted correctly, 0 to 1; none if it was not measured.
    pub test_accuracy: Option<f64>,
}

impl TableRow for SweepRow {
    const FILE: &'static str = "sweep.csv";
}

/// An experiment with one setting, over its seeds, as a row of `sweep-summary.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepSummaryRow {
    /// The experiment.
    pub experiment: String,
    /// The values of the swept keys, such as "train.learning_rate=3e-3; model.kernel=5".
    pub setting: String,
    /// The name of its runs.
    pub run: String,
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// Number of trainable parameters.
    pub parameters: u64,
    /// What is averaged: "validation_accuracy" or "validation_loss".
    pub measure: String,
    /// Number of seeds that are done.
    pub seeds: usize,
    /// Mean over them.
    pub mean: f64,
    /// Lower end of its 95 % t-interval; none for one seed.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// The value of each seed, in the order of the cells.
    pub values: SeedValues,
}

impl TableRow for SweepSummaryRow {
    const FILE: &'static str = "sweep-summary.csv";
}

impl SweepSummaryRow {
    /// Returns whether it is ranked by the loss, where the lowest is the best.
    pub fn by_loss(&self) -> bool {
        self.measure == "validation_loss"
    }

    /// Returns the order of two rows by their mean, the best first.
    pub fn best_first(&self, other: &Self) -> Ordering {
        match self.by_loss() {
            true => self.mean.total_cmp(&other.mean),
            false => other.mean.total_cmp(&self.mean),
        }
    }
}

/// A cell that is not done, as a row of `sweep-undone.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UndoneRow {
    /// Number of the cell, from 0.
    pub cell: u64,
    /// The name of its run.
    pub run: String,
    /// Training seed.
    pub seed: u64,
    /// "not started", "running", "stopped", "not tested", "trained with other values", "failed" or
    /// "unreadable".
    pub state: String,
    /// Why it failed or cannot be read.
    pub reason: String,
}

impl TableRow for UndoneRow {
    const FILE: &'static str = "sweep-undone.csv";
}
