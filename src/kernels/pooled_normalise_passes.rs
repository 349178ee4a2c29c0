//! The passes over memory of a normalisation with an activation and a max-pool of 2x2 windows.
//!
//! The pool passes the gradient to one pixel per window, so the two sums of a normalisation's
//! gradient are sums over windows: of g and g d at the chosen pixel, with the names of
//! [`normalise_passes`](super::normalise_passes). Only the last pass reads all pixels again. A row or
//! column that fills no window counts in mean and variance, and its gradient is their share alone.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::level::arch;
use super::normalise_passes::{Channels, Pull};
use super::pixels::{load, store};
use super::scratch::zeros;

/// Side of a window, in pixels.
const SIDE: usize = 2;

/// The size of the images.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub(super) images: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Extent {
    /// Returns the number of whole windows along each axis.
    pub(super) fn windows(self) -> [usize; 2] {
        [self.height, self.width].map(|size| size / SIDE)
    }
}

/// What a forward pass finds in each window, `[images, windows, windows, channels]` each.
#[derive(Debug)]
pub(super) struct Pooled {
    /// The largest activation.
    pub(super) values: Vec<f32>,
    /// The index of its pixel, row by row.
    pub(super) chosen: Vec<f32>,
    /// That pixel's value before the normalisation.
    pub(super) sources: Vec<f32>,
}

/// Returns the largest activation in each window.
///
/// # Shapes
/// - `images`: `[images, height, width, channels]`
pub(super) fn forward(images: &[f32], extent: Extent, channels: Channels) -> Pooled {
    let [rows, columns] = extent.windows();
    let (pixels, row) = (extent.width * channels.count(), columns * channels.count());
    let [mut values, mut chosen, mut sources] = [0; 3].map(|_| zeros(extent.images * rows * row));
    if row > 0 {
        let parts = values.par_chunks_mut(row).zip(chosen.par_chunks_mut(row));
        let parts = parts.zip(sources.par_chunks_mut(row)).enumerate();
        parts.for_each(|(index, ((values, chosen), sources))| {
            let above = index / rows * extent.height + index % rows * SIDE;
            arch().dispatch(Forward {
                rows: [above, above + 1].map(|y| &images[y * pixels..][..pixels]),
                channels,
                values,
                chosen,
                sources,
            });
        });
    }
    Pooled {
        values,
        chosen,
        sources,
    }
}

/// One row of windows.
struct Forward<'a> {
    /// Two rows of pixels, `[width, channels]` each.
    rows: [&'a [f32]; SIDE],
    channels: Channels<'a>,
    /// `[windows, channels]`, like the others.
    values: &'a mut [f32],
    chosen: &'a mut [f32],
    sources: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.channels;
        let count = channels.count();
        let values = self.values.chunks_exact_mut(count);
        let windows = values.zip(self.chosen.chunks_exact_mut(count));
        let windows = windows.zip(self.sources.chunks_exact_mut(count));
        for (window, ((values, chosen), sources)) in windows.enumerate() {
            for at in (0..count).step_by(S::F32_LANES) {
                let mean = load(simd, channels.mean, at);
                let zero = simd.splat_f32s(0.0);
                let [mut largest, mut which, mut source] = [zero; 3];
                for index in 0..SIDE * SIDE {
                    let start = (window * SIDE + index % SIDE) * count;
                    let pixel = load(simd, &self.rows[index / SIDE][start..][..count], at);
                    let deviation = simd.sub_f32s(pixel, mean);
                    let value = channels.normalised(simd, at, deviation);
                    let value = channels.activation.value(simd, value);
                    // The first of equals wins, and NaN stays NaN.
                    let kept = simd.greater_than_or_equal_f32s(largest, value);
                    let number = simd.equal_f32s(largest, largest);
                    let later = simd.and_m32s(number, simd.not_m32s(kept));
                    let first = simd.equal_f32s(simd.splat_f32s(index as f32), zero);
                    let larger = simd.or_m32s(first, later);
                    largest = simd.select_f32s(larger, value, largest);
                    source = simd.select_f32s(larger, pixel, source);
                    which = simd.select_f32s(larger, simd.splat_f32s(index as f32), which);
                }
                store(simd, values, at, largest);
                store(simd, chosen, at, which);
                store(simd, sources, at, source);
            }
        }
    }
}

/// Returns the gradient of the images from that before the activation of each window's chosen pixel.
///
/// # Shapes
/// - `images`, returned: `[images, height, width, channels]`
/// - `gradient`, `chosen`: `[images, windows, windows, channels]`
pub(super) fn images_gradient(
    images: &[f32],
    [gradient, chosen]: [&[f32]; 2],
    extent: Extent,
    (channels, pull): (Channels, Option<Pull>),
) -> Vec<f32> {
    let [rows, columns] = extent.windows();
    let (pixels, row) = (extent.width * channels.count(), columns * channels.count());
    let mut into = zeros(images.len());
    let parts = into.par_chunks_mut(pixels).zip(images.par_chunks(pixels));
    parts.enumerate().for_each(|(index, (into, images))| {
        let (image, y) = (index / extent.height, index % extent.height);
        let windows = (y / SIDE < rows).then(|| {
            let start = (image * rows + y / SIDE) * row;
            [gradient, chosen].map(|all| &all[start..][..row])
        });
        arch().dispatch(Back {
            images,
            windows: windows.unwrap_or_default(),
            below: y % SIDE,
            channels,
            pull,
            into,
        });
    });
    into
}

/// One row of pixels.
struct Back<'a> {
    /// `[width, channels]`, like `into`.
    images: &'a [f32],
    /// The gradients and the indices of the row's windows, `[windows, channels]`; empty if it is in
    /// none.
    windows: [&'a [f32]; 2],
    /// Whether it is the second row of its windows.
    below: usize,
    channels: Channels<'a>,
    pull: Option<Pull<'a>>,
    into: &'a mut [f32],
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let channels = self.channels;
        let count = channels.count();
        let zero = simd.splat_f32s(0.0);
        let pixels = self.into.chunks_exact_mut(count);
        for (x, (into, pixel)) in pixels.zip(self.images.chunks_exact(count)).enumerate() {
            let start = x / SIDE * count;
            let within = start < self.windows[0].len();
            let index = simd.splat_f32s((self.below * SIDE + x % SIDE) as f32);
            for at in (0..count).step_by(S::F32_LANES) {
                let before = if within {
                    let [gradient, chosen] = self.windows;
                    let here = load(simd, &chosen[start..][..count], at);
                    let here = simd.equal_f32s(here, index);
                    simd.select_f32s(here, load(simd, &gradient[start..][..count], at), zero)
                } else {
                    zero
                };
                let deviation = simd.sub_f32s(load(simd, pixel, at), load(simd, channels.mean, at));
                let value = channels.back(simd, at, [deviation, before], self.pull);
                store(simd, into, at, value);
            }
        }
    }
}
