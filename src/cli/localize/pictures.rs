//! The pictures of the figure that shows boxes on maps. Called by `localize`.

use crate::cli::context::Context;
use crate::cli::measure::Group;
use crate::cli::network::{Opened, Trained};
use crate::cli::titles::network_title;
use crate::data::PixelBox;
use crate::data::image_set::CHANNELS;
use crate::explain::Plane;
use crate::explain::localize::{SCORED_STEPS, Truth, best_box_iou, delta, implied_box, loc};
use crate::run::{
    Array, ExplainedImage, ExplanationSet, LocalizedMap, LocalizedPicture, LocalizedPictures,
};

use super::subject::{Annotated, Subject};

/// Pictures of each number of objects.
const OF_EACH_NUMBER: usize = 2;
/// Pictures in all.
const MOST_PICTURES: usize = 6;
/// Place of the threshold of implied boxes among [`SCORED_STEPS`].
const DRAWN_STEP: usize = SCORED_STEPS[1];

/// Returns the pictures of each layer of one network.
pub(super) fn collect(
    context: &Context,
    subject: &mut Subject,
    (trained, opened): (&Trained, &Opened),
    named: &[String],
) -> anyhow::Result<Vec<LocalizedPictures>> {
    let layers = subject.measurement.layers(&opened.network, named)?;
    let places = chosen(&subject.annotated.truths);
    let images = subject.measurement.images.subset(&places);
    let whole = std::mem::replace(&mut subject.measurement.images, images);
    let all = 0..places.len();
    let group = subject
        .measurement
        .group(context, &opened.network, &layers, all);
    subject.measurement.images = whole;
    let about = DrawnNetwork {
        name: trained.run.trial(),
        seed: trained.run.seed(),
        epoch: opened.epoch,
        pretrained: None,
    };
    Ok(by_layer(&about, &subject.annotated, &places, &group?))
}

/// A network whose maps are drawn.
pub(in crate::cli) struct DrawnNetwork<'a> {
    /// Its name.
    pub(in crate::cli) name: &'a str,
    /// Training seed, 0 where it is not known.
    pub(in crate::cli) seed: u64,
    /// Epoch of its checkpoint, 0 where it is not known.
    pub(in crate::cli) epoch: u32,
    /// Name of its weight file, where it was not trained here.
    pub(in crate::cli) pretrained: Option<String>,
}

/// Returns the pictures at `places`, whose maps are those of `group` in the same order, for each
/// layer.
pub(in crate::cli) fn by_layer(
    network: &DrawnNetwork<'_>,
    annotated: &Annotated,
    places: &[usize],
    group: &Group,
) -> Vec<LocalizedPictures> {
    let survey = &group.survey;
    let names = &annotated.class_names;
    let [_, _, height, width] = group.pixels.dims();
    let pixels: Vec<f32> = group.pixels.to_data().iter::<f32>().collect();
    let delta = delta(DRAWN_STEP);
    let mut found = Vec::new();
    for layer in survey.maps.chunk_by(|a, b| a.layer == b.layer) {
        let first = &layer[0];
        let mut set = ExplanationSet::default();
        let mut pictures = Vec::new();
        let each = pixels.chunks(CHANNELS * height * width);
        for ((index, &place), pixels) in places.iter().enumerate().zip(each) {
            let truth = &annotated.truths[place];
            let label = group.labels[index].map(|label| names[label].clone());
            let image = ExplainedImage {
                id: annotated.ids[place].clone(),
                generated: annotated.generated,
                true_class: label.clone(),
                pixels: format!("image/{index}"),
            };
            let values = pixels.to_vec();
            let shape = vec![CHANNELS, height, width];
            (set.arrays).insert(image.pixels.clone(), Array { shape, values });
            let objects = truth
                .has_masks()
                .then(|| add_objects(&mut set, index, truth));
            let maps = layer.iter().enumerate().map(|(number, maps)| {
                let map = &maps.saliency[index];
                let heat = format!("heat/{index}/{number}");
                set.arrays.insert(heat.clone(), array(&map.normalised));
                let implied = implied_box(&map.normalised, delta);
                LocalizedMap {
                    method: maps.source.name().to_string(),
                    title: maps.source.title().to_string(),
                    heat,
                    empty: map.empty,
                    box_iou: loc(&map.normalised, truth.box_region(), delta),
                    implied: implied.as_ref().map(corners),
                    implied_iou: implied.map_or(0.0, |b| best_box_iou(&b, truth.boxes())),
                }
            });
            let maps = maps.collect();
            pictures.push(LocalizedPicture {
                image: image.id.clone(),
                true_class: label.unwrap_or_default(),
                predicted_class: names[survey.predicted_class[index]].clone(),
                pixels: image.pixels.clone(),
                boxes: truth.boxes().iter().map(corners).collect(),
                objects,
                maps,
            });
            set.images.push(image);
        }
        found.push(LocalizedPictures {
            dataset: annotated.dataset.clone(),
            generated: annotated.generated,
            split: annotated.split.clone(),
            selection_rule: format!(
                "The first {OF_EACH_NUMBER} pictures of each number of objects, at most \
                 {MOST_PICTURES}; no network had a say."
            ),
            trial: network.name.to_string(),
            network_title: network_title(network.name),
            seed: network.seed,
            epoch: network.epoch,
            pretrained: network.pretrained.clone(),
            layer: first.layer.clone(),
            native_size: first.native_size,
            target_rule: annotated.target_rule.to_string(),
            delta,
            pictures,
            set,
        });
    }
    found
}

/// Returns the places of the pictures to draw, by their number of objects.
pub(in crate::cli) fn chosen(truths: &[Truth]) -> Vec<usize> {
    let count = |place: &usize| truths[*place].boxes().len();
    let mut places: Vec<usize> = Vec::new();
    for place in 0..truths.len() {
        let same = places.iter().filter(|p| count(p) == count(&place)).count();
        if same < OF_EACH_NUMBER {
            places.push(place);
        }
    }
    places.sort_by_key(count);
    places.truncate(MOST_PICTURES);
    places
}

/// Adds the picture's objects: 0 on the background, else the object's number from 1.
fn add_objects(set: &mut ExplanationSet, index: usize, truth: &Truth) -> String {
    let name = format!("objects/{index}");
    let region = truth.object_region();
    let mut values = vec![0.0; region.height() * region.width()];
    for (number, object) in truth.objects().iter().enumerate() {
        for y in 0..object.height() {
            for x in (0..object.width()).filter(|&x| object.contains(x, y)) {
                values[y * object.width() + x] = (number + 1) as f32;
            }
        }
    }
    let shape = vec![region.height(), region.width()];
    set.arrays.insert(name.clone(), Array { shape, values });
    name
}

fn array(plane: &Plane) -> Array {
    Array {
        shape: plane.size().to_vec(),
        values: plane.values().to_vec(),
    }
}

fn corners(bounds: &PixelBox) -> [usize; 4] {
    [bounds.x0, bounds.y0, bounds.x1, bounds.y1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_the_first_of_each_number_of_objects() {
        let bounds = PixelBox {
            x0: 0,
            y0: 0,
            x1: 1,
            y1: 1,
        };
        let truth = |count: usize| Truth::of_boxes(&vec![bounds; count], [2, 2]).expect("a box");
        let truths: Vec<Truth> = [2, 1, 3, 1, 1, 4, 2, 2, 3].into_iter().map(truth).collect();
        // Two of 1, two of 2, two of 3; there is no room for the one of 4.
        assert_eq!(chosen(&truths), [1, 3, 0, 6, 2, 8]);
    }
}
