//! A network's confidence in a class, on images and on explanation maps.

use burn::tensor::{Tensor, TensorData};

use super::chunk::chunk_size;
use super::quantity::class_index;
use super::saliency::explanation_map;
use super::{ExplainError, Explainable};
use crate::kernels::softmax;
use crate::model::tap::Tap;

/// The statistics that standardised the network's inputs, one number per channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standardisation<'a> {
    /// Subtracted from pixels, which are 0 to 1.
    pub mean: &'a [f32],
    /// Divides the difference.
    pub std: &'a [f32],
}

impl Standardisation<'_> {
    /// Returns the standardised images: `(pixel - mean) / std`.
    ///
    /// # Shapes
    ///
    /// - `images`: `[batch, channels, height, width]`, 0 to 1
    /// - returned: the same
    ///
    /// # Panics
    ///
    /// If there is not one mean and one standard deviation per channel.
    pub fn apply(&self, images: Tensor<4>) -> Tensor<4> {
        let [_batch, channels, _height, _width] = images.dims();
        assert_eq!(
            [self.mean.len(), self.std.len()],
            [channels, channels],
            "standardisation needs one mean and one standard deviation a channel"
        );
        let device = images.device();
        let column = |values: &[f32]| {
            Tensor::<4>::from_data(
                TensorData::new(values.to_vec(), [1, channels, 1, 1]),
                &device,
            )
        };
        (images - column(self.mean)) / column(self.std)
    }
}

/// Returns the softmax probability of each image's class.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, standardised
/// - `target_class`: `[batch]`
/// - returned: `[batch]`, 0 to 1
///
/// # Errors
///
/// If a class is unknown to the network, or if a logit is not finite.
///
/// # Panics
///
/// If there is not one class per image.
pub fn confidences<N>(
    network: &N,
    images: Tensor<4>,
    target_class: &[usize],
) -> Result<Vec<f32>, ExplainError>
where
    N: Explainable + ?Sized,
{
    let [batch, ..] = images.dims();
    assert_eq!(
        target_class.len(),
        batch,
        "there must be one class an image"
    );
    let images = images.without_autodiff();
    let chunk = chunk_size(&images);
    let mut all = Vec::with_capacity(batch);
    for start in (0..batch).step_by(chunk) {
        ExplainError::unless_interrupted()?;
        let end = (start + chunk).min(batch);
        let part = images.clone().narrow(0, start, end - start);
        let logits = network
            .forward_tapped(part, &mut Tap::off())
            .without_autodiff();
        all.extend(class_probabilities(logits, &target_class[start..end])?);
    }
    Ok(all)
}

/// Returns the softmax probability of each image's class on its explanation map `E = L * I`.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, in pixel space 0 to 1, not standardised
/// - `saliency`: `[batch, height, width]`, 0 to 1
/// - `target_class`: `[batch]`, the classes of the maps
/// - returned: `[batch]`, 0 to 1
///
/// # Errors
///
/// As [`confidences`].
///
/// # Source
///
/// Chattopadhyay et al., "Grad-CAM++", WACV 2018, section 4.1: O of the average drop. E is computed
/// in pixel space and then standardised like any input, so removed pixels are black.
pub fn confidences_on_explanations<N>(
    network: &N,
    images: Tensor<4>,
    saliency: Tensor<3>,
    target_class: &[usize],
    standardisation: Standardisation<'_>,
) -> Result<Vec<f32>, ExplainError>
where
    N: Explainable + ?Sized,
{
    let explained = standardisation.apply(explanation_map(saliency, images));
    confidences(network, explained, target_class)
}

/// Returns the softmax probability of one class per image, `[batch]`.
fn class_probabilities(
    logits: Tensor<2>,
    target_class: &[usize],
) -> Result<Vec<f32>, ExplainError> {
    let [batch, classes] = logits.dims();
    if let Some(&class) = target_class.iter().find(|class| **class >= classes) {
        return Err(ExplainError::UnknownClass { class, classes });
    }
    if !logits.clone().is_finite().all().into_scalar::<bool>() {
        let place = "the network".to_owned();
        return Err(ExplainError::NonFiniteEvidence {
            quantity: "logits",
            place,
        });
    }
    let index = class_index(target_class, &logits).reshape([batch, 1]);
    Ok(softmax(logits)
        .gather(1, index)
        .into_data()
        .iter::<f32>()
        .collect())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SmallNet, assert_close, images, tensor3, tensor4};
    use super::*;

    /// Float32 rounding of a softmax.
    const ROUNDING: f32 = 1e-6;

    #[test]
    fn standardising_works_by_channel() {
        let images = tensor4([1, 2, 1, 2], &[0.5, 1.0, 0.0, 0.25]);
        let standardisation = Standardisation {
            mean: &[0.5, 0.25],
            std: &[0.25, 0.5],
        };
        let expected = tensor4([1, 2, 1, 2], &[0.0, 2.0, -0.5, 0.0]);
        assert_close(&standardisation.apply(images), &expected, 0.0);
    }

    #[test]
    fn probabilities_of_one_class_by_hand() {
        let logits = Tensor::from_floats([[0.0, 3f32.ln()], [0.0, 0.0]], &Default::default());
        let found = class_probabilities(logits.clone(), &[1, 0]).expect("classes are known");
        assert!((found[0] - 0.75).abs() < ROUNDING && (found[1] - 0.5).abs() < ROUNDING);
        assert_eq!(
            class_probabilities(logits, &[0, 2]),
            Err(ExplainError::UnknownClass {
                class: 2,
                classes: 2
            })
        );
    }

    #[test]
    fn a_map_of_ones_changes_nothing_and_one_of_zeros_leaves_a_black_image() {
        let network = SmallNet::trained();
        let pixels = images(3).abs().clamp_max(1.0);
        let standardisation = Standardisation {
            mean: &[0.5, 0.4, 0.3],
            std: &[0.25, 0.25, 0.25],
        };
        let on = |value: f32| {
            let map = tensor3([3, 8, 8], &[value; 3 * 64]);
            confidences_on_explanations(&network, pixels.clone(), map, &[0, 1, 2], standardisation)
                .expect("classes are known")
        };
        let whole = confidences(&network, standardisation.apply(pixels.clone()), &[0, 1, 2]);
        assert_eq!(on(1.0), whole.expect("classes are known"));
        let black = standardisation.apply(pixels.zeros_like());
        assert_eq!(
            on(0.0),
            confidences(&network, black, &[0, 1, 2]).expect("classes are known")
        );
    }
}
