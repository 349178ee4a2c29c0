//! The images of a run: how they are standardised, their size and their classes.

use serde::{Deserialize, Serialize};

/// Mean and standard deviation of the pixels by channel, 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PixelStatistics {
    /// Means: red, green, blue.
    pub mean: Vec<f32>,
    /// Standard deviations.
    pub std: Vec<f32>,
}

/// Size and classes of the images, for pictures that are not of the data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// Height and width in pixels.
    pub side: usize,
    /// Names of the classes, by number.
    pub class_names: Vec<String>,
}
