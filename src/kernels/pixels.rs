//! Passes over pixels with their channels last: the parts in which cores take them, and vectors of
//! channels.
//!
//! A vector holds channels of one pixel, and a sum over pixels runs in an order of its own, so no
//! result depends on the number of cores or on the width of a vector.

use pulp::Simd;

/// Numbers of a part: a quarter of a megabyte, which stays in the second-level cache.
const PART: usize = 1 << 16;
/// Least number of pixels in a part.
const LEAST: usize = 64;
/// Pixels whose sum is added to the sum of a part at once: it shortens the chain of roundings.
pub(super) const BLOCK: usize = 8;

/// Returns the pixels of a part. They depend on the channels alone.
pub(super) fn per_part(channels: usize) -> usize {
    (PART / channels).max(LEAST)
}

/// Returns a vector of channels of a pixel, from channel `at`; beyond the last it is 0.
#[inline(always)]
pub(super) fn load<S: Simd>(simd: S, pixel: &[f32], at: usize) -> S::f32s {
    let rest = &pixel[at..];
    match S::as_simd_f32s(rest).0.first() {
        Some(whole) => *whole,
        None => simd.partial_load_f32s(rest),
    }
}

/// Writes a vector of channels of a pixel, from channel `at`; lanes beyond the last are dropped.
#[inline(always)]
pub(super) fn store<S: Simd>(simd: S, pixel: &mut [f32], at: usize, values: S::f32s) {
    let rest = &mut pixel[at..];
    if rest.len() < S::F32_LANES {
        simd.partial_store_f32s(rest, values);
    } else if let Some(whole) = S::as_mut_simd_f32s(rest).0.first_mut() {
        *whole = values;
    }
}

/// Returns the totals of the sums of parts, added in order in double precision, `[channels]` each.
pub(super) fn total<const N: usize>(parts: Vec<[Vec<f32>; N]>, channels: usize) -> [Vec<f64>; N] {
    let mut totals = [0; N].map(|_| vec![0.0; channels]);
    for sums in parts {
        for (total, sums) in totals.iter_mut().zip(sums) {
            for (total, sum) in total.iter_mut().zip(sums) {
                *total += f64::from(sum);
            }
        }
    }
    totals
}

/// Adds the sums of parts to `into`, in order.
pub(super) fn add_parts(into: &mut [f32], parts: impl IntoIterator<Item = Vec<f32>>) {
    for part in parts {
        for (sum, value) in into.iter_mut().zip(part) {
            *sum += value;
        }
    }
}
