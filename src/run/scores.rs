//! The tables of a measurement of explanations: `scores.csv`, one row a map; `score-table.csv`, one
//! row a method and score; `score-pairs.csv`, one row a method against the one it is compared with.
//! Written by `cli`, the second read by `figure`.

use serde::{Deserialize, Serialize};

use super::TableRow;

/// The scores of one map, as a row of `scores.csv`.
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
    /// max(0, Y - O) / Y, 0 to 1.
    pub drop: f64,
    /// Whether O is above Y.
    pub increase: bool,
    /// max(0, O - Y) / (1 - Y), 0 to 1.
    pub gain: f64,
    /// Mean of the normalised map L, 0 to 1.
    pub area: f64,
    /// Whether the map is constant, and so shows nothing.
    pub empty: bool,
    /// Area under the insertion curve, 0 to 1, where it was measured.
    pub insertion: Option<f64>,
    /// Area under the deletion curve, 0 to 1, where it was measured.
    pub deletion: Option<f64>,
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

/// What a table says of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreMetric {
    /// Mean of max(0, Y - O) / Y, in percent.
    AverageDrop,
    /// Mean of the normalised map, in percent.
    MeanArea,
    /// Share of images with O above Y, in percent.
    Increase,
    /// Mean of max(0, O - Y) / (1 - Y), in percent.
    AverageGain,
    /// Mean area under the insertion curve, 0 to 1.
    Insertion,
    /// Mean area under the deletion curve, 0 to 1.
    Deletion,
}

impl ScoreMetric {
    /// All scores, in the order of tables and figures: the mean area stands beside the drop.
    pub const ALL: [Self; 6] = [
        Self::AverageDrop,
        Self::MeanArea,
        Self::Increase,
        Self::AverageGain,
        Self::Insertion,
        Self::Deletion,
    ];

    /// Returns the name in tables and figures, with its unit.
    pub fn title(self) -> &'static str {
        match self {
            Self::AverageDrop => "Average Drop %",
            Self::MeanArea => "Mean area %",
            Self::Increase => "% Increase",
            Self::AverageGain => "Average gain %",
            Self::Insertion => "Insertion",
            Self::Deletion => "Deletion",
        }
    }

    /// Returns which way is better, in words; the area has no better way.
    pub fn better(self) -> &'static str {
        match self {
            Self::AverageDrop | Self::Deletion => "lower is better",
            Self::Increase | Self::AverageGain | Self::Insertion => "higher is better",
            Self::MeanArea => "of the image; large maps drop less",
        }
    }

    /// Returns how many decimals its spread allows.
    pub fn decimals(self) -> usize {
        match self {
            Self::Insertion | Self::Deletion => 3,
            _ => 1,
        }
    }
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
    /// Which score.
    pub metric: ScoreMetric,
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
