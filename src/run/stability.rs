//! Maps of several training seeds on disk: one row per picture, one row per mean, and the pictures
//! of the figure.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::manifest::read_json;
use super::{ExplanationSet, LayerPlace, RunError, TableRow, write_atomically};

/// Name of the file that states what each map of the pictures is.
pub const STABILITY_JSON: &str = "stability.json";

/// One picture explained by every seed of one experiment, as a row of `stability.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StabilityRow {
    /// Picture name, such as "shapes/test/7".
    pub image: String,
    /// Trial name.
    pub trial: String,
    /// Training seeds, separated by spaces.
    pub seeds: String,
    /// Layer name.
    pub layer: String,
    /// Height of the layer's map, in cells.
    pub native_height: usize,
    /// Width of the layer's map, in cells.
    pub native_width: usize,
    /// Method name.
    pub method: String,
    /// Name of the class that all maps explain.
    pub target_class: String,
    /// Number of seeds that predict this class.
    pub predicted_by: usize,
    /// Number of seeds whose map is all zero.
    pub empty: usize,
    /// Share of the cells where all seeds have the same sign, 0 to 1.
    pub agreed: f64,
    /// The same share for independent signs: 2^(1 - seeds).
    pub agreed_by_chance: f64,
    /// Rank correlation of the maps, mean over the pairs of seeds; none if undefined.
    pub between_seeds: Option<f64>,
    /// The same over all pairs of a seed with a network of another experiment.
    pub between_experiments: Option<f64>,
    /// The same between this picture's map and the next picture's, by the same network.
    pub between_pictures: Option<f64>,
}

impl TableRow for StabilityRow {
    const FILE: &'static str = "stability.csv";
}

/// The means of one experiment at one layer with one method over pictures, as a row of
/// `stability-summary.csv`. Intervals are 95 % bootstrap intervals over pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StabilitySummaryRow {
    /// Data set name.
    pub dataset: String,
    /// Whether the pictures are generated.
    pub generated: bool,
    /// Split of the pictures.
    pub split: String,
    /// Number of pictures.
    pub pictures: usize,
    /// Trial name.
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    pub network_title: String,
    /// Training seeds, separated by spaces.
    pub seeds: String,
    /// Rule that selected the checkpoints: "best", "last" or "epoch N".
    pub checkpoint: String,
    /// Layer name.
    pub layer: String,
    /// Which of an ablation's two layers it is.
    pub layer_place: LayerPlace,
    /// Height of the layer's map, in cells.
    pub native_height: usize,
    /// Width of the layer's map, in cells.
    pub native_width: usize,
    /// Method name.
    pub method: String,
    /// Its name in figures.
    pub title: String,
    /// The explained class: "true" or a class's name.
    pub target: String,
    /// Number of maps: pictures times seeds.
    pub maps: usize,
    /// Number of maps that are all zero.
    pub empty: usize,
    /// Whether any map has a value below 0; without one, equal signs mean nothing.
    pub signed: bool,
    /// Mean share of the cells where all seeds have the same sign, 0 to 1.
    pub agreed: f64,
    /// Lower end of its interval.
    pub agreed_low: f64,
    /// Upper end.
    pub agreed_high: f64,
    /// The same share for independent signs.
    pub agreed_by_chance: f64,
    /// Mean rank correlation between the maps of two seeds.
    pub between_seeds: Option<f64>,
    /// Lower end of its interval.
    pub between_seeds_low: Option<f64>,
    /// Upper end.
    pub between_seeds_high: Option<f64>,
    /// Mean rank correlation between the maps of two experiments.
    pub between_experiments: Option<f64>,
    /// Lower end of its interval.
    pub between_experiments_low: Option<f64>,
    /// Upper end.
    pub between_experiments_high: Option<f64>,
    /// Mean rank correlation between the maps of two pictures by one network.
    pub between_pictures: Option<f64>,
    /// Lower end of its interval.
    pub between_pictures_low: Option<f64>,
    /// Upper end.
    pub between_pictures_high: Option<f64>,
}

impl TableRow for StabilitySummaryRow {
    const FILE: &'static str = "stability-summary.csv";
}

/// The map of one seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeedMap {
    /// Training seed.
    pub seed: u64,
    /// Name of the class that the network predicts.
    pub predicted_class: String,
    /// Name of its array: `[height, width]` in cells, -1 to 1.
    pub map: String,
    /// Whether it is all zero.
    pub empty: bool,
}

/// One picture with the maps of every seed at one layer with one method. Each array is
/// `[height, width]` in cells.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StabilityPanel {
    /// The picture's name in the set.
    pub image: String,
    /// Trial name.
    pub trial: String,
    /// Layer name.
    pub layer: String,
    /// Method name.
    pub method: String,
    /// Name of the class that all maps explain.
    pub target_class: String,
    /// The maps, seed by seed.
    pub seeds: Vec<SeedMap>,
    /// Name of the array of their mean, -1 to 1.
    pub mean: String,
    /// Name of the array of their standard deviation.
    pub spread: String,
    /// Name of the array of the sign that all share, -1, 0 or 1.
    pub agreed: String,
    /// Share of the cells with such a sign.
    pub agreed_share: f64,
    /// Mean rank correlation between two seeds.
    pub between_seeds: Option<f64>,
}

/// The pictures of the figure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StabilityPictures {
    /// The pictures and the maps' arrays; it has no records.
    pub set: ExplanationSet,
    /// The maps, in drawing order.
    pub panels: Vec<StabilityPanel>,
}

impl StabilityPictures {
    /// Writes pictures, maps and their description into `folder`.
    ///
    /// # Errors
    /// As [`ExplanationSet::write`].
    pub fn write(&self, folder: &Path) -> Result<(), RunError> {
        self.set.write(folder)?;
        let path = folder.join(STABILITY_JSON);
        let content = serde_json::to_vec_pretty(&self.panels)
            .map_err(|reason| RunError::damaged(&path, reason))?;
        write_atomically(&path, &content)
    }

    /// Returns what `folder` holds; nothing where it has no [`STABILITY_JSON`].
    ///
    /// # Errors
    /// As [`ExplanationSet::read`].
    pub fn read_if_present(folder: &Path) -> Result<Option<Self>, RunError> {
        let path = folder.join(STABILITY_JSON);
        if !path.is_file() {
            return Ok(None);
        }
        Ok(Some(Self {
            set: ExplanationSet::read(folder)?,
            panels: read_json(&path)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_survive_the_disk() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let read = || StabilityPictures::read_if_present(folder.path()).expect("read");
        assert_eq!(read(), None);
        let written = StabilityPictures {
            panels: vec![StabilityPanel {
                image: "shapes/test/0".into(),
                trial: "trial-b".into(),
                layer: "block-2".into(),
                method: "grad-cam".into(),
                target_class: "ring".into(),
                seeds: vec![SeedMap {
                    seed: 3,
                    predicted_class: "disc".into(),
                    map: "map/3".into(),
                    empty: false,
                }],
                mean: "mean".into(),
                spread: "spread".into(),
                agreed: "agreed".into(),
                agreed_share: 1.0 / 3.0,
                between_seeds: None,
            }],
            ..StabilityPictures::default()
        };
        written.write(folder.path()).expect("written");
        assert_eq!(read(), Some(written));
    }
}
