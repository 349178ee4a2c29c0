//! The pictures of the sanity checks' cascade: maps while more and more layers are re-initialised.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ExplanationSet, HeadRecord, RunError, write_atomically};

/// File that describes the maps.
const PANELS: &str = "cascade.json";

/// One map of the cascade's pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CascadePanel {
    /// The picture's name in the set.
    pub image: String,
    /// Name of the class that it explains.
    pub target_class: String,
    /// The explained layer.
    pub layer: String,
    /// Height and width of the map in cells.
    pub native_size: [usize; 2],
    /// Method or baseline.
    pub method: String,
    /// Its name in figures.
    pub title: String,
    /// Number of layers re-initialised.
    pub stage: usize,
    /// The lowest layer re-initialised; "none" at stage 0.
    pub down_to: String,
    /// Name of the map as shown in the set: `[height, width]` at picture size, 0 to 1.
    pub heat: String,
    /// Whether the map is empty.
    pub empty: bool,
    /// Rank correlation with the trained network's map.
    pub correlation: Option<f64>,
}

/// The cascade on a few pictures of one network.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CascadePictures {
    /// The pictures and the maps' arrays; it has no records.
    pub set: ExplanationSet,
    /// The maps, in drawing order.
    pub panels: Vec<CascadePanel>,
    /// Trial name.
    pub trial: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// The retrained head that CAM reads, if it is not the network's own.
    pub head: Option<HeadRecord>,
}

impl CascadePictures {
    /// Writes pictures, maps and their description into `folder`.
    ///
    /// # Errors
    /// As [`ExplanationSet::write`].
    pub fn write(&self, folder: &Path) -> Result<(), RunError> {
        self.set.write(folder)?;
        let path = folder.join(PANELS);
        let content = serde_json::to_vec_pretty(&self.panels)
            .map_err(|reason| RunError::damaged(&path, reason))?;
        write_atomically(&path, &content)
    }
}
