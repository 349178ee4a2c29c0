//! Matrix products on one core, with the right matrix in panels of 16 columns. The caller
//! distributes the work between cores.

use std::array::from_fn;

use pulp::{Simd, WithSimd};

/// Columns of a panel: two AVX2 vectors, one AVX-512 vector, one cache line.
pub(super) const PANEL: usize = 16;
/// Number of rows multiplied at once: with two vectors of columns they need 12 registers of sums.
const ROWS: usize = 6;

/// The left matrix, `[rows, inner]`, and its memory layout.
#[derive(Debug, Clone, Copy)]
pub(super) enum Left<'a> {
    /// Row after row, with starts `stride` numbers apart.
    Rows { values: &'a [f32], stride: usize },
    /// Column after column, with starts `stride` numbers apart.
    Columns { values: &'a [f32], stride: usize },
}

/// The right matrix, `[inner, 16 * panels]`: panel after panel, each `[inner, 16]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Right<'a> {
    pub(super) values: &'a [f32],
    /// Numbers from one panel to the next.
    pub(super) stride: usize,
}

/// Target of the product, `[rows, 16 * panels]`, with row starts `stride` numbers apart.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) stride: usize,
    /// Whether the product is added to the existing values.
    pub(super) add: bool,
}

impl Target<'_> {
    /// Returns the part from a panel onwards.
    #[inline(always)]
    fn from(&mut self, panel: usize) -> Target<'_> {
        Target {
            values: &mut self.values[panel * PANEL..],
            ..*self
        }
    }
}

/// The size of a product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) rows: usize,
    pub(super) inner: usize,
    pub(super) panels: usize,
}

/// Writes or adds the product of `left` and `right`. Each number's sum runs along `inner` in order.
///
/// It is a separate function per kind of processor, so that it is compiled once and not once per
/// caller.
#[inline(always)]
pub(super) fn multiply<S: Simd>(simd: S, left: Left, right: Right, into: Target, size: Size) {
    simd.vectorize(Multiply {
        left,
        right,
        into,
        size,
    });
}

struct Multiply<'a> {
    left: Left<'a>,
    right: Right<'a>,
    into: Target<'a>,
    size: Size,
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self {
            left,
            right,
            into,
            size,
        } = self;
        // Two vectors of columns at once, for any vector width.
        match S::F32_LANES {
            16 => by_panels::<S, 2, 1>(simd, left, right, into, size),
            8 => by_panels::<S, 1, 2>(simd, left, right, into, size),
            4 => by_panels::<S, 1, 4>(simd, left, right, into, size),
            _ => by_panels::<S, 1, 16>(simd, left, right, into, size),
        }
    }
}

#[inline(always)]
fn by_panels<S: Simd, const P: usize, const L: usize>(
    simd: S,
    left: Left,
    right: Right,
    mut into: Target,
    size: Size,
) {
    let panel = |index: usize| {
        let values = &right.values[index * right.stride..][..size.inner * PANEL];
        S::as_simd_f32s(values).0.as_chunks::<L>().0
    };
    let whole = size.panels / P * P;
    for first in (0..whole).step_by(P) {
        let panels: [_; P] = from_fn(|p| panel(first + p));
        by_rows::<S, P, L>(simd, left, panels, into.from(first), size);
    }
    for last in whole..size.panels {
        by_rows::<S, 1, L>(simd, left, [panel(last)], into.from(last), size);
    }
}

#[inline(always)]
fn by_rows<S: Simd, const P: usize, const L: usize>(
    simd: S,
    left: Left,
    right: [&[[S::f32s; L]]; P],
    mut into: Target,
    size: Size,
) {
    for row in (0..size.rows).step_by(ROWS) {
        match size.rows - row {
            1 => block::<S, 1, P, L>(simd, left, row, right, &mut into),
            2 => block::<S, 2, P, L>(simd, left, row, right, &mut into),
            3 => block::<S, 3, P, L>(simd, left, row, right, &mut into),
            4 => block::<S, 4, P, L>(simd, left, row, right, &mut into),
            5 => block::<S, 5, P, L>(simd, left, row, right, &mut into),
            _ => block::<S, ROWS, P, L>(simd, left, row, right, &mut into),
        }
    }
}

/// Computes the product of `M` rows from `row` with `P` panels, with all sums in registers.
#[inline(always)]
fn block<S: Simd, const M: usize, const P: usize, const L: usize>(
    simd: S,
    left: Left,
    row: usize,
    right: [&[[S::f32s; L]]; P],
    into: &mut Target,
) {
    let inner = right[0].len();
    let sums = match left {
        Left::Rows { values, stride } => {
            let rows: [&[f32]; M] = from_fn(|m| &values[(row + m) * stride..][..inner]);
            sums::<S, usize, M, P, L>(simd, right, 0..inner, |k, m| rows[m][*k])
        }
        Left::Columns { values, stride } => {
            let columns = values[row..].chunks(stride).take(inner);
            let columns = columns.map(|column| {
                column
                    .first_chunk::<M>()
                    .expect("a column has all of the rows")
            });
            sums::<S, &[f32; M], M, P, L>(simd, right, columns, |column, m| column[m])
        }
    };
    let add = into.add;
    for (m, sums) in sums.iter().enumerate() {
        let row = &mut into.values[(row + m) * into.stride..][..P * PANEL];
        let row = S::as_mut_simd_f32s(row).0.as_chunks_mut::<L>().0;
        for p in 0..P {
            for l in 0..L {
                row[p][l] = if add {
                    simd.add_f32s(row[p][l], sums[p][l])
                } else {
                    sums[p][l]
                };
            }
        }
    }
}

/// Returns the sums of a block: `steps` are the positions along `inner`, and `left` returns the
/// number of a row at such a position.
#[inline(always)]
fn sums<S: Simd, T, const M: usize, const P: usize, const L: usize>(
    simd: S,
    right: [&[[S::f32s; L]]; P],
    steps: impl Iterator<Item = T>,
    left: impl Fn(&T, usize) -> f32,
) -> [[[S::f32s; L]; P]; M] {
    let mut sums = [[[simd.splat_f32s(0.0); L]; P]; M];
    let others = right.map(|panel| &panel[..right[0].len()]);
    for (k, step) in steps.enumerate().take(right[0].len()) {
        for m in 0..M {
            let a = simd.splat_f32s(left(&step, m));
            for p in 0..P {
                for l in 0..L {
                    sums[m][p][l] = simd.mul_add_e_f32s(a, others[p][k][l], sums[m][p][l]);
                }
            }
        }
    }
    sums
}
