//! The folder of explained clips: `sequence.json` records what was explained and how,
//! `sequence.safetensors` holds frames, predictions and signed maps.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::arrays::{Array, read_arrays, read_file, write_arrays};
use super::{RunError, write_atomically};

/// File name of the manifest.
pub const SEQUENCE_JSON: &str = "sequence.json";
/// File name of the arrays.
pub const SEQUENCE_TENSORS: &str = "sequence.safetensors";

/// One digit's path through a clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DigitTrack {
    /// The digit, 0 to 9.
    pub label: u8,
    /// Centre of its pixels in each frame, `[x, y]` in pixels from the top left corner.
    pub places: Vec<[f64; 2]>,
}

/// An explained clip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExplainedClip {
    /// Its name, such as "moving-mnist/test/5".
    pub id: String,
    /// Whether its digits are generated.
    pub generated: bool,
    /// The digits.
    pub digits: Vec<DigitTrack>,
    /// The explained target: "frame", "digit-1", "digit-2" or "box:x0,y0,x1,y1".
    pub target: String,
    /// Number of frames shown to the network; the next one is predicted.
    pub watched: usize,
    /// Squared error of the predicted frame, summed over its pixels.
    pub error: f64,
    /// Name of its array: frames `[time, height, width]`, 0 to 1, with the true next frame last.
    pub frames: String,
    /// Name of its array: the predicted frame, `[height, width]`, 0 to 1.
    pub prediction: String,
    /// Name of its array: the pixels whose prediction is summed into the score, `[height, width]`,
    /// 1 inside and 0 outside.
    pub region: String,
}

/// The map of one hidden state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StateMap {
    /// The [`ExplainedClip`] it belongs to.
    pub clip: String,
    /// Method name, such as "grad-cam".
    pub method: String,
    /// The method's name in figures, such as "Grad-CAM"; where it is empty, figures show `method`.
    #[serde(default)]
    pub title: String,
    /// Layer, from 0 for the lowest.
    pub layer: usize,
    /// Frames before the newest shown one.
    pub lag: usize,
    /// Norm of the score gradient at the state.
    pub gradient_norm: f64,
    /// Correlation of the map with the predicted frame; none if one of them is constant.
    pub likeness: Option<f64>,
    /// Whether it only repeats the prediction.
    pub repeats: bool,
    /// Name of its array: the map before its ReLU, `[height, width]` of the state.
    pub signed: String,
}

/// Everything in a folder of explained clips.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SequenceSet {
    /// Experiment, such as "convlstm".
    pub experiment: String,
    /// The network's name in figures, such as "ConvLSTM"; if empty, they show the experiment's name.
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// Rule that selected the checkpoint: "best", "last" or "epoch N".
    pub checkpoint: String,
    /// The clips, in drawing order.
    pub clips: Vec<ExplainedClip>,
    /// The maps.
    pub maps: Vec<StateMap>,
    /// The arrays by name.
    pub arrays: BTreeMap<String, Array>,
}

/// `sequence.json`, as written.
#[derive(Serialize, Deserialize)]
struct Manifest<'a> {
    experiment: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    network_title: Cow<'a, str>,
    seed: u64,
    epoch: u32,
    checkpoint: Cow<'a, str>,
    clips: Cow<'a, [ExplainedClip]>,
    maps: Cow<'a, [StateMap]>,
}

impl SequenceSet {
    /// Writes both files into `folder`, which is created if missing. The manifest is written last,
    /// so that it never names missing arrays.
    ///
    /// # Errors
    /// As [`write_atomically`].
    pub fn write(&self, folder: &Path) -> Result<(), RunError> {
        write_arrays(&folder.join(SEQUENCE_TENSORS), &self.arrays)?;
        let path = folder.join(SEQUENCE_JSON);
        let manifest = Manifest {
            experiment: Cow::Borrowed(&self.experiment),
            network_title: Cow::Borrowed(&self.network_title),
            seed: self.seed,
            epoch: self.epoch,
            checkpoint: Cow::Borrowed(&self.checkpoint),
            clips: Cow::Borrowed(&self.clips),
            maps: Cow::Borrowed(&self.maps),
        };
        let content = serde_json::to_vec_pretty(&manifest)
            .map_err(|reason| RunError::damaged(&path, reason))?;
        write_atomically(&path, &content)
    }

