//! Sanity checks of maps: the similarity of two maps, and identities that must hold.

use burn::tensor::Tensor;

use crate::data::statistics::rank_correlation;
use crate::kernels::sum_dim;

use super::quantity::class_index;
use super::{Evidence, LayerEvidence, Method, Saliency, cam, grad_cam, hires_cam};

/// Similarity of two maps of one image, as shown: at the image's size, rectified, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// Spearman's rank correlation over the pixels, -1 to 1, with its sign. `None` if a map is
    /// empty and so has no order.
    pub correlation: Option<f64>,
    /// Mean absolute difference over the pixels, 0 to 1. An empty map is all 0.
    pub difference: f64,
    /// Whether one of the two is empty and the other is not: there is no correlation, but they
    /// differ.
    pub vanished: bool,
}

impl Likeness {
    /// Returns the similarity of two maps.
    ///
    /// The maps are compared as shown, so that methods and baselines of any native size are
    /// comparable. Enlarging adds no information: an enlarged 2 x 2 map has many pixels but only
    /// four free values. The correlation of two unrelated maps of this kind scatters by more than
    /// half, so only means over many images are meaningful.
    ///
    /// # Panics
    ///
    /// If the images differ in size.
    ///
    /// # Source
    ///
    /// Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, section 3. They report rank
    /// correlation with and without absolute values; these maps are rectified, so there is no sign
    /// to lose, and the correlation keeps its own sign.
    pub fn of(a: &Saliency, b: &Saliency) -> Self {
        let vanished = a.empty != b.empty;
        let (a, b) = (a.normalised.values(), b.normalised.values());
        let differences = a.iter().zip(b).map(|(a, b)| f64::from((a - b).abs()));
        Self {
            correlation: rank_correlation(a, b),
            difference: differences.sum::<f64>() / a.len() as f64,
            vanished,
        }
    }
}

/// Deviation from an identity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deviation {
    /// The largest difference between the two sides over all images (and cells), as a share of the
    /// largest value of the right side.
    pub relative: f64,
    /// Number of images compared.
    pub images: usize,
}

impl Deviation {
    /// Returns the deviation of `left` from `right`.
    ///
    /// # Panics
    ///
    /// If the two differ in length.
    pub fn between(left: &[f32], right: &[f32], images: usize) -> Self {
        assert_eq!(
            left.len(),
            right.len(),
            "an identity has two sides of one length"
        );
        let largest = right
            .iter()
            .fold(0.0, |most: f64, b| most.max(f64::from(b.abs())));
        let apart = left
            .iter()
            .zip(right)
            .map(|(a, b)| f64::from((a - b).abs()));
        let apart = apart.fold(0.0, f64::max);
        Self {
            // Two sides of only zeros are equal.
            relative: if apart == 0.0 { 0.0 } else { apart / largest },
            images,
        }
    }
}

/// Returns the deviation from the completeness of HiResCAM: the sum over all cells of
/// `sum over channels of G * A`, against the target logit minus `logits_at_zero`, the logits for a
/// zero activation at the layer.
///
/// It holds if everything after the layer is positively homogeneous up to the last bias: pools,
/// averages, ReLUs without bias, one linear layer.
///
/// # Shapes
///
/// - `logits_at_zero`: `[classes]`
///
/// # Source
///
/// Draelos and Carin, "Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional
/// neural networks", 2020, section 3: the map sums to the class score minus the bias. Euler's
/// theorem on homogeneous functions extends this to max-pools.
pub fn completeness(
    evidence: &Evidence,
    layer: &LayerEvidence,
    logits_at_zero: &Tensor<1>,
) -> Deviation {
    let [batch, _channels, _height, _width] = layer.activation.dims();
    let signed = Method(&hires_cam::FORMULA).signed_map(layer);
    let sums = sum_dim(signed.flatten::<2>(1, 2), 1);
    let index = class_index(&evidence.target_class, &evidence.logits);
    let target = evidence
        .logits
        .clone()
        .gather(1, index.clone().reshape([batch, 1]));
    let at_zero = logits_at_zero.clone().select(0, index).reshape([batch, 1]);
    Deviation::between(&read(sums), &read(target - at_zero), batch)
}

