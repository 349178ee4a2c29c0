//! The table of how much networks agree: `consistency.csv`. Written by `cli`, read by people.

use serde::{Deserialize, Serialize};

use super::TableRow;

/// How much the maps of one method by two or more networks agree, by one measure; a row of
/// `consistency.csv`. Intervals are of 95 %, by bootstrap over pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsistencyRow {
    /// Name of the pictures' folder.
    pub dataset: String,
    /// The networks, with spaces between; of more than two, the mean over their pairs.
    pub networks: String,
    /// Which class was explained: "true", "predicted" or a class's name.
    pub target: String,
    /// Method or baseline name.
    pub method: String,
    /// Its name as papers write it.
    pub title: String,
    /// Whether it knows nothing of the networks.
    pub baseline: bool,
    /// "rank-correlation", -1 to 1, or "iou", 0 to 1.
    pub measure: String,
    /// Pictures counted: those with a pair of maps that both show something.
    pub pictures: usize,
    /// Pairs of maps left out because one of the two is constant.
    pub left_out: usize,
    /// Mean over maps of the same picture.
    pub mean: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Mean over maps of different pictures: what agreement there is without any of the picture.
    pub other: f64,
    /// Lower end of its interval.
    pub other_low: f64,
    /// Upper end.
    pub other_high: f64,
    /// Mean difference of the two, picture by picture.
    pub difference: f64,
    /// Lower end of its interval.
    pub difference_low: f64,
    /// Upper end.
    pub difference_high: f64,
}

impl TableRow for ConsistencyRow {
    const FILE: &'static str = "consistency.csv";
}
