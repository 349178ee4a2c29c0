//! The maps of every method and baseline on a group of images, by one forward and one gradient pass,
//! and by the answers to their questions where methods ask any.
//! Called by the scores, the localisation and the sanity checks of the command line.

use std::fmt;
use std::str::FromStr;

use burn::tensor::Tensor;

use super::baseline::{Baseline, BaselineInput};
use super::explanation::raw_map;
use super::questions::ClassScore;
use super::target::predicted_classes;
use super::{
    ExplainError, Explainable, LayerEvidence, Method, Needs, Questions, Saliency, Standardisation,
    TargetSpec, gather,
};

/// What a map comes from: a method, or a baseline that knows nothing of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MapSource {
    /// A CAM method.
    Method(Method),
    /// A map made without the network.
    Baseline(Baseline),
}

impl MapSource {
    /// All methods, then all baselines.
    pub fn all() -> Vec<Self> {
        let methods = Method::all().iter().copied().map(Self::Method);
        methods.chain(Baseline::ALL.map(Self::Baseline)).collect()
    }

    /// The kebab-case name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Method(method) => method.name(),
            Self::Baseline(baseline) => baseline.name(),
        }
    }

    /// The name in figures and tables.
    pub fn title(self) -> &'static str {
        match self {
            Self::Method(method) => method.title(),
            Self::Baseline(baseline) => baseline.title(),
        }
    }

    /// Whether it can be had at `layer` of `network`.
    pub fn is_allowed<N: Explainable + ?Sized>(self, network: &N, layer: &str) -> bool {
        match self {
            Self::Method(method) => {
                method.needs() != Needs::PooledLinear
                    || network.pooled_linear_weights(layer).is_some()
            }
            Self::Baseline(_) => true,
        }
    }

    /// Whether it reads weights that the layer's evidence does not hold.
    fn lacks_weights(self, layer: &LayerEvidence) -> bool {
        let reads = |method: Method| method.needs() == Needs::PooledLinear;
        matches!(self, Self::Method(method) if reads(method)) && layer.class_weights.is_none()
    }
}

impl fmt::Display for MapSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for MapSource {
    type Err = ExplainError;

    /// The method or baseline called `name`.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::all().into_iter().find(|source| source.name() == name);
        found.ok_or_else(|| ExplainError::UnknownMethod {
            name: name.to_owned(),
            known: Self::all()
                .iter()
                .map(|source| source.name().to_owned())
                .collect(),
        })
    }
}

/// A group of images to explain.
#[derive(Debug, Clone)]
pub struct SurveyRequest<'a> {
    /// The images, `[batch, channels, height, width]`, 0 to 1, not standardised.
    pub pixels: Tensor<4>,
    /// One number an image, from which its random baseline follows.
    pub image_numbers: &'a [u64],
    /// How the network's inputs are standardised.
    pub standardisation: Standardisation<'a>,
    /// The layers.
    pub layers: &'a [String],
    /// The methods and baselines; one that a layer or the quantity does not allow is left out.
    pub sources: &'a [MapSource],
    /// The class of each image.
    pub target: &'a TargetSpec,
    /// Seed of the random baseline.
    pub seed: u64,
}

/// The maps of a group of images.
#[derive(Debug, Clone)]
pub struct Survey {
    /// The class each image's maps are for, `[batch]`.
    pub target_class: Vec<usize>,
    /// The class the network gives each image, `[batch]`.
    pub predicted_class: Vec<usize>,
    /// The softmax probability of each image's target class, `[batch]`, 0 to 1.
    pub confidence: Vec<f32>,
    /// One entry a layer and source, layers outermost, both in the order of the request.
    pub maps: Vec<SourceMaps>,
}

/// The maps of one source at one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceMaps {
    /// The layer's name.
    pub layer: String,
    /// `[height, width]` of the layer's cells.
    pub native_size: [usize; 2],
    /// What made the maps.
    pub source: MapSource,
    /// One map an image.
    pub saliency: Vec<Saliency>,
}

/// The maps of all sources at all layers. The whole group goes through the network at once.
///
/// # Errors
///
/// As [`gather`]; also if an answer of the network or a map is not finite.
///
/// # Panics
///
/// If there is no image, or not one number an image.
pub fn survey<N>(network: &N, request: &SurveyRequest<'_>) -> Result<Survey, ExplainError>
where
    N: Explainable + ?Sized,
{
    survey_watched(network, request, &|_answers| {})
}

/// As [`survey`]; `watch` is told of the answers that a method with [`Needs::Questions`] got, batch
/// by batch, so that a caller can show that the work goes on.
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
    let mut maps = Vec::new();
    for layer in &evidence.layers {
        let [_, _, rows, columns] = layer.activation.dims();
        let allowed = |source: &&MapSource| !source.lacks_weights(layer);
        for source in request.sources.iter().filter(allowed) {
            let saliency = match source {
                MapSource::Method(method) => {
                    Saliency::from_batch(raw_map(*method, layer, &questions)?, [height, width])
                }
                MapSource::Baseline(baseline) => baseline.maps(&BaselineInput {
                    pixels: &request.pixels,
                    native_size: [rows, columns],
                    layer: &layer.name,
                    image_numbers: request.image_numbers,
                    seed: request.seed,
                }),
            };
            maps.push(SourceMaps {
                layer: layer.name.clone(),
                native_size: [rows, columns],
                source: *source,
                saliency,
            });
        }
    }
    let [_batch, classes] = evidence.logits.dims();
    let probabilities: Vec<f32> = evidence.probabilities.to_data().iter::<f32>().collect();
    let targets = evidence.target_class.iter().enumerate();
    Ok(Survey {
        confidence: targets
            .map(|(image, class)| probabilities[image * classes + class])
            .collect(),
        predicted_class: predicted_classes(&evidence.logits),
        target_class: evidence.target_class,
        maps,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SmallNet, images};
    use super::super::{ExplainRequest, explain};
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
        assert_eq!(found.maps.len(), expected, "CAM is left out at block-1");

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

    #[test]
    fn a_source_is_found_by_its_name_and_names_are_distinct() {
        for source in MapSource::all() {
            assert_eq!(source.name().parse(), Ok(source));
        }
        let error = "grad-cm".parse::<MapSource>().expect_err("no such source");
        assert!(error.to_string().contains("\"edges\""), "{error}");
        assert_eq!(error.hint().as_deref(), Some("did you mean \"grad-cam\"?"));
    }
}
