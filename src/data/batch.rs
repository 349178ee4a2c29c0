//! From images to network inputs: 0 to 1, standardised, in batches.
//!
//! There is one formula for standardisation, so an image has the same bits in training, evaluation
//! and explanation.

use std::cell::LazyCell;

use crate::data::augment::{Augmentation, Change, Draws, Placement};
use crate::data::image_set::{CHANNELS, ImageSet, Normalisation, PIXEL_MAX};

/// Replaces `images` and `labels` with the standardised images of `set` at `indices` and their
/// classes.
///
/// With an augmentation, its draws provide one [`Change`] per image, in order.
///
/// # Shapes
/// `images`: `[batch, channels, height, width]`, row-major; `labels`: `[batch]`.
///
/// # Panics
/// If an index is outside the set.
pub fn fill_batch(
    set: &ImageSet,
    indices: &[usize],
    augmentation: Option<(&Augmentation, &mut Draws)>,
    normalisation: &Normalisation,
    images: &mut Vec<f32>,
    labels: &mut Vec<i64>,
) {
    let table = standardised_values(normalisation);
    let (height, width) = (set.height(), set.width());
    let image_len = CHANNELS * height * width;
    images.clear();
    images.resize(indices.len() * image_len, 0.0);
    labels.clear();
    labels.extend(indices.iter().map(|&i| set.label(i) as i64));

    // Only jittered images need it.
    let unit = LazyCell::new(unit_values);
    let mut augmentation = augmentation;
    for (&index, image) in indices.iter().zip(images.chunks_exact_mut(image_len)) {
        let change = augmentation
            .as_mut()
            .map_or_else(Change::default, |(augmentation, draws)| {
                augmentation.draw(draws, [height, width])
            });
        let pixels = set.pixels(index);
        match change.colour {
            None => move_into(image, &pixels, width, change.placement, &table),
            Some(colour) => {
                move_into(image, &pixels, width, change.placement, &unit);
                colour.apply(image);
                standardise(image, normalisation);
            }
        }
        if let Some(hole) = change.hole {
            for plane in image.chunks_exact_mut(height * width) {
                for row in plane
                    .chunks_exact_mut(width)
                    .take(hole.end[0])
                    .skip(hole.start[0])
                {
                    // The mean of a standardised image.
                    row[hole.start[1]..hole.end[1]].fill(0.0);
                }
            }
        }
    }
}

/// Writes the values in `table` of an image's pixels, placed.
fn move_into(
    image: &mut [f32],
    pixels: &[u8],
    width: usize,
    placement: Placement,
    table: &[[f32; 256]; CHANNELS],
) {
    let area = pixels.len() / CHANNELS;
    let planes = pixels.chunks_exact(area);
    for ((plane, out), table) in planes.zip(image.chunks_exact_mut(area)).zip(table) {
        if placement == Placement::IDENTITY {
            for (value, &pixel) in out.iter_mut().zip(plane) {
                *value = table[usize::from(pixel)];
            }
        } else {
            place(plane, width, placement, table, out);
        }
    }
}

/// Returns the value in 0 to 1 of every pixel value of every channel.
fn unit_values() -> [[f32; 256]; CHANNELS] {
    standardised_values(&Normalisation {
        mean: [0.0; CHANNELS],
        std: [1.0; CHANNELS],
    })
}

/// Returns the standardised values of image `i`, without augmentation.
///
/// # Shapes
/// `[channels, height, width]`, row-major.
pub fn standardised(set: &ImageSet, i: usize, normalisation: &Normalisation) -> Vec<f32> {
    let mut pixels = pixels_01(set, i);
    standardise(&mut pixels, normalisation);
    pixels
}

/// Pixels of image `i` in 0 to 1.
///
/// # Shapes
/// `[channels, height, width]`, row-major.
pub fn pixels_01(set: &ImageSet, i: usize) -> Vec<f32> {
    set.pixels(i)
        .iter()
        .map(|&pixel| f32::from(pixel) / PIXEL_MAX)
        .collect()
}

/// Converts pixels in 0 to 1 to a network's input, in place: `(pixel - mean) / std` by channel.
///
/// # Shapes
/// One image, `[channels, height, width]`, row-major.
///
/// # Panics
/// If the length is not a multiple of the number of channels.
pub fn standardise(image: &mut [f32], normalisation: &Normalisation) {
    for_each_channel(image, |channel, value| {
        (value - normalisation.mean[channel]) / normalisation.std[channel]
    });
}

/// Applies the inverse of [`standardise`]: back to 0 to 1, up to rounding.
///
/// # Shapes
/// `[channels, height, width]`, row-major.
///
/// # Panics
/// If the length is not a multiple of the number of channels.
pub fn unstandardise(image: &mut [f32], normalisation: &Normalisation) {
    for_each_channel(image, |channel, value| {
        value * normalisation.std[channel] + normalisation.mean[channel]
    });
}

fn for_each_channel(image: &mut [f32], change: impl Fn(usize, f32) -> f32) {
    assert_eq!(
        image.len() % CHANNELS,
        0,
        "{} values are no image of 3 channels",
        image.len()
    );
    let area = image.len() / CHANNELS;
    for (place, value) in image.iter_mut().enumerate() {
        *value = change(place / area, *value);
    }
}

