//! One explained clip as the trajectory figures show it: its frames, its digits' ways, the signed maps
//! of its states.

use super::canvas::{Canvas, Point, Stroke};
use super::colour::{Marker, diverging, mixed, viridis};
use super::error::{FigureError, quoted_list};
use super::heat::resampled;
use super::picture::{PanelSize, Pixels, wrong_shape};
use super::selection::generated_note;
use super::svg_text::{checkpoint_rule, data_name, method_title, network_title};
use crate::run::{Array, ExplainedClip, SequenceSet, StateMap};

/// Line and points of the explained digit's way; yellow stands out from red, blue and grey.
const WAY: &str = "#FFD400";
/// Colour of a white pixel whose prediction is summed into the score: the way's.
const EXPLAINED: [u8; 3] = [0xFF, 0xD4, 0x00];
/// The dark rim under it, so that it shows on white too.
const WAY_RIM: &str = "#1A1A1A";
/// Most that a map's colour covers of the frame under it.
const COVER: f32 = 0.85;

/// How a clip's digits are counted.
const ORDINALS: [&str; 2] = ["first", "second"];

/// One clip, explained by one method.
#[derive(Debug, Clone)]
pub(super) struct ClipView<'a> {
    set: &'a SequenceSet,
    /// The clip.
    pub(super) clip: &'a ExplainedClip,
    /// Method name.
    pub(super) method: &'a str,
    /// The states' maps, layer by layer from the lowest, each from the oldest state.
    pub(super) layers: Vec<Vec<&'a StateMap>>,
}

impl<'a> ClipView<'a> {
    /// Returns the clip `id` of `set` with the maps of `method`.
    ///
    /// # Errors
    /// [`FigureError::Nothing`] where the set has no such clip or no such maps.
    pub(super) fn new(
        set: &'a SequenceSet,
        id: &'a str,
        method: &'a str,
    ) -> Result<Self, FigureError> {
        let nothing = |wanted: String, known: String| FigureError::Nothing { wanted, known };
        let clip = set.clips.iter().find(|clip| clip.id == id).ok_or_else(|| {
            let known = quoted_list(set.clips.iter().map(|clip| clip.id.as_str()));
            nothing(format!("clip {id:?}"), known)
        })?;
        let count = set.maps.iter().map(|map| map.layer + 1).max().unwrap_or(0);
        let layers: Vec<Vec<&StateMap>> = (0..count)
            .map(|layer| set.maps_of(id, method, layer).collect::<Vec<_>>())
            .filter(|maps| !maps.is_empty())
            .collect();
        if layers.is_empty() || layers.iter().any(|maps| maps.len() != clip.watched) {
            let known = quoted_list(set.maps.iter().map(|map| map.method.as_str()));
            return Err(nothing(format!("method {method:?} of clip {id:?}"), known));
        }
        Ok(Self {
            set,
            clip,
            method,
            layers,
        })
    }

    /// Returns the clip's number in its split.
    pub(super) fn number(&self) -> &str {
        let id = &self.clip.id;
        id.rsplit_once('/').map_or(id, |(_, number)| number)
    }

    /// Returns the network's name as figures write it.
    pub(super) fn network(&self) -> String {
        network_title(&self.set.network_title, &self.set.experiment)
    }

    /// Returns what is explained, in words, such as "the first digit (a 7)".
    pub(super) fn target(&self) -> String {
        match self.explained() {
            Some(digit) => {
                let label = self.clip.digits[digit].label;
                match ORDINALS.get(digit) {
                    Some(ordinal) => format!("the {ordinal} digit (a {label})"),
                    None => format!("digit {} (a {label})", digit + 1),
                }
            }
            None if self.clip.target == "frame" => "the whole frame".to_string(),
            None => format!("the box {}", self.clip.target.trim_start_matches("box:")),
        }
    }

    /// Returns the name of the layer at `place` among those that are shown.
    pub(super) fn layer_name(&self, place: usize) -> String {
        let number = self.layers[place][0].layer;
        match self.layers.len() > 1 && place + 1 == self.layers.len() {
            true => format!("layer {number} (top)"),
            false => format!("layer {number}"),
        }
    }

