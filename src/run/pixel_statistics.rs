//! The statistics with which the images of a run are standardised.

use serde::{Deserialize, Serialize};

/// Mean and standard deviation of the pixels by channel, 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PixelStatistics {
    /// Means: red, green, blue.
    pub mean: Vec<f32>,
    /// Standard deviations.
    pub std: Vec<f32>,
}
