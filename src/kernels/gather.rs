//! The convolution for any kernel, stride and padding: the pixels under the kernel are gathered into
//! a row, and rows are multiplied with the kernels. It is also the adjoint, the gradient of the
//! images.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::finish::{Finish, POOL};
use super::level::arch;
use super::panels::{Panels, Weights};
use super::pieces::assemble;
use super::product::{End, Left, PANEL, Right, Size as ProductSize, Target, multiply};
use super::scratch::{with_scratch, zeros};
use super::size::{Band, Size, bands, parts, pixel_rows};
use super::windows::{Class, Windows};

/// Number of values that a core gathers at a time.
const BAND_NUMBERS: usize = 64 * 1024;
/// Least and most pixels that a core gathers at a time: few read the kernels too often, and many
/// leave cores without work.
const BAND_PIXELS: [usize; 2] = [48, 512];
/// Images with fewer pixels in all are divided among cores by their outputs, because there are too
/// few bands.
const FEW_PIXELS: usize = 512;
/// Panels of outputs that a core takes at a time when there are few pixels.
const TOGETHER: usize = 2;

/// Writes the convolution of `images` with `weights` to `into`.
///
/// # Shapes
/// - `images`: `[images, height, width, channels]` of the source of `windows`
/// - `into`: `[images, height, width, channels]` of their target
pub(super) fn convolve(
    images: &[f32],
    weights: Weights,
    windows: &Windows,
    end: End,
    into: &mut [f32],
) {
    if windows.spread == 1 && windows.target.pixels() < FEW_PIXELS {
        by_outputs(images, weights, windows, end, into);
    } else {
        by_bands(images, weights, windows, end, into);
    }
}

/// Returns the bands of rows that the cores process one at a time.
pub(super) fn bands_of(windows: &Windows, tile: usize) -> Vec<Band> {
    let under = windows.classes.iter().map(|class| windows.under(class));
    let under = under.max().unwrap_or(0).max(1);
    let [least, most] = BAND_PIXELS;
    let pixels = (BAND_NUMBERS / under).clamp(least, most);
    let row = tile * windows.target.width;
    bands(windows.target, tile, (pixels / row).max(1))
}

fn by_bands(images: &[f32], weights: Weights, windows: &Windows, end: End, into: &mut [f32]) {
    let target = windows.target;
    let kernels: Vec<Panels> = (windows.classes.iter())
        .map(|class| Panels::new(weights, class, windows))
        .collect();
    let tile = windows.spread;
    let bands = bands_of(windows, tile);
    let row = target.width * target.outputs;
    let parts = parts(into, &bands, |band| pixel_rows(target, tile, band) * row);
    (bands.par_iter().zip(parts)).for_each(|(band, into)| {
        for (class, kernels) in windows.classes.iter().zip(&kernels) {
            let place = (*band, tile);
            if windows.spread == 1 {
                let into = &mut *into;
                rows(windows, class, images, place, |left, pixels| {
                    arch().dispatch(Product {
                        left,
                        kernels,
                        pixels,
                        end,
                        into,
                        stride: target.outputs,
                    });
                });
            } else {
                scatter(windows, class, (images, kernels), place, end, into);
            }
        }
    });
}

/// Calls `work` with the rows under the kernel at the pixels of `class` in a band, and their number.
pub(super) fn rows(
    windows: &Windows,
    class: &Class,
    images: &[f32],
    place: (Band, usize),
    work: impl FnOnce(Left, usize),
) {
    let mut pixels = 0;
    if windows.are_pixels() {
        let Size { width, inputs, .. } = windows.source;
        let (band, tile) = place;
        let start = Band {
            first: 0,
            rows: band.first,
        };
        let start = pixel_rows(windows.target, tile, start) * width;
        pixels = pixel_rows(windows.target, tile, band) * width;
        let values = &images[start * inputs..];
        work(
            Left::Rows {
                values,
                stride: inputs,
            },
            pixels,
        );
        return;
    }
    windows.pixels(class, place, |_, _| pixels += 1);
    // A row's length is often a power of two: with a gap, rows do not share lines of the cache.
    let stride = windows.under(class) + PANEL;
    with_scratch([stride * pixels], |[gathered]| {
        windows.pixels(class, place, |index, pixel| {
            windows.gather(class, images, pixel, &mut gathered[index * stride..]);
        });
        work(
            Left::Rows {
                values: gathered,
                stride,
            },
            pixels,
        );
    });
}

