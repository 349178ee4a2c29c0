//! Arrays as pixels: pictures and heat maps at the size of their panel, as PNG data URIs.
//!
//! A picture smaller than its panel is enlarged by a whole factor with nearest-neighbour, so that
//! its pixels stay squares; a larger one is embedded as it is and scaled down when drawn. A heat
//! map is resampled bilinearly to its panel before it is coloured, so that it stays smooth.

use std::borrow::Cow;

use super::area::Area;
use super::colour::{mixed, scale};
use super::drawing::encode_png;
use super::error::FigureError;
use crate::run::{Array, ExplanationSet};

/// An RGB picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pixels {
    /// Width in pixels.
    pub(super) width: usize,
    /// Height in pixels.
    pub(super) height: usize,
    /// Three bytes per pixel, in rows.
    pub(super) rgb: Vec<u8>,
    /// Whether its pixels are to stay squares when a viewer enlarges it.
    pub(super) crisp: bool,
}

/// The size at which pictures of one size are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PanelSize {
    /// Width in sheet pixels.
    pub(super) width: usize,
    /// Height in sheet pixels.
    pub(super) height: usize,
}

impl PanelSize {
    /// Returns the panel for a picture of `width` by `height` pixels: the largest whole multiple
    /// of it whose longer side is at most `target` sheet pixels, or, for a larger picture, the
    /// picture scaled down to that side.
    pub(super) fn fit(width: usize, height: usize, target: usize) -> Self {
        let longer = width.max(height).max(1);
        let factor = target / longer;
        if factor >= 1 {
            return Self {
                width: width * factor,
                height: height * factor,
            };
        }
        let scaled = |side: usize| (side * target).div_ceil(longer).max(1);
        Self {
            width: scaled(width),
            height: scaled(height),
        }
    }

    /// Returns the panel's rectangle with its top left corner at `left` and `top`.
    pub(super) fn at(self, left: f32, top: f32) -> Area {
        Area {
            left,
            top,
            width: self.width as f32,
            height: self.height as f32,
        }
    }
}

/// Returns the array `name` of the set.
///
/// # Errors
/// [`FigureError::MissingArray`] when the set does not have it, [`FigureError::NotFinite`] when it
/// holds a value that is not; [`FigureError::Stopped`].
pub(super) fn array<'a>(
    set: &'a ExplanationSet,
    name: &str,
) -> Result<Cow<'a, Array>, FigureError> {
    // Every panel of every figure begins here.
    FigureError::unless_interrupted()?;
    let array = set.array(name)?.ok_or_else(|| missing(name))?;
    if array.values.iter().any(|value| !value.is_finite()) {
        return Err(FigureError::NotFinite {
            name: name.to_string(),
        });
    }
    Ok(array)
}

fn missing(name: &str) -> FigureError {
    FigureError::MissingArray {
        name: name.to_string(),
    }
}

/// Returns the height and width of the picture `name`, `[channels, height, width]`.
///
/// # Errors
/// [`FigureError::MissingArray`], and [`FigureError::WrongShape`] for other axes.
pub(super) fn picture_size(
    set: &ExplanationSet,
    name: &str,
) -> Result<(usize, usize), FigureError> {
    match *set.shape(name).ok_or_else(|| missing(name))? {
        [1 | 3, height, width] if height * width > 0 => Ok((height, width)),
        ref shape => Err(wrong_shape(
            shape,
            name,
            "[3, height, width] or [1, height, width]",
        )),
    }
}

/// Returns the picture `name`, `[channels, height, width]` from 0 to 1 with one or three channels,
/// for a panel of size `panel`.
///
/// # Errors
/// As [`picture_size`] and [`array`].
pub(super) fn picture(
    set: &ExplanationSet,
    name: &str,
    panel: PanelSize,
) -> Result<Pixels, FigureError> {
    let (height, width) = picture_size(set, name)?;
    let values = &array(set, name)?.values;
    let plane = height * width;
    let last = values.len() / plane - 1;
    let rgb = (0..plane)
        .flat_map(|i| [0, 1, 2].map(|channel: usize| byte(values[channel.min(last) * plane + i])))
        .collect();
    let pixels = Pixels {
        width,
        height,
        rgb,
        crisp: false,
    };
    Ok(pixels.enlarged(panel.width / width))
}

/// Returns the heat map `name`, `[height, width]` from 0 to 1, coloured at the panel's size, as the set
/// states.
///
/// # Errors
/// As [`array`], and [`FigureError::WrongShape`] for other axes.
pub(super) fn heat(
    set: &ExplanationSet,
    name: &str,
    panel: PanelSize,
) -> Result<Pixels, FigureError> {
    let colour = scale(set.drawn_as.overlay.colours);
    let values = shown_values(set, name, panel)?;
    let rgb = values.iter().flat_map(|&value| colour(value)).collect();
    Ok(Pixels {
        width: panel.width,
        height: panel.height,
        rgb,
        crisp: false,
    })
}

