//! New tensors, computed piece by piece on all cores.

use rayon::prelude::*;

/// Numbers that are copied at once, if a piece has whole lines of them.
const LINE: usize = 128;
const SHORT_LINE: usize = 16;
/// Least number of rows that a core assembles.
const ROWS: usize = 16;

/// Returns `count` pieces of `length` numbers, one after the other; `compute` writes the piece of an
/// index into a slice whose content is undefined.
///
/// A piece is computed in a buffer that stays in the cache, then copied. The memory is not cleared
/// before, which would take as long as writing the results. `compute` must depend on the index alone:
/// where cores share a piece, each computes it.
pub(super) fn pieces(
    count: usize,
    length: usize,
    compute: impl Fn(usize, &mut [f32]) + Sync,
) -> Vec<f32> {
    if length.is_multiple_of(LINE) {
        by_lines::<LINE>(count, length, compute)
    } else if length.is_multiple_of(SHORT_LINE) {
        by_lines::<SHORT_LINE>(count, length, compute)
    } else {
        by_lines::<1>(count, length, compute)
    }
}

fn by_lines<const N: usize>(
    count: usize,
    length: usize,
    compute: impl Fn(usize, &mut [f32]) + Sync,
) -> Vec<f32> {
    let lines = length / N;
    // Where the buffer's piece starts; at first there is none.
    let buffer = || (usize::MAX / 2, vec![[0.0; N]; lines]);
    (0..count * lines)
        .into_par_iter()
        .with_min_len(lines)
        .map_init(buffer, |(start, values), at| {
            let mut offset = at.wrapping_sub(*start);
            if offset >= lines {
                let index = at / lines;
                *start = index * lines;
                offset = at - *start;
                compute(index, values.as_flattened_mut());
            }
            values[offset]
        })
        .collect::<Vec<[f32; N]>>()
        .into_flattened()
}

/// Writes `parts`, matrices of as many rows next to each other, to the `columns` of `into`.
pub(super) fn assemble(into: &mut [f32], columns: usize, parts: &[Vec<f32>]) {
    let rows = into.len() / columns;
    let all = into.par_chunks_mut(columns).with_min_len(ROWS).enumerate();
    all.for_each(|(row, into)| {
        let mut start = 0;
        for part in parts {
            let width = part.len() / rows;
            into[start..start + width].copy_from_slice(&part[row * width..][..width]);
            start += width;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_where_it_belongs() {
        for (count, length) in [
            (7, 3),
            (5, 32),
            (1, 16),
            (0, 16),
            (1000, 16),
            (9, 384),
            (3, 0),
        ] {
            let found = pieces(count, length, |index, into| {
                for (place, value) in into.iter_mut().enumerate() {
                    *value = (index * length + place) as f32;
                }
            });
            let expected: Vec<f32> = (0..count * length).map(|at| at as f32).collect();
            assert_eq!(found, expected, "{count} of {length}");
        }
    }
}
