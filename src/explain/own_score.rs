//! Explanations of custom scores by any network: a region of a dense output, or a value that is not
//! a class.

use burn::tensor::{Int, Tensor, TensorData};

use super::chunk::{chunk_size, chunks};
use super::evidence::{check_finite, in_order, layer_evidence, probed_forward};
use super::layer_maps::{by_image, method_maps, of_every_layer};
use super::questions::{Subject, check_count};
use super::{ExplainError, LayerEvidence, Method, Needs, Questions, Saliency};
use crate::kernels::{sum, sum_dim};
use crate::model::tap::Tap;

/// The layers and methods to explain a score with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoreRequest {
    /// The names of the layers.
    pub layers: Vec<String>,
    /// The methods; none may read a classifier's weights.
    pub methods: Vec<Method>,
}

/// The explanation of a custom score in one image, at one layer, by one method.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreExplanation {
    /// The image's place in the batch, from 0.
    pub image: usize,
    /// The layer's name.
    pub layer: String,
    /// The method.
    pub method: Method,
    /// The image's score.
    pub score: f32,
    /// The map.
    pub saliency: Saliency,
}

/// Returns the explanations of `score` on the output of `forward` for `images`, in the order of
/// [`explain`](super::explain).
///
/// `score` receives rows of the output and, for each row, the position of its image in `images`: a
/// method with [`Needs::Questions`] passes several versions of an image
/// through the network at once. It returns one number per row, each from its own row alone, and
/// must be differentiable.
///
/// # Shapes
///
/// - `images`: `[batch, channels, height, width]`, standardised
/// - `forward`: from `[rows, channels, height, width]` to `[rows, ...]`, calling [`Tap::observe`]
/// - `score`: from `[rows, ...]` and as many positions to `[rows]`
/// - returned: `batch * layers * methods` explanations
///
/// # Errors
///
/// If a layer is unknown, if no layer or method is given, if a method reads a classifier's weights,
/// if the network is not in inference mode, if the score does not depend on a layer or is not one
/// number per row, or if any value is not finite.
///
/// # Examples
///
/// The explanation of the left half of a dense output, which is twice the image.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use camtrail::explain::{Method, ScoreRequest, explain_score, masked_region};
/// use camtrail::model::tap::Tap;
///
/// let device = Device::flex();
/// let forward = |images: Tensor<4>, tap: &mut Tap| tap.observe("image", images) * 2.0;
/// let left = Tensor::<3>::from_floats([[[1.0, 0.0]]], &device);
/// let request = ScoreRequest {
///     layers: vec!["image".to_owned()],
///     methods: vec![Method::parse("hires-cam")?],
/// };
/// let images = Tensor::<4>::from_floats([[[[3.0, 4.0]]]], &device);
/// let found = explain_score(forward, masked_region(left, 0), images, &request)?;
/// assert_eq!(found[0].score, 6.0);
/// assert_eq!(found[0].saliency.raw.values(), [6.0, 0.0]);
/// # Ok::<(), camtrail::explain::ExplainError>(())
/// ```
pub fn explain_score<const D: usize>(
    forward: impl Fn(Tensor<4>, &mut Tap) -> Tensor<D>,
    score: impl Fn(Tensor<D>, &[usize]) -> Tensor<1>,
    images: Tensor<4>,
    request: &ScoreRequest,
) -> Result<Vec<ScoreExplanation>, ExplainError> {
    check_methods(request)?;
    let [batch, _channels, height, width] = images.dims();
    let (chunk, images) = (chunk_size(&images), images.without_autodiff());
    let mut explanations = Vec::new();
    for places in chunks(batch, chunk) {
        ExplainError::unless_interrupted()?;
        let start = places.start;
        let places: Vec<usize> = places.collect();
        let part = images.clone().narrow(0, start, places.len());
        let subject = OwnScore {
            forward: &forward,
            score: &score,
            places: &places,
        };
        let (scores, evidence) = subject.gather(part.clone(), &request.layers)?;
        let questions = Questions::new(&subject, part, &scores, &|_answers| {});
        let layers = in_order(&evidence, &request.layers);
        let maps = of_every_layer(layers, &request.methods, |method, layer| {
            method_maps(method, layer, &questions, [height, width]).map(Some)
        })?;
        let found = by_image(maps, places.len(), |image, layer, method, saliency| {
            ScoreExplanation {
                image: start + image,
                layer: layer.to_owned(),
                method,
                score: questions.scores()[image],
                saliency,
            }
        });
        explanations.extend(found);
    }
    Ok(explanations)
}

