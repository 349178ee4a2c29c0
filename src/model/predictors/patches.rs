//! Frames as patches: squares of pixels folded into channels, and back.

use burn::tensor::Tensor;

/// Returns every frame of every clip as a picture of patches: channel `row * patch + column` holds
/// that pixel of each patch.
///
/// # Shapes
/// - `frames`: `[batch, time, 1, height, width]`
/// - returned: `[batch * time, patch * patch, height / patch, width / patch]`
pub(super) fn fold(frames: Tensor<5>, patch: usize) -> Tensor<4> {
    let [batch, time, _, height, width] = frames.dims();
    let (rows, columns) = (height / patch, width / patch);
    frames
        .reshape([batch * time, rows, patch, columns, patch])
        .permute([0, 2, 4, 1, 3])
        .reshape([batch * time, patch * patch, rows, columns])
}

/// Returns the frames of folded patches; `size` is `[batch, time, height, width]`.
///
/// # Shapes
/// - `patches`: `[batch * time, patch * patch, height / patch, width / patch]`
/// - returned: `[batch, time, 1, height, width]`
pub(super) fn unfold(patches: Tensor<4>, size: [usize; 4], patch: usize) -> Tensor<5> {
    let [batch, time, height, width] = size;
    let (rows, columns) = (height / patch, width / patch);
    patches
        .reshape([batch * time, patch, patch, rows, columns])
        .permute([0, 3, 1, 4, 2])
        .reshape([batch, time, 1, height, width])
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn a_patch_of_two_by_two_by_hand_and_back() {
        // [0 1 2 3; 4 5 6 7]: patches [0 1; 4 5] and [2 3; 6 7].
        let device = Device::flex();
        let frame = Tensor::<1>::from_floats([0., 1., 2., 3., 4., 5., 6., 7.], &device);
        let frame: Tensor<5> = frame.reshape([1, 1, 1, 2, 4]);
        let folded = fold(frame.clone(), 2);
        assert_eq!(folded.dims(), [1, 4, 1, 2]);
        let values: Vec<f32> = folded.clone().into_data().iter::<f32>().collect();
        assert_eq!(values, [0., 2., 1., 3., 4., 6., 5., 7.]);
        let back = unfold(folded, [1, 1, 2, 4], 2);
        assert_eq!(back.into_data(), frame.into_data());
    }
}
