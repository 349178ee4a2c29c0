//! The tables of a measurement of explanations: `scores.csv`, one row per map; `score-table.csv`, one
//! row per method and metric; `score-pairs.csv`, one row per method, against Grad-CAM.

use serde::{Deserialize, Serialize};

use super::TableRow;

/// One map, as a row of `scores.csv`; a column per metric follows, named as the metric says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreRow {
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// Split of the image: "train", "validation" or "test".
    pub split: String,
    /// The image's name, such as "cifar-100/test/7".
    pub image: String,
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// Rule that picked the checkpoint: "best", "last" or "epoch N".
    pub checkpoint: String,
    /// Layer name, such as "block-5".
    pub layer: String,
    /// Height of the map before it is resized, in cells.
    pub native_height: usize,
    /// Width of the map before it is resized, in cells.
    pub native_width: usize,
    /// Name of the method or baseline, such as "grad-cam".
    pub method: String,
    /// Name of the class that the map explains.
    pub target_class: String,
    /// How that class was chosen: "predicted", "true" or "named".
    pub target_rule: String,
    /// Whether the network predicts the image's true class, where that is known.
    pub correct: Option<bool>,
    /// Y: softmax probability of the class on the image, 0 to 1.
    pub confidence: f64,
    /// O: softmax probability of the class on the explanation map E = L * I, 0 to 1.
    pub explanation_confidence: f64,
    /// Whether the map is constant, and so shows nothing.
    pub empty: bool,
}

impl TableRow for ScoreRow {
    const FILE: &'static str = "scores.csv";
}

/// Which of an ablation's two layers a layer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerPlace {
    /// The deepest with at least 8 x 8 cells, not the last block.
    FineCells,
    /// The last block before its pool, with fewer than 8 x 8 cells.
    LastBlock,
    /// The last block before its pool, with at least 8 x 8 cells.
    Both,
    /// Named by the user.
    Named,
}

/// The mean of one score over images, as a row of `score-table.csv`.
///
/// With several seeds, each image's values are averaged over the seeds first; the interval is over
/// images. How far the seeds lie apart, the last two columns say.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreSummary {
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// Split of the images: "train", "validation" or "test".
    pub split: String,
    /// Images measured.
    pub images: usize,
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default)]
    pub network_title: String,
    /// Convolution blocks; 0 of a network that is not made of such.
    pub blocks: usize,
    /// Training seeds, joined by spaces.
    pub seeds: String,
    /// Rule that picked the checkpoints: "best", "last" or "epoch N".
    pub checkpoint: String,
    /// Layer name, such as "block-5".
    pub layer: String,
    /// Which of an ablation's two layers it is.
    pub layer_place: LayerPlace,
    /// Height of the maps before they are resized, in cells.
    pub native_height: usize,
    /// Width of the maps before they are resized, in cells.
    pub native_width: usize,
    /// How the explained class was chosen: "predicted", "true" or a class's name.
    pub target: String,
    /// Name of the method or baseline, such as "grad-cam".
    pub method: String,
    /// Its name as papers write it, such as "Grad-CAM".
    pub title: String,
    /// What a table says behind that name, such as " (fails sanity)"; empty where nothing is to be
    /// said.
    pub caveat: String,
    /// Whether it knows nothing of the network.
    pub baseline: bool,
    /// Maps made: images times seeds.
    pub maps: usize,
    /// Those of them that are constant, and so show nothing.
    pub empty: usize,
    /// Steps of the insertion and deletion curves, where they were measured.
    pub steps: Option<usize>,
    /// Name of the metric, such as "average-drop".
    pub metric: String,
    /// Its name in tables and figures, with its unit; empty in files from before it was written.
    #[serde(default)]
    pub metric_title: String,
    /// Which way is better, in words.
    #[serde(default)]
    pub better: String,
    /// Decimals that its spread allows.
    #[serde(default)]
    pub decimals: usize,
    /// Its mean.
    pub mean: f64,
    /// Lower end of the 95 % bootstrap interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Mean of the seed with the lowest one.
    pub lowest_seed: f64,
    /// Mean of the seed with the highest one.
    pub highest_seed: f64,
}

impl ScoreSummary {
    /// Returns the metric's name as tables and figures have it.
    pub fn heading(&self) -> &str {
        match self.metric_title.is_empty() {
            true => &self.metric,
            false => &self.metric_title,
        }
    }
}

impl TableRow for ScoreSummary {
    const FILE: &'static str = "score-table.csv";
}

/// One method against another on the same images, as a row of `score-pairs.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScorePair {
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Split of the images: "train", "validation" or "test".
    pub split: String,
    /// Images measured.
    pub images: usize,
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// Convolution blocks; 0 of a network that is not made of such.
    pub blocks: usize,
    /// Training seeds, joined by spaces.
    pub seeds: String,
    /// Layer name, such as "block-5".
    pub layer: String,
    /// Name of the method or baseline.
    pub method: String,
    /// Name of the one it is compared with.
    pub over: String,
    /// Images on which `method` drops less, drops not clipped, in percent of all.
    pub win: f64,
    /// Lower end of its 95 % bootstrap interval.
    pub win_low: f64,
    /// Upper end.
    pub win_high: f64,
    /// Images on which both drop the same, in percent of all; they count for neither.
    pub ties: f64,
    /// Whether the confidences on the two's explanation maps differ on no image by more than rounding, so that
    /// the wins mean nothing. Files from before it was asked do not say.
    #[serde(default)]
    pub equal: bool,
    /// Average Drop of `method` less that of `over`, in percent points.
    pub drop_difference: f64,
    /// Lower end of its paired 95 % bootstrap interval.
    pub drop_difference_low: f64,
    /// Upper end.
    pub drop_difference_high: f64,
}

impl TableRow for ScorePair {
    const FILE: &'static str = "score-pairs.csv";
}
