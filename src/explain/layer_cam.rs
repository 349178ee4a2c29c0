//! LayerCAM: each cell weighted by its own positive gradient.

use burn::tensor::Tensor;

use super::method::{Formula, Map};
use super::saliency::rectify;
use crate::kernels::sum_dim;

/// LayerCAM.
pub static FORMULA: Formula = Formula {
    name: "layer-cam",
    title: "LayerCAM",
    map: Map::Gradient(signed_map),
};

fn signed_map(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    sum_dim(rectify(gradient) * activation, 1).squeeze_dim(1)
}

/// Returns the LayerCAM of each image, rectified.
///
/// # Shapes
///
/// - `activation`, `gradient`: `[batch, channels, height, width]`
/// - returned: `[batch, height, width]`, 0 or more
///
/// # Source
///
/// Jiang et al., "LayerCAM: Exploring Hierarchical Class Activation Maps for Localization", IEEE
/// TIP 2021: `M = ReLU(sum over k of ReLU(G_k) * A_k)`, cell by cell. The paper scales the maps of
/// shallow layers by a tanh before it combines layers. Here maps are of single layers, without it.
pub fn layer_cam(activation: Tensor<4>, gradient: Tensor<4>) -> Tensor<3> {
    rectify(signed_map(activation, gradient))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, tensor3, tensor4};
    use super::*;

    #[test]
    fn two_channels_by_hand() {
        // [1 0; 2 0] * [1 2; 3 4] + [0 1; 0 0] * [4 -3; 2 1] = [1 -3; 6 0].
        let activation = tensor4([1, 2, 2, 2], &[1., 2., 3., 4., 4., -3., 2., 1.]);
        let gradient = tensor4([1, 2, 2, 2], &[1., -1., 2., 0., -5., 1., -2., 0.]);
        let signed = tensor3([1, 2, 2], &[1., -3., 6., 0.]);
        assert_close(
            &signed_map(activation.clone(), gradient.clone()),
            &signed,
            0.0,
        );
        let map = layer_cam(activation, gradient);
        assert_close(&map, &tensor3([1, 2, 2], &[1., 0., 6., 0.]), 0.0);
    }

    #[test]
    fn a_cell_counts_though_its_channel_speaks_against_the_class() {
        // Grad-CAM's weight, the mean gradient -1, would hide the one cell that supports the class.
        let activation = tensor4([1, 1, 1, 2], &[2., 5.]);
        let gradient = tensor4([1, 1, 1, 2], &[3., -5.]);
        assert_close(
            &layer_cam(activation, gradient),
            &tensor3([1, 1, 2], &[6., 0.]),
            0.0,
        );
    }
}
