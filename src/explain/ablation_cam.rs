//! Ablation-CAM: each channel weighted by the drop of the score without it.

use burn::tensor::{Tensor, TensorData};

use super::method::{Formula, Map, weighted_sum};
use super::questions::Question;
use super::{ExplainError, LayerEvidence, Questions};

/// Smallest score, relative to the largest drop, that the drops are divided by. A smaller score is
/// only the rounding error of its terms.
const VANISHING_SCORE: f32 = f32::EPSILON;

/// Ablation-CAM.
pub static FORMULA: Formula = Formula {
    name: "ablation-cam",
    title: "Ablation-CAM",
    map: Map::Questions(signed_map),
};

fn signed_map(
    evidence: &LayerEvidence,
    questions: &Questions<'_>,
) -> Result<Tensor<3>, ExplainError> {
    let weights = channel_weights(evidence, questions)?;
    Ok(weighted_sum(evidence.activation.clone(), weights))
}

/// Returns the weight of each channel: `(S - S_k) / |S|`, with S the score and `S_k` the score
/// where the channel's activation is 0 everywhere.
///
/// A channel that is already 0 has weight 0 and needs no forward pass. If `|S|` is below 1.2e-7 of
/// an image's largest drop, the drops themselves are the weights: the divisor is one number per
/// image, so it does not change a normalised map.
///
/// # Shapes
///
/// - `evidence.activation`: `[batch, channels, height, width]`
/// - returned: `[batch, channels]`
///
/// # Errors
///
/// If a score is not finite, or if resuming from the layer gives other scores than the whole
/// network.
///
/// # Source
///
/// Desai and Ramaswamy, "Ablation-CAM: Visual Explanations for Deep Convolutional Network via
/// Gradient-free Localization", WACV 2020: `w_k = (y - y_k) / y`. We divide by `|S|`: for a
/// negative score, which the paper does not treat, its quotient would count a channel that supports
/// the score as evidence against the class. For a positive score the two are equal.
pub fn channel_weights(
    evidence: &LayerEvidence,
    questions: &Questions<'_>,
) -> Result<Tensor<2>, ExplainError> {
    let [batch, channels, height, width] = evidence.activation.dims();
    let device = evidence.activation.device();
    let pixels = [batch * channels, height * width];
    let largest = evidence.activation.clone().abs().reshape(pixels).max_dim(1);
    let largest: Vec<f32> = largest.into_data().iter::<f32>().collect();
    let asked: Vec<Question> = (0..batch * channels)
        .filter(|place| largest[*place] > 0.0)
        .map(|place| Question {
            image: place / channels,
            channel: place % channels,
        })
        .collect();
    let without = questions.on_activations(evidence, &asked, |asked, activation| {
        let mut keep = vec![1.0_f32; asked.len() * channels];
        for (row, question) in asked.iter().enumerate() {
            keep[row * channels + question.channel] = 0.0;
        }
        let keep = TensorData::new(keep, [asked.len(), channels, 1, 1]);
        activation * Tensor::<4>::from_data(keep, &device)
    })?;
    let mut weights = vec![0.0_f32; batch * channels];
    for (question, without) in asked.iter().zip(without) {
        let drop = questions.scores()[question.image] - without;
        weights[question.image * channels + question.channel] = drop;
    }
    for (drops, score) in weights.chunks_exact_mut(channels).zip(questions.scores()) {
        divide(drops, score.abs());
    }
    Ok(Tensor::from_data(
        TensorData::new(weights, [batch, channels]),
        &device,
    ))
}

/// Divides an image's drops by its score, unless the score vanishes compared to them.
fn divide(drops: &mut [f32], score: f32) {
    let largest = drops
        .iter()
        .fold(0.0_f32, |largest, drop| largest.max(drop.abs()));
    if score > VANISHING_SCORE * largest {
        drops.iter_mut().for_each(|drop| *drop /= score);
    }
}
