//! Products of matrices where vectors run along the columns of the right one, whose rows lie in
//! memory one after another and are read where they are.

use std::array::from_fn;
use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::level::arch;
use super::pieces::assemble;
use super::product::Left;

/// From this number of rows on, or below four times as many columns as a core computes at a time,
/// cores share the rows; otherwise they share the columns.
const MANY: usize = 256;
/// Number of rows that a core computes at a time if cores share the rows.
const ROWS: usize = 32;
/// Number of columns that a core computes at a time.
const COLUMNS: usize = 128;
/// Number of rows of the right matrix after which the sums are stored meanwhile.
const PIECE: usize = 256;
/// Number of rows whose sums are in registers at a time.
const TILE: usize = 4;

/// The size of a product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) inner: usize,
    pub(super) columns: usize,
}

/// Returns the product of `left` and `right`, `[rows, columns]`. Each number's sum runs along
/// `inner` in order.
///
/// # Shapes
/// - `left`: `[rows, inner]`
/// - `right`: `[inner, columns]`
pub(super) fn combine(left: Left, right: &[f32], size: Size) -> Vec<f32> {
    let columns = size.columns;
    let mut all = vec![0.0; size.rows * columns];
    if all.is_empty() {
        return all;
    }
    if size.rows >= MANY || columns < 4 * COLUMNS {
        let parts = all.par_chunks_mut(ROWS * columns).enumerate();
        parts.for_each(|(part, into)| {
            arch().dispatch(Combine {
                left,
                right,
                size,
                first: part * ROWS,
                columns: 0..columns,
                into,
            });
        });
        return all;
    }
    let starts: Vec<usize> = (0..columns).step_by(COLUMNS).collect();
    let parts: Vec<Vec<f32>> = starts
        .par_iter()
        .map(|start| {
            let columns = *start..columns.min(start + COLUMNS);
            let mut into = vec![0.0; size.rows * columns.len()];
            arch().dispatch(Combine {
                left,
                right,
                size,
                first: 0,
                columns,
                into: &mut into,
            });
            into
        })
        .collect();
    assemble(&mut all, columns, &parts);
    all
}

/// The product for some rows and columns.
struct Combine<'a> {
    left: Left<'a>,
    right: &'a [f32],
    size: Size,
    /// The first of the rows.
    first: usize,
    columns: Range<usize>,
    /// `[rows, columns]`, zeros.
    into: &'a mut [f32],
}

impl WithSimd for Combine<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let rows = self.into.len() / self.columns.len();
        for start in (0..self.size.inner).step_by(PIECE) {
            let steps = start..self.size.inner.min(start + PIECE);
            for column in (0..self.columns.len()).step_by(COLUMNS) {
                for row in (0..rows / TILE * TILE).step_by(TILE) {
                    self.across::<S, TILE>(simd, [row, column], steps.clone());
                }
                for row in rows / TILE * TILE..rows {
                    self.across::<S, 1>(simd, [row, column], steps.clone());
                }
            }
        }
    }
}

impl Combine<'_> {
    /// Adds the products of some steps to the sums of `R` rows and up to 128 columns.
    #[inline(always)]
    fn across<S: Simd, const R: usize>(
        &mut self,
        simd: S,
        [row, mut column]: [usize; 2],
        steps: Range<usize>,
    ) {
        let columns = self.columns.len().min(column + COLUMNS);
        let lanes = S::F32_LANES;
        // 16 sums of AVX-512, 8 of AVX2.
        if lanes == 16 {
            while column + 4 * lanes <= columns {
                self.whole::<S, R, 4>(simd, [row, column], steps.clone());
                column += 4 * lanes;
            }
        }
        while column + 2 * lanes <= columns {
            self.whole::<S, R, 2>(simd, [row, column], steps.clone());
            column += 2 * lanes;
        }
        while column < columns {
            self.part::<S, R>(simd, [row, column], steps.clone());
            column += lanes;
        }
    }

    /// Adds to the sums of `R` rows and `V` vectors of columns.
    #[inline(always)]
    fn whole<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        [row, column]: [usize; 2],
        steps: Range<usize>,
    ) {
        let columns = self.columns.len();
        let place = |r: usize| (row + r) * columns + column;
        let mut sums: [[S::f32s; V]; R] =
            from_fn(|r| vectors::<S, V>(&self.into[place(r)..][..V * S::F32_LANES]));
        let mut lefts = [[0.0; R]; PIECE];
        take(self.left, self.first + row, steps.clone(), &mut lefts);
        for (k, lefts) in steps.zip(&lefts) {
            let right = &self.right[k * self.size.columns + self.columns.start + column..];
            let right = vectors::<S, V>(&right[..V * S::F32_LANES]);
            for r in 0..R {
                let left = simd.splat_f32s(lefts[r]);
                for v in 0..V {
                    sums[r][v] = simd.mul_add_e_f32s(left, right[v], sums[r][v]);
                }
            }
        }
        for r in 0..R {
            let into = &mut self.into[place(r)..][..V * S::F32_LANES];
            S::as_mut_simd_f32s(into).0.copy_from_slice(&sums[r]);
        }
    }

    /// Adds to the sums of `R` rows and of the columns of one vector, or of those that are left.
    #[inline(always)]
    fn part<S: Simd, const R: usize>(
        &mut self,
        simd: S,
        [row, column]: [usize; 2],
        steps: Range<usize>,
    ) {
        let columns = self.columns.len();
        let width = S::F32_LANES.min(columns - column);
        let place = |r: usize| (row + r) * columns + column;
        let mut sums: [S::f32s; R] =
            from_fn(|r| simd.partial_load_f32s(&self.into[place(r)..][..width]));
        for k in steps {
            let right = &self.right[k * self.size.columns + self.columns.start + column..];
            let right = simd.partial_load_f32s(&right[..width]);
            for r in 0..R {
                let left = simd.splat_f32s(at(self.left, self.first + row + r, k));
                sums[r] = simd.mul_add_e_f32s(left, right, sums[r]);
            }
        }
        for r in 0..R {
            simd.partial_store_f32s(&mut self.into[place(r)..][..width], sums[r]);
        }
    }
}

#[inline(always)]
fn vectors<S: Simd, const V: usize>(values: &[f32]) -> [S::f32s; V] {
    *S::as_simd_f32s(values)
        .0
        .first_chunk()
        .expect("as many vectors")
}

/// Copies some steps of `R` rows of the left matrix, from `row`, next to each other.
#[inline(always)]
fn take<const R: usize>(left: Left, row: usize, steps: Range<usize>, into: &mut [[f32; R]]) {
    for (into, step) in into.iter_mut().zip(steps) {
        for r in 0..R {
            into[r] = at(left, row + r, step);
        }
    }
}

/// Returns one number of the left matrix.
#[inline(always)]
fn at(left: Left, row: usize, step: usize) -> f32 {
    match left {
        Left::Rows { values, stride } => values[row * stride + step],
        Left::Columns { values, stride } => values[step * stride + row],
    }
}
