//! An explanation folder: `maps.json` records what was explained and how, `maps.safetensors` holds
//! the pictures and maps.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::arrays::{Array, StoredArrays, read_file, write_arrays};
use super::{DrawnAs, HeadRecord, RunError, write_atomically};

/// File name of the manifest.
pub const MAPS_JSON: &str = "maps.json";
/// File name of the arrays.
pub const MAPS_TENSORS: &str = "maps.safetensors";

/// An explained picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedImage {
    /// Its name in this folder, such as "cifar-100/test/7".
    pub id: String,
    /// Whether the picture is generated.
    pub generated: bool,
    /// Name of the true class, if known.
    pub true_class: Option<String>,
    /// Name of its array in `maps.safetensors`: `[channels, height, width]`, RGB, 0 to 1.
    pub pixels: String,
}

/// One map: one picture, one network, one layer, one method, one class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplanationRecord {
    /// The [`ExplainedImage`] it belongs to.
    pub image: String,
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// The network's name in figures, such as "VGG-16"; if empty, they show the trial's name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// Rule that selected the checkpoint: "best", "last" or "epoch N". For a network that was not
    /// trained here, the name of its weight file.
    pub checkpoint: String,
    /// Name of the weight file, if the network was not trained here. Such a network has no seed or
    /// epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pretrained: Option<String>,
    /// Method name, such as "grad-cam".
    pub method: String,
    /// The method's name in figures, such as "Grad-CAM"; where it is empty, figures show `method`.
    #[serde(default)]
    pub title: String,
    /// Layer name, such as "block-5".
    pub layer: String,
    /// Height and width of the map before resizing, in cells.
    pub native_size: [usize; 2],
    /// Name of the class that the map explains.
    pub target_class: String,
    /// How that class was selected: "predicted", "true" or "named".
    pub target_rule: String,
    /// The explained quantity of that class: "logit", "probability", or "minus:CLASS" for its logit
    /// minus that of the named class. Older records explain logits.
    #[serde(default = "logit")]
    pub quantity: String,
    /// Softmax probability of the target class on the picture, 0 to 1.
    pub confidence: f32,
    /// Softmax probability of the target class on the explanation map E = L * I, 0 to 1.
    pub explanation_confidence: f32,
    /// Name of the most probable class.
    pub predicted_class: String,
    /// Softmax probability of the most probable class, 0 to 1.
    pub predicted_confidence: f32,
    /// Whether the raw map is zero or constant, so that there is nothing to show.
    pub empty: bool,
    /// The part of the picture that the network saw, if not all of it: left, top, width and height,
    /// as shares of the picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<[f64; 4]>,
    /// The linear head that the map was read from, if not the network's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrained_head: Option<HeadRecord>,
    /// Name of the raw map's array: `[height, width]` at native size, rectified, not normalised.
    pub raw: String,
    /// Name of the map as shown: `[height, width]` at picture size, 0 to 1 by min-max.
    pub heat: String,
    /// Name of the explanation map E = L * I: `[channels, height, width]`, RGB, 0 to 1.
    pub explanation: String,
}

/// Returns the quantity of records that name none.
fn logit() -> String {
    "logit".to_string()
}

impl DrawnAs {
    /// Returns how the maps in `folder` are drawn; nothing where it holds no maps.
    ///
    /// # Errors
    /// [`RunError::Io`] or [`RunError::Damaged`], naming the manifest.
    pub fn read(folder: &Path) -> Result<Option<Self>, RunError> {
        /// What is read of the manifest.
        #[derive(Deserialize)]
        struct Part {
            #[serde(default)]
            drawn_as: DrawnAs,
        }
        let path = folder.join(MAPS_JSON);
        if !path.is_file() {
            return Ok(None);
        }
        let part: Part = serde_json::from_slice(&read_file(&path)?)
            .map_err(|reason| RunError::damaged(&path, reason))?;
        Ok(Some(part.drawn_as))
    }
}

