//! HiResCAM: each cell weighted by its own gradient.

use burn::tensor::Tensor;

use super::method::{Formula, Map};
use super::saliency::rectify;
use crate::kernels::sum_dim;

/// HiResCAM.
pub static FORMULA: Formula = Formula {
    name: "hires-cam",
    title: "HiResCAM",
    map: Map::Gradient(signed_map),
};

fn signed_map(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    sum_dim(gradient * activation, 1).squeeze_dim(1)
}

/// Returns the HiResCAM of each image, rectified.
///
/// If the score is linear in the activation, as with global average pooling or flattening and one
/// linear layer, the map before its ReLU sums to the logit without its bias.
///
/// # Shapes
///
/// - `activation`, `gradient`: `[batch, channels, height, width]`
/// - returned: `[batch, height, width]`, 0 or more
///
/// # Source
///
/// Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional
/// neural networks", arXiv:2011.08891: `sum over k of G_k * A_k`, cell by cell. The ReLU is for
/// display, as for every method here.
pub fn hires_cam(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    rectify(signed_map(activation, gradient))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, tensor3, tensor4};
    use super::*;

    #[test]
    fn two_channels_by_hand() {
        // [1 -1; 2 0] * [1 2; 3 4] + [-5 1; -2 0] * [4 -3; 2 1] = [-19 -5; 2 0].
        let activation = tensor4([1, 2, 2, 2], &[1., 2., 3., 4., 4., -3., 2., 1.]);
        let gradient = tensor4([1, 2, 2, 2], &[1., -1., 2., 0., -5., 1., -2., 0.]);
        let signed = tensor3([1, 2, 2], &[-19., -5., 2., 0.]);
        assert_close(
            &signed_map(activation.clone(), gradient.clone()),
            &signed,
            0.0,
        );
        let map = hires_cam(activation, gradient);
        assert_close(&map, &tensor3([1, 2, 2], &[0., 0., 2., 0.]), 0.0);
    }
}
