//! Insertion: how fast the confidence rises when the pixels rated highest by a map are shown first.

use super::Metric;

/// Area under the insertion curve, 0 to 1, higher is better.
///
/// # Source
/// Petsiuk et al., "RISE: Randomized Input Sampling for Explanation", BMVC 2018.
pub(super) const METRIC: Metric = Metric {
    name: "insertion",
    column: "insertion",
    title: "Insertion",
    better: "higher is better",
    decimals: 3,
    scale: 1.0,
    is_flag: false,
    needs_curves: true,
    value: |scored| scored.curves.map_or(f64::NAN, |areas| areas.insertion),
};