/// Everything in an explanation folder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExplanationSet {
    /// The pictures, in drawing order.
    pub images: Vec<ExplainedImage>,
    /// The maps, in drawing order.
    pub records: Vec<ExplanationRecord>,
    /// How the pictures were selected, one sentence for a caption.
    pub selection_rule: String,
    /// How the maps are drawn.
    pub drawn_as: DrawnAs,
    /// The arrays in memory by name.
    pub arrays: BTreeMap<String, Array>,
    /// The arrays that stay in the file, of a set that was [opened](Self::open).
    pub stored: Option<StoredArrays>,
}

/// `maps.json`, as written.
#[derive(Serialize, Deserialize)]
struct Manifest<'a> {
    selection_rule: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "DrawnAs::is_unstated")]
    drawn_as: Cow<'a, DrawnAs>,
    images: Cow<'a, [ExplainedImage]>,
    records: Cow<'a, [ExplanationRecord]>,
}

impl ExplanationSet {
    /// Writes both files into `folder`, which is created if missing. The manifest is written last,
    /// so that it never names missing arrays.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write(&self, folder: &Path) -> Result<(), RunError> {
        write_arrays(&folder.join(MAPS_TENSORS), &self.arrays)?;
        self.write_manifest(folder)
    }

    /// Writes only the manifest.
    pub(super) fn write_manifest(&self, folder: &Path) -> Result<(), RunError> {
        let path = folder.join(MAPS_JSON);
        let manifest = Manifest {
            selection_rule: Cow::Borrowed(&self.selection_rule),
            drawn_as: Cow::Borrowed(&self.drawn_as),
            images: Cow::Borrowed(&self.images),
            records: Cow::Borrowed(&self.records),
        };
        let content = serde_json::to_vec_pretty(&manifest)
            .map_err(|reason| RunError::damaged(&path, reason))?;
        write_atomically(&path, &content)
    }

    /// Returns the content of `folder`, with all arrays in memory.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn read(folder: &Path) -> Result<Self, RunError> {
        let mut set = Self::open(folder)?;
        if let Some(stored) = set.stored.take() {
            set.arrays = stored.read_all()?;
        }
        Ok(set)
    }

    /// Returns the content of `folder`; the arrays stay in the file and are read one at a time.
    ///
    /// # Errors
    /// [`RunError::Io`] if a file is missing, [`RunError::Damaged`] if one does not parse, contains
    /// another type than 32-bit floats, or lacks an array that the manifest names.
    pub fn open(folder: &Path) -> Result<Self, RunError> {
        let path = folder.join(MAPS_JSON);
        let text = read_file(&path)?;
        let manifest: Manifest<'_> =
            serde_json::from_slice(&text).map_err(|reason| RunError::damaged(&path, reason))?;
        let path = folder.join(MAPS_TENSORS);
        let set = Self {
            images: manifest.images.into_owned(),
            records: manifest.records.into_owned(),
            selection_rule: manifest.selection_rule.into_owned(),
            drawn_as: manifest.drawn_as.into_owned(),
            arrays: BTreeMap::new(),
            stored: Some(StoredArrays::open(&path)?),
        };
        if let Some(name) = set.names().find(|name| set.shape(name).is_none()) {
            return Err(RunError::damaged(
                &path,
                format!("array {name:?} is missing"),
            ));
        }
        Ok(set)
    }

    /// Returns the shape of the array `name`, if there is one.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        match self.arrays.get(name) {
            Some(array) => Some(&array.shape),
            None => self.stored.as_ref()?.shape(name),
        }
    }

    /// Returns the array `name`, if there is one.
    ///
    /// # Errors
    /// [`RunError::Io`] if it cannot be read from the file.
    pub fn array(&self, name: &str) -> Result<Option<Cow<'_, Array>>, RunError> {
        match (self.arrays.get(name), &self.stored) {
            (Some(array), _) => Ok(Some(Cow::Borrowed(array))),
            (None, Some(stored)) => Ok(stored.get(name)?.map(Cow::Owned)),
            (None, None) => Ok(None),
        }
    }

    /// Returns the picture of `record`, if it is in the set.
    pub fn image_of(&self, record: &ExplanationRecord) -> Option<&ExplainedImage> {
        self.images.iter().find(|image| image.id == record.image)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let maps = self
            .records
            .iter()
            .flat_map(|r| [&r.raw, &r.heat, &r.explanation]);
        self.images
            .iter()
            .map(|image| &image.pixels)
            .chain(maps)
            .map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Overlay;

    fn one_map() -> ExplanationSet {
        let array = |shape: &[usize], first: f32| Array {
            shape: shape.to_vec(),
            values: (0..shape.iter().product())
                .map(|i: usize| first + i as f32)
                .collect(),
        };
        ExplanationSet {
            images: vec![ExplainedImage {
                id: "shapes/test/0".into(),
                generated: true,
                true_class: Some("ring".into()),
                pixels: "image/0".into(),
            }],
            records: vec![ExplanationRecord {
                pretrained: None,
                image: "shapes/test/0".into(),
                trial: "trial-a".into(),
                network_title: String::new(),
                seed: 0,
                epoch: 5,
                checkpoint: "best".into(),
                method: "grad-cam".into(),
                title: "Grad-CAM".into(),
                layer: "block-1".into(),
                native_size: [2, 1],
                target_class: "ring".into(),
                target_rule: "predicted".into(),
                quantity: "minus:disc".into(),
                confidence: 0.75,
                explanation_confidence: 0.5,
                predicted_class: "ring".into(),
                predicted_confidence: 0.75,
                empty: false,
                seen: Some([0.125, 0.0, 0.75, 1.0]),
                retrained_head: None,
                raw: "raw/0".into(),
                heat: "heat/0".into(),
                explanation: "explanation/0".into(),
            }],
            selection_rule: "the first".into(),
            drawn_as: DrawnAs {
                figures: vec!["ablation".into()],
                fine_cells: Some(8),
                overlay: Overlay {
                    alpha: 0.25,
                    ..Overlay::default()
                },
                shown: Some(("trial-a".into(), "grad-cam".into())),
            },
            arrays: [
                ("image/0".to_string(), array(&[3, 4, 2], 0.0)),
                ("raw/0".to_string(), array(&[2, 1], -1.5)),
                ("heat/0".to_string(), array(&[4, 2], 0.25)),
                ("explanation/0".to_string(), array(&[3, 4, 2], 9.0)),
            ]
            .into(),
            stored: None,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        one_map().write(folder.path()).expect("written");
        assert_eq!(
            ExplanationSet::read(folder.path()).expect("read"),
            one_map()
        );
        let drawn_as = DrawnAs::read(folder.path()).expect("read");
        assert_eq!(drawn_as, Some(one_map().drawn_as));
        let opened = ExplanationSet::open(folder.path()).expect("opened");
        assert!(opened.arrays.is_empty());
        for (name, array) in one_map().arrays {
            let found = opened.array(&name).expect("read").expect("there");
            assert_eq!(*found, array);
            assert_eq!(opened.shape(&name), Some(&array.shape[..]));
        }
        assert!(opened.array("absent").expect("read").is_none());
    }

    #[test]
    fn a_folder_from_before_titles_and_figures_were_written_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        one_map().write(folder.path()).expect("written");
        let path = folder.path().join(MAPS_JSON);
        let text = std::fs::read_to_string(&path).expect("text");
        let mut json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let removed = json.as_object_mut().expect("an object").remove("drawn_as");
        assert!(removed.is_some());
        let record = json["records"][0].as_object_mut().expect("an object");
        assert!(record.remove("title").is_some());
        assert!(!record.contains_key("network_title"), "it is empty");
        std::fs::write(&path, json.to_string()).expect("written");
        let set = ExplanationSet::read(folder.path()).expect("read");
        assert_eq!(set.drawn_as, DrawnAs::default());
        assert_eq!(set.records[0].title, "");
        let empty = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(DrawnAs::read(empty.path()).expect("read"), None);
    }

    #[test]
    fn a_missing_array_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut set = one_map();
        set.arrays.remove("heat/0");
        set.write(folder.path()).expect("written");
        let error = ExplanationSet::read(folder.path())
            .expect_err("incomplete")
            .to_string();
        assert!(error.contains("\"heat/0\" is missing"), "{error}");
    }
}
