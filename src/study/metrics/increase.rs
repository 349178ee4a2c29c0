//! % Increase: how often the network is more confident on the explanation map than on the image.

use super::{Metric, PERCENT};

/// `100 / N * count(O > Y)`, strict, higher is better.
///
/// # Source
/// Chattopadhyay et al., "Grad-CAM++", WACV 2018, section 4.1.
pub(super) const METRIC: Metric = Metric {
    name: "increase",
    column: "increase",
    title: "% Increase",
    better: "higher is better",
    decimals: 1,
    scale: PERCENT,
    is_flag: true,
    needs_curves: false,
    value: |scored| f64::from(u8::from(scored.confidence.is_increase())),
};
