//! Memory of each thread, for reuse.

use std::cell::RefCell;

use rayon::prelude::*;

thread_local! {
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Calls `work` with slices of the given lengths, whose content is undefined.
///
/// `work` must not request scratch memory itself, nor pass work to other threads.
pub(super) fn with_scratch<R, const N: usize>(
    lengths: [usize; N],
    work: impl FnOnce([&mut [f32]; N]) -> R,
) -> R {
    SCRATCH.with_borrow_mut(|scratch| {
        let all = lengths.iter().sum();
        if scratch.len() < all {
            scratch.resize(all, 0.0);
        }
        let mut rest = scratch.as_mut_slice();
        let slices = lengths.map(|length| {
            let (slice, after) = std::mem::take(&mut rest).split_at_mut(length);
            rest = after;
            slice
        });
        work(slices)
    })
}

/// Number of values from which several cores write zeros faster than one.
const LARGE: usize = 1 << 16;
/// Number of values that are written at once.
const LINE: usize = 16;

/// Returns `length` zeros.
pub(super) fn zeros(length: usize) -> Vec<f32> {
    if length < LARGE || !length.is_multiple_of(LINE) {
        return vec![0.0; length];
    }
    let lines = (0..length / LINE)
        .into_par_iter()
        .with_min_len(LARGE / LINE / 4);
    let lines: Vec<[f32; LINE]> = lines.map(|_| [0.0; LINE]).collect();
    lines.into_flattened()
}
