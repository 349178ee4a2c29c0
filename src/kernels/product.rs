//! Matrix products on one core, with the right matrix in panels of 16 columns. The caller
//! distributes the work between cores.

use std::array::from_fn;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::activation::Activation;

/// Columns of a panel: two AVX2 vectors, one AVX-512 vector, one cache line.
pub(super) const PANEL: usize = 16;
/// Number of rows multiplied at once with 16 vector registers: with two vectors of columns they need
/// 12 registers of sums.
const ROWS: usize = 6;
/// Number of rows multiplied at once with 32 vector registers.
const MORE_ROWS: usize = 12;
/// Length of the sums of one pass over large matrices: two panels of this length fit in the first
/// level cache.
const INNER: usize = 256;
/// Most numbers of a right matrix that stays in the second level cache: then each row is written in
/// one go.
const NEAR: usize = 128 * 1024;

/// The left matrix, `[rows, inner]`, and its memory layout.
#[derive(Debug, Clone, Copy)]
pub(super) enum Left<'a> {
    /// Row after row, with starts `stride` numbers apart.
    Rows { values: &'a [f32], stride: usize },
    /// Column after column, with starts `stride` numbers apart.
    Columns { values: &'a [f32], stride: usize },
}

impl Left<'_> {
    /// Returns its transpose.
    #[inline(always)]
    pub(super) fn transposed(self) -> Self {
        match self {
            Self::Rows { values, stride } => Self::Columns { values, stride },
            Self::Columns { values, stride } => Self::Rows { values, stride },
        }
    }

    /// Returns the part from position `first` along `inner` onwards.
    #[inline(always)]
    fn from(self, first: usize) -> Self {
        match self {
            Self::Rows { values, stride } => Self::Rows {
                values: &values[first..],
                stride,
            },
            Self::Columns { values, stride } => Self::Columns {
                values: &values[first * stride..],
                stride,
            },
        }
    }
}

/// The right matrix, `[inner, 16 * panels]`: panel after panel, each `[inner, 16]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Right<'a> {
    pub(super) values: &'a [f32],
    /// Numbers from one panel to the next.
    pub(super) stride: usize,
}

/// Target of the product, `[rows, columns]`, with row starts `stride` numbers apart.
#[derive(Debug)]
pub(super) struct Target<'a> {
    pub(super) values: &'a mut [f32],
    pub(super) stride: usize,
    /// Number of columns; those of the last panel beyond it are dropped.
    pub(super) columns: usize,
    /// Whether the product is added to the existing values.
    pub(super) add: bool,
    pub(super) end: Option<End<'a>>,
}

/// The operations on a finished sum.
#[derive(Debug, Clone, Copy)]
pub(super) struct End<'a> {
    /// `[columns]`
    pub(super) bias: Option<&'a [f32]>,
    pub(super) activation: Activation,
}

impl End<'_> {
    /// No operation.
    pub(super) const NOTHING: Self = Self {
        bias: None,
        activation: Activation::Identity,
    };
}

impl Target<'_> {
    /// Returns the part from a panel onwards.
    #[inline(always)]
    fn from(&mut self, panel: usize) -> Target<'_> {
        let first = panel * PANEL;
        Target {
            values: &mut self.values[first..],
            columns: self.columns - first,
            end: self.end.map(|end| End {
                bias: end.bias.map(|bias| &bias[first..]),
                ..end
            }),
            ..*self
        }
    }

    /// Returns the vectors of a row in panel `panel`, zeros beyond the last column.
    #[inline(always)]
    fn read<S: Simd, const L: usize>(&self, simd: S, row: usize, panel: usize) -> [S::f32s; L] {
        let columns = PANEL.min(self.columns - panel * PANEL);
        read(
            simd,
            &self.values[row * self.stride + panel * PANEL..][..columns],
        )
    }

    /// Writes the vectors of a row in panel `panel`, after the end of the target.
    #[inline(always)]
    fn write<S: Simd, const L: usize>(
        &mut self,
        simd: S,
        row: usize,
        panel: usize,
        mut sums: [S::f32s; L],
    ) {
        let first = panel * PANEL;
        let columns = PANEL.min(self.columns - first);
        if let Some(end) = self.end {
            if let Some(bias) = end.bias {
                let bias = read::<S, L>(simd, &bias[first..][..columns]);
                for l in 0..L {
                    sums[l] = simd.add_f32s(sums[l], bias[l]);
                }
            }
            // A closure with this much in it is not inlined, and slow.
            for sums in &mut sums {
                *sums = end.activation.value(simd, *sums);
            }
        }
        let row = &mut self.values[row * self.stride + first..][..columns];
        if columns == PANEL {
            let (row, _) = S::as_mut_simd_f32s(row).0.as_chunks_mut::<L>();
            row[0] = sums;
        } else {
            for (l, part) in row.chunks_mut(S::F32_LANES).enumerate() {
                simd.partial_store_f32s(part, sums[l]);
            }
        }
    }
}

