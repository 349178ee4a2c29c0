//! The increase of the prediction error when an earlier frame is removed or replaced.

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use super::LAGS;
use crate::data::clips::WATCHED_FRAMES;
use crate::explain::ExplainError;
use crate::explain::evidence::check_finite;
use crate::kernels::sum_dim;
use crate::model::Predictor;
use crate::model::tap::Tap;

/// Errors of one clip's predicted frame: squared error summed over its pixels, grey values 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct FrameErrors {
    /// With the frames unchanged.
    pub plain: f64,
    /// With the frame at each lag black.
    pub black: Vec<f64>,
    /// With the frame at each lag that of another clip at the same time.
    pub foreign: Vec<f64>,
}

/// Returns the errors of `network` on a group of clips. Replacement frames come from `strangers`.
///
/// # Shapes
/// - `clips`, `strangers`: `[batch, time, 1, height, width]`, 0 to 1, longer than
///   [`WATCHED_FRAMES`]
/// - returned: `[batch]`
///
/// # Errors
/// [`ExplainError::NonFiniteEvidence`] if a prediction is not finite.
pub(super) fn frame_errors(
    network: &dyn Predictor,
    clips: Tensor<5>,
    strangers: Tensor<5>,
) -> Result<Vec<FrameErrors>, ExplainError> {
    let watched = clips.clone().narrow(1, 0, WATCHED_FRAMES);
    let wanted = clips.narrow(1, WATCHED_FRAMES, 1);
    let error = |frames: Tensor<5>| {
        let logits = network.forward(frames, &mut Tap::off());
        let predicted = sigmoid(logits.narrow(1, WATCHED_FRAMES - 1, 1));
        check_finite(&predicted, "output", "the network")?;
        let [batch, ..] = predicted.dims();
        let squares = (predicted - wanted.clone())
            .square()
            .reshape([batch as i32, -1]);
        let sums: Tensor<2> = sum_dim(squares, 1);
        Ok(sums.into_data().iter::<f64>().collect::<Vec<f64>>())
    };
    let with_frame = |lag: usize, frame: Tensor<5>| {
        let place = WATCHED_FRAMES - 1 - lag;
        let before = (place > 0).then(|| watched.clone().narrow(1, 0, place));
        let after = (lag > 0).then(|| watched.clone().narrow(1, place + 1, lag));
        error(Tensor::cat(
            before.into_iter().chain([frame]).chain(after).collect(),
            1,
        ))
    };
    let plain = error(watched.clone())?;
    let mut errors: Vec<FrameErrors> = (plain.into_iter())
        .map(|plain| FrameErrors {
            plain,
            black: Vec::with_capacity(LAGS),
            foreign: Vec::with_capacity(LAGS),
        })
        .collect();
    for lag in 0..LAGS {
        let stranger = strangers.clone().narrow(1, WATCHED_FRAMES - 1 - lag, 1);
        let black = with_frame(lag, stranger.zeros_like())?;
        let foreign = with_frame(lag, stranger)?;
        for (clip, (black, foreign)) in errors.iter_mut().zip(black.into_iter().zip(foreign)) {
            clip.black.push(black);
            clip.foreign.push(foreign);
        }
    }
    Ok(errors)
}
