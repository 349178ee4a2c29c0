//! From pictures and a network to the records and arrays of an explanation folder.

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::image_set::CHANNELS;
use crate::explain::{
    ExplainRequest, Explanation, TargetRule, confidences, confidences_on_explanations,
    explain_watched, placed,
};
use crate::run::{Array, ExplainedImage, ExplanationRecord, ExplanationSet};

use super::choice::{MethodChoice, QuantityChoice, rule_name, target_spec};
use super::error::StudyError;
use super::pictures::Pictures;
use super::subject::Subject;
use super::titles::network_title;
use super::watch::Watch;

/// Maximum number of pictures, and of their pixels, explained at once; bounds memory and the delay
/// of a signal.
const PICTURES_AT_ONCE: usize = 64;
const PIXELS_AT_ONCE: usize = 4 * 224 * 224;
/// Label of the progress over forward passes.
const ANSWERS: &str = "answers of the network";

/// The maps to make of each picture.
#[derive(Debug, Clone, Copy)]
pub struct MapRequest<'a> {
    /// The layers.
    pub layers: &'a [String],
    /// The methods.
    pub methods: &'a MethodChoice,
    /// The class.
    pub target: TargetRule,
    /// The quantity of the class.
    pub quantity: &'a QuantityChoice,
    /// Device of the tensors.
    pub device: &'a Device,
}

/// Returns the content of an explanation folder with the pictures but without maps.
pub fn empty_set(pictures: &Pictures) -> ExplanationSet {
    let mut set = ExplanationSet {
        selection_rule: pictures.rule.clone(),
        ..Default::default()
    };
    for (place, id) in pictures.ids.iter().enumerate() {
        let name = format!("picture/{id}");
        let (values, [height, width]) = pictures.shown(place);
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
            true_class: pictures.true_class(place),
            pixels: name,
        });
    }
    set
}

/// Explains all pictures with one network and adds the maps to `set`, group by group.
///
/// # Errors
/// [`StudyError::Stopped`]; [`StudyError::TrueClassUnknown`]; errors of explaining.
pub fn add_maps(
    set: &mut ExplanationSet,
    subject: &Subject,
    pictures: &Pictures,
    request: &MapRequest<'_>,
    watch: &dyn Watch,
) -> Result<(), StudyError> {
    let places: Vec<usize> = (0..pictures.len()).collect();
    for group in places.chunks(at_once(pictures.size)) {
        watch.go_on()?;
        add_group(set, subject, &pictures.at(group), request, watch)?;
    }
    Ok(())
}

/// Returns the number of pictures of this height and width that are explained at once.
pub(super) fn at_once([height, width]: [usize; 2]) -> usize {
    (PIXELS_AT_ONCE / (height * width).max(1)).clamp(1, PICTURES_AT_ONCE)
}

fn add_group(
    set: &mut ExplanationSet,
    subject: &Subject,
    pictures: &Pictures,
    request: &MapRequest<'_>,
    watch: &dyn Watch,
) -> Result<(), StudyError> {
    let network = subject.network();
    let [height, width] = pictures.size;
    let pixels = pictures.tensor(0..pictures.len(), request.device);
    let standardisation = pictures.standardisation();
    let input = standardisation.apply(pixels.clone());
    let mut explanations = Vec::new();
    let quantity = request.quantity.quantity;
    let answers = watch.begin(ANSWERS, None);
    let asked = request.methods.requests(network, request.layers, quantity);
    for (layers, methods) in asked {
        let spec = ExplainRequest {
            layers,
            methods,
            target: target_spec(request.target, &pictures.labels)?.of(quantity),
        };
        let more = |count: usize| answers.advance(count);
        explanations.extend(explain_watched(network, input.clone(), &spec, &more)?);
    }
    drop(answers);
    // Every map is drawn over its own picture, so the pictures repeat in the order of the maps.
    let count = explanations.len();
    let places: Vec<i64> = explanations.iter().map(|e| e.image as i64).collect();
    let places = Tensor::from_data(TensorData::new(places, [count]), request.device);
    let heats = explanations
        .iter()
        .flat_map(|e| e.saliency.normalised.values());
    let heats = TensorData::new(heats.copied().collect::<Vec<f32>>(), [count, height, width]);
    let heats = Tensor::<3>::from_data(heats, request.device);
    let targets: Vec<usize> = explanations.iter().map(|e| e.target_class).collect();
    let predicted: Vec<usize> = explanations.iter().map(|e| e.predicted_class).collect();
    let top = confidences(network, input.select(0, places.clone()), &predicted)?;
    let repeated = pixels.select(0, places);
    let on_maps = confidences_on_explanations(network, repeated, heats, &targets, standardisation)?;
    for ((explanation, on_map), top) in explanations.iter().zip(on_maps).zip(top) {
        add_record(set, subject, pictures, request, explanation, [on_map, top]);
    }
    Ok(())
}

fn add_record(
    set: &mut ExplanationSet,
    subject: &Subject,
    pictures: &Pictures,
    request: &MapRequest<'_>,
    explanation: &Explanation,
    [on_map, predicted_confidence]: [f32; 2],
) {
    let (trial, seed, epoch) = (subject.name.clone(), subject.seed, subject.epoch);
    let (id, method) = (&pictures.ids[explanation.image], explanation.method.name());
    let moment = match subject.is_untrained() {
        true => subject.checkpoint.clone(),
        false => format!("epoch-{epoch:03}"),
    };
    let stem = format!(
        "{trial}/seed-{seed}/{moment}/{}/{method}/{id}",
        explanation.layer
    );
    let name = |class: usize| pictures.class_names[class].clone();
    let (pixels, [height, width]) = pictures.shown(explanation.image);
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
        network_title: network_title(&trial),
        title: explanation.method.title().to_string(),
        retrained_head: subject.retrained_head(method, &explanation.layer).cloned(),
        trial,
        seed,
        epoch,
        checkpoint: subject.checkpoint.clone(),
        pretrained: subject.pretrained.clone(),
        method: method.to_string(),
        layer: explanation.layer.clone(),
        native_size: explanation.saliency.raw.size(),
        target_class: name(explanation.target_class),
        target_rule: rule_name(request.target).to_string(),
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
