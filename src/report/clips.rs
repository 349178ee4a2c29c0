//! The explained clips of a folder, as the page's player reads them.

use std::path::Path;

use serde::Serialize;

use super::embed::{level, signed_levels, text};
use super::error::ReportError;
use crate::figure::network_title;
use crate::run::{Array, ExplainedClip, RunError, SEQUENCE_TENSORS, SequenceSet, StateMap};

/// The clips of one network.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Clips {
    title: String,
    clips: Vec<Clip>,
    maps: Vec<Map>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Clip {
    title: String,
    target: String,
    watched: usize,
    /// Height and width of a frame.
    size: [usize; 2],
    /// Frames, prediction and region, a byte per pixel, in base64.
    frames: String,
    prediction: String,
    region: String,
}

/// The map of one hidden state.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Map {
    clip: usize,
    method: String,
    title: String,
    layer: usize,
    lag: usize,
    norm: f64,
    likeness: Option<f64>,
    repeats: bool,
    size: [usize; 2],
    /// A byte per cell around 128, in base64.
    values: String,
}

impl Clips {
    /// Returns the clips in `folder`.
    ///
    /// # Errors
    /// [`ReportError::Run`], naming the file.
    pub(super) fn read(folder: &Path) -> Result<Self, ReportError> {
        let set = SequenceSet::read(folder)?;
        let name = network_title(&set.network_title, &set.experiment);
        let mut clips = Vec::new();
        for clip in &set.clips {
            clips.push(film(&set, folder, clip)?);
        }
        let mut maps = Vec::new();
        for map in &set.maps {
            let of = |clip: &ExplainedClip| clip.id == map.clip;
            if let Some(clip) = set.clips.iter().position(of) {
                maps.push(state(&set, folder, (clip, map))?);
            }
        }
        Ok(Self {
            title: format!("{name}, seed {}, epoch {}", set.seed, set.epoch),
            clips,
            maps,
        })
    }
}

fn film(set: &SequenceSet, folder: &Path, clip: &ExplainedClip) -> Result<Clip, ReportError> {
    let frames = array(set, folder, &clip.frames)?;
    let [_, height, width] = frames.shape[..] else {
        return Err(damaged(folder, &clip.frames, &frames.shape));
    };
    let bytes = |array: &Array| -> Vec<u8> { array.values.iter().map(|&v| level(v)).collect() };
    let plane = |name: &str| {
        let array = array(set, folder, name)?;
        match array.shape[..] == [height, width] {
            true => Ok(text(&bytes(array))),
            false => Err(damaged(folder, name, &array.shape)),
        }
    };
    let digits: Vec<String> = clip
        .digits
        .iter()
        .map(|digit| digit.label.to_string())
        .collect();
    Ok(Clip {
        title: match digits.is_empty() {
            true => clip.id.clone(),
            false => format!("{} (digits {})", clip.id, digits.join(" and ")),
        },
        target: target(clip),
        watched: clip.watched,
        size: [height, width],
        frames: text(&bytes(frames)),
        prediction: plane(&clip.prediction)?,
        region: plane(&clip.region)?,
    })
}

/// Returns the explained target in words.
fn target(clip: &ExplainedClip) -> String {
    let digit = |place: usize, which: &str| match clip.digits.get(place) {
        Some(digit) => format!("the {which} digit (a {})", digit.label),
        None => format!("the {which} digit"),
    };
    match clip.target.as_str() {
        "frame" => "the whole frame".to_string(),
        "digit-1" => digit(0, "first"),
        "digit-2" => digit(1, "second"),
        other => other.to_string(),
    }
}

fn state(
    set: &SequenceSet,
    folder: &Path,
    (clip, map): (usize, &StateMap),
) -> Result<Map, ReportError> {
    let array = array(set, folder, &map.signed)?;
    let [height, width] = array.shape[..] else {
        return Err(damaged(folder, &map.signed, &array.shape));
    };
    Ok(Map {
        clip,
        method: map.method.clone(),
        title: map.title.clone(),
        layer: map.layer,
        lag: map.lag,
        norm: map.gradient_norm,
        likeness: map.likeness,
        repeats: map.repeats,
        size: [height, width],
        values: text(&signed_levels(&array.values)),
    })
}

fn array<'a>(set: &'a SequenceSet, folder: &Path, name: &str) -> Result<&'a Array, ReportError> {
    set.arrays.get(name).ok_or_else(|| {
        let file = folder.join(SEQUENCE_TENSORS);
        RunError::damaged(&file, format!("array {name:?} is missing")).into()
    })
}

fn damaged(folder: &Path, name: &str, shape: &[usize]) -> ReportError {
    ReportError::Picture {
        file: folder.join(SEQUENCE_TENSORS),
        name: name.to_string(),
        reason: format!("it has shape {shape:?}"),
    }
}
