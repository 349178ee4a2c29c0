//! Accuracy of a classifier on the validation and the test split.

use burn::tensor::Device;

use crate::data::Splits;
use crate::model::{Classifier, Prediction, Score, predict_while, score_while};

/// Scores of one checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct Accuracy {
    /// On the validation split, which selects checkpoints.
    pub validation: Score,
    /// On the test split, which selects nothing.
    pub test: Score,
    /// The prediction for every test image.
    pub predictions: Vec<Prediction>,
}

/// Returns the scores of `network`, which is in validation mode; `None` if `go_on`, called before each
/// batch, returns false.
pub fn measure(
    network: &dyn Classifier,
    data: &Splits,
    device: &Device,
    go_on: impl Fn() -> bool,
) -> Option<Accuracy> {
    let [validation, test] = [&data.validation, &data.test].map(|set| (set, &data.normalisation));
    let validation = score_while(network, validation, device, &go_on)?;
    let (predictions, loss) = predict_while(network, test, device, &go_on)?;
    Some(Accuracy {
        validation,
        test: Score::of(&predictions, loss),
        predictions,
    })
}
