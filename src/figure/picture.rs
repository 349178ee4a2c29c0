//! Arrays as pixels: pictures and heat maps at the size of their panel, as PNG data URIs.
//!
//! A picture smaller than its panel is enlarged by a whole factor with nearest-neighbour, so that
//! its pixels stay squares; a larger one is embedded as it is and scaled down when drawn. A heat
//! map is resampled bilinearly to its panel before it is coloured, so that it stays smooth.

use std::borrow::Cow;

use super::area::Area;
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

    /// RFC 4648, section 10.
    #[test]
    fn base64_test_vectors() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
    }
}
