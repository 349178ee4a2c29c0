//! What of a photograph a network sees: the centred square after resizing, and where it lies in the
//! whole.

use super::resample::{Axis, resampled};
use super::{Filter, Photo};

/// Largest value of an 8-bit channel; pixels divided by it lie in 0 to 1.
const CHANNEL_MAX: f32 = 255.0;
/// Channels of a pixel.
const CHANNELS: usize = 3;

/// What a picture's sides become before a square is cut out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resize {
    /// The shorter side becomes so many pixels and the shape is kept, as torchvision does.
    Shorter(usize),
    /// Both sides become so many pixels, whatever the shape was, as Caffe does.
    Both(usize),
}

/// Which part of a picture is seen, and at what size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The largest centred square, cut out and then resized.
    LargestSquare {
        /// Side after resizing, in pixels.
        side: usize,
    },
    /// The whole, resized, and then the centred square of it, as torchvision does.
    ResizedCrop {
        /// To what, at least `crop` pixels.
        resize: Resize,
        /// Side of the square, in pixels.
        crop: usize,
        /// How the picture is resized.
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
    /// Returns the side of what is seen, in pixels.
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

    /// Returns the pixels of ten crops, 0 to 1: the upper left, upper right, lower left and lower right
    /// corner and the centre of the resized picture, then the same of its mirror image (Krizhevsky et al.
    /// 2012, section 4.1; torchvision's `TenCrop`).
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
        // What starts so far from the left of the mirror image ends so far from the right of the picture.
        let mirrored = |left: usize, top: usize| -> Vec<f32> {
            let seen = crop(right - left, top);
            let lines = seen.chunks(columns.count);
            lines.flat_map(|line| line.iter().rev().copied()).collect()
        };
        let upright = places.iter().flat_map(|(left, top)| crop(*left, *top));
        let flipped = places.iter().flat_map(|(left, top)| mirrored(*left, *top));
        upright.chain(flipped).collect()
    }

    /// Returns where the square lies in a picture of `width` x `height` pixels; it is a square there too
    /// where the shape is kept.
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

    /// The columns and rows of the square. The longer side is cut to whole pixels, and half a pixel
    /// over goes to the even side, as in torchvision.
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

/// Pixels side by side to planes of 0 to 1.
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