    /// Returns where the clip and the network come from, for the line under a title.
    pub(super) fn provenance(&self) -> String {
        let clip = self.clip;
        let mut parts = vec![format!("{} clip {}", data_name(&clip.id), self.number())];
        parts.extend(generated_note(usize::from(clip.generated), 1).map(str::to_string));
        parts.push(format!("seed {}", self.set.seed));
        parts.push(format!(
            "checkpoint: {} (epoch {})",
            checkpoint_rule(&self.set.checkpoint),
            self.set.epoch
        ));
        let title = &self.layers[0][0].title;
        parts.push(method_title(title, self.method).to_string());
        parts.join(" · ")
    }

    /// Returns the number of the digit that is explained, if it is one.
    fn explained(&self) -> Option<usize> {
        let number = self.clip.target.strip_prefix("digit-")?;
        let place: usize = number.parse().ok()?;
        (1..=self.clip.digits.len())
            .contains(&place)
            .then(|| place - 1)
    }

    /// Returns frame `time` in grey; the last one is the true next frame.
    pub(super) fn frame(&self, time: usize, panel: PanelSize) -> Result<Pixels, FigureError> {
        let (values, size) = self.frame_values(time)?;
        Ok(grey(values, size).enlarged(panel.width / size[1]))
    }

    /// Returns the predicted frame in grey, and in yellow where it is summed into the score.
    pub(super) fn prediction(&self, panel: PanelSize) -> Result<Pixels, FigureError> {
        let clip = self.clip;
        let (array, region) = (self.array(&clip.prediction)?, self.array(&clip.region)?);
        let &[height, width] = &array.shape[..] else {
            return Err(wrong_shape(
                &array.shape,
                &clip.prediction,
                "[height, width]",
            ));
        };
        if region.shape != array.shape {
            return Err(wrong_shape(
                &region.shape,
                &clip.region,
                "that of the prediction",
            ));
        }
        let mut pixels = grey(&array.values, [height, width]);
        if clip.target != "frame" {
            for (pixel, inside) in pixels.rgb.chunks_exact_mut(3).zip(&region.values) {
                if *inside > 0.0 {
                    pixel.copy_from_slice(&mixed([0; 3], EXPLAINED, f32::from(pixel[0]) / 255.0));
                }
            }
        }
        Ok(pixels.enlarged(panel.width / width))
    }

    /// Returns the size at which frames are shown, at most `target` pixels a side.
    pub(super) fn panel(&self, target: usize) -> Result<PanelSize, FigureError> {
        let (_, [height, width]) = self.frame_values(0)?;
        Ok(PanelSize::fit(width, height, target))
    }

    /// Returns a state's map in its own cells, red for the score and blue against it, scaled by its
    /// largest magnitude.
    pub(super) fn cells(&self, map: &StateMap, panel: PanelSize) -> Result<Pixels, FigureError> {
        let array = self.array(&map.signed)?;
        let &[height, width] = &array.shape[..] else {
            return Err(wrong_shape(&array.shape, &map.signed, "[height, width]"));
        };
        let largest = magnitude(&array.values);
        let rgb = array
            .values
            .iter()
            .flat_map(|value| diverging(value / largest));
        let pixels = Pixels {
            width,
            height,
            rgb: rgb.collect(),
            crisp: false,
        };
        Ok(pixels.enlarged(panel.width / width))
    }

    /// Returns a state's map over the frame that the state has seen last.
    pub(super) fn overlay(&self, map: &StateMap, panel: PanelSize) -> Result<Pixels, FigureError> {
        let mut pixels = self.frame(self.time(map), panel)?;
        let array = self.array(&map.signed)?;
        let values = resampled(array, &map.signed, panel)?;
        let largest = magnitude(&values);
        for (pixel, value) in pixels.rgb.chunks_exact_mut(3).zip(values) {
            let value = value / largest;
            let under = [pixel[0], pixel[1], pixel[2]];
            pixel.copy_from_slice(&mixed(
                under,
                diverging(value.signum()),
                value.abs() * COVER,
            ));
        }
        pixels.crisp = false;
        Ok(pixels)
    }

