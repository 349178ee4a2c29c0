//! The evidence for a map: one forward pass and the only backward pass outside training.

use burn::tensor::Tensor;

use super::{ExplainError, Explainable, TargetSpec};
use crate::kernels::{softmax, sum};
use crate::model::tap::Tap;

/// Largest difference between the outputs of a plain and a tapped forward pass, relative to the
/// largest value, for a network in inference mode.
///
/// It allows for reduced-precision products (TF32 keeps 10 bits) and for another order of sums at
/// another batch size. Dropout and batch statistics change logits by tens of percent.
const INFERENCE_TOLERANCE: f32 = 1e-2;

/// The result of one forward and one backward pass over a batch. No tensor has an autodiff graph.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The logits, `[batch, classes]`.
    pub logits: Tensor<2>,
    /// The softmax of the logits, `[batch, classes]`.
    pub probabilities: Tensor<2>,
    /// The explained quantity of each image's target class, `[batch]`.
    pub scores: Tensor<1>,
    /// The explained class of each image.
    pub target_class: Vec<usize>,
    /// One entry per requested layer, in the order of the request.
    pub layers: Vec<LayerEvidence>,
}

/// The evidence at one layer. No tensor has an autodiff graph.
#[derive(Debug, Clone)]
pub struct LayerEvidence {
    /// The layer's name.
    pub name: String,
    /// A, `[batch, channels, height, width]`.
    pub activation: Tensor<4>,
    /// G, the gradient of the score with respect to A, `[batch, channels, height, width]`.
    pub gradient: Tensor<4>,
    /// The final linear layer's weights for each image's target class, `[batch, channels]`. Present
    /// if the layer reaches the logits through only global average pooling and that linear layer,
    /// and the quantity is linear in the logits.
    pub class_weights: Option<Tensor<2>>,
}

/// Returns the evidence for each image's target class at `layers`.
///
/// The score is the sum over the batch of each image's quantity, by default the target logit. In
/// inference mode images are independent, so its gradient at an image is that of the image's own
/// quantity.
///
/// The whole batch passes through at once; [`explain`](super::explain) splits long batches.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, standardised
///
/// # Errors
///
/// If a layer or a class is unknown, if labels are missing, if the network is not in inference
/// mode, if the logits do not depend on a layer, or if any value is not finite.
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
    gather_batch(network, images, (targets, layers), Batch::First)
}

/// Position of a batch among several batches of one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Batch {
    /// The first batch. Its first image passes through once more, to check that the network is in
    /// inference mode and has the layers.
    First,
    /// A later batch, without this check.
    Later,
}

/// Does the work of [`gather`] for one of several batches of a network.
pub(super) fn gather_batch<N>(
    network: &N,
    images: Tensor<4>,
    (targets, layers): (&TargetSpec, &[String]),
    batch: Batch,
) -> Result<Evidence, ExplainError>
where
    N: Explainable + ?Sized,
{
    check_layers(layers, network.layers())?;
    let forward = |images, tap: &mut Tap| network.forward_tapped(images, tap);
    let (tapped, tap) = match batch {
        Batch::First => probed_forward(forward, images, layers, "logits")?,
        Batch::Later => probed(forward, images.without_autodiff(), layers, "logits")?,
    };
    let logits = tapped.clone().without_autodiff();

    let target_class = targets.resolve(&logits)?;
    let scores = targets.quantity.of(tapped, &target_class);
    let found = layer_evidence(sum(scores.clone()), tap)?;
    let with_weights = |layer: &LayerEvidence| {
        let weights = network.pooled_linear_weights(&layer.name);
        LayerEvidence {
            class_weights: weights.and_then(|weights| {
                let weights = weights.without_autodiff();
                targets.quantity.class_weights(weights, &target_class)
            }),
            ..layer.clone()
        }
    };
    let layers = in_order(&found, layers).map(with_weights).collect();
    Ok(Evidence {
        probabilities: softmax(logits.clone()),
        logits,
        scores: scores.without_autodiff(),
        target_class,
        layers,
    })
}

/// Returns the evidence of each of `layers`, in their order.
pub(super) fn in_order<'a>(
    found: &'a [LayerEvidence],
    layers: &'a [String],
) -> impl Iterator<Item = &'a LayerEvidence> {
    layers
        .iter()
        .filter_map(|name| found.iter().find(|layer| layer.name == *name))
}

/// Returns the output of one forward pass with probes at `layers`, and its tap.
///
/// The first image passes through once more without probes, to check that the network is in
/// inference mode and which layers it has.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, standardised
/// - returned: the network's output for the batch
///
/// # Errors
///
/// If a layer is unknown, if the network is not in inference mode, or if its output, called
/// `quantity`, is not finite.
pub(super) fn probed_forward<const D: usize>(
    forward: impl Fn(Tensor<4>, &mut Tap) -> Tensor<D>,
    images: Tensor<4>,
    layers: &[String],
    quantity: &'static str,
) -> Result<(Tensor<D>, Tap), ExplainError> {
    let images = images.without_autodiff();
    let mut places = Tap::activations_only(std::iter::empty::<String>());
    let plain = forward(images.clone().narrow(0, 0, 1), &mut places);
    check_layers(layers, places.seen().to_vec())?;
    let (tapped, tap) = probed(forward, images, layers, quantity)?;
    let output = tapped.clone().without_autodiff();
    check_inference(plain, output.narrow(0, 0, 1))?;
    Ok((tapped, tap))
}

/// Does the work of [`probed_forward`] for images without an autodiff graph and a network that is
/// known to be in inference mode and to have the layers.
fn probed<const D: usize>(
    forward: impl Fn(Tensor<4>, &mut Tap) -> Tensor<D>,
    images: Tensor<4>,
    layers: &[String],
    quantity: &'static str,
) -> Result<(Tensor<D>, Tap), ExplainError> {
    let mut tap = Tap::on(layers);
    let tapped = forward(images, &mut tap);
    check_finite(&tapped.clone().without_autodiff(), quantity, "the network")?;
    Ok((tapped, tap))
}

/// Returns the activation and the gradient of `score` at every layer of `tap`, in forward order.
///
/// This consumes the autodiff graph. The class weights are `None`.
///
/// # Shapes
///
/// - `score`: `[1]`, computed from a forward pass with `tap`, which is [`Tap::on`]
///
/// # Errors
///
/// If the score does not depend on a layer, or if an activation or a gradient is not finite.
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

pub(super) fn check_finite<const D: usize>(
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

/// Fails unless the first image's output is the same with and without probes.
fn check_inference<const D: usize>(
    plain: Tensor<D>,
    tapped: Tensor<D>,
) -> Result<(), ExplainError> {
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
        "its output moves by {difference} when a probe is set: batch normalisation or dropout trains"
    );
    Err(ExplainError::NotInference { reason })
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
