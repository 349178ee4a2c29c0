//! Average Drop: the share of the confidence that the explanation map loses.

use super::{Metric, PERCENT};

/// `100 / N * sum max(0, Y - O) / Y`, lower is better.
///
/// # Source
/// Chattopadhyay et al., "Grad-CAM++", WACV 2018, section 4.1.
pub(super) const METRIC: Metric = Metric {
    name: "average-drop",
    column: "drop",
    title: "Average Drop %",
    better: "lower is better",
    decimals: 1,
    scale: PERCENT,
    is_flag: false,
    needs_curves: false,
    value: |scored| scored.confidence.drop(),
};
