//! `depth.csv`: accuracy against depth, one row per trained network.

use serde::{Deserialize, Serialize};

use super::TableRow;

/// One trained network's size and accuracy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DepthRow {
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default)]
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Number of convolution blocks.
    pub blocks: usize,
    /// Number of trainable parameters.
    pub parameters: u64,
    /// Multiply-adds of one image's forward pass.
    pub multiply_adds: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// Rule that selected the checkpoint: "best" (by validation accuracy), "last" or "epoch N".
    pub checkpoint: String,
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// Share of validation images predicted correctly, 0 to 1.
    pub validation_accuracy: f64,
    /// Number of validation images.
    pub validation_images: usize,
    /// Share of test images predicted correctly, 0 to 1.
    pub test_accuracy: f64,
    /// Share of test images whose class is among the five most probable, 0 to 1.
    pub test_top5_accuracy: f64,
    /// Number of test images.
    pub test_images: usize,
}

impl TableRow for DepthRow {
    const FILE: &'static str = "depth.csv";
}
