//! The convolution for any odd kernel and any number of channels: the pixels under the kernel are
//! gathered into a row, and rows are multiplied with the kernels.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::finish::Finish;
use super::level::arch;
use super::product::{Left, PANEL, Right, Size as ProductSize, Target, multiply};
use super::scratch::with_scratch;
use super::size::{Band, Size, bands, pixel_rows, tile_rows};
use super::taps::Taps;

/// Number of values that a core gathers at a time.
const BAND_NUMBERS: usize = 64 * 1024;
/// Rows of pixels in a tile, which contains the windows of a pool.
const TILE: usize = 2;
/// Number of parts of the sums of a kernel's gradient. It is fixed, so that the sums do not depend
/// on the number of cores.
const PARTS: usize = 8;

/// Returns the number of values under a kernel.
fn under(size: Size) -> usize {
    size.side * size.side * size.inputs
}

/// Kernels in panels of 16 outputs, `[output panels, under the kernel, 16]`, zero-padded at the
/// end.
#[derive(Debug)]
pub(super) struct Panels {
    values: Vec<f32>,
}

impl Panels {
    /// Returns `taps` in panels, with the taps before the channels.
    pub(super) fn new(taps: Taps) -> Self {
        let size = taps.size();
        let mut values = vec![0.0; size.outputs.div_ceil(PANEL) * under(size) * PANEL];
        let panels = values.par_chunks_mut(under(size) * PANEL).enumerate();
        panels.for_each(|(panel, into)| {
            for output in panel * PANEL..size.outputs.min((panel + 1) * PANEL) {
                for tap in 0..size.side * size.side {
                    for input in 0..size.inputs {
                        let row = tap * size.inputs + input;
                        into[row * PANEL + output % PANEL] = taps.at(output, input, tap);
                    }
                }
            }
        });
        Self { values }
    }
}

/// Writes the convolution of `images` with `kernels` to `finish`.
///
/// # Shapes
/// - `images`: `[images, height, width, inputs]`
pub(super) fn convolve(images: &[f32], kernels: &Panels, size: Size, finish: Finish) {
    let panels = size.outputs.div_ceil(PANEL);
    let rows = BAND_NUMBERS / (TILE * size.width * under(size));
    let bands = bands(size, TILE, rows.max(1));
    let parts = finish.cut(size, TILE, &bands);
    (bands.par_iter().zip(parts)).for_each(|(band, part)| {
        let pixels = pixel_rows(size, TILE, *band) * size.width;
        let strides = [under(size), panels * PANEL].map(|numbers| numbers + PANEL);
        with_scratch(
            strides.map(|stride| stride * pixels),
            |[gathered, products]| {
                gather(images, size, *band, strides[0], gathered);
                arch().dispatch(Convolve {
                    kernels: &kernels.values,
                    size,
                    band: *band,
                    strides,
                    pixels,
                    gathered,
                    products,
                    part,
                });
            },
        );
    });
}

/// The convolution of one band.
struct Convolve<'a> {
    kernels: &'a [f32],
    size: Size,
    band: Band,
    strides: [usize; 2],
    pixels: usize,
    /// `[pixels, under the kernel]`, padded.
    gathered: &'a [f32],
    /// `[pixels, outputs]`, padded.
    products: &'a mut [f32],
    part: Finish<'a>,
}

impl WithSimd for Convolve<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let size = self.size;
        let inner = under(size);
        let panels = size.outputs.div_ceil(PANEL);
        let left = Left::Rows {
            values: self.gathered,
            stride: self.strides[0],
        };
        let right = Right {
            values: self.kernels,
            stride: inner * PANEL,
        };
        let into = Target {
            values: self.products,
            stride: self.strides[1],
            add: false,
        };
        multiply(
            simd,
            left,
            right,
            into,
            ProductSize {
                rows: self.pixels,
                inner,
                panels,
            },
        );
        if !size.outputs.is_multiple_of(PANEL) {
            self.part.put_rows(size, self.products, self.strides[1]);
            return;
        }
        let products = S::as_simd_f32s(self.products).0;
        let stride = self.strides[1] / S::F32_LANES;
        let across = size.width.div_ceil(TILE);
        for tile in 0..self.band.rows * across {
            let place = self.part.place(size, TILE, self.band, tile);
            for vector in 0..size.outputs / S::F32_LANES {
                let mut results = [[simd.splat_f32s(0.0); TILE]; TILE];
                for y in 0..TILE {
                    for x in 0..TILE {
                        if place.holds(y, x) {
                            results[y][x] = products[place.pixel(size, y, x) * stride + vector];
                        }
                    }
                }
                self.part.put(simd, size, place, vector, results);
            }
        }
    }
}

