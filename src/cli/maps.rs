//! From pictures and a network to records and arrays of an explanation folder. Called by `explain`
//! and `ablate`.

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::ImageSet;
use crate::data::image_set::CHANNELS;
use crate::explain::{
    ExplainError, ExplainRequest, Explanation, Method, Needs, Standardisation, TargetRule,
    TargetSpec, confidences_on_explanations, explain,
};
use crate::model::PlainCnn;
use crate::run::{Array, ExplainedImage, ExplanationRecord, ExplanationSet};

use super::failure::Complaint;
use super::network::{Opened, Trained};
use super::selection::Pictures;

/// Which class the maps are for, as the user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClassChoice {
    Predicted,
    True,
    Named(usize),
}

impl ClassChoice {
    /// Returns the choice that `text` names.
    pub(super) fn parse(text: &str, like: &ImageSet) -> anyhow::Result<Self> {
        Ok(match text {
            "predicted" => Self::Predicted,
            "true" => Self::True,
            name => Self::Named(like.find_class(name)?),
        })
    }

    fn rule(&self) -> &'static str {
        match self {
            Self::Predicted => "predicted",
            Self::True => "true",
            Self::Named(_) => "named",
        }
    }

    fn target(&self, pictures: &Pictures) -> anyhow::Result<TargetSpec> {
        let rule = match self {
            Self::Predicted => return Ok(TargetSpec::predicted()),
            Self::Named(class) => return Ok(TargetSpec::class(*class)),
            Self::True => TargetRule::True,
        };
        let labels: Option<Vec<usize>> = pictures.labels.iter().copied().collect();
        if labels.is_none() {
            return Err(Complaint::misused(
                "the true class of an image file is not known",
                "take --class predicted, or name the class",
            )
            .into());
        }
        Ok(TargetSpec { rule, labels })
    }
}

/// Which methods to run.
#[derive(Debug, Clone)]
pub(super) enum MethodChoice {
    /// Every method at every layer where the network allows it.
    Allowed,
    /// These, at every layer; one that the network does not allow is an error.
    Named(Vec<Method>),
}

impl MethodChoice {
    /// Returns the choice of the methods named; none is every allowed one.
    pub(super) fn parse(names: &[String]) -> Result<Self, ExplainError> {
        if names.is_empty() {
            return Ok(Self::Allowed);
        }
        let methods = names.iter().map(|name| Method::parse(name));
        Ok(Self::Named(methods.collect::<Result<_, _>>()?))
    }

    /// Returns what to ask for, at which layers.
    fn requests(&self, network: &PlainCnn, layers: &[String]) -> Vec<(Vec<String>, Vec<Method>)> {
        if let Self::Named(methods) = self {
            return vec![(layers.to_vec(), methods.clone())];
        }
        let pooled = |layer: &&String| network.pooled_linear_weights(layer).is_some();
        let needing = |needs| {
            Method::all()
                .iter()
                .copied()
                .filter(move |m| m.needs() == needs)
        };
        let requests = [
            (
                layers.iter().filter(pooled).cloned().collect(),
                Needs::PooledLinear,
            ),
            (layers.to_vec(), Needs::Gradient),
        ];
        let requests =
            requests.map(|(layers, needs): (Vec<_>, _)| (layers, needing(needs).collect()));
        requests
            .into_iter()
            .filter(|(layers, _)| !layers.is_empty())
            .collect()
    }
}

/// Returns an explanation folder's content with the pictures and no map yet.
pub(super) fn empty_set(pictures: &Pictures) -> ExplanationSet {
    let mut set = ExplanationSet {
        selection_rule: pictures.rule.clone(),
        ..Default::default()
    };
    let [height, width] = pictures.size;
    for (place, id) in pictures.ids.iter().enumerate() {
        let name = format!("picture/{id}");
        let values = pictures.pixels[place].clone();
        set.arrays.insert(
            name.clone(),
            Array {
                shape: vec![CHANNELS, height, width],
                values,
            },
        );
        set.images.push(ExplainedImage {
            id: id.clone(),
            generated: pictures.generated,
            true_class: pictures.labels[place].map(|label| pictures.class_names[label].clone()),
            pixels: name,
        });
    }
    set
}

/// What to explain.
pub(super) struct MapRequest<'a> {
    pub(super) trained: &'a Trained,
    pub(super) opened: &'a Opened,
    pub(super) layers: &'a [String],
    pub(super) methods: &'a MethodChoice,
    pub(super) class: &'a ClassChoice,
}

