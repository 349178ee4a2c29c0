//! CAM: the last activation weighted by the final linear layer.

use burn::tensor::Tensor;

use super::method::{Formula, Map, weighted_sum};
use super::saliency::rectify;

/// Class activation mapping.
pub static FORMULA: Formula = Formula {
    name: "cam",
    title: "CAM",
    map: Map::PooledLinear(weighted_sum),
};

/// Returns the CAM of each image, rectified.
///
/// # Shapes
///
/// - `activation`: `[batch, channels, height, width]`, the input of global average pooling
/// - `class_weights`: `[batch, channels]`, the final linear layer's row for each image's class
/// - returned: `[batch, height, width]`, 0 or more
///
/// # Source
///
/// Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, eq. 2:
/// `M_c(x, y) = sum over k of w_k^c * f_k(x, y)`. The paper has no ReLU: here it is applied for
/// display, so that maps of all methods are comparable; [`weighted_sum`] returns the map without
/// it. The linear layer's bias is omitted, as in the paper.
pub fn cam(activation: Tensor<4>, class_weights: Tensor<2>) -> Tensor<3> {
    rectify(weighted_sum(activation, class_weights))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, tensor3, tensor4};
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn two_channels_by_hand() {
        // 1 * [1 2; 3 4] - 1 * [4 3; 2 1] = [-3 -1; 1 3], with its negatives set to 0.
        let activation = tensor4([1, 2, 2, 2], &[1., 2., 3., 4., 4., 3., 2., 1.]);
        let weights = Tensor::from_floats([[1.0, -1.0]], &Device::flex());
        assert_close(
            &cam(activation, weights),
            &tensor3([1, 2, 2], &[0., 0., 1., 3.]),
            0.0,
        );
    }

    #[test]
    fn each_image_takes_its_own_class() {
        let activation = tensor4([2, 1, 1, 2], &[1., 2., 1., 2.]);
        let weights = Tensor::from_floats([[3.0], [0.5]], &Device::flex());
        assert_close(
            &cam(activation, weights),
            &tensor3([2, 1, 2], &[3., 6., 0.5, 1.]),
            0.0,
        );
    }

    #[test]
    #[should_panic(expected = "channel weights must be [batch, channels]")]
    fn weights_of_another_layer_are_a_bug() {
        let weights = Tensor::from_floats([[1.0, 2.0, 3.0]], &Device::flex());
        let _ = cam(tensor4([1, 2, 1, 1], &[1., 2.]), weights);
    }
}