/// Returns the heat map `heat_name` in colour, blended over the picture `picture_name` as the set
/// states, at the panel's size or the picture's, whichever is larger.
///
/// # Errors
/// As [`heat`] and [`picture`].
pub(super) fn overlay(
    set: &ExplanationSet,
    heat_name: &str,
    picture_name: &str,
    panel: PanelSize,
) -> Result<Pixels, FigureError> {
    let mut pixels = picture(set, picture_name, panel)?;
    let size = PanelSize {
        width: pixels.width,
        height: pixels.height,
    };
    let how = set.drawn_as.overlay;
    let colour = scale(how.colours);
    for (pixel, value) in pixels
        .rgb
        .chunks_exact_mut(3)
        .zip(shown_values(set, heat_name, size)?)
    {
        let opacity = how.alpha * if how.by_value { value } else { 1.0 };
        let below = [pixel[0], pixel[1], pixel[2]];
        pixel.copy_from_slice(&mixed(below, colour(value), opacity));
    }
    pixels.crisp = false;
    Ok(pixels)
}

/// Returns the raw map `name`, `[height, width]`, min-max in colour, each cell a square; its longer side
/// is at most `longer` pixels.
///
/// # Errors
/// As [`heat`].
pub(super) fn cells(
    set: &ExplanationSet,
    name: &str,
    longer: usize,
) -> Result<Pixels, FigureError> {
    let map = array(set, name)?;
    let [height, width] = map.shape[..] else {
        return Err(wrong_shape(&map.shape, name, "[height, width]"));
    };
    let low = map.values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = map.values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let colour = scale(set.drawn_as.overlay.colours);
    // A constant map is empty: all 0, as in its heat map.
    let share = |value: f32| match high > low {
        true => (value - low) / (high - low),
        false => 0.0,
    };
    let pixels = Pixels {
        width,
        height,
        rgb: map
            .values
            .iter()
            .flat_map(|&value| colour(share(value)))
            .collect(),
        crisp: false,
    };
    Ok(pixels.enlarged(longer / width.max(height).max(1)))
}

/// Returns the values of the heat map `name` at `size`, 0 to 1, scaled so that the percentile that the
/// set states is 1.
fn shown_values(
    set: &ExplanationSet,
    name: &str,
    size: PanelSize,
) -> Result<Vec<f32>, FigureError> {
    let map = array(set, name)?;
    let mut values = resampled(&map, name, size)?;
    let top = percentile(&map.values, set.drawn_as.overlay.clip);
    for value in &mut values {
        // A map whose values up to that percentile are all 0 is shown as it is.
        let scaled = if top > 0.0 { *value / top } else { *value };
        *value = scaled.clamp(0.0, 1.0);
    }
    Ok(values)
}

/// Returns the smallest value that is not below `percent` % of `values`.
fn percentile(values: &[f32], percent: f32) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let place = (percent / 100.0 * sorted.len() as f32).ceil() as usize;
    sorted[place.clamp(1, sorted.len()) - 1]
}

/// Half-pixel bilinear interpolation, edges clamped, as the maps themselves were enlarged.
pub(super) fn resampled(map: &Array, name: &str, size: PanelSize) -> Result<Vec<f32>, FigureError> {
    let [height, width] = map.shape[..] else {
        return Err(wrong_shape(&map.shape, name, "[height, width]"));
    };
    if height * width == 0 || map.values.len() != height * width {
        return Err(wrong_shape(&map.shape, name, "[height, width]"));
    }
    let place = |index: usize, from: usize, to: usize| {
        let centre = (index as f32 + 0.5) * from as f32 / to as f32 - 0.5;
        let centre = centre.clamp(0.0, (from - 1) as f32);
        let low = centre.floor() as usize;
        (low, (low + 1).min(from - 1), centre - low as f32)
    };
    let mix = |a: f32, b: f32, share: f32| a + share * (b - a);
    let mut values = Vec::with_capacity(size.width * size.height);
    for y in 0..size.height {
        let (top, bottom, down) = place(y, height, size.height);
        for x in 0..size.width {
            let (left, right, along) = place(x, width, size.width);
            let row = |y: usize| {
                mix(
                    map.values[y * width + left],
                    map.values[y * width + right],
                    along,
                )
            };
            values.push(mix(row(top), row(bottom), down));
        }
    }
    Ok(values)
}

/// Returns the complaint about the array `name`.
pub(super) fn wrong_shape(shape: &[usize], name: &str, expected: &'static str) -> FigureError {
    FigureError::WrongShape {
        name: name.to_string(),
        shape: shape.to_vec(),
        expected,
    }
}

fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

impl Pixels {
    /// Returns the picture with each pixel as a square of `factor` pixels.
    pub(super) fn enlarged(self, factor: usize) -> Self {
        if factor <= 1 {
            return self;
        }
        let mut rgb = Vec::with_capacity(self.rgb.len() * factor * factor);
        for row in self.rgb.chunks_exact(self.width * 3) {
            let wide: Vec<u8> = row
                .chunks_exact(3)
                .flat_map(|pixel| pixel.repeat(factor))
                .collect();
            for _ in 0..factor {
                rgb.extend_from_slice(&wide);
            }
        }
        Self {
            width: self.width * factor,
            height: self.height * factor,
            rgb,
            crisp: true,
        }
    }

