//! Products of matrices whose rows lie in memory one after another, read where they are: packing
//! the weights of a dense layer would cost more than a product with a few rows.
//!
//! The order of each sum depends only on its length, so results have the same bits on any number of
//! cores, with vectors of any width, and for any number of rows.

use std::array::from_fn;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::level::arch;
use super::pieces::assemble;
use super::product::PANEL;

/// Number of rows and columns of a product of rows that one core computes at a time.
const DOTS: [usize; 2] = [64, 32];
/// Length of the pieces of rows that stay in the first and second level cache meanwhile.
const PIECE: usize = 1024;

/// Returns the products of the rows of `left` with the rows of `right`, `[rows, columns]`.
///
/// Lane `l` of 16 sums the numbers `l`, `l + 16` and so on; the lanes are added in pairs.
///
/// # Shapes
/// - `left`: `[rows, inner]`
/// - `right`: `[columns, inner]`
pub(super) fn dots(left: &[f32], right: &[f32], inner: usize) -> Vec<f32> {
    if inner == 0 {
        return Vec::new();
    }
    let columns = right.len() / inner;
    let [height, width] = DOTS;
    let parts: Vec<Vec<Vec<f32>>> = left
        .par_chunks(height * inner)
        .map(|left| {
            let parts = right.par_chunks(width * inner).map(|right| {
                let mut sums = vec![0.0; left.len() / inner * (right.len() / inner) * PANEL];
                arch().dispatch(Dots {
                    left,
                    right,
                    inner,
                    sums: &mut sums,
                });
                sums.truncate(sums.len() / PANEL);
                sums
            });
            parts.collect()
        })
        .collect();
    let mut all = vec![0.0; left.len() / inner * columns];
    for (into, parts) in all.chunks_mut(height * columns).zip(&parts) {
        assemble(into, columns, parts);
    }
    all
}

struct Dots<'a> {
    left: &'a [f32],
    right: &'a [f32],
    inner: usize,
    /// `[rows, columns, 16]`, zeros; returned are the sums, `[rows, columns]`, at the front.
    sums: &'a mut [f32],
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        // As many rows and columns as sums fit into registers.
        match S::F32_LANES {
            16 => self.all::<S, 1, 4>(simd),
            8 => self.all::<S, 2, 2>(simd),
            4 => self.all::<S, 4, 2>(simd),
            _ => self.all::<S, 16, 1>(simd),
        }
        for index in 0..self.sums.len() / PANEL {
            let lanes = self.sums[index * PANEL..].first_chunk().copied();
            self.sums[index] = tree(lanes.expect("whole lanes"));
        }
    }
}

impl Dots<'_> {
    /// Computes the lanes of all sums, in squares of `T` rows and columns.
    #[inline(always)]
    fn all<S: Simd, const L: usize, const T: usize>(&mut self, simd: S) {
        let [rows, columns] = [self.left, self.right].map(|all| all.len() / self.inner);
        let whole = [rows, columns].map(|count| count / T * T);
        for start in (0..self.inner).step_by(PIECE) {
            for column in (0..whole[1]).step_by(T) {
                for row in (0..whole[0]).step_by(T) {
                    self.tile::<S, L, T, T>(simd, [row, column], start);
                }
                for row in whole[0]..rows {
                    self.tile::<S, L, 1, T>(simd, [row, column], start);
                }
            }
            for column in whole[1]..columns {
                for row in 0..rows {
                    self.tile::<S, L, 1, 1>(simd, [row, column], start);
                }
            }
        }
    }

    /// Adds the products of `R` rows with `C` columns, from `start` to the end of the piece.
    #[inline(always)]
    fn tile<S: Simd, const L: usize, const R: usize, const C: usize>(
        &mut self,
        simd: S,
        [row, column]: [usize; 2],
        start: usize,
    ) {
        let (inner, columns) = (self.inner, self.right.len() / self.inner);
        let length = PIECE.min(inner - start);
        let whole = length / PANEL * PANEL;
        let piece =
            |values, row| &rows_of::<S, L>(values, row * inner + start, whole)[..whole / PANEL];
        let left: [&[[S::f32s; L]]; R] = from_fn(|r| piece(self.left, row + r));
        let right: [&[[S::f32s; L]]; C] = from_fn(|c| piece(self.right, column + c));
        let place = |r: usize, c: usize| ((row + r) * columns + column + c) * PANEL;
        let mut sums: [[[S::f32s; L]; C]; R] =
            from_fn(|r| from_fn(|c| rows_of::<S, L>(self.sums, place(r, c), PANEL)[0]));
        for k in 0..whole / PANEL {
            for r in 0..R {
                for c in 0..C {
                    for l in 0..L {
                        sums[r][c][l] =
                            simd.mul_add_e_f32s(left[r][k][l], right[c][k][l], sums[r][c][l]);
                    }
                }
            }
        }
        if whole < length {
            let rest = |values: &[f32], row: usize| {
                let mut rest = [0.0; PANEL];
                rest[..length - whole]
                    .copy_from_slice(&values[row * inner + start + whole..][..length - whole]);
                rest
            };
            let left: [_; R] = from_fn(|r| rest(self.left, row + r));
            let right: [_; C] = from_fn(|c| rest(self.right, column + c));
            for r in 0..R {
                let a = rows_of::<S, L>(&left[r], 0, PANEL)[0];
                for c in 0..C {
                    let b = rows_of::<S, L>(&right[c], 0, PANEL)[0];
                    for l in 0..L {
                        sums[r][c][l] = simd.mul_add_e_f32s(a[l], b[l], sums[r][c][l]);
                    }
                }
            }
        }
        for r in 0..R {
            for c in 0..C {
                let into = S::as_mut_simd_f32s(&mut self.sums[place(r, c)..][..PANEL]).0;
                into.copy_from_slice(&sums[r][c]);
            }
        }
    }
}

/// Returns `length` numbers as groups of 16.
#[inline(always)]
fn rows_of<S: Simd, const L: usize>(
    values: &[f32],
    start: usize,
    length: usize,
) -> &[[S::f32s; L]] {
    S::as_simd_f32s(&values[start..][..length])
        .0
        .as_chunks::<L>()
        .0
}

/// Returns the sum of 16 numbers, added in pairs.
#[inline(always)]
pub(super) fn tree(lanes: [f32; PANEL]) -> f32 {
    let eight: [f32; 8] = from_fn(|i| lanes[i] + lanes[i + 8]);
    let four: [f32; 4] = from_fn(|i| eight[i] + eight[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}
