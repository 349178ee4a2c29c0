//! Mean area: how much of the image a map leaves.

use super::{Metric, PERCENT};

/// The mean of the normalised map, in percent. Average Drop rewards large maps, so it stands next to
/// this; no way is better.
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
