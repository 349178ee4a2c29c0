//! Grad-CAM++: each channel weighted by its positive gradients, pixel by pixel.

use burn::tensor::Tensor;

use super::method::{Formula, Map, weighted_sum};
use super::saliency::rectify;
use crate::kernels::sum_dim;

/// Grad-CAM++.
pub static FORMULA: Formula = Formula {
    name: "grad-cam-pp",
    title: "Grad-CAM++",
    map: Map::Gradient(signed_map),
};

fn signed_map(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    let weights = channel_weights(activation.clone(), gradient);
    weighted_sum(activation, weights)
}

/// Returns the Grad-CAM++ map of each image, rectified.
///
/// # Shapes
///
/// - `activation`, `gradient`: `[batch, channels, height, width]`
/// - returned: `[batch, height, width]`, 0 or more
///
/// # Source
///
/// Chattopadhyay et al., "Grad-CAM++: Improved Visual Explanations for Deep Convolutional
/// Networks", WACV 2018: the rectified sum of activations weighted by [`channel_weights`].
pub fn grad_cam_pp(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    rectify(signed_map(activation, gradient))
}

/// Returns the weight of each channel: `sum of alpha * ReLU(G)` over its pixels.
///
/// # Shapes
///
/// - `activation`, `gradient`: `[batch, channels, height, width]`
/// - returned: `[batch, channels]`
///
/// # Source
///
/// Chattopadhyay et al., eq. 5 for the weight, and for `alpha` the closed form for the score
/// `exp(S)` (eq. 19 of arXiv:1710.11063): `alpha = G^2 / (2 G^2 + sum(A) * G^3)`. We differ in
/// three ways:
/// - G is the gradient of the logit S. The factor `exp(S)` in eq. 5 is one number per image, which
///   min-max normalisation removes.
/// - The weight uses alpha only where `G > 0`. There `G^2` cancels, and
///   `alpha = 1 / (2 + sum(A) * G)` never divides two numbers that underflow.
/// - There is no epsilon. With `A >= 0` the denominator is 2 or more. With signed activations it
///   can be 0, and alpha is then 0.
pub fn channel_weights(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<2> {
    let [batch, channels, height, width] = gradient.dims();
    assert_eq!(
        activation.dims(),
        [batch, channels, height, width],
        "activation and gradient must have one shape"
    );
    /// The factor of `G^2` in the denominator of alpha.
    const SECOND_ORDER: f32 = 2.0;

    let pixels = [batch, channels, height * width];
    let gradient = rectify(gradient.reshape(pixels));
    let activation_sum = sum_dim(activation.reshape(pixels), 2);
    let denominator = activation_sum * gradient.clone() + SECOND_ORDER;
    let vanishes = denominator.clone().equal_elem(0.0);
    let divisor = denominator.mask_fill(vanishes.clone(), 1.0);
    // A division is rounded correctly everywhere; the backend's `recip` depends on the processor.
    let alpha = (divisor.ones_like() / divisor).mask_fill(vanishes, 0.0);
    sum_dim(alpha * gradient, 2).squeeze_dim(2)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, tensor3, tensor4, wave};
    use super::*;

    /// Rounding of float32 sums over tens of elements, in another order.
    const SUM_ORDER: f32 = 1e-5;
    /// The tolerance of a golden map.
    const GOLDEN: f32 = 1e-4;

    #[test]
    fn one_channel_by_hand() {
        // sum(A) = 10; G = 1 gives 1/12, G = 0.5 gives 0.5/7, and G <= 0 gives nothing.
        let activation = tensor4([1, 1, 2, 2], &[1., 2., 3., 4.]);
        let gradient = tensor4([1, 1, 2, 2], &[1., -1., 0., 0.5]);
        let weight = 1.0 / 12.0 + 0.5 / 7.0;
        let expected = tensor3([1, 2, 2], &[1., 2., 3., 4.]) * weight;
        assert_close(&grad_cam_pp(activation, gradient), &expected, 1e-6);
    }

    #[test]
    fn a_one_pixel_map_by_hand() {
        // sum(A) = A = 3 and G = 2: w = 2 / (2 + 6), map = 3 * w.
        let map = grad_cam_pp(tensor4([1, 1, 1, 1], &[3.]), tensor4([1, 1, 1, 1], &[2.]));
        assert_close(&map, &tensor3([1, 1, 1], &[0.75]), 1e-6);
    }

    #[test]
    fn a_dead_gradient_a_negative_one_and_a_dead_channel_give_a_zero_map() {
        let zeros = tensor4([1, 2, 3, 3], &[0.0; 18]);
        let zero_map = tensor3([1, 3, 3], &[0.0; 9]);
        let activation = wave([1, 2, 3, 3], 0.3).abs();
        assert_close(
            &grad_cam_pp(activation.clone(), zeros.clone()),
            &zero_map,
            0.0,
        );
        assert_close(
            &grad_cam_pp(activation.clone(), -activation),
            &zero_map,
            0.0,
        );
        assert_close(&grad_cam_pp(zeros, wave([1, 2, 3, 3], 0.3)), &zero_map, 0.0);
    }

    #[test]
    fn signed_activations_follow_the_formula_and_a_vanishing_denominator_gives_nothing() {
        // sum(A) = -2: G = 1 gives 2 + sum(A) G = 0 and weight 0; G = 0.5 gives 0.5 / 1.
        let activation = tensor4([1, 1, 1, 2], &[-3., 1.]);
        let weights = channel_weights(activation.clone(), tensor4([1, 1, 1, 2], &[1., 0.5]));
        assert_close(
            &weights,
            &Tensor::full([1, 1], 0.5, &activation.device()),
            0.0,
        );
        // G = 2 gives the denominator -2: alpha is negative, as in the formula.
        let weights = channel_weights(activation.clone(), tensor4([1, 1, 1, 2], &[2., 0.]));
        assert_close(
            &weights,
            &Tensor::full([1, 1], -1.0, &activation.device()),
            0.0,
        );
    }

    #[test]
    fn a_small_object_keeps_most_of_its_strength() {
        // Figure 1 of the paper: maps with 15, 4 and 2 of 80 pixels, where A = G = 1. Grad-CAM
        // weighs them n / 80, 7.5 to 1; Grad-CAM++ n / (n + 2), 1.76 to 1.
        for (active, expected) in [(15, 15.0 / 17.0), (4, 4.0 / 6.0), (2, 2.0 / 4.0)] {
            let values: Vec<f32> = (0..80).map(|pixel| f32::from(pixel < active)).collect();
            let map = tensor4([1, 1, 8, 10], &values);
            let weight = channel_weights(map.clone(), map.clone());
            assert_close(
                &weight,
                &Tensor::full([1, 1], expected, &map.device()),
                1e-6,
            );
        }
    }

    #[test]
    fn tiny_gradients_keep_their_ratio() {
        // G^2 underflows float32 here; the cancelled form does not. w = G / 2 to first order.
        let activation = tensor4([1, 1, 1, 2], &[1., 2.]);
        let map = grad_cam_pp(activation, tensor4([1, 1, 1, 2], &[1e-25, 3e-25]));
        assert_close(&(map * 1e25), &tensor3([1, 1, 2], &[2., 4.]), 1e-5);
    }

    #[test]
    fn the_cancelled_form_is_the_closed_form() {
        let (activation, gradient) = (wave([1, 3, 4, 5], 0.2).abs(), wave([1, 3, 4, 5], 0.7));
        let weights = channel_weights(activation.clone(), gradient.clone());
        let a: Vec<f64> = activation.to_data().iter::<f64>().collect();
        let g: Vec<f64> = gradient.to_data().iter::<f64>().collect();
        for (channel, weight) in weights.to_data().iter::<f64>().enumerate() {
            let pixels = channel * 20..(channel + 1) * 20;
            let sum: f64 = a[pixels.clone()].iter().sum();
            let expected: f64 = g[pixels]
                .iter()
                .map(|g| (g * g) / (2.0 * g * g + sum * g * g * g) * g.max(0.0))
                .sum();
            assert!(
                (weight - expected).abs() <= f64::from(GOLDEN) * expected,
                "{weight} {expected}"
            );
        }
    }

    #[test]
    fn a_scale_that_moves_from_activation_to_gradient_leaves_the_map() {
        // With cA the gradient is G/c: sum(A) G is unchanged, w shrinks by c, and w A is unchanged.
        let (activation, gradient) = (wave([2, 5, 4, 6], 0.1).abs(), wave([2, 5, 4, 6], 0.9));
        let moved = grad_cam_pp(activation.clone() * 3.5, gradient.clone() / 3.5);
        assert_close(&moved, &grad_cam_pp(activation, gradient), SUM_ORDER);
    }

    #[test]
    fn mirroring_activation_and_gradient_mirrors_the_map() {
        let (activation, gradient) = (wave([2, 5, 4, 6], 0.1).abs(), wave([2, 5, 4, 6], 0.9));
        let mirrored = grad_cam_pp(activation.clone().flip([3]), gradient.clone().flip([3]));
        assert_close(
            &mirrored,
            &grad_cam_pp(activation, gradient).flip([2]),
            SUM_ORDER,
        );
    }
}
