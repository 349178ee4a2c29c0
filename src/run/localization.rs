//! Localisation on disk: one row per map, one row per mean, one row per point of the curve of IoU
//! against delta, and the pictures of the figure.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ExplanationSet, RunError, SeedValues, TableRow, read_regular, write_atomically};

/// Name of the file that says what a folder of localised pictures shows.
pub const LOCALIZATION_JSON: &str = "localization.json";

/// One map, as a row of `localization.csv`; one column per score follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalizationRow {
    /// Picture name, such as "shapes/test/7".
    pub image: String,
    /// Number of objects in the picture.
    pub instances: usize,
    /// Trial name.
    pub trial: String,
    /// Training seed.
    pub seed: u64,
    /// Layer name.
    pub layer: String,
    /// Method or baseline name.
    pub method: String,
    /// Name of the class that the map explains.
    pub target_class: String,
    /// Name of the class that the network predicts.
    pub predicted_class: String,
    /// Whether the map is constant.
    pub empty: bool,
    /// Whether several pixels share the map's maximum.
    pub tied: bool,
}

impl TableRow for LocalizationRow {
    const FILE: &'static str = "localization.csv";
}

/// The mean of one score over pictures, with its interval, as a row of `localization-summary.csv`.
///
/// With several seeds, a picture counts once, with its mean over the seeds. Intervals are 95 %
/// bootstrap intervals over pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalizationSummaryRow {
    /// Data set name, such as "shapes", or the name of a file with boxes.
    pub dataset: String,
    /// Whether the pictures are generated.
    pub generated: bool,
    /// Name of the split or selection, such as "test".
    pub split: String,
    /// Trial name.
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default)]
    pub network_title: String,
    /// Training seeds, separated by spaces; empty if the network was not trained here.
    pub seeds: String,
    /// Layer name.
    pub layer: String,
    /// Why this layer was selected: "last block", "deepest with 8 x 8 cells", both joined by "and",
    /// or "named".
    pub layer_rule: String,
    /// Height of the layer's map, in cells.
    pub native_height: usize,
    /// Width of the layer's map, in cells.
    pub native_width: usize,
    /// The explained class: "true", "predicted" or "named".
    pub target_rule: String,
    /// Method or baseline name.
    pub method: String,
    /// Its name in figures.
    pub title: String,
    /// Text after that name in a table, such as " (fails sanity)"; empty if there is none.
    pub caveat: String,
    /// Whether it is a baseline (ignores the network).
    pub baseline: bool,
    /// Number of objects in the pictures: "all", "1", "2" and so on.
    pub instances: String,
    /// Number of pictures.
    pub pictures: usize,
    /// Number of maps: pictures times seeds.
    pub maps: usize,
    /// Number of constant maps.
    pub empty: usize,
    /// Number of maps whose maximum is shared by several pixels.
    pub ties: usize,
    /// Score name.
    pub score: String,
    /// The threshold of the score, if it has one.
    pub delta: Option<f32>,
    /// The mean.
    pub mean: f64,
    /// Lower end of the mean's interval.
    pub low: f64,
    /// Upper end of the mean's interval.
    pub high: f64,
    /// The mean over the pictures of each seed, in their order; empty in older files.
    #[serde(default)]
    pub seed_means: SeedValues,
    /// Lower end of the 95 % t-interval of their mean over seeds; none for one seed.
    #[serde(default)]
    pub seeds_low: Option<f64>,
    /// Upper end.
    #[serde(default)]
    pub seeds_high: Option<f64>,
    /// Mean difference from Grad-CAM on the same pictures, if Grad-CAM was measured too.
    pub difference: Option<f64>,
    /// Lower end of the difference's interval.
    pub difference_low: Option<f64>,
    /// Upper end of the difference's interval.
    pub difference_high: Option<f64>,
}

impl TableRow for LocalizationSummaryRow {
    const FILE: &'static str = "localization-summary.csv";
}