/// Returns up to 16 numbers as vectors, zeros beyond.
#[inline(always)]
fn read<S: Simd, const L: usize>(simd: S, numbers: &[f32]) -> [S::f32s; L] {
    if numbers.len() == PANEL {
        S::as_simd_f32s(numbers).0.as_chunks::<L>().0[0]
    } else {
        let mut parts = numbers.chunks(S::F32_LANES);
        from_fn(|_| simd.partial_load_f32s(parts.next().unwrap_or_default()))
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
        let (add, end) = (into.add, into.end);
        let most = match is_near(size) {
            true => size.inner.max(1),
            false => INNER,
        };
        for first in (0..size.inner).step_by(most) {
            let inner = most.min(size.inner - first);
            let left = left.from(first);
            let right = Right {
                values: &right.values[first * PANEL..],
                ..right
            };
            let into = Target {
                values: &mut *into.values,
                add: add || first > 0,
                end: end.filter(|_| first + inner == size.inner),
                ..into
            };
            let size = Size { inner, ..size };
            // Two vectors of columns at once, for any vector width.
            match S::F32_LANES {
                16 => by_panels::<S, MORE_ROWS, 2, 1>(simd, left, right, into, size),
                8 => by_panels::<S, ROWS, 1, 2>(simd, left, right, into, size),
                4 => by_panels::<S, ROWS, 1, 4>(simd, left, right, into, size),
                _ => by_panels::<S, ROWS, 1, 16>(simd, left, right, into, size),
            }
        }
    }
}

#[inline(always)]
fn by_panels<S: Simd, const R: usize, const P: usize, const L: usize>(
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
    let [blocks, groups] = [size.rows.div_ceil(R), size.panels.div_ceil(P)];
    let near = is_near(size);
    // One loop for both orders: what is called at two places is not inlined, and slow.
    for index in 0..blocks * groups {
        let (block, group) = match near {
            true => (index / groups, index % groups),
            false => (index % blocks, index / blocks),
        };
        let rows = block * R..size.rows.min((block + 1) * R);
        let first = group * P;
        if first < whole {
            let panels: [_; P] = from_fn(|p| panel(first + p));
            some_rows::<S, R, P, L>(simd, left, panels, into.from(first), rows);
        } else {
            some_rows::<S, R, 1, L>(simd, left, [panel(first)], into.from(first), rows);
        }
    }
}

/// Returns whether the right matrix stays in the second level cache.
#[inline(always)]
fn is_near(size: Size) -> bool {
    size.inner * size.panels * PANEL <= NEAR
}

/// Computes the product of up to `R` rows with `P` panels.
#[inline(always)]
fn some_rows<S: Simd, const R: usize, const P: usize, const L: usize>(
    simd: S,
    left: Left,
    right: [&[[S::f32s; L]]; P],
    mut into: Target,
    rows: Range<usize>,
) {
    let mut row = rows.start;
    while row < rows.end {
        let into = &mut into;
        row += match rows.end - row {
            1 => block::<S, 1, P, L>(simd, left, row, right, into),
            2 => block::<S, 2, P, L>(simd, left, row, right, into),
            3 => block::<S, 3, P, L>(simd, left, row, right, into),
            4 => block::<S, 4, P, L>(simd, left, row, right, into),
            5 => block::<S, 5, P, L>(simd, left, row, right, into),
            rows if rows < R => block::<S, ROWS, P, L>(simd, left, row, right, into),
            _ => block::<S, R, P, L>(simd, left, row, right, into),
        };
    }
}

/// Computes the product of `M` rows from `row` with `P` panels, with all sums in registers, and
/// returns `M`.
#[inline(always)]
fn block<S: Simd, const M: usize, const P: usize, const L: usize>(
    simd: S,
    left: Left,
    row: usize,
    right: [&[[S::f32s; L]]; P],
    into: &mut Target,
) -> usize {
    let inner = right[0].len();
    let mut start = [[[simd.splat_f32s(0.0); L]; P]; M];
    if into.add {
        start = from_fn(|m| from_fn(|p| into.read(simd, row + m, p)));
    }
    let sums = match left {
        Left::Rows { values, stride } => {
            let rows: [&[f32]; M] = from_fn(|m| &values[(row + m) * stride..][..inner]);
            sums::<S, usize, M, P, L>(simd, start, right, 0..inner, |k, m| rows[m][*k])
        }
        Left::Columns { values, stride } => {
            let columns = values[row..].chunks(stride).take(inner);
            let columns = columns.map(|column| {
                column
                    .first_chunk::<M>()
                    .expect("a column has all of the rows")
            });
            sums::<S, &[f32; M], M, P, L>(simd, start, right, columns, |column, m| column[m])
        }
    };
    for m in 0..M {
        for p in 0..P {
            into.write(simd, row + m, p, sums[m][p]);
        }
    }
    M
}

/// Returns the sums of a block added to `sums`: `steps` are the positions along `inner`, and `left`
/// returns the number of a row at such a position.
#[inline(always)]
fn sums<S: Simd, T, const M: usize, const P: usize, const L: usize>(
    simd: S,
    mut sums: [[[S::f32s; L]; P]; M],
    right: [&[[S::f32s; L]]; P],
    steps: impl Iterator<Item = T>,
    left: impl Fn(&T, usize) -> f32,
) -> [[[S::f32s; L]; P]; M] {
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