/// Returns the deviation of CAM from height x width x Grad-CAM, both before their ReLU. `None`
/// unless the layer reaches the logits through its average and one linear layer.
///
/// # Source
///
/// Selvaraju et al., "Grad-CAM", ICCV 2017, section 3.1: Grad-CAM generalises CAM. With the mean of
/// the gradient instead of its sum, the number of cells remains as a factor.
pub fn cam_is_grad_cam(layer: &LayerEvidence) -> Option<Deviation> {
    let [batch, _channels, height, width] = layer.activation.dims();
    layer.class_weights.as_ref()?;
    let cam = Method(&cam::FORMULA).signed_map(layer);
    let grad_cam = Method(&grad_cam::FORMULA).signed_map(layer);
    let cells = (height * width) as f32;
    Some(Deviation::between(
        &read(cam),
        &read(grad_cam * cells),
        batch,
    ))
}

fn read<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SmallNet, images, tensor3, wave3};
    use super::super::{Explainable, TargetSpec, gather};
    use super::*;

    /// Rounding of float32 sums over a few hundred terms.
    const ROUNDING: f64 = 1e-5;

    fn saliency(values: &[f32]) -> Saliency {
        let map = tensor3([1, 2, 2], values);
        Saliency::from_batch(map, [2, 2]).remove(0)
    }

    #[test]
    fn likeness_by_hand() {
        // Normalised: [0 .25 .5 1] and [1 0 .25 .5]; ranks 1 2 3 4 and 4 1 2 3:
        // 1 - 6 * (9 + 1 + 1 + 1) / (4 * 15) = -0.2; differences 1, .25, .25, .5.
        let found = Likeness::of(&saliency(&[0., 1., 2., 4.]), &saliency(&[8., 0., 2., 4.]));
        let correlation = found.correlation.expect("both have an order");
        assert!((correlation + 0.2).abs() < ROUNDING, "{correlation}");
        assert!((found.difference - 0.5).abs() < ROUNDING);
    }

    #[test]
    fn a_map_is_like_itself_and_an_empty_one_like_none() {
        let maps = Saliency::from_batch(wave3([1, 4, 4], 0.3).abs(), [8, 8]);
        let same = Likeness::of(&maps[0], &maps[0]);
        let correlation = same.correlation.expect("it has an order");
        assert!((correlation - 1.0).abs() < ROUNDING && same.difference == 0.0);
        let empty = Likeness::of(&saliency(&[0., 1., 2., 4.]), &saliency(&[0.; 4]));
        assert_eq!((empty.correlation, empty.vanished), (None, true));
        assert_eq!(empty.difference, 0.4375);
        let both = Likeness::of(&saliency(&[0.; 4]), &saliency(&[2.; 4]));
        assert_eq!((both.correlation, both.vanished), (None, false));
    }

    #[test]
    fn deviation_is_relative_to_the_largest() {
        let found = Deviation::between(&[1.0, -4.5], &[1.25, -5.0], 2);
        assert!((found.relative - 0.1).abs() < 1e-9);
        assert_eq!(Deviation::between(&[0.0], &[0.0], 1).relative, 0.0);
        assert!(Deviation::between(&[1.0], &[0.0], 1).relative.is_infinite());
    }

    /// SmallNet's last layer is averaged into one linear layer: both identities hold there. After
    /// its first layer come a convolution with a bias and a normalisation, so completeness does not
    /// hold.
    #[test]
    fn the_identities_hold_on_a_pooled_linear_head_alone() {
        let network = SmallNet::trained();
        let layers = network.layers();
        let evidence = gather(&network, images(4), &TargetSpec::class(1), &layers);
        let evidence = evidence.expect("explainable");
        let zeros = network.bias();
        let [first, last] = [0, 1].map(|place| &evidence.layers[place]);
        let found = completeness(&evidence, last, &zeros);
        assert!(found.relative < ROUNDING && found.images == 4, "{found:?}");
        assert!(completeness(&evidence, first, &zeros).relative > 1e-2);
        // With another class's bias it would not hold.
        assert!(completeness(&evidence, last, &(zeros + 0.5)).relative > 1e-2);
        let found = cam_is_grad_cam(last).expect("a pooled linear head");
        assert!(found.relative < ROUNDING, "{found:?}");
        assert_eq!(cam_is_grad_cam(first), None);
    }
}
