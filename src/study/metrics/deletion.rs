//! Deletion: how fast the confidence falls when the pixels rated highest by a map are removed
//! first.

use super::Metric;

/// Area under the deletion curve, 0 to 1, lower is better.
///
/// # Source
/// Petsiuk et al., "RISE: Randomized Input Sampling for Explanation", BMVC 2018.
pub(super) const METRIC: Metric = Metric {
    name: "deletion",
    column: "deletion",
    title: "Deletion",
    better: "lower is better",
    decimals: 3,
    scale: 1.0,
    is_flag: false,
    needs_curves: true,
    value: |scored| scored.curves.map_or(f64::NAN, |areas| areas.deletion),
};
