//! The tables of a comparison: `compared.csv`, `paired.csv` and `differences.csv`.

use serde::{Deserialize, Serialize};

use super::TableRow;

/// `compared.csv`: one score of one of the compared runs. Intervals are 95 % intervals.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ComparedRow {
    /// The run, as it was named.
    pub run: String,
    /// Training seeds, separated by spaces.
    pub seeds: String,
    /// Epoch of each seed's checkpoint, separated by spaces.
    pub epochs: String,
    /// Those of them whose training has not ended, separated by spaces.
    #[serde(default)]
    pub unfinished: String,
    /// Rule that selected the checkpoints: "best", "last" or "epoch N".
    pub checkpoint: String,
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// Number of trainable parameters.
    pub parameters: u64,
    /// Multiply-adds of one forward pass.
    pub multiply_adds: u64,
    /// The score: "accuracy", 0 to 1; of predictors such as "roll-out mse".
    pub score: String,
    /// Its mean over seeds on the validation split; empty for scores of frames.
    pub validation: Option<f64>,
    /// Its mean over seeds and test images or clips.
    pub test: f64,
    /// Lower end of its bootstrap interval over test images or clips, for these networks.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Number of test images or clips.
    pub items: usize,
    /// The lowest of the seeds' means.
    pub lowest_seed: f64,
    /// The highest.
    pub highest_seed: f64,
    /// Lower end of the interval of the mean over seeds, by Student's t; empty for a single seed.
    pub seeds_low: Option<f64>,
    /// Upper end.
    pub seeds_high: Option<f64>,
}

impl TableRow for ComparedRow {
    const FILE: &'static str = "compared.csv";
}

/// `paired.csv`: the difference between two runs on the same test images or clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairedRow {
    /// One run.
    pub first: String,
    /// The other.
    pub second: String,
    /// The score, as in `compared.csv`.
    pub score: String,
    /// Mean of the second minus that of the first.
    pub difference: f64,
    /// Lower end of its paired 95 % bootstrap interval over test images or clips.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Number of test images or clips.
    pub items: usize,
    /// Lower end of its 95 % interval over seeds, by Welch's t; empty unless both have several seeds.
    pub seeds_low: Option<f64>,
    /// Upper end.
    pub seeds_high: Option<f64>,
    /// Number of test images that only the first predicts correctly; for one seed each.
    pub only_first: Option<u64>,
    /// Number that only the second predicts correctly.
    pub only_second: Option<u64>,
    /// Two-sided p of McNemar's exact test on those images.
    pub mcnemar_p: Option<f64>,
    /// The same after Holm's correction for the number of pairs.
    pub mcnemar_p_holm: Option<f64>,
}

impl TableRow for PairedRow {
    const FILE: &'static str = "paired.csv";
}

/// `differences.csv`: the value of a key that differs between the compared runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DifferenceRow {
    /// The key, such as "model.filters".
    pub key: String,
    /// The run.
    pub run: String,
    /// Its value as JSON; "default" where it is not written.
    pub value: String,
}

impl TableRow for DifferenceRow {
    const FILE: &'static str = "differences.csv";
}
