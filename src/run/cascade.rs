//! The pictures of the sanity checks' cascade: maps while more and more layers are re-initialised.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::manifest::{read_json, write_json};
use super::{ExplanationSet, HeadRecord, RunError, write_atomically};

/// Name of the file that says what each map is.
pub const CASCADE_JSON: &str = "cascade.json";
/// Name of the file that says which network the maps are of.
pub const CASCADE_NETWORK_JSON: &str = "cascade-network.json";

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
    /// The lowest re-initialised layer; "none" at stage 0.
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
    /// The network that is explained.
    pub network: CascadeNetwork,
}

/// The network of a cascade in pictures.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct CascadeNetwork {
    /// Trial name.
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// The retrained head that CAM reads, if it is not the network's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<HeadRecord>,
}

impl CascadePictures {
    /// Writes pictures, maps and their description into `folder`.
    ///
    /// # Errors
    /// As [`ExplanationSet::write`].
    pub fn write(&self, folder: &Path) -> Result<(), RunError> {
        self.set.write(folder)?;
        write_json(&folder.join(CASCADE_NETWORK_JSON), &self.network)?;
        let path = folder.join(CASCADE_JSON);
        let content = serde_json::to_vec_pretty(&self.panels)
            .map_err(|reason| RunError::damaged(&path, reason))?;
        write_atomically(&path, &content)
    }

    /// Returns what `folder` holds; nothing where it holds no cascade, or one of an earlier version,
    /// which does not state its network.
    ///
    /// # Errors
    /// As [`ExplanationSet::read`].
    pub fn read_if_present(folder: &Path) -> Result<Option<Self>, RunError> {
        let [panels, network] = [CASCADE_JSON, CASCADE_NETWORK_JSON].map(|name| folder.join(name));
        if !panels.is_file() || !network.is_file() {
            return Ok(None);
        }
        Ok(Some(Self {
            set: ExplanationSet::read(folder)?,
            panels: read_json(&panels)?,
            network: read_json(&network)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cascade_survives_the_disk_and_one_without_its_network_is_skipped() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let written = CascadePictures {
            panels: vec![CascadePanel {
                image: "shapes/test/0".into(),
                target_class: "ring".into(),
                layer: "block-2".into(),
                native_size: [2, 2],
                method: "grad-cam".into(),
                title: "Grad-CAM".into(),
                stage: 1,
                down_to: "dense".into(),
                heat: "heat/0".into(),
                empty: false,
                correlation: Some(1.0 / 3.0),
            }],
            network: CascadeNetwork {
                trial: "trial-b".into(),
                seed: 3,
                epoch: 7,
                ..CascadeNetwork::default()
            },
            ..CascadePictures::default()
        };
        let read = || CascadePictures::read_if_present(folder.path()).expect("read");
        assert_eq!(read(), None);
        written.write(folder.path()).expect("written");
        assert_eq!(read(), Some(written));
        std::fs::remove_file(folder.path().join(CASCADE_NETWORK_JSON)).expect("removed");
        assert_eq!(read(), None);
    }
}
