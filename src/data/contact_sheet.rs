//! A picture of a data set for viewing: one row of images per class, or of frames per clip.

use std::borrow::Cow;

use image::{Rgb, RgbImage};

use crate::data::clips::{CANVAS_SIDE, Clip, Clips, DIGITS, Glyphs};
use crate::data::image_set::ImageSet;

/// Sheet pixels per pixel of an image, and of a frame, along each axis.
const IMAGE_ZOOM: u32 = 4;
const FRAME_ZOOM: u32 = 1;

/// Gap between images in sheet pixels, and its grey value.
const GAP: u32 = 4;
const GAP_COLOUR: Rgb<u8> = Rgb([32, 32, 32]);

/// Returns the first `per_class` images of each class, one row per class in class order, enlarged
/// four times without smoothing. A row with fewer images is padded at its end.
pub fn sheet_of_images(set: &ImageSet, per_class: usize) -> RgbImage {
    let first = first_of_each_class(set.classes(), per_class, set.labels());
    let rows = picked(&first, |i| set.pixels(i));
    sheet(&rows, (set.height(), set.width()), IMAGE_ZOOM)
}

/// Returns the same sheet as [`sheet_of_images`] for pictures of digits.
pub fn sheet_of_digits(glyphs: &Glyphs, per_digit: usize) -> RgbImage {
    let labels = (0..glyphs.len()).map(|i| usize::from(glyphs.label(i)));
    let first = first_of_each_class(DIGITS, per_digit, labels);
    let rows = picked(&first, |i| Cow::Borrowed(glyphs.pixels(i)));
    sheet(&rows, (glyphs.side(), glyphs.side()), IMAGE_ZOOM)
}

/// Returns the first `count` clips, one per row, frame by frame.
pub fn sheet_of_clips(clips: &Clips, count: usize) -> RgbImage {
    let clips: Vec<Clip> = (0..count as u64).map(|number| clips.clip(number)).collect();
    let rows: Vec<Vec<Cow<'_, [u8]>>> = clips
        .iter()
        .map(|clip| {
            (0..clip.len())
                .map(|time| Cow::Borrowed(clip.frame(time)))
                .collect()
        })
        .collect();
    sheet(&rows, (CANVAS_SIDE, CANVAS_SIDE), FRAME_ZOOM)
}

/// Returns the numbers of the first `most` images of each class.
fn first_of_each_class(
    classes: usize,
    most: usize,
    labels: impl IntoIterator<Item = usize>,
) -> Vec<Vec<usize>> {
    let mut first = vec![Vec::new(); classes];
    for (i, class) in labels.into_iter().enumerate() {
        if first[class].len() < most {
            first[class].push(i);
        }
    }
    first
}

/// Returns the pixels of the images with these numbers.
fn picked<'a>(
    rows: &[Vec<usize>],
    pixels: impl Fn(usize) -> Cow<'a, [u8]>,
) -> Vec<Vec<Cow<'a, [u8]>>> {
    let row = |row: &Vec<usize>| row.iter().map(|&i| pixels(i)).collect();
    rows.iter().map(row).collect()
}

/// Draws rows of images of one `size` (height, width), each of one plane (grey) or three.
fn sheet(rows: &[Vec<Cow<'_, [u8]>>], size: (usize, usize), zoom: u32) -> RgbImage {
    let (height, width) = (size.0 as u32 * zoom + GAP, size.1 as u32 * zoom + GAP);
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0) as u32;
    let dimensions = (columns * width + GAP, rows.len() as u32 * height + GAP);
    let mut sheet = RgbImage::from_pixel(dimensions.0, dimensions.1, GAP_COLOUR);
    for (row, images) in (0u32..).zip(rows) {
        for (column, pixels) in (0u32..).zip(images) {
            let corner = (GAP + column * width, GAP + row * height);
            draw(&mut sheet, pixels, size, zoom, corner);
        }
    }
    sheet
}

fn draw(
    sheet: &mut RgbImage,
    pixels: &[u8],
    (height, width): (usize, usize),
    zoom: u32,
    (left, top): (u32, u32),
) {
    let area = height * width;
    // Start of the green and the blue plane; grey is used for all three.
    let [green, blue] = if pixels.len() == area {
        [0, 0]
    } else {
        [area, 2 * area]
    };
    for y in 0..height as u32 * zoom {
        for x in 0..width as u32 * zoom {
            let place = (y / zoom) as usize * width + (x / zoom) as usize;
            let colour = [pixels[place], pixels[green + place], pixels[blue + place]];
            sheet.put_pixel(left + x, top + y, Rgb(colour));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::clips::{ClipOptions, DRAWN_DIGITS, load_clips};
    use crate::data::image_set::tests::tiny_set;
    use crate::data::locate::DataSearch;

    #[test]
    fn images_land_in_their_class_row() {
        // Images of 1 x 2 pixels: a row is 4 + 4 high, a column 8 + 4 wide.
        let sheet = sheet_of_images(&tiny_set(3), 2);
        assert_eq!(sheet.dimensions(), (2 * 12 + 4, 2 * 8 + 4));
        assert_eq!(*sheet.get_pixel(4, 4), Rgb([0, 2, 4]));
        assert_eq!(*sheet.get_pixel(8, 7), Rgb([1, 3, 5]));
        assert_eq!(*sheet.get_pixel(16, 4), Rgb([12, 14, 16]));
        assert_eq!(*sheet.get_pixel(4, 12), Rgb([6, 8, 10]));
        assert_eq!(*sheet.get_pixel(16, 12), GAP_COLOUR);
    }

    #[test]
    fn grey_digits_land_in_their_row() {
        // Pictures of 1 x 1 pixels, the digits 2, 0, 2, 2.
        let glyphs = Glyphs::new(1, vec![10, 20, 30, 40], vec![2, 0, 2, 2]);
        let sheet = sheet_of_digits(&glyphs, 2);
        assert_eq!(sheet.dimensions(), (2 * 8 + 4, 10 * 8 + 4));
        assert_eq!(*sheet.get_pixel(7, 7), Rgb([20; 3]));
        assert_eq!(*sheet.get_pixel(4, 4 + 8), GAP_COLOUR);
        assert_eq!(*sheet.get_pixel(4, 4 + 16), Rgb([10; 3]));
        assert_eq!(*sheet.get_pixel(12, 4 + 16), Rgb([30; 3]));
    }

    #[test]
    fn a_clip_is_a_row_of_its_frames() {
        let options = ClipOptions {
            dataset: DRAWN_DIGITS,
            train_clips: 2,
            validation_clips: 1,
            test_clips: 1,
            seed: 5,
        };
        let clips = load_clips(&options, &DataSearch::default())
            .expect("drawn")
            .train;
        let sheet = sheet_of_clips(&clips, 2);
        assert_eq!(sheet.dimensions(), (20 * 68 + 4, 2 * 68 + 4));
        let second = clips.clip(1);
        for (place, grey) in second.frame(19).iter().enumerate() {
            let (x, y) = ((place % 64) as u32, (place / 64) as u32);
            let found = *sheet.get_pixel(4 + 19 * 68 + x, 4 + 68 + y);
            assert_eq!(found, Rgb([*grey; 3]));
        }
    }
}
