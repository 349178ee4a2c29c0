//! The cascade on a few pictures, for viewing.

use crate::data::image_set::CHANNELS;
use crate::explain::Likeness;
use crate::run::{
    Array, CascadeNetwork, CascadePanel, CascadePictures, ExplainedImage, ExplanationSet,
};
use crate::study::error::StudyError;
use crate::study::titles::network_title;

use super::checks::Checked;

/// The draw that is shown.
const DRAW: usize = 0;

/// Returns the cascade of the first `count` images with different classes, for each layer.
pub(super) fn pictures(
    checked: &Checked<'_>,
    count: usize,
) -> Result<Vec<(String, CascadePictures)>, StudyError> {
    let mut found: Vec<(String, CascadePictures)> = Vec::new();
    for place in checked.images.first_of_each_class(count) {
        let places = place..place + 1;
        let group = (checked.question).group(checked.network, checked.images, places)?;
        let class = group.survey.target_class[0];
        let class_name = &checked.images.class_names[class];
        for stage in 0..=checked.cascade.layers.len() {
            checked.watch.go_on()?;
            let network = checked.cascade.network(DRAW, stage);
            let survey = checked.again(&network, &group, vec![class])?;
            for (maps, trained) in survey.iter().zip(&group.survey.maps) {
                let pictures = of_layer(&mut found, &maps.layer, checked);
                let id = with_picture(pictures, checked, place);
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

/// Returns the pictures of `layer`, new ones if there are none yet.
fn of_layer<'a>(
    found: &'a mut Vec<(String, CascadePictures)>,
    layer: &str,
    checked: &Checked<'_>,
) -> &'a mut CascadePictures {
    let place = found.iter().position(|(name, _)| name == layer);
    let place = place.unwrap_or_else(|| {
        let rule = format!(
            "Pictures: the first of the {} split whose classes differ; no network had a say.",
            checked.images.split
        );
        let set = ExplanationSet {
            selection_rule: rule,
            ..ExplanationSet::default()
        };
        let subject = checked.subject;
        let mut heads = subject.heads.iter();
        let pictures = CascadePictures {
            set,
            panels: Vec::new(),
            network: CascadeNetwork {
                trial: subject.name.clone(),
                network_title: network_title(&subject.name),
                seed: subject.seed,
                epoch: subject.epoch,
                head: heads.find(|head| head.layer == layer).cloned(),
            },
        };
        found.push((layer.to_string(), pictures));
        found.len() - 1
    });
    &mut found[place].1
}

/// Adds the image at `place` if it is not there yet, and returns its name.
fn with_picture(pictures: &mut CascadePictures, checked: &Checked<'_>, place: usize) -> String {
    let images = checked.images;
    let id = images.ids[place].clone();
    if pictures.set.images.iter().all(|image| image.id != id) {
        let pixels = format!("picture/{id}");
        let [height, width] = images.size;
        let array = Array {
            shape: vec![CHANNELS, height, width],
            values: images.pixels(place),
        };
        pictures.set.arrays.insert(pixels.clone(), array);
        pictures.set.images.push(ExplainedImage {
            id: id.clone(),
            generated: images.generated,
            true_class: images.true_class(place),
            pixels,
        });
    }
    id
}
