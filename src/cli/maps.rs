//! From pictures and a network to records and arrays of an explanation folder. Called by `explain`
//! and `ablate`.

use std::io::IsTerminal;

use burn::tensor::{Device, Tensor, TensorData};
use indicatif::{ProgressBar, ProgressStyle};

use crate::data::ImageSet;
use crate::data::image_set::CHANNELS;
use crate::explain::{
    ExplainError, ExplainRequest, Explainable, Explanation, Method, Needs, Quantity,
    Standardisation, TargetSpec, confidences, confidences_on_explanations, explain_watched, placed,
};
use crate::run::{Array, ExplainedImage, ExplanationRecord, ExplanationSet};

use super::context::Context;
use super::explained::Explained;
use super::failure::Complaint;
use super::selection::Pictures;
use super::titles::network_title;

/// Most pictures that are explained in one go, and most of their pixels: it bounds memory and how
/// long a signal waits.
const PICTURES_AT_ONCE: usize = 64;
const PIXELS_AT_ONCE: usize = 4 * 224 * 224;

/// How the network's answers to a method's questions are counted on a terminal.
const ANSWERS: &str = "{human_pos} answers of the network, {per_sec}";
/// What stands before the other class of a difference of logits.
const MINUS: &str = "minus:";

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
        Self::parse_with(text, |name| Ok(like.find_class(name)?))
    }

    /// As [`parse`](Self::parse), where `find` knows the classes.
    pub(super) fn parse_with(
        text: &str,
        find: impl Fn(&str) -> anyhow::Result<usize>,
    ) -> anyhow::Result<Self> {
        Ok(match text {
            "predicted" => Self::Predicted,
            "true" => Self::True,
            name => Self::Named(find(name)?),
        })
    }

    pub(super) fn rule(&self) -> &'static str {
        match self {
            Self::Predicted => "predicted",
            Self::True => "true",
            Self::Named(_) => "named",
        }
    }

    /// Returns the class of each picture, whose true ones are `labels`.
    pub(super) fn target(&self, labels: &[Option<usize>]) -> Result<TargetSpec, Complaint> {
        match self {
            Self::Predicted => return Ok(TargetSpec::predicted()),
            Self::Named(class) => return Ok(TargetSpec::class(*class)),
            Self::True => {}
        }
        let labels: Option<Vec<usize>> = labels.iter().copied().collect();
        let unknown = || {
            Complaint::misused(
                "the true class of an image file is not known",
                "take --class predicted, or name the class",
            )
        };
        Ok(TargetSpec::labelled(labels.ok_or_else(unknown)?))
    }
}

/// What of the class the maps explain, as the user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QuantityChoice {
    quantity: Quantity,
    /// As it stands in a record: a class by its name.
    name: String,
}

impl QuantityChoice {
    /// Returns the choice where nothing is named.
    pub(super) fn logit() -> Self {
        Self {
            quantity: Quantity::Logit,
            name: Quantity::Logit.to_string(),
        }
    }

    /// Returns the choice that `text` names.
    pub(super) fn parse(text: &str, like: &ImageSet) -> anyhow::Result<Self> {
        Self::parse_with(text, |name| Ok(like.find_class(name)?))
    }

    /// As [`parse`](Self::parse), where `find` knows the classes.
    pub(super) fn parse_with(
        text: &str,
        find: impl Fn(&str) -> anyhow::Result<usize>,
    ) -> anyhow::Result<Self> {
        let quantity = match text.strip_prefix(MINUS) {
            Some(class) => Quantity::Minus(find(class)?),
            None => text.parse()?,
        };
        Ok(Self {
            quantity,
            name: text.to_string(),
        })
    }
}

/// Which methods to run.
#[derive(Debug, Clone)]
pub(super) enum MethodChoice {
    /// Every method at every layer where the network allows it, but for those that ask the network
    /// many questions for each map.
    Allowed,
    /// These, at every layer; one that the network does not allow is an error.
    Named(Vec<Method>),
}

