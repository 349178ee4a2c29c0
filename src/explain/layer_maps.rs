//! The loop over layers and sources of maps, and the regrouping of maps by image.

use burn::tensor::Tensor;

use super::saliency::rectify;
use super::{ExplainError, LayerEvidence, Method, Questions, Saliency};

/// The maps of one source at one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerMaps<S> {
    /// The layer's name.
    pub layer: String,
    /// `[height, width]` of the layer's cells.
    pub native_size: [usize; 2],
    /// The source of the maps.
    pub source: S,
    /// One map per image.
    pub saliency: Vec<Saliency>,
}

/// Returns the maps that `make` gives for every layer and, within a layer, every source; pairs
/// without maps are skipped.
pub(super) fn of_every_layer<'a, S: Copy>(
    layers: impl IntoIterator<Item = &'a LayerEvidence>,
    sources: &[S],
    make: impl Fn(S, &LayerEvidence) -> Result<Option<Vec<Saliency>>, ExplainError>,
) -> Result<Vec<LayerMaps<S>>, ExplainError> {
    let mut all = Vec::new();
    for layer in layers {
        let [_batch, _channels, rows, columns] = layer.activation.dims();
        for source in sources {
            let Some(saliency) = make(*source, layer)? else {
                continue;
            };
            all.push(LayerMaps {
                layer: layer.name.clone(),
                native_size: [rows, columns],
                source: *source,
                saliency,
            });
        }
    }
    Ok(all)
}

/// Returns the results of `make` for every map and the number of its image: all maps of the first
/// image, then all of the second, and so on.
pub(super) fn by_image<S: Copy, T>(
    all: Vec<LayerMaps<S>>,
    images: usize,
    make: impl Fn(usize, &str, S, Saliency) -> T,
) -> Vec<T> {
    let mut by_image: Vec<Vec<T>> = (0..images).map(|_| Vec::new()).collect();
    for maps in all {
        for (image, saliency) in maps.saliency.into_iter().enumerate() {
            by_image[image].push(make(image, &maps.layer, maps.source, saliency));
        }
    }
    by_image.into_iter().flatten().collect()
}

/// Returns the maps of a method at a layer for images of `size`, `[height, width]`.
pub(super) fn method_maps(
    method: Method,
    layer: &LayerEvidence,
    questions: &Questions<'_>,
    size: [usize; 2],
) -> Result<Vec<Saliency>, ExplainError> {
    Ok(Saliency::from_batch(
        raw_map(method, layer, questions)?,
        size,
    ))
}

/// Returns the rectified map, `[batch, height, width]`, of a method at a layer.
pub(super) fn raw_map(
    method: Method,
    layer: &LayerEvidence,
    questions: &Questions<'_>,
) -> Result<Tensor<3>, ExplainError> {
    // Checked before the ReLU, which would hide a negative infinity.
    Ok(rectify(signed_map(method, layer, questions)?))
}

/// Returns the map before its ReLU, `[batch, height, width]`, of a method at a layer; it is finite.
pub(super) fn signed_map(
    method: Method,
    layer: &LayerEvidence,
    questions: &Questions<'_>,
) -> Result<Tensor<3>, ExplainError> {
    let signed = method.asked_map(layer, questions)?;
    if !signed.clone().is_finite().all().into_scalar::<bool>() {
        return Err(ExplainError::NonFiniteMap {
            method: method.name().to_owned(),
            layer: layer.name.clone(),
        });
    }
    Ok(signed)
}
