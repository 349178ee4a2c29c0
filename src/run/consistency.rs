//! `consistency.csv`: the agreement between networks.

use serde::{Deserialize, Serialize};

use super::TableRow;

/// The agreement between the maps of one method by two or more networks, by one measure; a row of
/// `consistency.csv`. Intervals are 95 % bootstrap intervals over pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsistencyRow {
    /// Name of the pictures' folder.
    pub dataset: String,
    /// The networks, separated by spaces; with more than two, the mean over their pairs.
    pub networks: String,
    /// The explained class: "true", "predicted" or a class's name.
    pub target: String,
    /// Method or baseline name.
    pub method: String,
    /// Its name as in papers.
    pub title: String,
    /// Whether it is a baseline (ignores the networks).
    pub baseline: bool,
    /// "rank-correlation", -1 to 1, or "iou", 0 to 1.
    pub measure: String,
    /// Number of pictures counted: those with a pair of maps that are both not constant.
    pub pictures: usize,
    /// Number of pairs of maps omitted because one of the two is constant.
    pub left_out: usize,
    /// Mean over maps of the same picture.
    pub mean: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Mean over maps of different pictures: the agreement that does not depend on the picture.
    pub other: f64,
    /// Lower end of its interval.
    pub other_low: f64,
    /// Upper end.
    pub other_high: f64,
    /// Mean of the differences between the two, picture by picture.
    pub difference: f64,
    /// Lower end of its interval.
    pub difference_low: f64,
    /// Upper end.
    pub difference_high: f64,
}

impl TableRow for ConsistencyRow {
    const FILE: &'static str = "consistency.csv";
}