/// Returns a score for [`explain_score`]: the sum of one channel of a dense output over each
/// image's region.
///
/// # Shapes
///
/// - `regions`: `[batch, height, width]` of the output, 1 inside and 0 outside, or any weights;
///   `[1, height, width]` is one region for all images
/// - the score: from `[rows, channels, height, width]` to `[rows]`
///
/// # Panics
///
/// The score panics if the output has no such channel or another size than the regions.
pub fn masked_region(
    regions: Tensor<3>,
    channel: usize,
) -> impl Fn(Tensor<4>, &[usize]) -> Tensor<1> {
    move |output, images| {
        let [rows, channels, height, width] = output.dims();
        let [count, region_height, region_width] = regions.dims();
        assert!(channel < channels, "no channel {channel} in {channels}");
        assert_eq!(
            [region_height, region_width],
            [height, width],
            "a region must have the output's size"
        );
        let of_image = |image: &usize| if count == 1 { 0 } else { *image as i64 };
        let places: Vec<i64> = images.iter().map(of_image).collect();
        let places: Tensor<1, Int> =
            Tensor::from_data(TensorData::new(places, [rows]), &regions.device());
        let regions = regions.clone().select(0, places);
        let values: Tensor<3> = output.narrow(1, channel, 1).squeeze_dim(1);
        let inside = (values * regions).reshape([rows, height * width]);
        sum_dim(inside, 1).squeeze_dim(1)
    }
}

/// The caller's forward function and score, and the positions of a chunk's images in the whole
/// batch.
struct OwnScore<'a, F, S> {
    forward: &'a F,
    score: &'a S,
    places: &'a [usize],
}

impl<const D: usize, F, S> OwnScore<'_, F, S>
where
    F: Fn(Tensor<4>, &mut Tap) -> Tensor<D>,
    S: Fn(Tensor<D>, &[usize]) -> Tensor<1>,
{
    /// Returns the scores `[batch]` of a chunk's images, and the evidence at `layers` in forward
    /// order.
    fn gather(
        &self,
        images: Tensor<4>,
        layers: &[String],
    ) -> Result<(Tensor<1>, Vec<LayerEvidence>), ExplainError> {
        let (output, tap) = probed_forward(self.forward, images, layers, "output")?;
        let scores = (self.score)(output, self.places);
        check_count(&scores, self.places.len())?;
        let values = scores.clone().without_autodiff();
        check_finite(&values, "score", "the network")?;
        Ok((values, layer_evidence(sum(scores), tap)?))
    }
}

impl<const D: usize, F, S> Subject for OwnScore<'_, F, S>
where
    F: Fn(Tensor<4>, &mut Tap) -> Tensor<D>,
    S: Fn(Tensor<D>, &[usize]) -> Tensor<1>,
{
    fn scores(&self, inputs: Tensor<4>, images: &[usize], tap: &mut Tap) -> Tensor<1> {
        let places: Vec<usize> = images.iter().map(|image| self.places[*image]).collect();
        (self.score)((self.forward)(inputs, tap), &places)
    }

    fn scores_from(&self, _: &str, _: Tensor<4>, _: &[usize]) -> Option<Tensor<1>> {
        None
    }
}

/// Fails unless there is a method, and none reads a classifier's weights.
fn check_methods(request: &ScoreRequest) -> Result<(), ExplainError> {
    if request.methods.is_empty() {
        let known = Method::names().map(str::to_owned).collect();
        return Err(ExplainError::NoMethod { known });
    }
    let reader = |method: &&Method| method.needs() == Needs::PooledLinear;
    match request.methods.iter().find(reader) {
        Some(method) => Err(ExplainError::NotPooledLinear {
            method: method.name().to_owned(),
            layer: request.layers.first().cloned().unwrap_or_default(),
            head: "a score of the caller's own".to_owned(),
            usable: Vec::new(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
#[path = "own_score_tests.rs"]
mod tests;
