//! From a method's signed map to a saliency map: rectify, resize, normalise.

use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Tensor, TensorData};

use super::Plane;

/// Largest spread of a map, relative to its largest magnitude, at which it counts as constant.
///
/// 16 float32 epsilons: a resized constant map varies by the rounding of four products and their
/// sum, and normalising it would turn this noise into values from 0 to 1.
pub const CONSTANT_SPREAD: f32 = 16.0 * f32::EPSILON;

/// The saliency map of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct Saliency {
    /// The rectified map at the layer's size, in the method's own units.
    pub raw: Plane,
    /// The map at the image's size, 0 to 1 after min-max, or all 0.
    pub normalised: Plane,
    /// Whether the map is constant.
    pub empty: bool,
}

impl Saliency {
    /// Returns the saliency map of each image.
    ///
    /// # Shapes
    ///
    /// - `raw`: `[batch, height, width]`, rectified and finite, at the layer's size
    /// - `size`: `[height, width]` of the images
    /// - returned: `[batch]`
    pub fn from_batch(raw: Tensor<3>, size: [usize; 2]) -> Vec<Self> {
        let (normalised, empty) = normalise(resize(raw.clone(), size));
        let planes = Plane::from_batch(raw)
            .into_iter()
            .zip(Plane::from_batch(normalised));
        planes
            .zip(empty)
            .map(|((raw, normalised), empty)| Self {
                raw,
                normalised,
                empty,
            })
            .collect()
    }
}

/// Returns the tensor with every negative value replaced by 0.
///
/// Unlike some backends' ReLU, it keeps NaN, so that a later check detects it.
///
/// # Shapes
///
/// - `map`: any
/// - returned: the same
pub fn rectify<const D: usize>(map: Tensor<D>) -> Tensor<D> {
    let negative = map.clone().lower_elem(0.0);
    map.mask_fill(negative, 0.0)
}

/// Returns the maps at another size, by half-pixel bilinear interpolation.
///
/// Output pixel `i` reads the input at `(i + 0.5) * input / output - 0.5`, clamped at the borders
/// (`align_corners = false`), along both axes, for upsampling and downsampling. Downsampling does
/// not widen the neighbourhood (no antialiasing).
///
/// # Shapes
///
/// - `maps`: `[batch, height, width]`
/// - `size`: `[height, width]` of the result
/// - returned: `[batch, height, width]`
///
/// # Source
///
/// PyTorch's `interpolate(mode="bilinear", align_corners=False)`. Burn's options default to
/// `align_corners = true`, which would stretch a map towards the borders.
pub fn resize(maps: Tensor<3>, size: [usize; 2]) -> Tensor<3> {
    let options = InterpolateOptions::new(InterpolateMode::Bilinear)
        .with_align_corners(false)
        .with_output_size(size);
    interpolate(maps.unsqueeze_dim(1), options).squeeze_dim(1)
}

/// Returns the maps from 0 to 1 by min-max, each normalised separately, and which of them are
/// empty.
///
/// A constant map (see [`CONSTANT_SPREAD`]), zero or not, has no contrast: it becomes all 0 and is
/// empty.
///
/// # Shapes
///
/// - `maps`: `[batch, height, width]`, finite
/// - returned: `[batch, height, width]` and `[batch]`
pub fn normalise(maps: Tensor<3>) -> (Tensor<3>, Vec<bool>) {
    let [batch, height, width] = maps.dims();
    let device = maps.device();
    let pixels = maps.clone().reshape([batch, height * width]);
    let read = |values: Tensor<2>| values.into_data().iter::<f32>().collect::<Vec<f32>>();
    let smallest = read(pixels.clone().min_dim(1));
    let spread: Vec<f32> = read(pixels.max_dim(1))
        .iter()
        .zip(&smallest)
        .map(|(largest, smallest)| {
            let magnitude = largest.abs().max(smallest.abs());
            let spread = largest - smallest;
            // Below the smallest normal number a device may flush the difference to 0.
            let constant = spread <= CONSTANT_SPREAD * magnitude || spread < f32::MIN_POSITIVE;
            if constant { 0.0 } else { spread }
        })
        .collect();

    let empty: Vec<bool> = spread.iter().map(|spread| *spread == 0.0).collect();
    let column =
        |values: Vec<f32>| Tensor::<3>::from_data(TensorData::new(values, [batch, 1, 1]), &device);
    let mask = column(spread.clone())
        .equal_elem(0.0)
        .expand([batch, height, width]);
    let divisor = spread
        .iter()
        .map(|spread| if *spread == 0.0 { 1.0 } else { *spread })
        .collect();
    let normalised = ((maps - column(smallest)) / column(divisor)).mask_fill(mask, 0.0);
    (normalised, empty)
}