impl MethodChoice {
    /// Returns the choice of the methods named; none is [`MethodChoice::Allowed`].
    pub(super) fn parse(names: &[String]) -> Result<Self, ExplainError> {
        if names.is_empty() {
            return Ok(Self::Allowed);
        }
        let mut methods: Vec<Method> = Vec::new();
        for name in names {
            let method = Method::parse(name)?;
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        Ok(Self::Named(methods))
    }

    /// Returns what to ask for, at which layers.
    fn requests(
        &self,
        network: &dyn Explainable,
        layers: &[String],
        quantity: Quantity,
    ) -> Vec<(Vec<String>, Vec<Method>)> {
        if let Self::Named(methods) = self {
            return vec![(layers.to_vec(), methods.clone())];
        }
        let pooled = |layer: &&String| {
            quantity.is_linear() && network.pooled_linear_weights(layer).is_some()
        };
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
    for (place, id) in pictures.ids.iter().enumerate() {
        let name = format!("picture/{id}");
        let (values, [height, width]) = shown(pictures, place);
        set.arrays.insert(
            name.clone(),
            Array {
                shape: vec![CHANNELS, height, width],
                values: values.to_vec(),
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

/// The pixels of a picture as it is shown, and its height and width: the whole, where the network
/// sees a part.
fn shown(pictures: &Pictures, place: usize) -> (&[f32], [usize; 2]) {
    match pictures.wholes.get(place) {
        Some(whole) => (&whole.pixels, whole.size),
        None => (&pictures.pixels[place], pictures.size),
    }
}

/// What to explain.
pub(super) struct MapRequest<'a> {
    pub(super) explained: Explained<'a>,
    pub(super) layers: &'a [String],
    pub(super) methods: &'a MethodChoice,
    pub(super) class: &'a ClassChoice,
    pub(super) quantity: &'a QuantityChoice,
}

/// Explains all pictures with one network and adds the maps to `set`; a signal is obeyed between
/// groups of pictures.
pub(super) fn add_maps(
    context: &Context,
    set: &mut ExplanationSet,
    pictures: &Pictures,
    request: &MapRequest<'_>,
) -> anyhow::Result<()> {
    let [height, width] = pictures.size;
    let at_once = (PIXELS_AT_ONCE / (height * width).max(1)).clamp(1, PICTURES_AT_ONCE);
    for start in (0..pictures.ids.len()).step_by(at_once) {
        context.go_on()?;
        let end = (start + at_once).min(pictures.ids.len());
        add_group(
            set,
            &pictures.part(start..end),
            request,
            &context.device.device,
        )?;
    }
    Ok(())
}

fn add_group(
    set: &mut ExplanationSet,
    pictures: &Pictures,
    request: &MapRequest<'_>,
    device: &Device,
) -> anyhow::Result<()> {
    let network = request.explained.network();
    let [height, width] = pictures.size;
    let shape = [pictures.ids.len(), CHANNELS, height, width];
    let pixels = TensorData::new(pictures.pixels.concat(), shape);
    let pixels: Tensor<4> = Tensor::from_data(pixels, device);
    let standardisation = Standardisation {
        mean: &pictures.normalisation.mean,
        std: &pictures.normalisation.std,
    };
    let input = standardisation.apply(pixels.clone());
    let mut explanations = Vec::new();
    let quantity = request.quantity.quantity;
    let answers = answers_shown();
    for (layers, methods) in request.methods.requests(network, request.layers, quantity) {
        let spec = ExplainRequest {
            layers,
            methods,
            target: request.class.target(&pictures.labels)?.of(quantity),
        };
        let more = |count: usize| answers.inc(count as u64);
        explanations.extend(explain_watched(network, input.clone(), &spec, &more)?);
    }
    answers.finish_and_clear();
    // Every map lies on its own picture, so pictures are repeated in the order of the maps.
    let count = explanations.len();
    let places: Vec<i64> = explanations.iter().map(|e| e.image as i64).collect();
    let places = Tensor::from_data(TensorData::new(places, [count]), device);
    let heats = explanations
        .iter()
        .flat_map(|e| e.saliency.normalised.values());
    let heats = TensorData::new(heats.copied().collect::<Vec<f32>>(), [count, height, width]);
    let heats = Tensor::<3>::from_data(heats, device);
    let targets: Vec<usize> = explanations.iter().map(|e| e.target_class).collect();
    let predicted: Vec<usize> = explanations.iter().map(|e| e.predicted_class).collect();
    let top = confidences(network, input.select(0, places.clone()), &predicted)?;
    let repeated = pixels.select(0, places);
    let on_maps = confidences_on_explanations(network, repeated, heats, &targets, standardisation)?;
    for ((explanation, on_map), top) in explanations.iter().zip(on_maps).zip(top) {
        add_record(set, pictures, request, explanation, on_map, top);
    }
    Ok(())
}

/// Returns a line that counts the network's answers, hidden where nobody watches; it shows itself
/// with the first answer, so that methods which ask nothing leave no trace.
fn answers_shown() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template(ANSWERS).expect("the template names known keys");
    ProgressBar::no_length().with_style(style)
}

fn add_record(
    set: &mut ExplanationSet,
    pictures: &Pictures,
    request: &MapRequest<'_>,
    explanation: &Explanation,
    on_map: f32,
    predicted_confidence: f32,
) {
    let explained = request.explained;
    let (seed, epoch) = explained.seed_and_epoch();
    let trial = explained.name();
    let (id, method) = (&pictures.ids[explanation.image], explanation.method.name());
    let stem = format!(
        "{trial}/seed-{seed}/epoch-{epoch:03}/{}/{method}/{id}",
        explanation.layer
    );
    let name = |class: usize| pictures.class_names[class].clone();
    let (pixels, [height, width]) = shown(pictures, explanation.image);
    let map = &explanation.saliency.normalised;
    let whole = pictures.wholes.get(explanation.image);
    let map = match whole {
        Some(whole) => placed(map, whole.seen, whole.size),
        None => map.clone(),
    };
    let heat = map.values();
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
        retrained_head: explained.retrained(method, &explanation.layer).cloned(),
        network_title: network_title(&trial),
        trial,
        seed,
        epoch,
        checkpoint: explained.checkpoint(),
        pretrained: explained.pretrained(),
        method: method.to_string(),
        title: explanation.method.title().to_string(),
        layer: explanation.layer.clone(),
        native_size: explanation.saliency.raw.size(),
        target_class: name(explanation.target_class),
        target_rule: request.class.rule().to_string(),
        quantity: request.quantity.name.clone(),
        confidence: explanation.confidence,
        explanation_confidence: on_map,
        predicted_class: name(explanation.predicted_class),
        predicted_confidence,
        empty: explanation.saliency.empty,
        seen: whole.map(|whole| whole.seen),
        raw,
        heat,
        explanation: product,
    });
}

#[cfg(test)]
#[path = "maps_tests.rs"]
mod tests;