/// Gathers the values under the kernel at each pixel of `band`, row by row, taps before channels.
fn gather(images: &[f32], size: Size, band: Band, stride: usize, into: &mut [f32]) {
    let Size {
        height,
        width,
        inputs,
        side,
        ..
    } = size;
    let half = side / 2;
    let rows = tile_rows(size, TILE);
    let mut pixels = into.chunks_mut(stride);
    for tile_row in band.first..band.first + band.rows {
        let (image, top) = (tile_row / rows, tile_row % rows * TILE);
        for y in top..height.min(top + TILE) {
            for x in 0..width {
                let Some(pixel) = pixels.next() else {
                    return;
                };
                // Columns under the kernel inside the image, and the target of the first one.
                let start = x.saturating_sub(half);
                let skipped = (start + half - x) * inputs;
                let run = (width.min(x + half + 1) - start) * inputs;
                for (row, into) in pixel.chunks_mut(side * inputs).take(side).enumerate() {
                    let Some(y) = (y + row).checked_sub(half).filter(|y| *y < height) else {
                        into.fill(0.0);
                        continue;
                    };
                    let from = ((image * height + y) * width + start) * inputs;
                    into[..skipped].fill(0.0);
                    into[skipped..skipped + run].copy_from_slice(&images[from..from + run]);
                    into[skipped + run..].fill(0.0);
                }
            }
        }
    }
}

/// Returns the gradient of the kernels, `[outputs, inputs, side, side]`.
///
/// # Shapes
/// - `images`: `[images, height, width, inputs]`
/// - `gradient`: `[images, height, width, outputs]`
pub(super) fn kernel_gradient(images: &[f32], gradient: &[f32], size: Size) -> Vec<f32> {
    let across = size.outputs.div_ceil(PANEL) * PANEL;
    let rows = BAND_NUMBERS / (TILE * size.width * (under(size) + across));
    let bands = bands(size, TILE, rows.max(1));
    let starts: Vec<usize> = bands
        .iter()
        .scan(0, |pixels, band| {
            let start = *pixels;
            *pixels += pixel_rows(size, TILE, *band) * size.width;
            Some(start)
        })
        .collect();
    let work: Vec<(&Band, usize)> = bands.iter().zip(starts).collect();
    let sums: Vec<Vec<f32>> = work
        .par_chunks(work.len().div_ceil(PARTS).max(1))
        .map(|bands| {
            let mut sums = vec![0.0; under(size) * across];
            for (band, start) in bands {
                let pixels = pixel_rows(size, TILE, **band) * size.width;
                let stride = under(size) + PANEL;
                with_scratch([stride * pixels, across * pixels], |[gathered, panels]| {
                    gather(images, size, **band, stride, gathered);
                    pack(&gradient[start * size.outputs..], size, pixels, panels);
                    arch().dispatch(Sum {
                        gathered,
                        stride,
                        panels,
                        pixels,
                        sums: &mut sums,
                    });
                });
            }
            sums
        })
        .collect();
    let mut taps = vec![0.0; size.outputs * under(size)];
    taps.par_chunks_mut(under(size))
        .enumerate()
        .for_each(|(output, into)| {
            for (at, into) in into.iter_mut().enumerate() {
                let (input, tap) = (at / (size.side * size.side), at % (size.side * size.side));
                let from = (tap * size.inputs + input) * across + output;
                *into = sums.iter().map(|sums| sums[from]).sum();
            }
        });
    taps
}

/// Packs the gradient of `pixels` pixels into panels of 16 outputs, zero-padded at the end.
fn pack(gradient: &[f32], size: Size, pixels: usize, panels: &mut [f32]) {
    for (index, panel) in panels.chunks_mut(pixels * PANEL).enumerate() {
        let first = index * PANEL;
        let width = PANEL.min(size.outputs - first);
        let rows = gradient.chunks(size.outputs);
        for (into, from) in panel.chunks_mut(PANEL).zip(rows) {
            into[..width].copy_from_slice(&from[first..first + width]);
            into[width..].fill(0.0);
        }
    }
}

/// One band's share of the sums.
struct Sum<'a> {
    gathered: &'a [f32],
    stride: usize,
    panels: &'a [f32],
    pixels: usize,
    /// `[under the kernel, outputs]`, padded to whole panels.
    sums: &'a mut [f32],
}

impl WithSimd for Sum<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let panels = self.panels.len() / (self.pixels * PANEL);
        let stride = panels * PANEL;
        let rows = self.sums.len() / stride;
        let left = Left::Columns {
            values: self.gathered,
            stride: self.stride,
        };
        let right = Right {
            values: self.panels,
            stride: self.pixels * PANEL,
        };
        let into = Target {
            values: self.sums,
            stride,
            add: true,
        };
        multiply(
            simd,
            left,
            right,
            into,
            ProductSize {
                rows,
                inner: self.pixels,
                panels,
            },
        );
    }
}
