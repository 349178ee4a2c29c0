//! Accuracy of a classifier on the validation and the test split.

use burn::tensor::Device;

use crate::data::Splits;
use crate::model::{Classifier, Score, score_while};

/// Scores of one checkpoint.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Accuracy {
    /// On the validation split, which selects checkpoints.
    pub validation: Score,
    /// On the test split, which selects nothing.
    pub test: Score,
}

/// Returns the scores of `network`, which is in validation mode; `None` if `go_on`, called before each
/// batch, returns false.
pub fn measure(
    network: &dyn Classifier,
    data: &Splits,
    device: &Device,
    go_on: impl Fn() -> bool,
) -> Option<Accuracy> {
    let score = |set| score_while(network, (set, &data.normalisation), device, &go_on);
    Some(Accuracy {
        validation: score(&data.validation)?,
        test: score(&data.test)?,
    })
}