/// Explains all pictures with one network and adds the maps to `set`.
pub(super) fn add_maps(
    set: &mut ExplanationSet,
    pictures: &Pictures,
    request: &MapRequest<'_>,
    device: &Device,
) -> anyhow::Result<()> {
    let network = &request.opened.network;
    let [height, width] = pictures.size;
    let count = pictures.ids.len();
    let values = pictures.pixels.concat();
    let pixels: Tensor<4> = Tensor::from_data(
        TensorData::new(values, [count, CHANNELS, height, width]),
        device,
    );
    let standardisation = Standardisation {
        mean: &pictures.normalisation.mean,
        std: &pictures.normalisation.std,
    };
    let input = standardisation.apply(pixels.clone());
    let mut explanations = Vec::new();
    for (layers, methods) in request.methods.requests(network, request.layers) {
        let spec = ExplainRequest {
            layers,
            methods,
            target: request.class.target(pictures)?,
        };
        explanations.extend(explain(network, input.clone(), &spec)?);
    }
    let places: Vec<usize> = explanations
        .iter()
        .map(|explanation| explanation.image)
        .collect();
    let heats: Vec<f32> = explanations
        .iter()
        .flat_map(|e| e.saliency.normalised.values())
        .copied()
        .collect();
    let heats = Tensor::<3>::from_data(
        TensorData::new(heats, [places.len(), height, width]),
        device,
    );
    let indices: Vec<i64> = places.iter().map(|place| *place as i64).collect();
    let rows = Tensor::from_data(TensorData::new(indices, [places.len()]), device);
    let targets: Vec<usize> = explanations.iter().map(|e| e.target_class).collect();
    let repeated = pixels.select(0, rows);
    let on_maps = confidences_on_explanations(network, repeated, heats, &targets, standardisation)?;
    let top = top_confidences(network, pictures, device, standardisation);
    for (explanation, on_map) in explanations.iter().zip(on_maps) {
        add_record(
            set,
            pictures,
            request,
            explanation,
            on_map,
            top[explanation.image],
        );
    }
    Ok(())
}

/// Returns the softmax probability of each picture's likeliest class.
fn top_confidences(
    network: &PlainCnn,
    pictures: &Pictures,
    device: &Device,
    standardisation: Standardisation<'_>,
) -> Vec<f32> {
    let [height, width] = pictures.size;
    let mut top = Vec::with_capacity(pictures.ids.len());
    for pixels in &pictures.pixels {
        let shape = [1, CHANNELS, height, width];
        let input = Tensor::<4>::from_data(TensorData::new(pixels.clone(), shape), device);
        let logits = network.forward(
            standardisation.apply(input),
            &mut crate::model::tap::Tap::off(),
        );
        top.push(
            burn::tensor::activation::softmax(logits, 1)
                .max()
                .into_scalar::<f32>(),
        );
    }
    top
}

fn add_record(
    set: &mut ExplanationSet,
    pictures: &Pictures,
    request: &MapRequest<'_>,
    explanation: &Explanation,
    on_map: f32,
    predicted_confidence: f32,
) {
    let (run, opened) = (&request.trained.run, request.opened);
    let [height, width] = pictures.size;
    let (id, method) = (&pictures.ids[explanation.image], explanation.method.name());
    let stem = format!(
        "{}/seed-{}/epoch-{:03}/{}/{method}/{id}",
        run.trial(),
        run.seed(),
        opened.epoch,
        explanation.layer
    );
    let name = |class: usize| pictures.class_names[class].clone();
    let heat = explanation.saliency.normalised.values();
    let pixels = &pictures.pixels[explanation.image];
    let product = pixels
        .iter()
        .zip(heat.iter().cycle())
        .map(|(pixel, heat)| pixel * heat);
    let arrays = [
        (
            "raw",
            explanation.saliency.raw.size().to_vec(),
            explanation.saliency.raw.values().to_vec(),
        ),
        ("heat", vec![height, width], heat.to_vec()),
        (
            "explanation",
            vec![CHANNELS, height, width],
            product.collect(),
        ),
    ];
    let [raw, heat, product] = arrays.map(|(kind, shape, values)| {
        let name = format!("{kind}/{stem}");
        set.arrays.insert(name.clone(), Array { shape, values });
        name
    });
    set.records.push(ExplanationRecord {
        image: id.clone(),
        trial: run.trial().to_string(),
        seed: run.seed(),
        epoch: opened.epoch,
        checkpoint: opened.rule.clone(),
        method: method.to_string(),
        layer: explanation.layer.clone(),
        native_size: explanation.saliency.raw.size(),
        target_class: name(explanation.target_class),
        target_rule: request.class.rule().to_string(),
        confidence: explanation.confidence,
        explanation_confidence: on_map,
        predicted_class: name(explanation.predicted_class),
        predicted_confidence,
        empty: explanation.saliency.empty,
        raw,
        heat,
        explanation: product,
    });
}
