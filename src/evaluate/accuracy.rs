//! Accuracy of a classifier on the validation and the test split.

use burn::tensor::Device;

use crate::data::Splits;
use crate::model::{Classifier, Score, score};

/// Scores of one checkpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// On the validation split, which selects checkpoints.
    pub validation: Score,
    /// On the test split, which selects nothing.
    pub test: Score,
}

/// Returns the scores of `network`, which is in validation mode.
pub fn measure(network: &dyn Classifier, data: &Splits, device: &Device) -> Accuracy {
    Accuracy {
        validation: score(network, &data.validation, &data.normalisation, device),
        test: score(network, &data.test, &data.normalisation, device),
    }
}
