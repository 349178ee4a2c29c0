//! A picture of a data set: a row of images for every class, so that a person can look at the data.
//!
//! Called by `camtrail data check --contact-sheet`.

use image::{Rgb, RgbImage};

use crate::data::image_set::ImageSet;

/// Sheet pixels along each side of an image pixel.
const ZOOM: u32 = 4;

/// Sheet pixels between images, and their grey.
const GAP: u32 = 4;
const GAP_COLOUR: Rgb<u8> = Rgb([32, 32, 32]);

/// The first `per_class` images of each class, one class a row in class order, four times enlarged
/// without smoothing. A class with fewer images leaves its row's end empty.
pub fn contact_sheet(set: &ImageSet, per_class: usize) -> RgbImage {
    let (height, width) = (
        set.height() as u32 * ZOOM + GAP,
        set.width() as u32 * ZOOM + GAP,
    );
    let (columns, rows) = (per_class as u32, set.classes() as u32);
    let mut sheet = RgbImage::from_pixel(columns * width + GAP, rows * height + GAP, GAP_COLOUR);
    let mut filled = vec![0; set.classes()];
    for i in 0..set.len() {
        let class = set.label(i);
        if filled[class] < columns {
            let corner = (GAP + filled[class] * width, GAP + class as u32 * height);
            draw(&mut sheet, set, i, corner);
            filled[class] += 1;
        }
    }
    sheet
}

fn draw(sheet: &mut RgbImage, set: &ImageSet, i: usize, (left, top): (u32, u32)) {
    let pixels = set.pixels(i);
    let area = set.height() * set.width();
    for y in 0..set.height() as u32 * ZOOM {
        for x in 0..set.width() as u32 * ZOOM {
            let place = (y / ZOOM) as usize * set.width() + (x / ZOOM) as usize;
            let colour = Rgb([
                pixels[place],
                pixels[area + place],
                pixels[2 * area + place],
            ]);
            sheet.put_pixel(left + x, top + y, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::image_set::tests::tiny_set;

    #[test]
    fn images_land_in_their_class_row() {
        // Images of 1 x 2 pixels: a row is 4 + 4 high, a column 8 + 4 wide.
        let sheet = contact_sheet(&tiny_set(3), 2);
        assert_eq!(sheet.dimensions(), (2 * 12 + 4, 2 * 8 + 4));
        assert_eq!(*sheet.get_pixel(4, 4), Rgb([0, 2, 4]));
        assert_eq!(*sheet.get_pixel(8, 7), Rgb([1, 3, 5]));
        assert_eq!(*sheet.get_pixel(16, 4), Rgb([12, 14, 16]));
        assert_eq!(*sheet.get_pixel(4, 12), Rgb([6, 8, 10]));
        assert_eq!(*sheet.get_pixel(16, 12), GAP_COLOUR);
    }
}
