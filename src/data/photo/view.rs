//! The part of a photograph that a network sees: the centred square after resizing, and its
//! position in the whole.

use super::resample::{Axis, resampled};
use super::{Filter, Photo};

/// Largest value of an 8-bit channel; pixels divided by it lie in 0 to 1.
const CHANNEL_MAX: f32 = 255.0;
/// Channels of a pixel.
const CHANNELS: usize = 3;

/// New size of a picture before a square is cropped from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// The shorter side becomes this many pixels and the aspect ratio is kept, as in torchvision.
    Shorter(usize),
    /// Both sides become this many pixels, as in Caffe.
    Both(usize),
}

/// The visible part of a picture, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The largest centred square, cropped and then resized.
    LargestSquare {
        /// Side after resizing, in pixels.
        side: usize,
    },
    /// The whole, resized, and then its centred square, as in torchvision.
    ResizedCrop {
        /// New size, at least `crop` pixels.
        resize: Resize,
        /// Side of the square, in pixels.
        crop: usize,
        /// Filter of the resizing.
        filter: Filter,
    },
}

/// A rectangle of a picture, in the picture's own pixels; it may lie between pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// Left border, from the left of the picture.
    pub left: f64,
    /// Upper border, from the top of the picture.
    pub top: f64,
    /// Width, above 0.
    pub width: f64,
    /// Height, above 0.
    pub height: f64,
}

impl View {
    /// Returns the side of the visible part, in pixels.
    pub fn side(self) -> usize {
        match self {
            Self::LargestSquare { side } => side,
            Self::ResizedCrop { crop, .. } => crop,
        }
    }

    fn filter(self) -> Filter {
        match self {
            Self::LargestSquare { .. } => Filter::Bilinear,
            Self::ResizedCrop { filter, .. } => filter,
        }
    }

    /// Returns the pixels that a network sees, 0 to 1.
    ///
    /// # Shapes
    /// - returned: `[channels, height, width]`, both [`side`](Self::side)
    pub fn pixels(self, photo: &Photo) -> Vec<f32> {
        let (columns, rows) = self.axes(photo.width(), photo.height());
        planes(&resampled(photo, columns, rows, self.filter()))
    }

    /// Returns the pixels of ten crops, 0 to 1: the upper left, upper right, lower left and lower
    /// right corner and the centre of the resized picture, then those of its mirror image
    /// (Krizhevsky et al. 2012, section 4.1; torchvision's `TenCrop`).
    ///
    /// # Shapes
    /// - returned: `[10, channels, height, width]`, both [`side`](Self::side)
    pub fn ten_crops(self, photo: &Photo) -> Vec<f32> {
        let (columns, rows) = self.axes(photo.width(), photo.height());
        let (right, bottom) = (columns.to - columns.count, rows.to - rows.count);
        let centre = (columns.start, rows.start);
        let places = [(0, 0), (right, 0), (0, bottom), (right, bottom), centre];
        let crop = |left: usize, top: usize| {
            let at = |axis: Axis, start: usize| Axis { start, ..axis };
            planes(&resampled(
                photo,
                at(columns, left),
                at(rows, top),
                self.filter(),
            ))
        };
        // The distance from the left of the mirror image is the distance from the right of the
        // picture.
        let mirrored = |left: usize, top: usize| -> Vec<f32> {
            let seen = crop(right - left, top);
            let lines = seen.chunks(columns.count);
            lines.flat_map(|line| line.iter().rev().copied()).collect()
        };
        let upright = places.iter().flat_map(|(left, top)| crop(*left, *top));
        let flipped = places.iter().flat_map(|(left, top)| mirrored(*left, *top));
        upright.chain(flipped).collect()
    }

    /// Returns the position of the square in a picture of `width` x `height` pixels. It is a square
    /// there too if the aspect ratio is kept.
    pub fn window(self, width: usize, height: usize) -> Window {
        let (columns, rows) = self.axes(width, height);
        let place = |axis: Axis| {
            let scale = axis.from as f64 / axis.to as f64;
            let start = axis.origin as f64 + axis.start as f64 * scale;
            (start, axis.count as f64 * scale)
        };
        let ((left, width), (top, height)) = (place(columns), place(rows));
        Window {
            left,
            top,
            width,
            height,
        }
    }

    /// Returns the columns and rows of the square. The longer side is truncated to whole pixels,
    /// and half a pixel is rounded to the even side, as in torchvision.
    fn axes(self, width: usize, height: usize) -> (Axis, Axis) {
        let shorter = width.min(height);
        let axis = |from: usize| match self {
            Self::LargestSquare { side } => Axis {
                origin: (from - shorter) / 2,
                from: shorter,
                to: side,
                start: 0,
                count: side,
            },
            Self::ResizedCrop { resize, crop, .. } => {
                let to = match resize {
                    Resize::Shorter(side) => (side * from / shorter).max(side),
                    Resize::Both(side) => side,
                };
                Axis {
                    origin: 0,
                    from,
                    to,
                    start: ((to - crop) as f64 / 2.0).round_ties_even() as usize,
                    count: crop,
                }
            }
        };
        (axis(width), axis(height))
    }
}

impl Photo {
    /// Returns the whole picture with its longer side at most `most` pixels, 0 to 1, and its height
    /// and width.
    ///
    /// # Shapes
    /// - returned: `[channels, height, width]`
    pub fn thumbnail(&self, most: usize) -> (Vec<f32>, [usize; 2]) {
        let longer = self.width().max(self.height());
        let shrunk = |side: usize| match longer > most {
            true => (side * most / longer).max(1),
            false => side,
        };
        let axis = |from: usize| Axis {
            origin: 0,
            from,
            to: shrunk(from),
            start: 0,
            count: shrunk(from),
        };
        let (columns, rows) = (axis(self.width()), axis(self.height()));
        let pixels = resampled(self, columns, rows, Filter::Bilinear);
        (planes(&pixels), [rows.count, columns.count])
    }
}

/// Converts interleaved pixels to planes of 0 to 1.
fn planes(pixels: &[u8]) -> Vec<f32> {
    let plane = |channel: usize| pixels.iter().skip(channel).step_by(CHANNELS);
    (0..CHANNELS)
        .flat_map(plane)
        .map(|value| f32::from(*value) / CHANNEL_MAX)
        .collect()
}

#[cfg(test)]
#[path = "view_tests.rs"]
mod tests;