    /// Returns the picture as a `data:` address that holds its PNG.
    ///
    /// # Errors
    /// [`FigureError::Encode`] when the PNG cannot be encoded.
    pub(super) fn data_uri(&self) -> Result<String, FigureError> {
        let png = encode_png(&self.rgb, self.width as u32, self.height as u32)?;
        Ok(format!("data:image/png;base64,{}", base64(&png)))
    }
}

/// Returns `bytes` in base 64 with padding.
///
/// # Source
/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |i: usize| u32::from(group.get(i).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            // A group of n bytes fills n + 1 digits.
            text.push(if digit > group.len() {
                '='
            } else {
                ALPHABET[index as usize] as char
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set_with(name: &str, shape: &[usize], values: &[f32]) -> ExplanationSet {
        let array = Array {
            shape: shape.to_vec(),
            values: values.to_vec(),
        };
        ExplanationSet {
            arrays: [(name.to_string(), array)].into(),
            ..Default::default()
        }
    }

    #[test]
    fn panels_are_whole_multiples_and_keep_the_aspect() {
        assert_eq!(
            PanelSize::fit(32, 32, 160),
            PanelSize {
                width: 160,
                height: 160
            }
        );
        assert_eq!(
            PanelSize::fit(28, 28, 160),
            PanelSize {
                width: 140,
                height: 140
            }
        );
        assert_eq!(
            PanelSize::fit(64, 32, 160),
            PanelSize {
                width: 128,
                height: 64
            }
        );
        assert_eq!(
            PanelSize::fit(448, 224, 160),
            PanelSize {
                width: 160,
                height: 80
            }
        );
    }

    #[test]
    fn a_picture_is_enlarged_in_squares() {
        let set = set_with("p", &[3, 1, 2], &[1.0, 0.0, 0.0, 1.0, 0.0, 0.5]);
        let pixels = picture(&set, "p", PanelSize::fit(2, 1, 4)).expect("drawn");
        let (red, other) = ([255, 0, 0], [0, 255, 128]);
        let row = [red, red, other, other].concat();
        assert_eq!(pixels.rgb, [row.clone(), row].concat());
        assert!(pixels.crisp);
    }

    /// A grey picture under a map of 0 and 1: half of each colour, or none where the map is 0.
    #[test]
    fn colours_are_blended_as_stated() {
        let mut set = set_with("p", &[3, 1, 2], &[0.4; 6]);
        let map = Array {
            shape: vec![1, 2],
            values: vec![0.0, 1.0],
        };
        set.arrays.insert("h".to_string(), map);
        let panel = PanelSize::fit(2, 1, 2);
        // The ends of turbo are 30123b and 7a0403, the picture's grey is 102.
        let blended = |set: &ExplanationSet| overlay(set, "h", "p", panel).expect("drawn").rgb;
        assert_eq!(blended(&set), [75, 60, 81, 112, 53, 53]);
        set.drawn_as.overlay.by_value = true;
        assert_eq!(blended(&set), [102, 102, 102, 112, 53, 53]);
        set.drawn_as.overlay.alpha = 0.0;
        assert_eq!(blended(&set), [102; 6]);
    }

    #[test]
    fn the_percentile_that_is_shown_as_one_is_the_nearest_rank() {
        let values: Vec<f32> = (1..=10).map(|value| value as f32).collect();
        for (percent, expected) in [
            (100.0, 10.0),
            (99.0, 10.0),
            (90.0, 9.0),
            (85.0, 9.0),
            (1.0, 1.0),
        ] {
            assert_eq!(percentile(&values, percent), expected, "{percent}");
        }
    }

    /// Two cells 0 and 1 on four pixels: centres at -0.25, 0.25, 0.75 and 1.25 cells.
    #[test]
    fn heat_is_half_pixel_bilinear() {
        let map = Array {
            shape: vec![1, 2],
            values: vec![0.0, 1.0],
        };
        let size = PanelSize {
            width: 4,
            height: 1,
        };
        assert_eq!(
            resampled(&map, "h", size).expect("resampled"),
            [0.0, 0.25, 0.75, 1.0]
        );
    }

    #[test]
    fn bad_arrays_are_named() {
        let panel = PanelSize {
            width: 2,
            height: 2,
        };
        let message = |set: &ExplanationSet, name: &str| {
            heat(set, name, panel).expect_err("refused").to_string()
        };
        let set = set_with("h", &[4], &[0.0; 4]);
        assert!(message(&set, "h").contains("\"h\" has shape [4]"));
        assert!(message(&set, "absent").contains("\"absent\" is not in the set"));
        let set = set_with("h", &[1, 2], &[0.0, f32::NAN]);
        assert!(message(&set, "h").contains("not finite"));
    }

    /// RFC 4648, section 10.
    #[test]
    fn base64_test_vectors() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
    }
}
