//! XGrad-CAM: each channel weighted by its gradient averaged with the activation as weight.

use burn::tensor::Tensor;

use super::method::{Formula, Map, weighted_sum};
use super::saliency::rectify;
use crate::kernels::sum_dim;

/// Added to a channel's sum before dividing by it, so that a dead channel (sum 0) has weight 0. The
/// value is that of the authors' code.
const DEAD_CHANNEL: f32 = 1e-7;

/// Axiom-based Grad-CAM.
pub static FORMULA: Formula = Formula {
    name: "xgrad-cam",
    title: "XGrad-CAM",
    map: Map::Gradient(signed_map),
};

fn signed_map(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    let weights = channel_weights(activation.clone(), gradient);
    weighted_sum(activation, weights)
}

/// Returns the XGrad-CAM of each image, rectified.
///
/// # Shapes
///
/// - `activation`, `gradient`: `[batch, channels, height, width]`
/// - returned: `[batch, height, width]`, 0 or more
///
/// # Source
///
/// Fu et al., "Axiom-based Grad-CAM: Towards Accurate Visualization and Explanation of CNNs", BMVC
/// 2020: the rectified sum of activations weighted by [`channel_weights`].
pub fn xgrad_cam(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    rectify(signed_map(activation, gradient))
}

/// Returns the weight of each channel: `sum(G * A) / (sum(A) + 1e-7)` over its cells, so that the
/// channel's map sums to its share `sum(G * A)` of the score.
///
/// # Shapes
///
/// - `activation`, `gradient`: `[batch, channels, height, width]`
/// - returned: `[batch, channels]`
///
/// # Source
///
/// Fu et al.: the weights that best satisfy the axioms of sensitivity and conservation. The paper
/// has no epsilon; the authors' code adds 1e-7. With signed activations a sum may be exactly -1e-7,
/// and the weight is then 0.
pub fn channel_weights(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<2> {
    let [batch, channels, height, width] = gradient.dims();
    assert_eq!(
        activation.dims(),
        [batch, channels, height, width],
        "activation and gradient must have one shape"
    );
    let sum = |cells: Tensor<4>| -> Tensor<2> {
        let cells = cells.reshape([batch, channels, height * width]);
        sum_dim(cells, 2).squeeze_dim(2)
    };
    let share = sum(gradient * activation.clone());
    let denominator = sum(activation) + DEAD_CHANNEL;
    let vanishes = denominator.clone().equal_elem(0.0);
    (share / denominator.mask_fill(vanishes.clone(), 1.0)).mask_fill(vanishes, 0.0)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, tensor3, tensor4};
    use super::*;
    use burn::tensor::Device;

    /// The epsilon relative to sums of about 10, and float32 rounding.
    const EPSILON_SHARE: f32 = 1e-6;

    #[test]
    fn two_channels_by_hand() {
        // Channel 1: (1 - 2 + 6 + 0) / 10 = 0.5; channel 2: (-20 + 3) / 8.5 = -2.
        let activation = tensor4([1, 2, 2, 2], &[1., 2., 3., 4., 4., 3., 1., 0.5]);
        let gradient = tensor4([1, 2, 2, 2], &[1., -1., 2., 0., -5., 1., 0., 0.]);
        let weights = channel_weights(activation.clone(), gradient.clone());
        let expected = Tensor::from_floats([[0.5, -2.0]], &Device::flex());
        assert_close(&weights, &expected, EPSILON_SHARE);
        // 0.5 * [1 2; 3 4] - 2 * [4 3; 1 0.5] = [-7.5 -5; -0.5 1].
        let map = xgrad_cam(activation, gradient);
        assert_close(&map, &tensor3([1, 2, 2], &[0., 0., 0., 1.]), EPSILON_SHARE);
    }

    #[test]
    fn a_dead_channel_weighs_nothing() {
        let weights = channel_weights(
            tensor4([1, 1, 1, 2], &[0., 0.]),
            tensor4([1, 1, 1, 2], &[3., -1.]),
        );
        assert_close(&weights, &Tensor::zeros([1, 1], &Device::flex()), 0.0);
    }

    #[test]
    fn a_channel_s_map_sums_to_its_share_of_the_score() {
        // 0.7 = 1 * 0.5 + 2 * 0.1, of activations that sum to 3.
        let activation = tensor4([1, 1, 1, 2], &[1., 2.]);
        let gradient = tensor4([1, 1, 1, 2], &[0.5, 0.1]);
        let map = signed_map(activation, gradient);
        assert_close(&map.sum(), &Tensor::from([0.7]), EPSILON_SHARE);
    }
}
