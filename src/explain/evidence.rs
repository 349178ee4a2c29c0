//! The evidence a map is computed from: one forward and the one gradient pass outside training.
//! Called by `explanation`; a caller with a score of its own uses [`layer_evidence`].

use burn::tensor::activation::softmax;
use burn::tensor::{Int, Tensor, TensorData};

use super::{ExplainError, Explainable, TargetSpec};
use crate::model::tap::Tap;

/// Largest difference between the logits of a plain and of a tapped forward, relative to the
/// largest logit, for a network in inference mode.
///
/// Wide enough for reduced-precision products (TF32 keeps 10 bits) and for another order of sums
/// at another batch size; dropout and batch statistics move logits by tens of percent.
const INFERENCE_TOLERANCE: f32 = 1e-2;

/// What one forward and one gradient pass say of a batch. No tensor carries a tape.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The logits, `[batch, classes]`.
    pub logits: Tensor<2>,
    /// The softmax of the logits, `[batch, classes]`.
    pub probabilities: Tensor<2>,
    /// The class each image is explained for.
    pub target_class: Vec<usize>,
    /// One entry a requested layer, in the order of the request.
    pub layers: Vec<LayerEvidence>,
}

/// What is known at one layer. No tensor carries a tape.
#[derive(Debug, Clone)]
pub struct LayerEvidence {
    /// The layer's name.
    pub name: String,
    /// A, `[batch, channels, height, width]`.
    pub activation: Tensor<4>,
    /// G, the gradient of the score with respect to A, `[batch, channels, height, width]`.
    pub gradient: Tensor<4>,
    /// The final linear layer's weights for each image's target class, `[batch, channels]`, where
    /// the layer reaches the logits through global average pooling and that linear layer alone.
    pub class_weights: Option<Tensor<2>>,
}

/// The evidence for each image's target class at `layers`.
///
/// The score is the sum over the batch of each image's target logit. In inference mode images do
/// not see each other, so its gradient at an image is that of the image's own logit.
///
/// The whole batch goes through at once: [`explain`](super::explain) cuts long ones.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, standardised
///
/// # Errors
///
/// If a layer or a class is unknown, if labels are missing, if the network is not in inference
/// mode, if a layer has no part in the logits, or if any value is not finite.
///
/// # Panics
///
/// If there is no image.
pub fn gather<N>(
    network: &N,
    images: Tensor<4>,
    targets: &TargetSpec,
    layers: &[String],
) -> Result<Evidence, ExplainError>
where
    N: Explainable + ?Sized,
{
    check_layers(layers, network.layers())?;
    let images = images.without_autodiff();
    let plain = network.forward_tapped(images.clone().narrow(0, 0, 1), &mut Tap::off());
    let mut tap = Tap::on(layers);
    let tapped = network.forward_tapped(images, &mut tap);
    let logits = tapped.clone().without_autodiff();
    check_finite(&logits, "logits", "the network")?;
    check_inference(plain, logits.clone().narrow(0, 0, 1))?;
    check_layers(layers, tap.seen().to_vec())?;

    let target_class = targets.resolve(&logits)?;
    let [batch, _classes] = logits.dims();
    let index = class_index(&target_class, &logits);
    let score = tapped.gather(1, index.clone().reshape([batch, 1])).sum();
    let mut found = layer_evidence(score, tap)?;
    for layer in &mut found {
        layer.class_weights = network
            .pooled_linear_weights(&layer.name)
            .map(|weights| weights.without_autodiff().select(0, index.clone()));
    }
    let in_request_order = layers
        .iter()
        .filter_map(|name| found.iter().find(|layer| layer.name == *name).cloned());
    Ok(Evidence {
        probabilities: softmax(logits.clone(), 1),
        logits,
        target_class,
        layers: in_request_order.collect(),
    })
}

/// The activation and the gradient of `score` at every place `tap` was asked for, in forward order.
///
/// This consumes the tape. The class weights are left open.
///
/// # Shapes
///
/// - `score`: `[1]`, computed from a forward with `tap`, which is [`Tap::on`]
///
/// # Errors
///
/// If the score does not depend on a place, or if an activation or a gradient is not finite.
pub fn layer_evidence(score: Tensor<1>, tap: Tap) -> Result<Vec<LayerEvidence>, ExplainError> {
    let observations = tap.into_observations();
    let Some(first) = observations.first() else {
        return Ok(Vec::new());
    };
    if !score.is_tracked() {
        return Err(ExplainError::NoGradient {
            layer: first.name().to_owned(),
        });
    }
    let mut gradients = score.backward();
    observations
        .into_iter()
        .map(|observation| {
            let name = observation.name().to_owned();
            let activation = observation.activation();
            let gradient =
                observation
                    .gradient(&mut gradients)
                    .ok_or_else(|| ExplainError::NoGradient {
                        layer: name.clone(),
                    })?;
            check_finite(&activation, "activation", &name)?;
            check_finite(&gradient, "gradient", &name)?;
            Ok(LayerEvidence {
                name,
                activation,
                gradient,
                class_weights: None,
            })
        })
        .collect()
}

/// The classes as an index tensor on the device of `logits`.
///
/// # Shapes
///
/// - returned: `[batch]`
pub(super) fn class_index(classes: &[usize], logits: &Tensor<2>) -> Tensor<1, Int> {
    // A class index is below the number of logits, far under the range of i32.
    let indices: Vec<i32> = classes.iter().map(|class| *class as i32).collect();
    Tensor::from_data(TensorData::new(indices, [classes.len()]), &logits.device())
}

fn check_layers(layers: &[String], known: Vec<String>) -> Result<(), ExplainError> {
    if layers.is_empty() {
        return Err(ExplainError::NoLayer { known });
    }
    match layers.iter().find(|layer| !known.contains(layer)) {
        Some(layer) => Err(ExplainError::UnknownLayer {
            layer: layer.clone(),
            known,
        }),
        None => Ok(()),
    }
}

fn check_finite<const D: usize>(
    tensor: &Tensor<D>,
    quantity: &'static str,
    place: &str,
) -> Result<(), ExplainError> {
    if tensor.clone().is_finite().all().into_scalar::<bool>() {
        return Ok(());
    }
    Err(ExplainError::NonFiniteEvidence {
        quantity,
        place: place.to_owned(),
    })
}

/// Whether the first image's logits are the same with and without probes, and without a tape.
fn check_inference(plain: Tensor<2>, tapped: Tensor<2>) -> Result<(), ExplainError> {
    if plain.is_autodiff() {
        let reason = "its parameters are on a device with autodiff".to_owned();
        return Err(ExplainError::NotInference { reason });
    }
    let largest: f32 = plain.clone().abs().max().into_scalar();
    let difference: f32 = (plain - tapped).abs().max().into_scalar();
    if difference <= INFERENCE_TOLERANCE * largest {
        return Ok(());
    }
    let reason = format!(
        "its logits move by {difference} when a probe is set: batch normalisation or dropout trains"
    );
    Err(ExplainError::NotInference { reason })
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
