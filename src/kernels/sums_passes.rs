//! Sums of rows of numbers, each in a fixed order.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::dots::tree;
use super::level::arch;
use super::product::PANEL;

/// Number of summands in a part. Parts are added in double precision.
const PART: usize = 32 * 1024;
/// Number of summands that a core adds at a time.
const TASK: usize = 8 * PART;

/// Returns the sums of rows of `length` numbers.
pub(super) fn row_sums(values: &[f32], length: usize) -> Vec<f32> {
    if length > PART {
        let rows = values.chunks(length);
        return rows.map(long_sum).collect();
    }
    let rows = TASK / length;
    let mut sums = vec![0.0; values.len() / length];
    (sums
        .par_chunks_mut(rows)
        .zip(values.par_chunks(rows * length)))
    .for_each(|(into, values)| {
        arch().dispatch(Sums {
            values,
            length,
            into,
        });
    });
    sums
}

/// Returns the sum of many numbers.
fn long_sum(values: &[f32]) -> f32 {
    let parts: Vec<f32> = values
        .par_chunks(TASK)
        .flat_map_iter(|values| {
            let mut sums = vec![0.0; values.len().div_ceil(PART)];
            arch().dispatch(Sums {
                values,
                length: PART,
                into: &mut sums,
            });
            sums
        })
        .collect();
    parts.iter().map(|part| f64::from(*part)).sum::<f64>() as f32
}

/// The sums of some rows; the last one may be shorter.
struct Sums<'a> {
    values: &'a [f32],
    length: usize,
    into: &'a mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        for (into, row) in self.into.iter_mut().zip(self.values.chunks(self.length)) {
            *into = row_sum(simd, row);
        }
    }
}

/// Returns the sum of a row: four times 16 partial sums, added in pairs.
#[inline(always)]
pub(super) fn row_sum<S: Simd>(_: S, row: &[f32]) -> f32 {
    const STEP: usize = 4 * PANEL;
    let mut sums = [0.0f32; STEP];
    let (steps, rest) = row.as_chunks::<STEP>();
    for step in steps {
        for (sum, value) in sums.iter_mut().zip(step) {
            *sum += value;
        }
    }
    for (sum, value) in sums.iter_mut().zip(rest) {
        *sum += value;
    }
    let mut lanes = [0.0; PANEL];
    for lane in 0..PANEL {
        let part = |part: usize| sums[part * PANEL + lane];
        lanes[lane] = (part(0) + part(1)) + (part(2) + part(3));
    }
    tree(lanes)
}
