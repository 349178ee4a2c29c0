//! The gradients of a depthwise convolution's taps and bias: for each channel and tap, the sum over
//! all results of the result's gradient times the number that the tap was multiplied with.
//!
//! Rows of results are divided into parts of a fixed number of pixels, and the parts' sums are added
//! in order. Within a part each sum runs over the results in order.

use std::array::from_fn;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::depthwise_size::DepthwiseSize;

/// Smallest number of results of a part.
const PIXELS: usize = 1024;
/// Results next to each other that are added while the sums are in registers.
const TOGETHER: usize = 8;

/// Returns the gradients of the taps, `[side, side, channels]`, and of the bias, `[channels]`.
///
/// # Shapes
/// - `images`: `[images, height, width, channels]`
/// - `gradient`: `[images, rows, columns, channels]`
pub(super) fn taps_gradient(
    images: &[f32],
    gradient: &[f32],
    size: DepthwiseSize,
) -> (Vec<f32>, Vec<f32>) {
    let channels = size.channels;
    let rows = PIXELS.div_ceil(size.columns());
    let all = size.images * size.rows();
    let count = (size.side * size.side + 1) * channels;
    let arch = Arch::new();
    let parts: Vec<Vec<f32>> = (0..all.div_ceil(rows))
        .into_par_iter()
        .map(|part| {
            let mut sums = vec![0.0; count];
            arch.dispatch(Part {
                images,
                gradient,
                size,
                rows: part * rows..((part + 1) * rows).min(all),
                sums: &mut sums,
            });
            sums
        })
        .collect();
    let mut taps = vec![0.0; count];
    for part in parts {
        for (all, sum) in taps.iter_mut().zip(part) {
            *all += sum;
        }
    }
    let bias = taps.split_off(count - channels);
    (taps, bias)
}

/// Some rows of results.
struct Part<'a> {
    images: &'a [f32],
    gradient: &'a [f32],
    size: DepthwiseSize,
    /// Counted through all images.
    rows: Range<usize>,
    /// `[side * side, channels]`, then the bias, `[channels]`.
    sums: &'a mut [f32],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let size = self.size;
        let mut vectors = Vectors::<S> {
            images: S::as_simd_f32s(self.images).0,
            gradient: S::as_simd_f32s(self.gradient).0,
            size,
            count: size.channels / S::F32_LANES,
            sums: S::as_mut_simd_f32s(self.sums).0,
        };
        for row in self.rows {
            // The last number: how many numbers next to each other the results read.
            match (size.side, size.stride) {
                (3, 1) => vectors.walk::<3, 1, 10>(simd, row),
                (3, 2) => vectors.walk::<3, 2, 17>(simd, row),
                (5, 1) => vectors.walk::<5, 1, 12>(simd, row),
                (5, 2) => vectors.walk::<5, 2, 19>(simd, row),
                _ => vectors.single(simd, row, 0..size.columns()),
            }
        }
    }
}

/// A [`Part`] in vectors of channels.
struct Vectors<'a, S: Simd> {
    images: &'a [S::f32s],
    gradient: &'a [S::f32s],
    size: DepthwiseSize,
    /// Vectors of a pixel.
    count: usize,
    sums: &'a mut [S::f32s],
}

impl<S: Simd> Vectors<'_, S> {
    #[inline(always)]
    fn walk<const SIDE: usize, const STRIDE: usize, const READ: usize>(
        &mut self,
        simd: S,
        row: usize,
    ) {
        let inside = inside(self.size);
        self.single(simd, row, 0..inside.start);
        let mut column = inside.start;
        while column + TOGETHER <= inside.end {
            self.together::<SIDE, STRIDE, READ>(simd, row, column);
            column += TOGETHER;
        }
        self.single(simd, row, column..self.size.columns());
    }

    /// Returns the row of the images, counted through all of them, that a tap reads.
    #[inline(always)]
    fn source(&self, row: usize, down: usize) -> Option<usize> {
        let size = self.size;
        let y = (row % size.rows() * size.stride + down).checked_sub(size.above)?;
        (y < size.height).then(|| row / size.rows() * size.height + y)
    }

    /// Adds results of which some taps may lie outside, one after the other.
    #[inline(always)]
    fn single(&mut self, simd: S, row: usize, columns: Range<usize>) {
        let (size, count) = (self.size, self.count);
        for column in columns {
            let gradient = &self.gradient[(row * size.columns() + column) * count..][..count];
            for down in 0..size.side {
                let Some(y) = self.source(row, down) else {
                    continue;
                };
                for right in 0..size.side {
                    let x = (column * size.stride + right).checked_sub(size.left);
                    let Some(x) = x.filter(|x| *x < size.width) else {
                        continue;
                    };
                    let image = &self.images[(y * size.width + x) * count..][..count];
                    let sums = &mut self.sums[(down * size.side + right) * count..][..count];
                    for v in 0..count {
                        sums[v] = simd.mul_add_e_f32s(image[v], gradient[v], sums[v]);
                    }
                }
            }
            let bias = &mut self.sums[size.side * size.side * count..][..count];
            for v in 0..count {
                bias[v] = simd.add_f32s(bias[v], gradient[v]);
            }
        }
    }

    /// Adds [`TOGETHER`] results from `column` on, whose columns all lie inside.
    #[inline(always)]
    fn together<const SIDE: usize, const STRIDE: usize, const READ: usize>(
        &mut self,
        simd: S,
        row: usize,
        column: usize,
    ) {
        let (size, count) = (self.size, self.count);
        let x = column * STRIDE - size.left;
        let lines: [Option<usize>; SIDE] = from_fn(|down| {
            let y = self.source(row, down)?;
            Some((y * size.width + x) * count)
        });
        let start = (row * size.columns() + column) * count;
        for v in 0..count {
            let gradient = &self.gradient[start + v..];
            let gradient: [S::f32s; TOGETHER] = from_fn(|at| gradient[at * count]);
            for (down, line) in lines.into_iter().enumerate() {
                let Some(line) = line else {
                    continue;
                };
                let image = &self.images[line + v..];
                let image: [S::f32s; READ] = from_fn(|at| image[at * count]);
                let taps = &mut self.sums[down * SIDE * count + v..];
                let mut sums: [S::f32s; SIDE] = from_fn(|right| taps[right * count]);
                for (place, gradient) in gradient.into_iter().enumerate() {
                    for (right, sum) in sums.iter_mut().enumerate() {
                        *sum = simd.mul_add_e_f32s(image[place * STRIDE + right], gradient, *sum);
                    }
                }
                for (right, sum) in sums.into_iter().enumerate() {
                    taps[right * count] = sum;
                }
            }
            let bias = &mut self.sums[SIDE * SIDE * count + v];
            for gradient in gradient {
                *bias = simd.add_f32s(*bias, gradient);
            }
        }
    }
}

/// Returns the columns of results of which all taps lie inside.
fn inside(size: DepthwiseSize) -> Range<usize> {
    let start = size.left.div_ceil(size.stride);
    let end = match (size.width + size.left).checked_sub(size.side) {
        Some(last) => (last / size.stride + 1).min(size.columns()),
        None => 0,
    };
    start.min(end)..end
}
