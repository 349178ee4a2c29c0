//! The gradients of a depthwise convolution's taps and bias: for each channel and tap, the sum over
//! all results of the result's gradient times the number that the tap was multiplied with.
//!
//! Rows of results are divided into parts of a fixed number of pixels, and the parts' sums are added
//! in order. Within a part each sum runs over the results in order.

use std::array::from_fn;
use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::depthwise_size::DepthwiseSize;
use super::depthwise_window::Window;
use super::level::arch;
use super::pixels::add_parts;

/// Smallest number of results of a part.
const PIXELS: usize = 1024;

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
    let outside = vec![0.0; size.width * channels];
    let arch = arch();
    let parts: Vec<Vec<f32>> = (0..all.div_ceil(rows))
        .into_par_iter()
        .map(|part| {
            let mut sums = vec![0.0; count];
            arch.dispatch(Part {
                images,
                outside: &outside,
                gradient,
                size,
                rows: part * rows..((part + 1) * rows).min(all),
                sums: &mut sums,
            });
            sums
        })
        .collect();
    let mut taps = vec![0.0; count];
    add_parts(&mut taps, parts);
    let bias = taps.split_off(count - channels);
    (taps, bias)
}

/// Some rows of results.
struct Part<'a> {
    images: &'a [f32],
    /// A row of zeros, as above and below an image.
    outside: &'a [f32],
    gradient: &'a [f32],
    size: DepthwiseSize,
    /// Counted through all images.
    rows: Range<usize>,
    /// `[side, side, channels]`, then the bias, `[channels]`.
    sums: &'a mut [f32],
}

impl WithSimd for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // The third number: rows of taps in registers at once.
        match (self.size.side, self.size.stride) {
            (3, 1) => self.walk::<S, 3, 1, 3>(simd),
            (3, _) => self.walk::<S, 3, 2, 3>(simd),
            (_, 1) => self.walk::<S, 5, 1, 1>(simd),
            (_, _) => self.walk::<S, 5, 2, 1>(simd),
        }
    }
}

impl Part<'_> {
    #[inline(always)]
    fn walk<S: Simd, const SIDE: usize, const STRIDE: usize, const ROWS: usize>(self, simd: S) {
        let size = self.size;
        let count = size.channels / S::F32_LANES;
        let [images, outside, gradient] =
            [self.images, self.outside, self.gradient].map(|all| S::as_simd_f32s(all).0);
        let (taps, bias) = S::as_mut_simd_f32s(self.sums)
            .0
            .split_at_mut(SIDE * SIDE * count);
        let (line, block) = (size.columns() * count, size.block());
        for row in self.rows {
            let gradient = &gradient[row * line..][..line];
            for pixel in gradient.chunks_exact(count) {
                for (bias, gradient) in bias.iter_mut().zip(pixel) {
                    *bias = simd.add_f32s(*bias, *gradient);
                }
            }
            let rows: [&[S::f32s]; SIDE] = from_fn(|down| match size.source(row, down) {
                Some(row) => &images[row * size.width * count..][..size.width * count],
                None => outside,
            });
            for (index, gradient) in gradient.chunks(block * count).enumerate() {
                let (zeros, start) = size.start(index * block);
                let rows = rows.map(|row| row.get(start * count..).unwrap_or(&[]));
                for first in (0..SIDE).step_by(ROWS) {
                    let mut sums = Sums::<S, SIDE, ROWS> {
                        gradient,
                        rows: from_fn(|row| rows[first + row]),
                        taps: &mut taps[first * SIDE * count..][..ROWS * SIDE * count],
                        count,
                    };
                    for vector in 0..count {
                        sums.add::<STRIDE>(simd, zeros, vector);
                    }
                }
            }
        }
    }
}

/// A block of results, and the sums of some rows of taps.
struct Sums<'a, S: Simd, const SIDE: usize, const ROWS: usize> {
    gradient: &'a [S::f32s],
    /// The rows of the image, from the block's first place on.
    rows: [&'a [S::f32s]; ROWS],
    /// `[ROWS, SIDE, channels]`
    taps: &'a mut [S::f32s],
    /// Vectors of a pixel.
    count: usize,
}

impl<S: Simd, const SIDE: usize, const ROWS: usize> Sums<'_, S, SIDE, ROWS> {
    /// Adds the block's products for a vector of channels, behind `zeros` columns of zeros.
    #[inline(always)]
    fn add<const STRIDE: usize>(&mut self, simd: S, zeros: usize, vector: usize) {
        let count = self.count;
        let tap = |row: usize, right: usize| (row * SIDE + right) * count + vector;
        let mut sums: [[S::f32s; SIDE]; ROWS] =
            from_fn(|row| from_fn(|right| self.taps[tap(row, right)]));
        let mut window = Window::<S, ROWS, SIDE>::new(simd, self.rows, [zeros, count, vector]);
        window.advance(simd, SIDE - STRIDE);
        for pixel in self.gradient.chunks_exact(count) {
            window.advance(simd, STRIDE);
            let gradient = pixel[vector];
            for (sums, values) in sums.iter_mut().zip(&window.values) {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = simd.mul_add_e_f32s(*value, gradient, *sum);
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for (right, sum) in sums.into_iter().enumerate() {
                self.taps[tap(row, right)] = sum;
            }
        }
    }
}
