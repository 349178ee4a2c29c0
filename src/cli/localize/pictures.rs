//! The pictures of the figure that shows boxes on maps. Called by `localize`.

use crate::cli::context::Context;
use crate::cli::network::{Opened, Trained};
use crate::data::image_set::CHANNELS;
use crate::data::{ImageSet, PixelBox, pixels_01};
use crate::explain::localize::{SCORED_STEPS, Truth, best_box_iou, delta, implied_box, loc};
use crate::explain::{Plane, SourceMaps};
use crate::run::{
    Array, ExplainedImage, ExplanationSet, LocalizedMap, LocalizedPicture, LocalizedPictures,
};

use super::subject::Subject;

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
    let places = chosen(&subject.truths);
    let images = subject.measurement.images.subset(&places);
    let whole = std::mem::replace(&mut subject.measurement.images, images);
    let all = 0..places.len();
    let group = subject
        .measurement
        .group(context, &opened.network, &layers, all);
    let images = std::mem::replace(&mut subject.measurement.images, whole);
    let group = group?;
    let names = images.class_names();
    let delta = delta(DRAWN_STEP);
    let mut found = Vec::new();
    for layer in &layers {
        let maps: Vec<&SourceMaps> = (group.survey.maps.iter())
            .filter(|maps| maps.layer == *layer)
            .collect();
        let Some(first) = maps.first() else { continue };
        let mut set = ExplanationSet::default();
        let mut pictures = Vec::new();
        for (index, &place) in places.iter().enumerate() {
            let truth = &subject.truths[place];
            let pixels = add_pixels(&mut set, &images, index, &subject.ids[place]);
            let objects = truth
                .has_masks()
                .then(|| add_objects(&mut set, index, truth));
            let maps = maps.iter().enumerate().map(|(number, maps)| {
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
                image: subject.ids[place].clone(),
                true_class: names[group.labels[index]].clone(),
                predicted_class: names[group.survey.predicted_class[index]].clone(),
                pixels,
                boxes: truth.boxes().iter().map(corners).collect(),
                objects,
                maps,
            });
        }
        found.push(LocalizedPictures {
            dataset: subject.dataset.clone(),
            generated: images.is_generated(),
            split: subject.split.clone(),
            selection_rule: format!(
                "The first {OF_EACH_NUMBER} pictures of each number of objects, at most \
                 {MOST_PICTURES}; no network had a say."
            ),
            trial: trained.run.trial().to_string(),
            seed: trained.run.seed(),
            epoch: opened.epoch,
            layer: layer.clone(),
            native_size: first.native_size,
            target_rule: subject.target_rule().to_string(),
            delta,
            pictures,
            set,
        });
    }
    Ok(found)
}

/// Returns the places of the pictures to draw, by their number of objects.
fn chosen(truths: &[Truth]) -> Vec<usize> {
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

fn add_pixels(set: &mut ExplanationSet, images: &ImageSet, index: usize, id: &str) -> String {
    let name = format!("image/{index}");
    let pixels = Array {
        shape: vec![CHANNELS, images.height(), images.width()],
        values: pixels_01(images, index).into_iter().collect(),
    };
    set.arrays.insert(name.clone(), pixels);
    set.images.push(ExplainedImage {
        id: id.to_string(),
        generated: images.is_generated(),
        true_class: Some(images.class_names()[images.label(index)].clone()),
        pixels: name.clone(),
        seen: None,
    });
    name
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
