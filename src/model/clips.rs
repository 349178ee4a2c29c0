//! Clips as tensors. Called by `train`, the scores and the explanations of the next-frame predictor.

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::clips::{CANVAS_SIDE, Clip, Clips};

/// Largest grey value.
const WHITE: f32 = 255.0;

/// The clips with these numbers, on `device`.
///
/// # Shapes
/// - returned: `[batch, time, 1, height, width]`, 0 to 1
///
/// # Panics
/// If there is no number.
pub fn clip_tensor(clips: &Clips, numbers: &[u64], device: &Device) -> Tensor<5> {
    let drawn: Vec<Clip> = numbers.iter().map(|number| clips.clip(*number)).collect();
    frames_tensor(&drawn, device)
}

/// The frames of clips of one length, on `device`.
///
/// # Shapes
/// - returned: `[batch, time, 1, height, width]`, 0 to 1
///
/// # Panics
/// If there is no clip, or if their lengths differ.
pub fn frames_tensor(clips: &[Clip], device: &Device) -> Tensor<5> {
    let time = clips
        .first()
        .expect("a batch holds at least one clip")
        .len();
    let mut values = Vec::with_capacity(clips.len() * clips[0].frames.len());
    // Clip by clip: a slice's length is known, so that the loop over its values is vectorised.
    for clip in clips {
        values.extend(clip.frames.iter().map(|grey| f32::from(*grey) / WHITE));
    }
    let shape = [clips.len(), time, 1, CANVAS_SIDE, CANVAS_SIDE];
    Tensor::from_data(TensorData::new(values, shape), device)
}