/// Returns the explanation map of each image: `E = L * I`.
///
/// # Shapes
///
/// - `saliency`: `[batch, height, width]`, 0 to 1
/// - `images`: `[batch, channels, height, width]`, in pixel space 0 to 1, not standardised
/// - returned: `[batch, channels, height, width]`, 0 to 1
///
/// # Source
///
/// Chattopadhyay et al., "Grad-CAM++", WACV 2018, section 4.1: the elementwise product of the
/// upsampled map and the image, with L normalised for each image.
pub fn explanation_map(saliency: Tensor<3>, images: Tensor<4>) -> Tensor<4> {
    let [batch, _channels, height, width] = images.dims();
    assert_eq!(
        saliency.dims(),
        [batch, height, width],
        "a saliency map must be [batch, height, width] of the images"
    );
    images * saliency.unsqueeze_dim(1)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, tensor3, tensor4, wave3};
    use super::*;

    /// Float32 rounding of a weighted mean of four.
    const ROUNDING: f32 = 1e-6;

    #[test]
    fn rectifying_cuts_negatives_and_keeps_nan_visible() {
        let map = rectify(tensor3([1, 1, 4], &[-1.0, 0.0, 2.0, f32::NAN]));
        let values: Vec<f32> = map.into_data().iter::<f32>().collect();
        assert_eq!(values[..3], [0.0, 0.0, 2.0]);
        assert!(values[3].is_nan());
    }

    #[test]
    fn upsampling_reads_half_pixel_positions_and_holds_the_borders() {
        // Positions -0.25, 0.25, 0.75, 1.25 of [0, 4].
        let up = resize(tensor3([1, 1, 2], &[0., 4.]), [1, 4]);
        assert_close(&up, &tensor3([1, 1, 4], &[0., 1., 3., 4.]), ROUNDING);
        let down = resize(tensor3([1, 2, 1], &[0., 4.]), [4, 1]);
        assert_close(&down, &tensor3([1, 4, 1], &[0., 1., 3., 4.]), ROUNDING);
    }

    #[test]
    fn downsampling_reads_two_pixels_and_no_more() {
        // Six to two: positions 1 and 4. Six to four: positions 0.25, 1.75, 3.25, 4.75.
        let map = tensor3([1, 1, 6], &[0., 1., 4., 9., 16., 25.]);
        assert_close(
            &resize(map.clone(), [1, 2]),
            &tensor3([1, 1, 2], &[1., 16.]),
            ROUNDING,
        );
        let four = tensor3([1, 1, 4], &[0.25, 3.25, 10.75, 22.75]);
        assert_close(&resize(map, [1, 4]), &four, ROUNDING);
    }

    #[test]
    fn a_resize_to_the_same_size_changes_nothing() {
        let maps = wave3([2, 5, 7], 0.4);
        assert_close(&resize(maps.clone(), [5, 7]), &maps, 0.0);
    }

    #[test]
    fn each_map_is_stretched_from_0_to_1_by_itself() {
        let maps = tensor3([2, 1, 3], &[2., 4., 6., 0., 10., 40.]);
        let (normalised, empty) = normalise(maps);
        assert_close(
            &normalised,
            &tensor3([2, 1, 3], &[0., 0.5, 1., 0., 0.25, 1.]),
            0.0,
        );
        assert_eq!(empty, [false, false]);
    }

    #[test]
    fn a_zero_a_constant_and_a_one_pixel_map_stay_zero_and_are_empty() {
        let (normalised, empty) = normalise(tensor3([3, 1, 2], &[0., 0., 7., 7., 1., 2.]));
        assert_close(
            &normalised,
            &tensor3([3, 1, 2], &[0., 0., 0., 0., 0., 1.]),
            0.0,
        );
        assert_eq!(empty, [true, true, false]);

        let one_pixel = &Saliency::from_batch(tensor3([1, 1, 1], &[0.3]), [5, 7])[0];
        assert_eq!(one_pixel.raw.values(), [0.3]);
        assert_eq!(one_pixel.normalised, Plane::new([5, 7], vec![0.0; 35]));
        assert!(one_pixel.empty);
    }

    #[test]
    fn a_constant_map_is_not_stretched_by_the_rounding_of_its_resize() {
        for value in [0.1, 1.0 / 3.0, 0.7, 12345.678] {
            let constant = tensor3([1, 7, 7], &[value; 49]);
            assert!(Saliency::from_batch(constant, [32, 50])[0].empty, "{value}");
        }
    }

    #[test]
    fn a_faint_map_with_contrast_is_not_empty() {
        let (normalised, empty) = normalise(tensor3([1, 1, 2], &[1e-30, 3e-30]));
        assert_close(&normalised, &tensor3([1, 1, 2], &[0., 1.]), 0.0);
        assert_eq!(empty, [false]);
    }

    #[test]
    fn a_scale_and_an_offset_leave_the_normalised_map() {
        let maps = wave3([2, 6, 5], 0.8).abs();
        let (moved, _) = normalise(maps.clone() * 4.0 + 1.0);
        assert_close(&moved, &normalise(maps).0, 1e-5);
    }

    #[test]
    fn an_explanation_map_multiplies_every_channel() {
        let images = tensor4([1, 3, 1, 2], &[0.2, 0.4, 0.6, 0.8, 1.0, 0.5]);
        let masked = explanation_map(tensor3([1, 1, 2], &[0.5, 0.0]), images);
        assert_close(
            &masked,
            &tensor4([1, 3, 1, 2], &[0.1, 0.0, 0.3, 0.0, 0.5, 0.0]),
            ROUNDING,
        );
    }
}