/// Writes the pixels of one class of a band, which lie apart in the target.
fn scatter(
    windows: &Windows,
    class: &Class,
    (images, kernels): (&[f32], &Panels),
    place: (Band, usize),
    end: End,
    into: &mut [f32],
) {
    let Size {
        width,
        height,
        outputs,
        ..
    } = windows.target;
    let (band, tile) = place;
    let top = pixel_rows(
        windows.target,
        tile,
        Band {
            first: 0,
            rows: band.first,
        },
    );
    let mut products = Vec::new();
    rows(windows, class, images, place, |left, pixels| {
        products = vec![0.0; pixels * outputs];
        arch().dispatch(Product {
            left,
            kernels,
            pixels,
            end,
            into: &mut products,
            stride: outputs,
        });
    });
    windows.pixels(class, place, |index, [image, y, x]| {
        let at = (image * height + y - top) * width + x;
        into[at * outputs..][..outputs].copy_from_slice(&products[index * outputs..][..outputs]);
    });
}

/// The product of rows with all kernels.
struct Product<'a> {
    left: Left<'a>,
    kernels: &'a Panels,
    pixels: usize,
    end: End<'a>,
    into: &'a mut [f32],
    /// Numbers from row to row of `into`.
    stride: usize,
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Panels {
            values,
            inner,
            columns,
        } = self.kernels;
        let right = Right {
            values,
            stride: inner * PANEL,
        };
        let into = Target {
            values: self.into,
            stride: self.stride,
            columns: *columns,
            add: false,
            end: Some(self.end),
        };
        let size = ProductSize {
            rows: self.pixels,
            inner: *inner,
            panels: columns.div_ceil(PANEL),
        };
        multiply(simd, self.left, right, into, size);
    }
}

/// Divides the work among cores by outputs: each packs its kernels and uses them at once.
fn by_outputs(images: &[f32], weights: Weights, windows: &Windows, end: End, into: &mut [f32]) {
    let (target, class) = (windows.target, &windows.classes[0]);
    let under = windows.under(class);
    let pixels = target.pixels();
    let stride = under + PANEL;
    let gathered = if windows.are_pixels() {
        None
    } else {
        let mut gathered = zeros(pixels * stride);
        (gathered.par_chunks_mut(stride).enumerate()).for_each(|(index, into)| {
            let (row, x) = (index / target.width, index % target.width);
            let pixel = [row / target.height, row % target.height, x];
            windows.gather(class, images, pixel, into);
        });
        Some(gathered)
    };
    let left = match &gathered {
        Some(gathered) => Left::Rows {
            values: gathered,
            stride,
        },
        None => Left::Rows {
            values: images,
            stride: under,
        },
    };
    let width = TOGETHER * PANEL;
    let groups = target.outputs.div_ceil(width);
    let products: Vec<Vec<f32>> = (0..groups)
        .into_par_iter()
        .map(|group| {
            let first = group * width;
            let columns = width.min(target.outputs - first);
            let mut products = vec![0.0; pixels * columns];
            let kernels = Panels::some(weights, class, windows, first..first + columns);
            let bias = end.bias.map(|bias| &bias[first..first + columns]);
            arch().dispatch(Product {
                left,
                kernels: &kernels,
                pixels,
                end: End { bias, ..end },
                into: &mut products,
                stride: columns,
            });
            products
        })
        .collect();
    assemble(into, target.outputs, &products);
}

/// Writes the convolution of `images` with `weights`, which is pooled, to `finish`.
pub(super) fn convolve_pooled(images: &[f32], weights: Weights, windows: &Windows, finish: Finish) {
    let (target, class) = (windows.target, &windows.classes[0]);
    let kernels = &Panels::new(weights, class, windows);
    let bands = bands_of(windows, POOL);
    let parts = finish.cut(target, POOL, &bands);
    (bands.par_iter().zip(parts)).for_each(|(band, part)| {
        rows(windows, class, images, (*band, POOL), |left, pixels| {
            let stride = target.outputs;
            let mut products = vec![0.0; pixels * stride];
            let into = &mut products;
            let end = End::NOTHING;
            arch().dispatch(Product {
                left,
                kernels,
                pixels,
                end,
                into,
                stride,
            });
            arch().dispatch(Pool {
                products: &products,
                size: target,
                band: *band,
                part,
            });
        });
    });
}

/// The pool of one band.
struct Pool<'a> {
    /// `[pixels, outputs]`
    products: &'a [f32],
    size: Size,
    band: Band,
    part: Finish<'a>,
}

impl WithSimd for Pool<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let size = self.size;
        let products = S::as_simd_f32s(self.products).0;
        let stride = size.outputs / S::F32_LANES;
        let across = size.width.div_ceil(POOL);
        for tile in 0..self.band.rows * across {
            let place = self.part.place(size, POOL, self.band, tile);
            for vector in 0..stride {
                let mut results = [[simd.splat_f32s(0.0); POOL]; POOL];
                for y in 0..POOL {
                    for x in 0..POOL {
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