    /// Returns the content of `folder`.
    ///
    /// # Errors
    /// [`RunError::Io`] if a file is missing, [`RunError::Damaged`] if one does not parse or lacks
    /// an array that the manifest names.
    pub fn read(folder: &Path) -> Result<Self, RunError> {
        let path = folder.join(SEQUENCE_JSON);
        let manifest: Manifest<'_> = serde_json::from_slice(&read_file(&path)?)
            .map_err(|reason| RunError::damaged(&path, reason))?;
        let path = folder.join(SEQUENCE_TENSORS);
        let set = Self {
            experiment: manifest.experiment.into_owned(),
            network_title: manifest.network_title.into_owned(),
            seed: manifest.seed,
            epoch: manifest.epoch,
            checkpoint: manifest.checkpoint.into_owned(),
            clips: manifest.clips.into_owned(),
            maps: manifest.maps.into_owned(),
            arrays: read_arrays(&path)?,
        };
        let clips = set
            .clips
            .iter()
            .flat_map(|clip| [&clip.frames, &clip.prediction, &clip.region]);
        let mut names = clips.chain(set.maps.iter().map(|map| &map.signed));
        if let Some(name) = names.find(|name| !set.arrays.contains_key(*name)) {
            let reason = format!("array {name:?} is missing");
            return Err(RunError::damaged(&path, reason));
        }
        drop(names);
        Ok(set)
    }

    /// Returns the maps of one clip, by one method, at one layer, from the oldest state.
    pub fn maps_of<'a>(
        &'a self,
        clip: &'a str,
        method: &'a str,
        layer: usize,
    ) -> impl Iterator<Item = &'a StateMap> {
        let mut maps: Vec<&StateMap> = (self.maps.iter())
            .filter(|map| map.clip == clip && map.method == method && map.layer == layer)
            .collect();
        maps.sort_by_key(|map| std::cmp::Reverse(map.lag));
        maps.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_clip() -> SequenceSet {
        let array = |shape: &[usize], first: f32| Array {
            shape: shape.to_vec(),
            values: (0..shape.iter().product())
                .map(|i: usize| first - i as f32)
                .collect(),
        };
        let map = |lag: usize| StateMap {
            clip: "digits/test/0".into(),
            method: "grad-cam".into(),
            title: "Grad-CAM".into(),
            layer: 1,
            lag,
            gradient_norm: 0.1,
            likeness: (lag > 0).then_some(-0.5),
            repeats: false,
            signed: format!("map/{lag}"),
        };
        SequenceSet {
            experiment: "convlstm".into(),
            network_title: "ConvLSTM".into(),
            seed: 3,
            epoch: 4,
            checkpoint: "best".into(),
            clips: vec![ExplainedClip {
                id: "digits/test/0".into(),
                generated: true,
                digits: vec![DigitTrack {
                    label: 7,
                    places: vec![[1.5, 2.0], [3.0, 1.0 / 3.0]],
                }],
                target: "digit-1".into(),
                watched: 1,
                error: 80.25,
                frames: "frames/0".into(),
                prediction: "prediction/0".into(),
                region: "region/0".into(),
            }],
            maps: vec![map(0), map(1)],
            arrays: [
                ("frames/0".to_string(), array(&[2, 2, 2], 0.5)),
                ("prediction/0".to_string(), array(&[2, 2], 1.0)),
                ("region/0".to_string(), array(&[2, 2], 0.0)),
                ("map/0".to_string(), array(&[1, 2], -1.0)),
                ("map/1".to_string(), array(&[1, 2], 2.0)),
            ]
            .into(),
        }
    }

    #[test]
    fn what_is_written_is_read_and_maps_come_from_the_oldest() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        one_clip().write(folder.path()).expect("written");
        let set = SequenceSet::read(folder.path()).expect("read");
        assert_eq!(set, one_clip());
        let lags = |clip: &str, layer: usize| -> Vec<usize> {
            let maps = set.maps_of(clip, "grad-cam", layer);
            maps.map(|map| map.lag).collect()
        };
        assert_eq!(lags("digits/test/0", 1), [1, 0]);
        assert!(lags("digits/test/0", 0).is_empty());
    }

    #[test]
    fn a_missing_array_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut set = one_clip();
        set.arrays.remove("region/0");
        set.write(folder.path()).expect("written");
        let error = SequenceSet::read(folder.path())
            .expect_err("incomplete")
            .to_string();
        assert!(error.contains("\"region/0\" is missing"), "{error}");
    }
}
