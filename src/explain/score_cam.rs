//! Score-CAM: each channel weighted by the score of the image masked by it.

use burn::tensor::{Int, Tensor, TensorData};

use super::method::{Formula, Map, weighted_sum};
use super::questions::Question;
use super::saliency::{normalise, resize};
use super::{ExplainError, LayerEvidence, Questions};

/// Score-weighted class activation mapping.
pub static FORMULA: Formula = Formula {
    name: "score-cam",
    title: "Score-CAM",
    map: Map::Questions(signed_map),
};

fn signed_map(
    evidence: &LayerEvidence,
    questions: &Questions<'_>,
) -> Result<Tensor<3>, ExplainError> {
    let weights = channel_weights(evidence, questions)?;
    Ok(weighted_sum(evidence.activation.clone(), weights))
}

/// Returns the weight of each channel: the softmax, over an image's channels, of the score of the
/// image times the channel as a mask.
///
/// A mask is the channel at the image's size, 0 to 1 by min-max. It multiplies the network's input,
/// the standardised image, so a masked pixel takes the mean colour. A constant channel has no mask:
/// its weight is 0, and it takes no part in the softmax and needs no forward pass. If all channels
/// are constant, the map is zero.
///
/// # Shapes
///
/// - `evidence.activation`: `[batch, channels, height, width]`
/// - returned: `[batch, channels]`, 0 to 1, summing to 1 or 0 over the channels
///
/// # Errors
///
/// If a score is not finite.
///
/// # Source
///
/// Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks",
/// CVPR 2020 workshops: the softmax of the increase `S(X * H_k) - S(X_b)` over a baseline image.
/// The baseline's score is one number per image and cancels in the softmax, so it is not computed.
/// S is the explained quantity, by default the logit. The authors' code also omits constant
/// channels.
pub fn channel_weights(
    evidence: &LayerEvidence,
    questions: &Questions<'_>,
) -> Result<Tensor<2>, ExplainError> {
    let [batch, channels, height, width] = evidence.activation.dims();
    let device = evidence.activation.device();
    let cells = [batch * channels, height, width];
    let maps: Tensor<3> = evidence.activation.clone().reshape(cells);
    let (_normalised, constant) = normalise(maps.clone());
    let asked: Vec<Question> = (0..batch * channels)
        .filter(|place| !constant[*place])
        .map(|place| Question {
            image: place / channels,
            channel: place % channels,
        })
        .collect();
    let scores = questions.on_inputs(&asked, |asked, images| {
        let [rows, _channels, image_height, image_width] = images.dims();
        let place = |question: &Question| (question.image * channels + question.channel) as i64;
        let places: Vec<i64> = asked.iter().map(place).collect();
        let places = TensorData::new(places, [rows]);
        let places: Tensor<1, Int> = Tensor::from_data(places, &device);
        let native = maps.clone().select(0, places);
        let (masks, _empty) = normalise(resize(native, [image_height, image_width]));
        images * masks.unsqueeze_dim(1)
    })?;
    let weights = softmax_by_image(&asked, &scores, [batch, channels]);
    Ok(Tensor::from_data(
        TensorData::new(weights, [batch, channels]),
        &device,
    ))
}

/// Returns the softmax of the scores of each image's questions, and 0 for channels without a
/// question; `[batch, channels]`, row by row.
fn softmax_by_image(asked: &[Question], scores: &[f32], [batch, channels]: [usize; 2]) -> Vec<f32> {
    let mut weights = vec![0.0_f32; batch * channels];
    for image in 0..batch {
        let of_image = || {
            let both = asked.iter().zip(scores);
            both.filter(|(question, _)| question.image == image)
        };
        let largest = of_image().fold(f32::NEG_INFINITY, |largest, (_, score)| largest.max(*score));
        let power = |score: f32| f64::from(score - largest).exp();
        let sum: f64 = of_image().map(|(_, score)| power(*score)).sum();
        for (question, score) in of_image() {
            weights[image * channels + question.channel] = (power(*score) / sum) as f32;
        }
    }
    weights
}
