//! A depthwise convolution's results: each is the sum, over a square of taps, of a number of the same
//! channel times the channel's tap.
//!
//! Vectors run along the channels; for one vector of channels, a window moves over a row, and the taps
//! stay in registers. A result starts as its bias and adds its taps in row-major order, by fused
//! multiply-adds, so no bit depends on the width of the vectors. Taps outside the image are multiplied
//! by zero.

use std::array::from_fn;

use pulp::{Simd, WithSimd};

use super::activation::Activation;
use super::depthwise_size::DepthwiseSize;
use super::depthwise_window::Window;
use super::level::arch;
use super::pieces::pieces;

/// Returns the results, `[images, rows, columns, channels]`.
///
/// # Shapes
/// - `images`: `[images, height, width, channels]`
/// - `taps`: `[side, side, channels]`
/// - `bias`: `[channels]`
pub(super) fn forward(
    images: &[f32],
    taps: &[f32],
    bias: &[f32],
    size: DepthwiseSize,
    activation: Activation,
) -> Vec<f32> {
    let outside = vec![0.0; size.width * size.channels];
    let arch = arch();
    pieces(
        size.images * size.rows(),
        size.columns() * size.channels,
        |row, into| {
            arch.dispatch(Row {
                images,
                outside: &outside,
                taps,
                bias,
                size,
                activation,
                row,
                into,
            });
        },
    )
}

/// A row of results.
struct Row<'a> {
    images: &'a [f32],
    /// A row of zeros, as above and below an image.
    outside: &'a [f32],
    taps: &'a [f32],
    bias: &'a [f32],
    size: DepthwiseSize,
    activation: Activation,
    /// Counted through all images.
    row: usize,
    /// `[columns, channels]`
    into: &'a mut [f32],
}

impl WithSimd for Row<'_> {
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

impl Row<'_> {
    #[inline(always)]
    fn walk<S: Simd, const SIDE: usize, const STRIDE: usize, const ROWS: usize>(self, simd: S) {
        let size = self.size;
        let count = size.channels / S::F32_LANES;
        let [images, outside, taps, bias] =
            [self.images, self.outside, self.taps, self.bias].map(|all| S::as_simd_f32s(all).0);
        let into = S::as_mut_simd_f32s(self.into).0;
        let rows: [&[S::f32s]; SIDE] = from_fn(|down| match size.source(self.row, down) {
            Some(row) => &images[row * size.width * count..][..size.width * count],
            None => outside,
        });
        let block = size.block();
        for (index, into) in into.chunks_mut(block * count).enumerate() {
            let (zeros, start) = size.start(index * block);
            let rows = rows.map(|row| row.get(start * count..).unwrap_or(&[]));
            for vector in 0..count {
                for first in (0..SIDE).step_by(ROWS) {
                    let rows = from_fn(|row| rows[first + row]);
                    let taps: [[S::f32s; SIDE]; ROWS] = from_fn(|row| {
                        let taps = &taps[(first + row) * SIDE * count..][..SIDE * count];
                        from_fn(|right| taps[right * count + vector])
                    });
                    let at = [zeros, count, vector];
                    let mut window = Window::<S, ROWS, SIDE>::new(simd, rows, at);
                    window.advance(simd, SIDE - STRIDE);
                    for pixel in into.chunks_exact_mut(count) {
                        window.advance(simd, STRIDE);
                        let sum = match first {
                            0 => bias[vector],
                            _ => pixel[vector],
                        };
                        let sum = window.sum(simd, &taps, sum);
                        pixel[vector] = match first + ROWS == SIDE {
                            true => self.activation.value(simd, sum),
                            false => sum,
                        };
                    }
                }
            }
        }
    }
}
