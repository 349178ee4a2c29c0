//! Heat maps as pixels: alone, blended over their picture, and cell by cell. A heat map is resampled
//! bilinearly to its panel before it is coloured, so that it stays smooth.

use super::colour::{mixed, scale};
use super::drawing::encode_png;
use super::error::FigureError;
use super::picture::{PanelSize, Pixels, array, picture, picture_size, wrong_shape};
use super::selection::images;
use crate::run::{Array, ExplanationRecord, ExplanationSet};

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

/// Returns the heat map of `record` blended over its picture as a PNG file, with its height and width; its
/// longer side is about `longer` pixels.
///
/// # Errors
/// [`FigureError`] names the picture or map that is missing or cannot be drawn.
pub fn overlay_png(
    set: &ExplanationSet,
    record: &ExplanationRecord,
    longer: usize,
) -> Result<(Vec<u8>, [usize; 2]), FigureError> {
    let image = images(set, &[record])?[0];
    let (height, width) = picture_size(set, &image.pixels)?;
    let panel = PanelSize::fit(width, height, longer);
    let pixels = overlay(set, &record.heat, &image.pixels, panel)?;
    let side = |side: usize| u32::try_from(side).expect("a panel is small");
    let png = encode_png(&pixels.rgb, side(pixels.width), side(pixels.height))?;
    Ok((png, [pixels.height, pixels.width]))
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
}
