//! The number of images that pass through a network at once.

use std::ops::Range;

use burn::tensor::Tensor;

/// Number of image pixels that pass through the network at once.
///
/// 128 images of 32 x 32, or 2 of 224 x 224. A pass keeps every activation between the first tapped
/// layer and the logits: about 34 MB for each layer of 64 channels at image size.
const PIXELS_PER_CHUNK: usize = 128 * 32 * 32;

/// Returns the number of images of this size that pass through a network at once, at least 1.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`
pub(super) fn chunk_size(images: &Tensor<4>) -> usize {
    let [_batch, _channels, height, width] = images.dims();
    (PIXELS_PER_CHUNK / (height * width).max(1)).max(1)
}

/// Returns the ranges of `batch` images, `chunk` images at a time.
pub(super) fn chunks(batch: usize, chunk: usize) -> impl Iterator<Item = Range<usize>> {
    let starts = (0..batch).step_by(chunk);
    starts.map(move |start| start..(start + chunk).min(batch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn chunks_cover_a_batch_once_and_hold_at_least_one_image() {
        let parts: Vec<_> = chunks(7, 3).collect();
        assert_eq!(parts, [0..3, 3..6, 6..7]);
        assert_eq!(chunks(0, 3).count(), 0);
        let images = |side| Tensor::<4>::zeros([1, 1, side, side], &Device::flex());
        assert_eq!(chunk_size(&images(32)), 128);
        assert_eq!(chunk_size(&images(512)), 1);
    }
}
