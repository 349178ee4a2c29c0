//! Mean area: the share of the image that a map keeps.

use super::{Metric, PERCENT};

/// The mean of the normalised map, in percent. Average Drop rewards large maps, so this metric is
/// shown next to it; neither direction is better.
pub(super) const METRIC: Metric = Metric {
    name: "mean-area",
    column: "area",
    title: "Mean area %",
    better: "of the image; large maps drop less",
    decimals: 1,
    scale: PERCENT,
    is_flag: false,
    needs_curves: false,
    value: |scored| scored.area(),
};
