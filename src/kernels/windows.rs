//! The pixels under the kernel at each pixel of the results; for the gradient of the images, the
//! pixels of the results that an image's pixel contributes to.

use super::size::{Band, Size, tile_rows};

/// The windows of a convolution, or of its adjoint, over images with the channels last.
///
/// With a stride, pixels that differ by a multiple of it share the taps of their windows in the
/// adjoint. They form a class: there are `stride * stride`.
#[derive(Debug)]
pub(super) struct Windows {
    /// The images that are read: `inputs` are their channels.
    pub(super) source: Size,
    /// The images that are written: `outputs` are their channels.
    pub(super) target: Size,
    /// Pixels of the target between two pixels of a class, along both axes.
    pub(super) spread: usize,
    /// Pixels of the source between two windows of a class.
    step: usize,
    pub(super) classes: Vec<Class>,
}

/// Pixels of the target whose windows have the same taps.
#[derive(Debug)]
pub(super) struct Class {
    /// Row and column of the first pixel in the target.
    pub(super) first: [usize; 2],
    /// Row and column in the source of the corner of its window; negative in the padding.
    corner: [isize; 2],
    /// Rows and columns of a window.
    window: [usize; 2],
    /// The tap of each pixel of a window, row by row.
    pub(super) taps: Vec<usize>,
}

impl Windows {
    /// Returns the windows of the convolution of `size`.
    pub(super) fn forward(size: Size) -> Self {
        let [(top, _), (left, _)] = size.form.padding;
        let [height, width] = size.results_shape();
        let target = Size {
            height,
            width,
            ..size
        };
        Self {
            source: size,
            target,
            spread: 1,
            step: size.form.stride,
            classes: vec![Class {
                first: [0, 0],
                corner: [-(top as isize), -(left as isize)],
                window: [size.side; 2],
                taps: (0..size.side * size.side).collect(),
            }],
        }
    }

    /// Returns the windows by which the gradient of the images gathers that of the results: a
    /// pixel `y` of the images is under the tap `k` of the window at `(y + padding - k) / stride`.
    pub(super) fn backward(size: Size) -> Self {
        let forward = Self::forward(size);
        let swapped = |size: Size| Size {
            inputs: size.outputs,
            outputs: size.inputs,
            ..size
        };
        let stride = size.form.stride;
        let phases = |axis: usize| {
            let before = size.form.padding[axis].0;
            (0..stride).map(move |phase| Phase::new(phase, before, stride, size.side))
        };
        let classes = phases(0).flat_map(|y| {
            phases(1).map(move |x| Class {
                first: [y.first, x.first],
                corner: [y.corner, x.corner],
                window: [y.count, x.count],
                taps: (0..y.count)
                    .flat_map(|row| (0..x.count).map(move |column| (row, column)))
                    .map(|(row, column)| y.tap(row) * size.side + x.tap(column))
                    .collect(),
            })
        });
        Self {
            source: swapped(forward.target),
            target: swapped(size),
            spread: stride,
            step: 1,
            classes: classes.collect(),
        }
    }

    /// Returns whether each window is the pixel at the same place.
    pub(super) fn are_pixels(&self) -> bool {
        let [Class { corner, window, .. }] = self.classes.as_slice() else {
            return false;
        };
        let same =
            [self.source.height, self.source.width] == [self.target.height, self.target.width];
        same && self.step == 1 && *corner == [0, 0] && *window == [1, 1]
    }

    /// Returns the number of values in a window of `class`.
    pub(super) fn under(&self, class: &Class) -> usize {
        class.taps.len() * self.source.inputs
    }

    /// Calls `visit` with the pixels of `class` in `band`, in order: the index in the band, and
    /// image, row and column in the target. Tiles are `tile` pixels high.
    #[inline(always)]
    pub(super) fn pixels(
        &self,
        class: &Class,
        (band, tile): (Band, usize),
        mut visit: impl FnMut(usize, [usize; 3]),
    ) {
        let Size { height, width, .. } = self.target;
        let rows = tile_rows(self.target, tile);
        let mut index = 0;
        for tile_row in band.first..band.first + band.rows {
            let (image, top) = (tile_row / rows, tile_row % rows * tile);
            let start = top + class.first[0];
            for y in (start..height.min(top + tile)).step_by(self.spread) {
                for x in (class.first[1]..width).step_by(self.spread) {
                    visit(index, [image, y, x]);
                    index += 1;
                }
            }
        }
    }

    /// Writes the values under the kernel at a pixel of `class`, taps before channels.
    #[inline(always)]
    pub(super) fn gather(
        &self,
        class: &Class,
        values: &[f32],
        pixel: [usize; 3],
        into: &mut [f32],
    ) {
        let Size {
            height,
            width,
            inputs,
            ..
        } = self.source;
        let [image, y, x] = pixel;
        let [rows, columns] = class.window;
        let place =
            |axis: usize, at: usize| class.corner[axis] + (at / self.spread * self.step) as isize;
        let (top, left) = (place(0, y), place(1, x));
        // Columns of the window inside the image, and those before them.
        let start = left.clamp(0, width as isize) as usize;
        let end = (left + columns as isize).clamp(start as isize, width as isize) as usize;
        let skipped = ((start as isize - left) as usize).min(columns) * inputs;
        let run = (end - start) * inputs;
        for (row, into) in into
            .chunks_mut((columns * inputs).max(1))
            .take(rows)
            .enumerate()
        {
            let y = top + row as isize;
            if y < 0 || y >= height as isize || run == 0 {
                into.fill(0.0);
                continue;
            }
            let from = ((image * height + y as usize) * width + start) * inputs;
            into[..skipped].fill(0.0);
            into[skipped + run..].fill(0.0);
            into[skipped..skipped + run].copy_from_slice(&values[from..from + run]);
        }
    }
}

/// The windows of one class along one axis, for the adjoint.
#[derive(Debug, Clone, Copy)]
struct Phase {
    first: usize,
    /// Place in the source of the first pixel of the window of the first pixel.
    corner: isize,
    /// Pixels of a window.
    count: usize,
    /// Tap of the first pixel of a window; those of the next ones are `stride` less each.
    last_tap: usize,
    stride: usize,
}

impl Phase {
    fn new(first: usize, before: usize, stride: usize, side: usize) -> Self {
        // The taps that reach this class are those with its remainder.
        let tap = (first + before) % stride;
        let count = side.saturating_sub(tap).div_ceil(stride);
        let last_tap = tap + count.saturating_sub(1) * stride;
        let corner = ((first + before) as isize - last_tap as isize) / stride as isize;
        Self {
            first,
            corner,
            count,
            last_tap,
            stride,
        }
    }

    fn tap(self, pixel: usize) -> usize {
        self.last_tap - pixel * self.stride
    }
}
