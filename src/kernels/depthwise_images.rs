//! The gradient of a depthwise convolution's images: each number is the sum, over the results that
//! read it, of the result's gradient times the tap that it was multiplied with.
//!
//! With stride 1 this is a depthwise convolution with the taps turned by 180 degrees. With stride s,
//! place `s q + p` of the padded image was read by result `q - j` through tap `p + s j`, for each `j`.

use std::array::from_fn;

use pulp::{Simd, WithSimd};

use super::activation::Activation;
use super::depthwise_pass::forward;
use super::depthwise_size::DepthwiseSize;
use super::depthwise_window::Window;
use super::level::arch;
use super::pieces::pieces;

/// Returns the gradient of the images, `[images, height, width, channels]`.
///
/// # Shapes
/// - `gradient`: `[images, rows, columns, channels]`
/// - `taps`: `[side, side, channels]`
pub(super) fn images_gradient(gradient: &[f32], taps: &[f32], size: DepthwiseSize) -> Vec<f32> {
    if size.stride == 1 {
        let turned: Vec<f32> = taps.rchunks(size.channels).flatten().copied().collect();
        let zeros = vec![0.0; size.channels];
        let identity = Activation::Identity;
        return forward(gradient, &turned, &zeros, size.turned(), identity);
    }
    let arch = arch();
    pieces(
        size.images * size.height,
        size.width * size.channels,
        |row, into| {
            into.fill(0.0);
            arch.dispatch(Row {
                gradient,
                taps,
                size,
                row,
                into,
            });
        },
    )
}

/// A row of the gradient, with stride 2.
struct Row<'a> {
    gradient: &'a [f32],
    taps: &'a [f32],
    size: DepthwiseSize,
    /// Counted through all images.
    row: usize,
    /// `[width, channels]`, zeros.
    into: &'a mut [f32],
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // The last number: results that read the same place, along a row.
        match self.size.side {
            3 => self.walk::<S, 3, 2>(simd),
            _ => self.walk::<S, 5, 3>(simd),
        }
    }
}

impl Row<'_> {
    #[inline(always)]
    fn walk<S: Simd, const SIDE: usize, const READERS: usize>(self, simd: S) {
        let Self { size, .. } = self;
        let count = size.channels / S::F32_LANES;
        let line = size.columns() * count;
        let [gradient, taps] = [self.gradient, self.taps].map(|all| S::as_simd_f32s(all).0);
        let into = S::as_mut_simd_f32s(self.into).0;
        let (image, y) = (self.row / size.height, self.row % size.height + size.above);
        // Places left of the image that belong to its first q.
        let before = size.left % size.stride;
        for down in (0..SIDE).filter(|down| *down <= y && (y - down) % size.stride == 0) {
            let row = (y - down) / size.stride;
            if row >= size.rows() {
                continue;
            }
            let row = &gradient[(image * size.rows() + row) * line..][..line];
            for vector in 0..count {
                let taps: [S::f32s; SIDE] =
                    from_fn(|right| taps[(down * SIDE + right) * count..][..count][vector]);
                let at = [0, count, vector];
                let mut window = Window::<S, 1, READERS>::new(simd, [row], at);
                // The first q is left / stride: the results up to the one before it have passed.
                window.advance(simd, size.left / size.stride);
                window.advance(simd, 1);
                let mut place = before;
                for pixel in into.chunks_exact_mut(count) {
                    let mut sum = pixel[vector];
                    for reader in 0..READERS {
                        let right = place + 2 * reader;
                        if right < SIDE {
                            let value = window.values[0][READERS - 1 - reader];
                            sum = simd.mul_add_e_f32s(value, taps[right], sum);
                        }
                    }
                    pixel[vector] = sum;
                    place = 1 - place;
                    if place == 0 {
                        window.advance(simd, 1);
                    }
                }
            }
        }
    }
}
