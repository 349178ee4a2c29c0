//! The gradient of a convolution's kernels for any kernel, stride and padding: the products of the
//! pixels under the kernel and the gradient of the results, summed over all pixels.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::gather::{bands_of, rows};
use super::level::arch;
use super::pixels::add_parts;
use super::product::{Left, PANEL, Right, Size as ProductSize, Target, multiply};
use super::scratch::zeros;
use super::size::{Band, Size, pixel_rows};
use super::windows::Windows;

/// Most values of a gradient of which each part of the pixels has its own sums.
const FEW_SUMS: usize = 64 * 1024;
/// Number of parts of the pixels. It is fixed, so that the sums do not depend on the number of
/// cores.
const PARTS: usize = 8;
/// Number of values that are gathered together, 8 MiB, when the sums are divided among cores.
const BLOCK_NUMBERS: usize = 2 * 1024 * 1024;
/// Number of rows of the sums that one core takes at a time.
const ROWS: usize = 48;

/// Returns the gradient of the kernels, `[outputs, inputs, side, side]`.
///
/// # Shapes
/// - `images`: `[images, height, width, inputs]`
/// - `gradient`: `[images, height, width, outputs]`, of the results
pub(super) fn kernel_gradient(images: &[f32], gradient: &[f32], size: Size) -> Vec<f32> {
    let windows = &Windows::forward(size);
    let under = windows.under(&windows.classes[0]);
    let across = size.outputs.div_ceil(PANEL) * PANEL;
    let sums = match under * across <= FEW_SUMS {
        true => by_pixels(images, gradient, windows, [under, across]),
        false => by_sums(images, gradient, windows, [under, across]),
    };
    in_order(&sums, size, across)
}

/// Returns the sums, `[under the kernel, outputs]`, with the pixels divided among cores.
fn by_pixels(
    images: &[f32],
    gradient: &[f32],
    windows: &Windows,
    [under, across]: [usize; 2],
) -> Vec<f32> {
    let bands = bands_of(windows, 1);
    let parts: Vec<Vec<f32>> = bands
        .par_chunks(bands.len().div_ceil(PARTS).max(1))
        .map(|bands| {
            let mut sums = vec![0.0; under * across];
            let mut panels = Vec::new();
            for band in bands {
                rows(
                    windows,
                    &windows.classes[0],
                    images,
                    (*band, 1),
                    |left, pixels| {
                        panels.resize(pixels * across, 0.0);
                        pack(gradient, windows.target, *band, &mut panels);
                        let sums = &mut sums;
                        add(left, &panels, [under, pixels, across], sums);
                    },
                );
            }
            sums
        })
        .collect();
    let mut parts = parts.into_iter();
    let mut sums = parts.next().unwrap_or_else(|| vec![0.0; under * across]);
    add_parts(&mut sums, parts);
    sums
}

/// Returns the sums with themselves divided among cores, block of pixels by block of pixels.
fn by_sums(
    images: &[f32],
    gradient: &[f32],
    windows: &Windows,
    [under, across]: [usize; 2],
) -> Vec<f32> {
    let bands = bands_of(windows, 1);
    let width = windows.target.width;
    let pixels = |band: &Band| pixel_rows(windows.target, 1, *band) * width;
    let most = bands.first().map_or(0, pixels);
    let stride = under + PANEL;
    let per_band = most * (stride + across);
    let together = (BLOCK_NUMBERS / per_band.max(1)).max(1);
    let mut gathered = zeros(together.min(bands.len()) * per_band);
    let mut sums = zeros(under * across);
    for bands in bands.chunks(together) {
        (gathered.par_chunks_mut(per_band).zip(bands)).for_each(|(into, band)| {
            let (into, panels) = into.split_at_mut(most * stride);
            let class = &windows.classes[0];
            windows.pixels(class, (*band, 1), |index, pixel| {
                windows.gather(class, images, pixel, &mut into[index * stride..][..under]);
            });
            pack(
                gradient,
                windows.target,
                *band,
                &mut panels[..pixels(band) * across],
            );
        });
        (sums.par_chunks_mut(ROWS * across).enumerate()).for_each(|(part, sums)| {
            for (from, band) in gathered.chunks(per_band).zip(bands) {
                let (values, panels) = from.split_at(most * stride);
                let left = Left::Rows {
                    values: &values[part * ROWS..],
                    stride,
                };
                let rows = sums.len() / across;
                add(left, panels, [rows, pixels(band), across], sums);
            }
        });
    }
    sums
}

/// Packs the gradient of a band into panels of 16 outputs, zero-padded at the end.
fn pack(gradient: &[f32], target: Size, band: Band, panels: &mut [f32]) {
    let start = Band {
        first: 0,
        rows: band.first,
    };
    let [start, pixels] = [start, band].map(|band| pixel_rows(target, 1, band) * target.width);
    let gradient = &gradient[start * target.outputs..];
    for (index, panel) in panels.chunks_mut((pixels * PANEL).max(1)).enumerate() {
        let first = index * PANEL;
        let width = PANEL.min(target.outputs - first);
        let rows = gradient.chunks(target.outputs);
        for (into, from) in panel.chunks_mut(PANEL).zip(rows) {
            into[..width].copy_from_slice(&from[first..first + width]);
            into[width..].fill(0.0);
        }
    }
}

/// Adds the products of the rows of `left`, transposed, with a packed gradient to `sums`.
fn add(left: Left, panels: &[f32], size: [usize; 3], sums: &mut [f32]) {
    arch().dispatch(Add {
        left,
        panels,
        size,
        sums,
    });
}

struct Add<'a> {
    /// `[pixels, under the kernel]`
    left: Left<'a>,
    panels: &'a [f32],
    /// Rows of the sums, pixels, and columns of the sums.
    size: [usize; 3],
    sums: &'a mut [f32],
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let [rows, pixels, across] = self.size;
        let right = Right {
            values: self.panels,
            stride: pixels * PANEL,
        };
        let into = Target {
            values: self.sums,
            stride: across,
            columns: across,
            add: true,
            end: None,
        };
        let size = ProductSize {
            rows,
            inner: pixels,
            panels: across / PANEL,
        };
        multiply(simd, self.left.transposed(), right, into, size);
    }
}

/// Returns the sums as `[outputs, inputs, side, side]`.
fn in_order(sums: &[f32], size: Size, across: usize) -> Vec<f32> {
    let taps = size.side * size.side;
    let filter = size.inputs * taps;
    let mut into = zeros(size.outputs * filter);
    (into.par_chunks_mut(PANEL * filter).enumerate()).for_each(|(panel, into)| {
        for (row, from) in sums.chunks(across).enumerate() {
            let (tap, input) = (row / size.inputs, row % size.inputs);
            let from = &from[panel * PANEL..][..PANEL];
            for (filter, from) in into.chunks_mut(filter).zip(from) {
                filter[input * taps + tap] = *from;
            }
        }
    });
    into
}
