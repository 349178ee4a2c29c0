//! The metrics of a map: one file per metric, and the list. A new metric is one file and one line
//! in the list; tables, text and figures take the rest from its description.

use crate::explain::Saliency;
use crate::explain::metrics::{ConfidenceChange, CurveAreas, map_area};

mod average_drop;
mod average_gain;
mod deletion;
mod increase;
mod insertion;
mod mean_area;

/// Every metric, in the order of tables and figures, with the mean area next to the drop.
pub static METRICS: &[Metric] = &[
    average_drop::METRIC,
    mean_area::METRIC,
    increase::METRIC,
    average_gain::METRIC,
    insertion::METRIC,
    deletion::METRIC,
];

/// The known facts of one map.
#[derive(Debug, Clone, Copy)]
pub struct ScoredMap<'a> {
    /// The map.
    pub map: &'a Saliency,
    /// The confidence in its class on the image and on the explanation map.
    pub confidence: ConfidenceChange,
    /// Areas under the insertion and the deletion curve, if measured.
    pub curves: Option<CurveAreas>,
}

impl ScoredMap<'_> {
    /// Returns the mean of the normalised map, 0 to 1.
    fn area(&self) -> f64 {
        map_area(&self.map.normalised)
    }
}

/// A metric: its description and the value of one map.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The kebab-case name in `score-table.csv`.
    pub name: &'static str,
    /// The column in `scores.csv`.
    pub column: &'static str,
    /// The name in tables and figures, with its unit.
    pub title: &'static str,
    /// The better direction, in words.
    pub better: &'static str,
    /// Number of decimals, given its spread.
    pub decimals: usize,
    /// What a map's value is multiplied by in the table: 100 for percent.
    pub scale: f64,
    /// Whether its value is 1 or 0, written as "true" or "false" in `scores.csv`.
    pub is_flag: bool,
    /// Whether it needs the insertion and deletion curves, which are measured on request.
    pub needs_curves: bool,
    /// Returns the value of one map, as in `scores.csv`; NaN if it was not measured.
    pub value: fn(&ScoredMap<'_>) -> f64,
}

/// From a share to percent.
const PERCENT: f64 = 100.0;

/// Returns the metrics of a measurement, with or without insertion and deletion curves.
pub fn measured(curves: bool) -> Vec<&'static Metric> {
    let metrics = METRICS.iter();
    metrics
        .filter(|metric| curves || !metric.needs_curves)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::Plane;

    /// Returns a map with mean 0.4375 that lowers the confidence from 0.8 to 0.6.
    fn values(
        confidence: ConfidenceChange,
        curves: Option<CurveAreas>,
    ) -> Vec<(&'static str, f64)> {
        let plane = Plane::new([2, 2], vec![0.0, 1.0, 0.5, 0.25]);
        let map = Saliency {
            raw: plane.clone(),
            normalised: plane,
            empty: false,
        };
        let scored = ScoredMap {
            map: &map,
            confidence,
            curves,
        };
        let value = |metric: &Metric| (metric.name, metric.scale * (metric.value)(&scored));
        METRICS.iter().map(value).collect()
    }

    #[test]
    fn every_metric_by_hand() {
        let curves = CurveAreas {
            insertion: 0.75,
            deletion: 0.125,
        };
        let lost = ConfidenceChange {
            image: 0.8,
            explanation: 0.6,
        };
        let found = values(lost, Some(curves));
        let expected = [
            ("average-drop", 25.0),
            ("mean-area", 43.75),
            ("increase", 0.0),
            ("average-gain", 0.0),
            ("insertion", 0.75),
            ("deletion", 0.125),
        ];
        for ((name, value), (its_name, its_value)) in found.iter().zip(expected) {
            assert_eq!(*name, its_name);
            assert!((value - its_value).abs() < 1e-9, "{name}: {value}");
        }
        let gained = ConfidenceChange {
            image: 0.5,
            explanation: 0.75,
        };
        let found = values(gained, None);
        assert_eq!((found[2].1, found[3].1), (100.0, 50.0));
        assert!(found[4].1.is_nan() && found[5].1.is_nan());
    }

    #[test]
    fn names_and_columns_are_distinct() {
        for (place, metric) in METRICS.iter().enumerate() {
            let others = &METRICS[place + 1..];
            assert!(others.iter().all(|other| other.name != metric.name));
            assert!(others.iter().all(|other| other.column != metric.column));
        }
    }
}
