//! The passes over memory of a max-pool, forward and backward.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::level::arch;
use super::pixels::{load, store};
use super::pool_window::Window;
use super::scratch::zeros;

/// The size of a pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) images: usize,
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) window: Window,
}

impl Extent {
    /// Returns the number of windows along each axis.
    pub(super) fn windows(self) -> [usize; 2] {
        [self.height, self.width].map(|size| self.window.count(size))
    }

    /// Returns the pixels of window `index` along an axis of `size`, and the position in the window
    /// of the first.
    #[inline(always)]
    fn pixels(self, index: usize, size: usize) -> (std::ops::Range<usize>, usize) {
        let start = index * self.window.stride;
        let first = start.saturating_sub(self.window.padding);
        let end = (start + self.window.side).saturating_sub(self.window.padding);
        let skipped = self.window.padding.saturating_sub(start);
        (first..end.min(size), skipped)
    }

    /// Returns the windows, of `count`, that hold `pixel` of an axis.
    #[inline(always)]
    fn holders(self, pixel: usize, count: usize) -> std::ops::Range<usize> {
        let place = pixel + self.window.padding;
        let first = (place + 1).saturating_sub(self.window.side);
        first.div_ceil(self.window.stride)..(place / self.window.stride + 1).min(count)
    }
}

/// Returns the largest value of each window, and its index in the window, row by row.
///
/// # Shapes
/// - `images`: `[images, height, width, channels]`
/// - returned: `[images, windows, windows, channels]` each
pub(super) fn forward(images: &[f32], extent: Extent) -> [Vec<f32>; 2] {
    let [rows, columns] = extent.windows();
    let row = columns * extent.channels;
    let image = extent.height * extent.width * extent.channels;
    let [mut into, mut chosen] = [0; 2].map(|_| zeros(extent.images * rows * row));
    let parts = into.par_chunks_mut(row).zip(chosen.par_chunks_mut(row));
    parts.enumerate().for_each(|(index, (into, chosen))| {
        arch().dispatch(Forward {
            image: &images[index / rows * image..][..image],
            extent,
            row: index % rows,
            into,
            chosen,
        });
    });
    [into, chosen]
}

/// One row of windows.
struct Forward<'a> {
    /// `[height, width, channels]`
    image: &'a [f32],
    extent: Extent,
    row: usize,
    /// `[windows, channels]`, like `chosen`.
    into: &'a mut [f32],
    chosen: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let extent = self.extent;
        let channels = extent.channels;
        let (rows, above) = extent.pixels(self.row, extent.height);
        let into = self.into.chunks_exact_mut(channels);
        let windows = into.zip(self.chosen.chunks_exact_mut(channels));
        for (column, (into, chosen)) in windows.enumerate() {
            let (columns, left) = extent.pixels(column, extent.width);
            for at in (0..channels).step_by(S::F32_LANES) {
                let start = (rows.start * extent.width + columns.start) * channels;
                let mut largest = load(simd, &self.image[start..][..channels], at);
                let first = above * extent.window.side + left;
                let mut which = simd.splat_f32s(first as f32);
                for (y, row) in rows.clone().enumerate() {
                    for (x, column) in columns.clone().enumerate() {
                        let start = (row * extent.width + column) * channels;
                        let value = load(simd, &self.image[start..][..channels], at);
                        // The first of equals wins, and NaN stays NaN.
                        let kept = simd.greater_than_or_equal_f32s(largest, value);
                        let number = simd.equal_f32s(largest, largest);
                        let larger = simd.and_m32s(number, simd.not_m32s(kept));
                        let index = (above + y) * extent.window.side + left + x;
                        let index = simd.splat_f32s(index as f32);
                        largest = simd.select_f32s(larger, value, largest);
                        which = simd.select_f32s(larger, index, which);
                    }
                }
                store(simd, into, at, largest);
                store(simd, chosen, at, which);
            }
        }
    }
}

/// Returns the gradient of the images: each pixel adds up, window by window, the gradients of those
/// in which it is the largest.
///
/// # Shapes
/// - `gradient`, `chosen`: `[images, windows, windows, channels]`
/// - returned: `[images, height, width, channels]`
pub(super) fn back(gradient: &[f32], chosen: &[f32], extent: Extent) -> Vec<f32> {
    let [rows, columns] = extent.windows();
    let image = rows * columns * extent.channels;
    let row = extent.width * extent.channels;
    let mut into = zeros(extent.images * extent.height * row);
    let parts = into.par_chunks_mut(row).enumerate();
    parts.for_each(|(index, into)| {
        let start = index / extent.height * image;
        arch().dispatch(Back {
            gradient: &gradient[start..][..image],
            chosen: &chosen[start..][..image],
            extent,
            row: index % extent.height,
            into,
        });
    });
    into
}

/// One row of pixels.
struct Back<'a> {
    /// `[windows, windows, channels]`, like `chosen`.
    gradient: &'a [f32],
    chosen: &'a [f32],
    extent: Extent,
    row: usize,
    /// `[width, channels]`
    into: &'a mut [f32],
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let extent = self.extent;
        let (channels, window) = (extent.channels, extent.window);
        let [rows, columns] = extent.windows();
        let holding_rows = extent.holders(self.row, rows);
        let zero = simd.splat_f32s(0.0);
        for (column, into) in self.into.chunks_exact_mut(channels).enumerate() {
            let holding_columns = extent.holders(column, columns);
            for at in (0..channels).step_by(S::F32_LANES) {
                let mut sum = zero;
                for y in holding_rows.clone() {
                    for x in holding_columns.clone() {
                        let start = (y * columns + x) * channels;
                        let row = self.row + window.padding - y * window.stride;
                        let column = column + window.padding - x * window.stride;
                        let index = simd.splat_f32s((row * window.side + column) as f32);
                        let chosen = load(simd, &self.chosen[start..][..channels], at);
                        let gradient = load(simd, &self.gradient[start..][..channels], at);
                        let here = simd.equal_f32s(chosen, index);
                        sum = simd.add_f32s(sum, simd.select_f32s(here, gradient, zero));
                    }
                }
                store(simd, into, at, sum);
            }
        }
    }
}
