//! Average gain: the share of the missing confidence that the explanation map adds.

use super::{Metric, PERCENT};

/// `100 / N * sum max(0, O - Y) / (1 - Y)`, higher is better.
///
/// # Source
/// Zhang et al., "Opti-CAM: Optimizing saliency maps for interpretability", 2023.
pub(super) const METRIC: Metric = Metric {
    name: "average-gain",
    column: "gain",
    title: "Average gain %",
    better: "higher is better",
    decimals: 1,
    scale: PERCENT,
    is_flag: false,
    needs_curves: false,
    value: |scored| scored.confidence.gain(),
};