    /// Returns what speaks for the score at all states of a layer in one picture, on one scale: the
    /// strongest map of each place in the colour of its frame, from dark violet for the first to yellow
    /// for the last, brighter by the square root of its value.
    pub(super) fn trail(&self, layer: usize, panel: PanelSize) -> Result<Pixels, FigureError> {
        let maps = &self.layers[layer];
        let mut best = vec![(0.0f32, 0usize); panel.width * panel.height];
        for (time, map) in maps.iter().enumerate() {
            let values = resampled(self.array(&map.signed)?, &map.signed, panel)?;
            for (best, value) in best.iter_mut().zip(values) {
                if value > best.0 {
                    *best = (value, time);
                }
            }
        }
        let largest = best
            .iter()
            .map(|best| best.0)
            .fold(f32::MIN_POSITIVE, f32::max);
        let last = maps.len().saturating_sub(1).max(1) as f32;
        let rgb = best.into_iter().flat_map(|(value, time)| {
            let share = (value / largest).sqrt();
            mixed([0; 3], viridis(time as f32 / last), share)
        });
        Ok(Pixels {
            width: panel.width,
            height: panel.height,
            rgb: rgb.collect(),
            crisp: false,
        })
    }

    /// Returns the frame that a state has seen last, counted from 0.
    pub(super) fn time(&self, map: &StateMap) -> usize {
        self.clip.watched - 1 - map.lag
    }

    /// Draws the explained digit's way from the first frame to frame `until`, with a dot where it is
    /// then, over a panel at `at`. Of a whole frame, that of every digit.
    pub(super) fn way(
        &self,
        canvas: &mut Canvas,
        at: Point,
        panel: PanelSize,
        until: usize,
    ) -> Result<(), FigureError> {
        let (_, [height, width]) = self.frame_values(0)?;
        let (across, down) = (
            panel.width as f32 / width as f32,
            panel.height as f32 / height as f32,
        );
        let digits = self.clip.digits.iter().enumerate();
        let shown =
            digits.filter(|(place, _)| self.explained().is_none_or(|digit| digit == *place));
        for (_, digit) in shown {
            let points: Vec<Point> = (digit.places.iter().take(until + 1))
                .map(|[x, y]| (at.0 + *x as f32 * across, at.1 + *y as f32 * down))
                .collect();
            canvas.polyline(&points, Stroke::solid(WAY_RIM, 5.0));
            canvas.polyline(&points, Stroke::solid(WAY, 2.6));
            if let Some(&end) = points.last() {
                canvas.marker(Marker::Disc, end, 7.5, WAY_RIM);
                canvas.marker(Marker::Disc, end, 5.5, WAY);
            }
        }
        Ok(())
    }

    fn frame_values(&self, time: usize) -> Result<(&[f32], [usize; 2]), FigureError> {
        let name = &self.clip.frames;
        let array = self.array(name)?;
        match array.shape[..] {
            [frames, height, width] if time < frames && height * width > 0 => {
                let area = height * width;
                Ok((
                    &array.values[time * area..(time + 1) * area],
                    [height, width],
                ))
            }
            _ => Err(wrong_shape(&array.shape, name, "[time, height, width]")),
        }
    }

    fn array(&self, name: &str) -> Result<&Array, FigureError> {
        // Every panel begins here.
        FigureError::unless_interrupted()?;
        let array = self.set.arrays.get(name);
        let array = array.ok_or_else(|| FigureError::MissingArray {
            name: name.to_string(),
        })?;
        match array.values.iter().all(|value| value.is_finite()) {
            true => Ok(array),
            false => Err(FigureError::NotFinite {
                name: name.to_string(),
            }),
        }
    }
}

/// The largest magnitude, or a number by which zeros can be divided.
fn magnitude(values: &[f32]) -> f32 {
    values
        .iter()
        .map(|value| value.abs())
        .fold(f32::MIN_POSITIVE, f32::max)
}

/// A picture of grey values, 0 to 1.
fn grey(values: &[f32], [height, width]: [usize; 2]) -> Pixels {
    let rgb = values.iter().flat_map(|value| {
        let level = (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        [level; 3]
    });
    Pixels {
        width,
        height,
        rgb: rgb.collect(),
        crisp: false,
    }
}
