//! The tables of a measurement of explanations: `scores.csv`, one row per map; `score-table.csv`,
//! one row per method and metric; `score-pairs.csv`, one row per method, against Grad-CAM.

use serde::{Deserialize, Serialize};

use super::{SeedValues, TableRow};

/// One map, as a row of `scores.csv`; one column per metric follows, with the metric's name.
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
    /// Rule that selected the checkpoint: "best", "last" or "epoch N".
    pub checkpoint: String,
    /// Layer name, such as "block-5".
    pub layer: String,
    /// Height of the map before resizing, in cells.
    pub native_height: usize,
    /// Width of the map before resizing, in cells.
    pub native_width: usize,
    /// Name of the method or baseline, such as "grad-cam".
    pub method: String,
    /// Name of the class that the map explains.
    pub target_class: String,
    /// How that class was selected: "predicted", "true" or "named".
    pub target_rule: String,
    /// Whether the network predicts the image's true class, if known.
    pub correct: Option<bool>,
    /// Y: softmax probability of the class on the image, 0 to 1.
    pub confidence: f64,
    /// O: softmax probability of the class on the explanation map E = L * I, 0 to 1.
    pub explanation_confidence: f64,
    /// Whether the map is constant.
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
    /// Selected by the user.
    Named,
}

/// The mean of one score over images, as a row of `score-table.csv`.
///
/// With several seeds, each image's values are averaged over the seeds first; `low` and `high` are
/// over images and seeds. The last three columns are over seeds alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreSummary {
    /// Data set name, such as "cifar-100".
    pub dataset: String,
    /// Whether the data are generated.
    pub generated: bool,
    /// Split of the images: "train", "validation" or "test".
    pub split: String,
    /// Number of images.
    pub images: usize,
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default)]
    pub network_title: String,
    /// Number of convolution blocks; 0 for a network not made of them.
    pub blocks: usize,
    /// Training seeds, separated by spaces.
    pub seeds: String,
    /// Rule that selected the checkpoints: "best", "last" or "epoch N".
    pub checkpoint: String,
    /// Layer name, such as "block-5".
    pub layer: String,
    /// Which of an ablation's two layers it is.
    pub layer_place: LayerPlace,
    /// Height of the maps before resizing, in cells.
    pub native_height: usize,
    /// Width of the maps before resizing, in cells.
    pub native_width: usize,
    /// How the explained class was selected: "predicted", "true" or a class's name.
    pub target: String,
    /// Name of the method or baseline, such as "grad-cam".
    pub method: String,
    /// Its name as in papers, such as "Grad-CAM".
    pub title: String,
    /// Text after that name in a table, such as " (fails sanity)"; empty if there is none.
    pub caveat: String,
    /// Whether it is a baseline (ignores the network).
    pub baseline: bool,
    /// Number of maps: images times seeds.
    pub maps: usize,
    /// Number of constant maps among them.
    pub empty: usize,
    /// Number of steps of the insertion and deletion curves, if measured.
    pub steps: Option<usize>,
    /// Name of the metric, such as "average-drop".
    pub metric: String,
    /// Its name in tables and figures, with its unit; empty in older files.
    #[serde(default)]
    pub metric_title: String,
    /// The better direction, in words.
    #[serde(default)]
    pub better: String,
    /// Number of decimals, given its spread.
    #[serde(default)]
    pub decimals: usize,
    /// Its mean.
    pub mean: f64,
    /// Lower end of the 95 % bootstrap interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The mean over the images of each seed, in their order; empty in older files.
    #[serde(default)]
    pub seed_means: SeedValues,
    /// Lower end of the 95 % t-interval of their mean over seeds; none for one seed.
    #[serde(default)]
    pub seeds_low: Option<f64>,
    /// Upper end.
    #[serde(default)]
    pub seeds_high: Option<f64>,
}

impl ScoreSummary {
    /// Returns the metric's name in tables and figures.
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
    /// Number of images.
    pub images: usize,
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// Number of convolution blocks; 0 for a network not made of them.
    pub blocks: usize,
    /// Training seeds, separated by spaces.
    pub seeds: String,
    /// Layer name, such as "block-5".
    pub layer: String,
    /// Name of the method or baseline.
    pub method: String,
    /// Name of the method that it is compared with.
    pub over: String,
    /// Images on which `method` drops less, drops not clipped, in percent of all.
    pub win: f64,
    /// Lower end of its 95 % bootstrap interval.
    pub win_low: f64,
    /// Upper end.
    pub win_high: f64,
    /// Images on which both drop the same, in percent of all; they count for neither.
    pub ties: f64,
    /// Whether the confidences on the two explanation maps are equal up to rounding on every image,
    /// so that the wins mean nothing. False in older files.
    #[serde(default)]
    pub equal: bool,
    /// Average Drop of `method` minus that of `over`, in percentage points.
    pub drop_difference: f64,
    /// Lower end of its paired 95 % bootstrap interval.
    pub drop_difference_low: f64,
    /// Upper end.
    pub drop_difference_high: f64,
}

impl TableRow for ScorePair {
    const FILE: &'static str = "score-pairs.csv";
}
