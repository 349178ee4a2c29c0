//! Clips as tensors.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use crate::data::clips::{CANVAS_SIDE, Clip, Clips};

/// Largest grey value.
const WHITE: f32 = 255.0;

/// Returns the clips with these numbers, on `device`.
///
/// # Shapes
/// - returned: `[batch, time, 1, height, width]`, 0 to 1
///
/// # Panics
/// If there are no numbers.
pub fn clip_tensor(clips: &Clips, numbers: &[u64], device: &Device) -> Tensor<5> {
    let drawn: Vec<Clip> = numbers.iter().map(|number| clips.clip(*number)).collect();
    frames_tensor(&drawn, device)
}

/// Returns the frames of clips of the same length, on `device`.
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
    let mut greys = Vec::with_capacity(clips.len() * clips[0].frames.len());
    for clip in clips {
        greys.extend_from_slice(&clip.frames);
    }
    let shape = [clips.len(), time, 1, CANVAS_SIDE, CANVAS_SIDE];
    // Bytes, a quarter of the size, are transferred; the device converts them to floats.
    let greys = Tensor::<5, Int>::from_data(TensorData::new(greys, shape), (device, DType::U8));
    greys.float() / WHITE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::clips::DRAWN_DIGITS;
    use crate::data::{ClipOptions, DataSearch, load_clips};

    /// On the CPU, the same bits as a division on the host.
    #[test]
    fn frames_are_greys_over_white() {
        let options = ClipOptions {
            dataset: DRAWN_DIGITS,
            train_clips: 2,
            validation_clips: 1,
            test_clips: 1,
            seed: 5,
        };
        let clips = load_clips(&options, &DataSearch::default()).expect("drawn");
        let tensor = clip_tensor(&clips.train, &[1, 0], &Device::flex());
        assert_eq!(tensor.dims(), [2, 20, 1, CANVAS_SIDE, CANVAS_SIDE]);
        let values: Vec<f32> = tensor.into_data().iter::<f32>().collect();
        let greys = [clips.train.clip(1).frames, clips.train.clip(0).frames].concat();
        let expected: Vec<f32> = (greys.iter())
            .map(|grey| f32::from(*grey) / WHITE)
            .collect();
        assert_eq!(values, expected);
        assert!(values.contains(&1.0));
    }
}
