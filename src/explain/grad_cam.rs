//! Grad-CAM: each channel weighted by its mean gradient.

use burn::tensor::Tensor;

use super::method::{Formula, Map, weighted_sum};
use super::saliency::rectify;
use crate::kernels::mean_dim;

/// Gradient-weighted class activation mapping.
pub static FORMULA: Formula = Formula {
    name: "grad-cam",
    title: "Grad-CAM",
    map: Map::Gradient(signed_map),
};

fn signed_map(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    weighted_sum(activation, channel_weights(gradient))
}

/// Returns the Grad-CAM of each image, rectified.
///
/// # Shapes
///
/// - `activation`, `gradient`: `[batch, channels, height, width]`
/// - returned: `[batch, height, width]`, 0 or more
///
/// # Source
///
/// Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based
/// Localization", ICCV 2017, eq. 2: `L = ReLU(sum over k of alpha_k * A_k)`.
pub fn grad_cam(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    rectify(signed_map(activation, gradient))
}

/// Returns the weight of each channel: the mean of its gradient.
///
/// # Shapes
///
/// - `gradient`: `[batch, channels, height, width]`
/// - returned: `[batch, channels]`
///
/// # Source
///
/// Selvaraju et al., eq. 1, with `1/Z` over the pixels of the map. A sum instead of the mean
/// changes a map by a constant factor, which min-max normalisation removes.
pub fn channel_weights(gradient: Tensor<4>) -> Tensor<2> {
    let [batch, channels, height, width] = gradient.dims();
    let cells = gradient.reshape([batch, channels, height * width]);
    mean_dim(cells, 2).squeeze_dim(2)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, tensor3, tensor4, wave};
    use super::*;

    /// Rounding of float32 sums over tens of elements, in another order.
    const SUM_ORDER: f32 = 1e-5;

    #[test]
    fn two_channels_by_hand() {
        // Means 1 and -0.5: [1 2; 3 4] - 0.5 * [4 2; 2 0] = [-1 1; 2 4].
        let activation = tensor4([1, 2, 2, 2], &[1., 2., 3., 4., 4., 2., 2., 0.]);
        let gradient = tensor4([1, 2, 2, 2], &[4., 0., 0., 0., -2., 0., 0., 0.]);
        let expected = tensor3([1, 2, 2], &[0., 1., 2., 4.]);
        assert_close(&grad_cam(activation, gradient), &expected, 0.0);
    }

    #[test]
    fn negative_activations_under_negative_weights_count_as_evidence() {
        let activation = tensor4([1, 1, 1, 2], &[-1., 2.]);
        let gradient = tensor4([1, 1, 1, 2], &[-3., -1.]);
        assert_close(
            &grad_cam(activation, gradient),
            &tensor3([1, 1, 2], &[2., 0.]),
            0.0,
        );
    }

    #[test]
    fn a_dead_gradient_or_a_dead_channel_gives_a_zero_map() {
        let zeros = tensor4([1, 2, 3, 3], &[0.0; 18]);
        let zero_map = tensor3([1, 3, 3], &[0.0; 9]);
        assert_close(
            &grad_cam(wave([1, 2, 3, 3], 0.3), zeros.clone()),
            &zero_map,
            0.0,
        );
        assert_close(&grad_cam(zeros, wave([1, 2, 3, 3], 0.3)), &zero_map, 0.0);
    }

    #[test]
    fn scaling_the_activation_scales_the_map() {
        let (activation, gradient) = (wave([2, 5, 4, 6], 0.1).abs(), wave([2, 5, 4, 6], 0.9));
        let scaled = grad_cam(activation.clone() * 3.5, gradient.clone());
        assert_close(&scaled, &(grad_cam(activation, gradient) * 3.5), SUM_ORDER);
    }

    #[test]
    fn mirroring_activation_and_gradient_mirrors_the_map() {
        let (activation, gradient) = (wave([2, 5, 4, 6], 0.1), wave([2, 5, 4, 6], 0.9));
        let mirrored = grad_cam(activation.clone().flip([3]), gradient.clone().flip([3]));
        assert_close(
            &mirrored,
            &grad_cam(activation, gradient).flip([2]),
            SUM_ORDER,
        );
    }
}
