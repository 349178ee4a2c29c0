//! Explanations of many images at several layers by several methods.

use burn::tensor::Tensor;

use super::chunk::{chunk_size, chunks};
use super::evidence::{Batch, gather_batch};
use super::layer_maps::{by_image, method_maps, of_every_layer};
use super::questions::ClassScore;
use super::target::{predicted_classes, probabilities_of};
use super::{ExplainError, Explainable, Method, Needs, Questions, Saliency, TargetSpec};

/// What to explain, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainRequest {
    /// The names of the layers.
    pub layers: Vec<String>,
    /// The methods.
    pub methods: Vec<Method>,
    /// The class of each image.
    pub target: TargetSpec,
}

/// The explanation of one image, at one layer, by one method.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The image's place in the batch, from 0.
    pub image: usize,
    /// The layer's name.
    pub layer: String,
    /// The method.
    pub method: Method,
    /// The explained class.
    pub target_class: usize,
    /// The class that the network predicts for the image.
    pub predicted_class: usize,
    /// The softmax probability of the target class, 0 to 1.
    pub confidence: f32,
    /// The map.
    pub saliency: Saliency,
}

/// Returns the explanations of `images`: all layers and methods of the first image, then of the
/// second, and so on. Layers and, within a layer, methods are in the order of the request.
///
/// Long batches are split into chunks of bounded memory, which changes no value beyond rounding.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, standardised
/// - returned: `batch * layers * methods` explanations
///
/// # Errors
///
/// As [`gather`](super::gather). Also if no layer or no method is given, if a method needs a head
/// that the network does not have or a score that is linear in the logits, or if an output of the
/// network or a map is not finite.
pub fn explain<N>(
    network: &N,
    images: Tensor<4>,
    request: &ExplainRequest,
) -> Result<Vec<Explanation>, ExplainError>
where
    N: Explainable + ?Sized,
{
    explain_watched(network, images, request, &|_answers| {})
}

/// Does the work of [`explain`] and reports its progress. `watch` receives the number of forward
/// passes that a method with [`Needs::Questions`] has done, batch by batch.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, standardised
/// - returned: `batch * layers * methods` explanations
///
/// # Errors
///
/// As [`explain`].
pub fn explain_watched<N>(
    network: &N,
    images: Tensor<4>,
    request: &ExplainRequest,
    watch: &dyn Fn(usize),
) -> Result<Vec<Explanation>, ExplainError>
where
    N: Explainable + ?Sized,
{
    let chunk = chunk_size(&images);
    explain_in_chunks(network, images, request, (chunk, watch))
}

fn explain_in_chunks<N>(
    network: &N,
    images: Tensor<4>,
    request: &ExplainRequest,
    (chunk, watch): (usize, &dyn Fn(usize)),
) -> Result<Vec<Explanation>, ExplainError>
where
    N: Explainable + ?Sized,
{
    let [batch, _channels, height, width] = images.dims();
    check_methods(network, request)?;
    request.target.check_labels(batch)?;
    let mut explanations = Vec::with_capacity(batch * request.layers.len() * request.methods.len());
    for places in chunks(batch, chunk) {
        let start = places.start;
        let part = images.clone().narrow(0, start, places.len());
        let targets = request.target.part(places);
        let batch = match start {
            0 => Batch::First,
            _ => Batch::Later,
        };
        let asked = (&targets, &request.layers[..]);
        let evidence = gather_batch(network, part.clone(), asked, batch)?;
        let subject = ClassScore {
            network,
            quantity: targets.quantity,
            target_class: &evidence.target_class,
        };
        let questions = Questions::new(&subject, part, &evidence.scores, watch);
        let maps = of_every_layer(&evidence.layers, &request.methods, |method, layer| {
            method_maps(method, layer, &questions, [height, width]).map(Some)
        })?;
        let predicted_class = predicted_classes(&evidence.logits);
        let confidence = probabilities_of(&evidence.probabilities, &evidence.target_class);
        let images = evidence.target_class.len();
        explanations.extend(by_image(maps, images, |image, layer, method, saliency| {
            Explanation {
                image: start + image,
                layer: layer.to_owned(),
                method,
                target_class: evidence.target_class[image],
                predicted_class: predicted_class[image],
                confidence: confidence[image],
                saliency,
            }
        }));
    }
    Ok(explanations)
}

/// Fails unless every method can explain every layer; called before any forward pass.
fn check_methods<N>(network: &N, request: &ExplainRequest) -> Result<(), ExplainError>
where
    N: Explainable + ?Sized,
{
    if request.methods.is_empty() {
        let known = Method::names().map(str::to_owned).collect();
        return Err(ExplainError::NoMethod { known });
    }
    let quantity = request.target.quantity;
    let reads_weights = |method: &&Method| method.needs() == Needs::PooledLinear;
    let reader = request.methods.iter().find(reads_weights);
    if let (Some(method), false) = (reader, quantity.is_linear()) {
        return Err(ExplainError::NotLinear {
            method: method.name().to_owned(),
            quantity: quantity.to_string(),
        });
    }
    let known = network.layers();
    if request.layers.is_empty() {
        return Err(ExplainError::NoLayer { known });
    }
    for layer in &request.layers {
        if !known.contains(layer) {
            return Err(ExplainError::UnknownLayer {
                layer: layer.clone(),
                known,
            });
        }
        let unmet = reader.filter(|_| network.pooled_linear_weights(layer).is_none());
        if let Some(method) = unmet {
            let usable = known
                .into_iter()
                .filter(|layer| network.pooled_linear_weights(layer).is_some())
                .collect();
            return Err(ExplainError::NotPooledLinear {
                method: method.name().to_owned(),
                layer: layer.clone(),
                head: network.head().to_owned(),
                usable,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "explanation_tests.rs"]
mod tests;
