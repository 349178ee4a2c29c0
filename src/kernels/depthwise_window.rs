//! A window of columns that moves over rows of an image, one vector of channels at a time.

use std::array::from_fn;
use std::slice::ChunksExact;

use pulp::Simd;

/// Rows of pixels, and the part of each row under the window.
pub(super) struct Window<'a, S: Simd, const ROWS: usize, const SIDE: usize> {
    /// The pixels to the right of the window.
    rows: [ChunksExact<'a, S::f32s>; ROWS],
    /// Columns of zeros that come before the pixels.
    zeros: usize,
    /// The vector of channels.
    vector: usize,
    /// The numbers under the window.
    pub(super) values: [[S::f32s; SIDE]; ROWS],
}

impl<'a, S: Simd, const ROWS: usize, const SIDE: usize> Window<'a, S, ROWS, SIDE> {
    /// Returns a window whose next columns are `zeros` columns of zeros and then the pixels of
    /// `rows`, of `count` vectors each; after them it meets zeros again.
    #[inline(always)]
    pub(super) fn new(
        simd: S,
        rows: [&'a [S::f32s]; ROWS],
        [zeros, count, vector]: [usize; 3],
    ) -> Self {
        Self {
            rows: rows.map(|row| row.chunks_exact(count)),
            zeros,
            vector,
            values: [[simd.splat_f32s(0.0); SIDE]; ROWS],
        }
    }

    /// Moves by `columns` columns.
    #[inline(always)]
    pub(super) fn advance(&mut self, simd: S, columns: usize) {
        for _ in 0..columns {
            let zero = simd.splat_f32s(0.0);
            let outside = self.zeros > 0;
            self.zeros = self.zeros.saturating_sub(1);
            for (row, values) in self.rows.iter_mut().zip(&mut self.values) {
                let next = match outside {
                    true => zero,
                    false => row.next().map_or(zero, |pixel| pixel[self.vector]),
                };
                *values = from_fn(|at| if at + 1 < SIDE { values[at + 1] } else { next });
            }
        }
    }

    /// Returns `start` plus the numbers under the window times `taps`, added in row-major order.
    #[inline(always)]
    pub(super) fn sum(&self, simd: S, taps: &[[S::f32s; SIDE]; ROWS], start: S::f32s) -> S::f32s {
        let mut sum = start;
        for (values, taps) in self.values.iter().zip(taps) {
            for (value, tap) in values.iter().zip(taps) {
                sum = simd.mul_add_e_f32s(*value, *tap, sum);
            }
        }
        sum
    }
}