/// A point of the curve of mean IoU against delta, as a row of `iou-curve.csv`; over all pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalizationCurveRow {
    /// Data set name.
    pub dataset: String,
    /// Whether the pictures are generated.
    pub generated: bool,
    /// Name of the split or selection.
    pub split: String,
    /// Trial name.
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default)]
    pub network_title: String,
    /// Training seeds, separated by spaces.
    pub seeds: String,
    /// Layer name.
    pub layer: String,
    /// Height of the layer's map, in cells.
    pub native_height: usize,
    /// Width of the layer's map, in cells.
    pub native_width: usize,
    /// Method or baseline name.
    pub method: String,
    /// Its name in figures.
    pub title: String,
    /// Whether it is a baseline (ignores the network).
    pub baseline: bool,
    /// "box" or "mask".
    pub region: String,
    /// The threshold, 0 to 1.
    pub delta: f32,
    /// Mean IoU of the pixels above it and the region.
    pub mean: f64,
    /// Lower end of the mean's interval.
    pub low: f64,
    /// Upper end of the mean's interval.
    pub high: f64,
    /// Number of pictures.
    pub pictures: usize,
    /// The mean over the pictures of each seed, in their order; empty in older files.
    #[serde(default)]
    pub seed_means: SeedValues,
    /// Lower end of the 95 % t-interval of their mean over seeds; none for one seed.
    #[serde(default)]
    pub seeds_low: Option<f64>,
    /// Upper end.
    #[serde(default)]
    pub seeds_high: Option<f64>,
}

impl TableRow for LocalizationCurveRow {
    const FILE: &'static str = "iou-curve.csv";
}

/// One map of a picture, with its implied box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalizedMap {
    /// Method or baseline name.
    pub method: String,
    /// Its name in figures.
    pub title: String,
    /// Name of its array, `[height, width]`, 0 to 1 by min-max.
    pub heat: String,
    /// Whether it is constant.
    pub empty: bool,
    /// IoU of its pixels above delta with the union of the true boxes.
    pub box_iou: f64,
    /// The box around its largest part above delta: x0, y0, x1, y1, half-open, in pixels.
    pub implied: Option<[usize; 4]>,
    /// Highest IoU of that box with a true one; 0 without a box.
    pub implied_iou: f64,
}

/// One picture with its objects and its maps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalizedPicture {
    /// Picture name.
    pub image: String,
    /// Name of the true class.
    pub true_class: String,
    /// Name of the class that the network predicts.
    pub predicted_class: String,
    /// Name of its array, `[channels, height, width]`, RGB, 0 to 1.
    pub pixels: String,
    /// The box of each object: x0, y0, x1, y1, half-open, in pixels.
    pub boxes: Vec<[usize; 4]>,
    /// Name of the array of its objects, `[height, width]`: 0 on the background, else the object's
    /// number from 1. Set if masks are known.
    pub objects: Option<String>,
    /// The maps, in drawing order.
    pub maps: Vec<LocalizedMap>,
}

/// Pictures and maps of one network at one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalizedPictures {
    /// Data set name.
    pub dataset: String,
    /// Whether the pictures are generated.
    pub generated: bool,
    /// Name of the split or selection.
    pub split: String,
    /// How the pictures were selected, one sentence for a caption.
    pub selection_rule: String,
    /// Trial name.
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// Name of the weight file, if the network was not trained here. Such a network has no seed or
    /// epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrained: Option<String>,
    /// Layer name.
    pub layer: String,
    /// Height and width of the layer's map, in cells.
    pub native_size: [usize; 2],
    /// The explained class: "true", "predicted" or "named".
    pub target_rule: String,
    /// The threshold of the implied boxes and of the IoU.
    pub delta: f32,
    /// The pictures, in drawing order.
    pub pictures: Vec<LocalizedPicture>,
    /// The arrays by name; the rest of the set is unused.
    #[serde(skip)]
    pub set: ExplanationSet,
}

impl LocalizedPictures {
    /// Writes the arrays and their description into `folder`, which is created if missing.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write(&self, folder: &Path) -> Result<(), RunError> {
        self.set.write(folder)?;
        let path = folder.join(LOCALIZATION_JSON);
        let content =
            serde_json::to_vec_pretty(self).map_err(|reason| RunError::damaged(&path, reason))?;
        write_atomically(&path, &content)
    }

    /// Returns the content of `folder`.
    ///
    /// # Errors
    /// As [`ExplanationSet::read`].
    pub fn read(folder: &Path) -> Result<Self, RunError> {
        let path = folder.join(LOCALIZATION_JSON);
        let text = read_regular(&path).map_err(|reason| RunError::io("read", &path, reason))?;
        let read: Self =
            serde_json::from_slice(&text).map_err(|reason| RunError::damaged(&path, reason))?;
        Ok(Self {
            set: ExplanationSet::read(folder)?,
            ..read
        })
    }
}

#[cfg(test)]
#[path = "localization_tests.rs"]
mod tests;
