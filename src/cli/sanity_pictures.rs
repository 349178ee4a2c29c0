//! The cascade on a few pictures, to be looked at. Called by `sanity`.

use crate::data::image_set::CHANNELS;
use crate::data::pixels_01;
use crate::explain::Likeness;
use crate::run::{
    Array, CascadeNetwork, CascadePanel, CascadePictures, ExplainedImage, ExplanationSet,
};

use super::context::Context;
use super::measure::Measurement;
use super::sanity_checks::{Checked, explained};
use super::titles::network_title;

/// The draw that is shown.
const DRAW: usize = 0;

/// Returns the cascade of the first `count` images whose classes differ, for each layer.
pub(super) fn pictures(
    context: &Context,
    measurement: &Measurement,
    checked: &Checked<'_>,
    count: usize,
) -> anyhow::Result<Vec<(String, CascadePictures)>> {
    let places = first_of_each_class(measurement, count);
    let mut found: Vec<(String, CascadePictures)> = Vec::new();
    for place in places {
        let network = &checked.opened.network;
        let group = measurement.group(context, network, checked.layers, place..place + 1)?;
        let class = group.survey.target_class[0];
        let class_name = &measurement.images.class_names()[class];
        for stage in 0..=checked.cascade.layers.len() {
            context.go_on()?;
            let network = checked.cascade.network(DRAW, stage);
            let survey = explained(measurement, &network, checked.layers, &group, vec![class])?;
            for (maps, trained) in survey.maps.iter().zip(&group.survey.maps) {
                let pictures = of_layer(&mut found, &maps.layer, measurement, checked);
                let id = with_picture(pictures, measurement, place);
                let saliency = &maps.saliency[0];
                let heat = format!("heat/{}/{stage}/{id}", maps.source);
                let array = Array {
                    shape: saliency.normalised.size().to_vec(),
                    values: saliency.normalised.values().to_vec(),
                };
                pictures.set.arrays.insert(heat.clone(), array);
                pictures.panels.push(CascadePanel {
                    image: id,
                    target_class: class_name.clone(),
                    layer: maps.layer.clone(),
                    native_size: maps.native_size,
                    method: maps.source.name().to_string(),
                    title: maps.source.title().to_string(),
                    stage,
                    down_to: checked.cascade.down_to(stage),
                    heat,
                    empty: saliency.empty,
                    correlation: Likeness::of(&trained.saliency[0], saliency).correlation,
                });
            }
        }
    }
    Ok(found)
}

/// Returns the places of the first `count` images whose classes are pairwise different.
fn first_of_each_class(measurement: &Measurement, count: usize) -> Vec<usize> {
    let (mut classes, mut places) = (Vec::new(), Vec::new());
    for place in 0..measurement.images.len() {
        let class = measurement.images.label(place);
        if places.len() < count && !classes.contains(&class) {
            classes.push(class);
            places.push(place);
        }
    }
    places
}

/// Returns the pictures of `layer` among those found, a new one where it is the first.
fn of_layer<'a>(
    found: &'a mut Vec<(String, CascadePictures)>,
    layer: &str,
    measurement: &Measurement,
    checked: &Checked<'_>,
) -> &'a mut CascadePictures {
    let place = found.iter().position(|(name, _)| name == layer);
    let place = place.unwrap_or_else(|| {
        let rule = format!(
            "Pictures: the first of the {} split whose classes differ; no network had a say.",
            measurement.images.split()
        );
        let set = ExplanationSet {
            selection_rule: rule,
            ..ExplanationSet::default()
        };
        let pictures = CascadePictures {
            set,
            panels: Vec::new(),
            network: CascadeNetwork {
                trial: checked.trained.run.trial().to_string(),
                network_title: network_title(checked.trained.run.trial()),
                seed: checked.trained.run.seed(),
                epoch: checked.opened.epoch,
                head: checked
                    .opened
                    .heads
                    .iter()
                    .find(|head| head.layer == layer)
                    .cloned(),
            },
        };
        found.push((layer.to_string(), pictures));
        found.len() - 1
    });
    &mut found[place].1
}

/// Adds the image at `place` if it is not there yet, and returns its name.
fn with_picture(pictures: &mut CascadePictures, measurement: &Measurement, place: usize) -> String {
    let images = &measurement.images;
    let id = images.id(place);
    if pictures.set.images.iter().all(|image| image.id != id) {
        let pixels = format!("picture/{id}");
        let array = Array {
            shape: vec![CHANNELS, images.height(), images.width()],
            values: pixels_01(images, place),
        };
        pictures.set.arrays.insert(pixels.clone(), array);
        pictures.set.images.push(ExplainedImage {
            id: id.clone(),
            generated: images.is_generated(),
            true_class: Some(images.class_names()[images.label(place)].clone()),
            pixels,
        });
    }
    id
}
