//! Pictures and maps as text inside the page.

use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, RgbImage};

/// Returns `bytes` as base64.
pub(super) fn text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Returns the PNG file `bytes` as a data URL.
pub(super) fn png_url(bytes: &[u8]) -> String {
    format!("data:image/png;base64,{}", text(bytes))
}

/// Returns a picture of `[3, height, width]` values from 0 to 1 as a PNG data URL.
///
/// # Errors
/// The reason, if the shape is another one or PNG cannot hold it.
pub(super) fn picture_url(shape: &[usize], values: &[f32]) -> Result<String, String> {
    let [3, height, width] = *shape else {
        return Err(format!("shape {shape:?} is not [3, height, width]"));
    };
    let area = height * width;
    let bytes: Vec<u8> = (0..area)
        .flat_map(|place| [0, 1, 2].map(|channel| level(values[channel * area + place])))
        .collect();
    let size = |side: usize| u32::try_from(side).map_err(|error| error.to_string());
    let image = RgbImage::from_raw(size(width)?, size(height)?, bytes)
        .ok_or_else(|| format!("{} values do not fill {shape:?}", values.len()))?;
    let mut file = Cursor::new(Vec::new());
    image
        .write_to(&mut file, ImageFormat::Png)
        .map_err(|error| error.to_string())?;
    Ok(png_url(file.get_ref()))
}

/// Returns `value`, 0 to 1, as a byte.
pub(super) fn level(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// Returns `values` as bytes, their least value 0 and their largest 255; all 0 if they are equal.
pub(super) fn levels(values: &[f32]) -> Vec<u8> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let share = |value: f32| match high > low {
        true => level((value - low) / (high - low)),
        false => 0,
    };
    values.iter().map(|&value| share(value)).collect()
}

/// Returns signed `values` as bytes around 128, the largest magnitude 127 away from it.
pub(super) fn signed_levels(values: &[f32]) -> Vec<u8> {
    let most = values
        .iter()
        .fold(0.0f32, |most, value| most.max(value.abs()));
    let share = |value: f32| if most > 0.0 { value / most } else { 0.0 };
    values
        .iter()
        .map(|&value| (128.0 + 127.0 * share(value)).round() as u8)
        .collect()
}

/// Returns `value` as JSON that cannot end the element of HTML around it.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value)
        .expect("every part of the page has text as keys")
        .replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_by_hand() {
        assert_eq!(levels(&[-1.0, 0.0, 3.0]), [0, 64, 255]);
        assert_eq!(levels(&[2.0, 2.0]), [0, 0]);
        assert_eq!(signed_levels(&[-2.0, 0.0, 1.0]), [1, 128, 192]);
        assert_eq!(signed_levels(&[0.0]), [128]);
    }

    #[test]
    fn a_picture_comes_back_from_its_url() {
        let values = [1.0, 0.0, 0.0, 1.0, 0.4, 2.0];
        let url = picture_url(&[3, 1, 2], &values).expect("a picture");
        let png = STANDARD
            .decode(url.trim_start_matches("data:image/png;base64,"))
            .expect("base64");
        let image = image::load_from_memory(&png).expect("a PNG").to_rgb8();
        assert_eq!(image.dimensions(), (2, 1));
        assert_eq!(image.as_raw(), &[255, 0, 102, 0, 255, 255]);
        assert!(picture_url(&[1, 2], &values).is_err());
        assert!(picture_url(&[3, 1, 3], &[0.0; 9]).is_ok());
    }

    #[test]
    fn names_cannot_end_the_element() {
        let text = json(&["</script><b>"]);
        assert!(!text.contains('<'), "{text}");
        let back: Vec<String> = serde_json::from_str(&text).expect("JSON");
        assert_eq!(back, ["</script><b>"]);
    }
}
