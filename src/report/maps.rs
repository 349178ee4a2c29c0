//! The maps of a folder, as the page's explorer reads them.

use std::path::Path;

use serde::Serialize;

use super::embed::{levels, picture_url, text};
use super::error::ReportError;
use crate::figure::network_title;
use crate::run::{Array, ColourMap, ExplanationRecord, ExplanationSet, MAPS_TENSORS, RunError};

/// Most bytes of one folder's pictures and maps in the page.
const MOST_BYTES: usize = 3_000_000;
/// Longest side in pixels of a picture as large as its network's input; larger ones are shrunk.
const MOST_SIDE: usize = 256;

/// The maps of one folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Maps {
    title: String,
    rule: String,
    /// Number of pictures that are only in the folder.
    omitted: usize,
    colours: ColourMap,
    pictures: Vec<Picture>,
    networks: Vec<Network>,
    records: Vec<Record>,
    /// The raw maps one after the other, each from 0 for its least value to 255, in base64.
    values: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Picture {
    id: String,
    class: Option<String>,
    source: String,
    height: usize,
    width: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Network {
    title: String,
}

/// One map, and what the network says of the picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    picture: usize,
    network: usize,
    epoch: u32,
    checkpoint: String,
    weights: Option<String>,
    method: String,
    title: String,
    layer: String,
    /// Height and width of the map before resizing, and of what is embedded.
    cells: [usize; 2],
    size: [usize; 2],
    target: String,
    confidence: f32,
    explanation_confidence: f32,
    predicted: String,
    predicted_confidence: f32,
    empty: bool,
    /// Place of its first value.
    at: usize,
}

impl Maps {
    /// Returns the maps in `folder`, called `title`: those of as many pictures as there is room for;
    /// nothing if it holds none.
    ///
    /// # Errors
    /// [`ReportError::Run`] or [`ReportError::Picture`], naming the file.
    pub(super) fn read(folder: &Path, title: &str) -> Result<Option<Self>, ReportError> {
        let set = ExplanationSet::open(folder)?;
        if set.records.is_empty() {
            return Ok(None);
        }
        let mut maps = Self {
            title: title.to_string(),
            rule: set.selection_rule.trim().to_string(),
            omitted: 0,
            colours: set.drawn_as.overlay.colours,
            pictures: Vec::new(),
            networks: Vec::new(),
            records: Vec::new(),
            values: String::new(),
        };
        let mut bytes = Vec::new();
        let mut used = 0;
        for image in &set.images {
            if used > MOST_BYTES {
                maps.omitted += 1;
                continue;
            }
            let pixels = shrunk(array(&set, folder, &image.pixels)?);
            let source = picture_url(&pixels.shape, &pixels.values).map_err(|reason| {
                ReportError::Picture {
                    file: folder.join(MAPS_TENSORS),
                    name: image.pixels.clone(),
                    reason,
                }
            })?;
            used += source.len();
            let place = maps.pictures.len();
            maps.pictures.push(Picture {
                id: image.id.clone(),
                class: image.true_class.clone(),
                height: pixels.shape[1],
                width: pixels.shape[2],
                source,
            });
            for record in set.records.iter().filter(|record| record.image == image.id) {
                // The raw map of a part of the picture does not lie over all of it.
                let name = match record.seen {
                    None => &record.raw,
                    Some(_) => &record.heat,
                };
                let map = shrunk(array(&set, folder, name)?);
                let network = maps.network(record);
                maps.records
                    .push(described(record, (place, network), (&map, bytes.len())));
                let levels = levels(&map.values);
                used += levels.len();
                bytes.extend(levels);
            }
        }
        maps.values = text(&bytes);
        Ok(Some(maps))
    }

    /// Returns its title.
    pub(super) fn title(&self) -> &str {
        &self.title
    }

    /// Returns the place of the network of `record`, which is added if it is new.
    fn network(&mut self, record: &ExplanationRecord) -> usize {
        let name = network_title(&record.network_title, &record.trial);
        let title = match (&record.pretrained, record.seed) {
            (None, seed) if seed > 0 => format!("{name}, seed {seed}"),
            _ => name,
        };
        let known = self.networks.iter().position(|known| known.title == title);
        known.unwrap_or_else(|| {
            self.networks.push(Network { title });
            self.networks.len() - 1
        })
    }
}

fn described(
    record: &ExplanationRecord,
    (picture, network): (usize, usize),
    (map, at): (&Array, usize),
) -> Record {
    Record {
        picture,
        network,
        epoch: record.epoch,
        checkpoint: record.checkpoint.clone(),
        weights: record.pretrained.clone(),
        method: record.method.clone(),
        title: record.title.clone(),
        layer: record.layer.clone(),
        cells: record.native_size,
        size: [map.shape[0], map.shape[1]],
        target: record.target_class.clone(),
        confidence: record.confidence,
        explanation_confidence: record.explanation_confidence,
        predicted: record.predicted_class.clone(),
        predicted_confidence: record.predicted_confidence,
        empty: record.empty,
        at,
    }
}

fn array(set: &ExplanationSet, folder: &Path, name: &str) -> Result<Array, ReportError> {
    let file = folder.join(MAPS_TENSORS);
    let array = set
        .array(name)?
        .ok_or_else(|| RunError::damaged(&file, format!("array {name:?} is missing")))?;
    match array.shape[..] {
        [height, width] | [3, height, width] if height * width > 0 => Ok(array.into_owned()),
        _ => Err(ReportError::Picture {
            file,
            name: name.to_string(),
            reason: format!("shape {:?} is not that of a picture or a map", array.shape),
        }),
    }
}

/// Returns `array`, `[height, width]` or `[channels, height, width]`, with sides of at most
/// [`MOST_SIDE`]: every value is the mean of a block.
fn shrunk(array: Array) -> Array {
    let axes = array.shape.len();
    let (height, width) = (array.shape[axes - 2], array.shape[axes - 1]);
    let factor = height.max(width).div_ceil(MOST_SIDE);
    if factor == 1 {
        return array;
    }
    let (tall, wide) = (height.div_ceil(factor), width.div_ceil(factor));
    let mut values = Vec::with_capacity(array.values.len() / (factor * factor));
    for plane in array.values.chunks_exact(height * width) {
        for y in 0..tall {
            for x in 0..wide {
                let rows = y * factor..((y + 1) * factor).min(height);
                let columns = x * factor..((x + 1) * factor).min(width);
                let count = rows.len() * columns.len();
                let block = rows.flat_map(|row| &plane[row * width..][columns.clone()]);
                values.push(block.sum::<f32>() / count as f32);
            }
        }
    }
    let mut shape = array.shape;
    shape[axes - 2] = tall;
    shape[axes - 1] = wide;
    Array { shape, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_arrays_are_shrunk_by_means_of_blocks() {
        let array = Array {
            shape: vec![1, 300],
            values: (0..300).map(|value| value as f32).collect(),
        };
        let small = shrunk(array);
        assert_eq!(small.shape, [1, 150]);
        assert_eq!(small.values[..2], [0.5, 2.5]);
        let same = Array {
            shape: vec![3, 2, 2],
            values: vec![0.25; 12],
        };
        assert_eq!(shrunk(same.clone()), same);
    }
}
