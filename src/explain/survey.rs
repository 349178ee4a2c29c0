//! The maps of every method and baseline on a group of images, from one forward and one backward
//! pass, and the further forward passes of methods that need them.

use burn::tensor::Tensor;

use super::baseline::BaselineInput;
use super::layer_maps::{LayerMaps, method_maps, of_every_layer};
use super::questions::ClassScore;
use super::target::{predicted_classes, probabilities_of};
use super::{ExplainError, Explainable, MapSource, Questions, Standardisation, TargetSpec, gather};

/// A group of images to explain.
#[derive(Debug, Clone)]
pub struct SurveyRequest<'a> {
    /// The images, `[batch, channels, height, width]`, 0 to 1, not standardised.
    pub pixels: Tensor<4>,
    /// One number per image, which determines its random baseline.
    pub image_numbers: &'a [u64],
    /// How the network's inputs are standardised.
    pub standardisation: Standardisation<'a>,
    /// The layers.
    pub layers: &'a [String],
    /// The methods and baselines; those that a layer or the quantity does not allow are skipped.
    pub sources: &'a [MapSource],
    /// The class of each image.
    pub target: &'a TargetSpec,
    /// Seed of the random baseline.
    pub seed: u64,
}

/// The maps of a group of images.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The class of each image's maps, `[batch]`.
    pub target_class: Vec<usize>,
    /// The predicted class of each image, `[batch]`.
    pub predicted_class: Vec<usize>,
    /// The softmax probability of each image's target class, `[batch]`, 0 to 1.
    pub confidence: Vec<f32>,
    /// One entry per layer and source, layers outermost, both in the order of the request.
    pub maps: Vec<SourceMaps>,
}

/// The maps of one source at one layer.
pub type SourceMaps = LayerMaps<MapSource>;

/// Returns the maps of all sources at all layers. The whole group passes through the network at
/// once.
///
/// # Errors
///
/// As [`gather`]; also if an output of the network or a map is not finite.
///
/// # Panics
///
/// If there is no image, or not one number per image.
pub fn survey<N>(network: &N, request: &SurveyRequest<'_>) -> Result<Survey, ExplainError>
where
    N: Explainable + ?Sized,
{
    survey_watched(network, request, &|_answers| {})
}

/// Does the work of [`survey`] and reports its progress. `watch` receives the number of forward
/// passes that a method with [`Needs::Questions`](super::Needs::Questions) has done, batch by
/// batch.
///
/// # Errors
///
/// As [`survey`].
///
/// # Panics
///
/// As [`survey`].
pub fn survey_watched<N>(
    network: &N,
    request: &SurveyRequest<'_>,
    watch: &dyn Fn(usize),
) -> Result<Survey, ExplainError>
where
    N: Explainable + ?Sized,
{
    let [_batch, _channels, height, width] = request.pixels.dims();
    let input = request.standardisation.apply(request.pixels.clone());
    let evidence = gather(network, input.clone(), request.target, request.layers)?;
    let subject = ClassScore {
        network,
        quantity: request.target.quantity,
        target_class: &evidence.target_class,
    };
    let questions = Questions::new(&subject, input, &evidence.scores, watch);
    let maps = of_every_layer(&evidence.layers, request.sources, |source, layer| {
        if source.lacks_weights(layer) {
            return Ok(None);
        }
        let [_, _, rows, columns] = layer.activation.dims();
        let saliency = match source {
            MapSource::Method(method) => method_maps(method, layer, &questions, [height, width])?,
            MapSource::Baseline(baseline) => baseline.maps(&BaselineInput {
                pixels: &request.pixels,
                native_size: [rows, columns],
                layer: &layer.name,
                image_numbers: request.image_numbers,
                seed: request.seed,
            }),
        };
        Ok(Some(saliency))
    })?;
    Ok(Survey {
        confidence: probabilities_of(&evidence.probabilities, &evidence.target_class),
        predicted_class: predicted_classes(&evidence.logits),
        target_class: evidence.target_class,
        maps,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SmallNet, images};
    use super::super::{Baseline, ExplainRequest, Method, Needs, explain};
    use super::*;

    #[test]
    fn a_survey_holds_what_explaining_gives_and_every_baseline() {
        let network = SmallNet::trained();
        let pixels = images(3).abs().clamp_max(1.0);
        let standardisation = Standardisation {
            mean: &[0.5, 0.4, 0.3],
            std: &[0.25, 0.3, 0.25],
        };
        let layers = ["block-1".to_owned(), "block-2".to_owned()];
        let target = TargetSpec::predicted();
        let found = survey(
            &network,
            &SurveyRequest {
                pixels: pixels.clone(),
                image_numbers: &[0, 1, 2],
                standardisation,
                layers: &layers,
                sources: &MapSource::all(),
                target: &target,
                seed: 0,
            },
        )
        .expect("the network is explainable");
        let methods = Method::all();
        let gradient = methods.iter().filter(|m| m.needs() != Needs::PooledLinear);
        let expected = methods.len() + gradient.count() + 2 * Baseline::ALL.len();
        assert_eq!(found.maps.len(), expected, "CAM is skipped at block-1");

        let request = ExplainRequest {
            layers: vec!["block-2".to_owned()],
            methods: methods.to_vec(),
            target,
        };
        let explained = explain(&network, standardisation.apply(pixels), &request);
        for explanation in explained.expect("the network is explainable") {
            let same = found.maps.iter().find(|maps| {
                maps.layer == explanation.layer
                    && maps.source == MapSource::Method(explanation.method)
            });
            let image = explanation.image;
            let same = &same.expect("the method is there").saliency[image];
            assert_eq!(*same, explanation.saliency, "{}", explanation.method);
            assert_eq!(found.confidence[image], explanation.confidence);
            assert_eq!(found.target_class[image], explanation.target_class);
            assert_eq!(found.predicted_class[image], explanation.predicted_class);
        }
    }
}