/// Returns the standardised value of every pixel value of every channel.
///
/// # Shapes
/// `[channels, 256]`.
pub fn standardised_values(normalisation: &Normalisation) -> [[f32; 256]; CHANNELS] {
    let mut table = [[0.0; 256]; CHANNELS];
    for (channel, row) in table.iter_mut().enumerate() {
        for (pixel, value) in row.iter_mut().enumerate() {
            *value = (pixel as f32 / PIXEL_MAX - normalisation.mean[channel])
                / normalisation.std[channel];
        }
    }
    table
}

/// Writes one channel plane shifted by `placement`; pixels outside the image are black.
fn place(plane: &[u8], width: usize, placement: Placement, table: &[f32; 256], out: &mut [f32]) {
    let height = plane.len() / width;
    let black = table[0];
    for (y, out_row) in out.chunks_exact_mut(width).enumerate() {
        let source_y = y as i32 + placement.dy;
        if source_y < 0 || source_y >= height as i32 {
            out_row.fill(black);
            continue;
        }
        let start = source_y as usize * width;
        let row = &plane[start..start + width];
        for (x, value) in out_row.iter_mut().enumerate() {
            let source_x = x as i32 + placement.dx;
            *value = if source_x < 0 || source_x >= width as i32 {
                black
            } else {
                table[usize::from(row[source_x as usize])]
            };
        }
        if placement.mirrored {
            out_row.reverse();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::image_set::tests::tiny_set;

    /// Standardised value = pixel value: (p / 255 - 0) / (1 / 255).
    const PLAIN: Normalisation = Normalisation {
        mean: [0.0; 3],
        std: [1.0 / 255.0, 1.0 / 255.0, 1.0 / 255.0],
    };

    fn close(a: &[f32], b: &[f32]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3)
    }

    #[test]
    fn a_batch_holds_the_images_in_order() {
        let (mut images, mut labels) = (vec![9.0], vec![9]);
        fill_batch(
            &tiny_set(4),
            &[3, 0],
            None,
            &PLAIN,
            &mut images,
            &mut labels,
        );
        let expected = [18., 19., 20., 21., 22., 23., 0., 1., 2., 3., 4., 5.];
        assert!(close(&images, &expected), "{images:?}");
        assert_eq!(labels, [1, 0]);
    }

    #[test]
    fn a_batch_and_one_image_have_the_same_bits() {
        let odd = Normalisation {
            mean: [0.1, 0.2, 0.3],
            std: [0.7, 0.6, 0.9],
        };
        let (mut images, mut labels) = (Vec::new(), Vec::new());
        fill_batch(&tiny_set(40), &[37], None, &odd, &mut images, &mut labels);
        assert_eq!(images, standardised(&tiny_set(40), 37, &odd));
        unstandardise(&mut images, &odd);
        let back = pixels_01(&tiny_set(40), 37);
        assert!(images.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn crops_shift_fill_with_black_and_mirror() {
        let plane = [1, 2, 3, 4, 5, 6];
        let values = standardised_values(&PLAIN)[0];
        let mut out = [9.0; 6];
        place(
            &plane,
            3,
            Placement {
                dx: 1,
                dy: -1,
                mirrored: false,
            },
            &values,
            &mut out,
        );
        assert!(close(&out, &[0., 0., 0., 2., 3., 0.]), "{out:?}");
        place(
            &plane,
            3,
            Placement {
                dx: -1,
                dy: 0,
                mirrored: true,
            },
            &values,
            &mut out,
        );
        assert!(close(&out, &[2., 1., 0., 5., 4., 0.]), "{out:?}");
    }

    #[test]
    fn augmentation_follows_its_stream() {
        let augmentation = Augmentation {
            crop_padding: 1,
            horizontal_flip: true,
            ..Augmentation::NONE
        };
        let batch = |number| {
            let (mut images, mut labels) = (Vec::new(), Vec::new());
            let mut draws = Draws::new(5, 1, number);
            let indices: Vec<usize> = (1..30).collect();
            let augmentation = Some((&augmentation, &mut draws));
            fill_batch(
                &tiny_set(30),
                &indices,
                augmentation,
                &PLAIN,
                &mut images,
                &mut labels,
            );
            images
        };
        assert_eq!(batch(7), batch(7));
        assert_ne!(batch(7), batch(8));
    }

    /// A hole holds zeros and the rest of the image its own values; a colour that changes nothing
    /// leaves them up to rounding.
    #[test]
    fn holes_are_grey_and_an_idle_jitter_changes_nothing() {
        let set = tiny_set(30);
        let run = |augmentation: Augmentation| {
            let (mut images, mut labels) = (Vec::new(), Vec::new());
            let augmentation = (&augmentation, &mut Draws::new(5, 1, 0));
            fill_batch(
                &set,
                &[3, 4],
                Some(augmentation),
                &PLAIN,
                &mut images,
                &mut labels,
            );
            images
        };
        let plain = run(Augmentation::NONE);
        let holed = run(Augmentation {
            cutout: 1,
            ..Augmentation::NONE
        });
        let changed = plain.iter().zip(&holed).filter(|(a, b)| a != b).count();
        // One of two pixels of three channels in each of two images.
        assert_eq!(changed, 6);
        assert!(plain.iter().zip(&holed).all(|(a, b)| a == b || *b == 0.0));
        let jittered = run(Augmentation {
            colour_jitter: 1e-7,
            ..Augmentation::NONE
        });
        assert!(close(&plain, &jittered), "{plain:?} {jittered:?}");
    }
}
