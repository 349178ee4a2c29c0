//! The pictures of the figure with boxes on maps.

use crate::data::PixelBox;
use crate::data::image_set::CHANNELS;
use crate::explain::localize::{SCORED_STEPS, Truth, best_box_iou, delta, implied_box, loc};
use crate::explain::{Plane, SourceMaps, TargetRule};
use crate::run::{
    Array, ExplainedImage, ExplanationSet, LocalizedMap, LocalizedPicture, LocalizedPictures,
    unique_names,
};
use crate::study::choice::rule_name;
use crate::study::groups::Group;
use crate::study::pictures::Pictures;
use crate::study::subject::Subject;
use crate::study::titles::network_title;

/// Number of pictures for each number of objects.
const OF_EACH_NUMBER: usize = 2;
/// Maximum number of pictures.
const MOST_PICTURES: usize = 6;
/// Position of the threshold of implied boxes among [`SCORED_STEPS`].
const DRAWN_STEP: usize = SCORED_STEPS[1];

/// Returns `pictures` for each layer, with the maps of `group` by `subject`.
pub(in crate::study) fn by_layer(
    subject: &Subject,
    pictures: &Pictures,
    target: TargetRule,
    group: &Group,
) -> Vec<LocalizedPictures> {
    let layers = group.survey.maps.chunk_by(|a, b| a.layer == b.layer);
    let of_layer = |layer: &[SourceMaps]| {
        let mut set = ExplanationSet::default();
        let drawn =
            (0..pictures.len()).map(|index| add_picture(&mut set, pictures, index, (group, layer)));
        LocalizedPictures {
            pictures: drawn.collect(),
            dataset: pictures.dataset.clone(),
            generated: pictures.generated,
            split: pictures.split.clone(),
            selection_rule: format!(
                "The first {OF_EACH_NUMBER} pictures of each number of objects, at most \
                 {MOST_PICTURES}; no network had a say."
            ),
            trial: subject.name.clone(),
            network_title: network_title(&subject.name),
            seed: subject.seed,
            epoch: subject.epoch,
            pretrained: subject.pretrained.clone(),
            layer: layer[0].layer.clone(),
            native_size: layer[0].native_size,
            target_rule: rule_name(target).to_string(),
            delta: delta(DRAWN_STEP),
            set,
        }
    };
    layers.map(of_layer).collect()
}

/// Adds a picture and its maps at one layer to `set`.
fn add_picture(
    set: &mut ExplanationSet,
    pictures: &Pictures,
    index: usize,
    (group, layer): (&Group, &[SourceMaps]),
) -> LocalizedPicture {
    let truth = &pictures.truths[index];
    let [height, width] = pictures.size;
    let true_class = pictures.true_class(index);
    let image = ExplainedImage {
        id: pictures.ids[index].clone(),
        generated: pictures.generated,
        true_class: true_class.clone(),
        pixels: format!("image/{index}"),
    };
    let values = pictures.pixels(index);
    let shape = vec![CHANNELS, height, width];
    (set.arrays).insert(image.pixels.clone(), Array { shape, values });
    let objects = truth.has_masks().then(|| add_objects(set, index, truth));
    let maps = layer.iter().enumerate().map(|(number, maps)| {
        let map = &maps.saliency[index];
        let heat = format!("heat/{index}/{number}");
        set.arrays.insert(heat.clone(), array(&map.normalised));
        localized(maps, index, (heat, truth))
    });
    let maps = maps.collect();
    let picture = LocalizedPicture {
        image: image.id.clone(),
        true_class: true_class.unwrap_or_default(),
        predicted_class: pictures.class_names[group.survey.predicted_class[index]].clone(),
        pixels: image.pixels.clone(),
        boxes: truth.boxes().iter().map(corners).collect(),
        objects,
        maps,
    };
    set.images.push(image);
    picture
}

/// Returns the map of the picture at `index`; `heat` names its array.
fn localized(maps: &SourceMaps, index: usize, (heat, truth): (String, &Truth)) -> LocalizedMap {
    let map = &maps.saliency[index];
    let delta = delta(DRAWN_STEP);
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
}

/// Returns the name of the folder of each of `all`.
pub(super) fn folder_names(all: &[LocalizedPictures]) -> Vec<String> {
    let name = |pictures: &LocalizedPictures| {
        let name = format!("boxes-{}-{}", pictures.trial, pictures.layer);
        match pictures.pretrained {
            Some(_) => name,
            None => format!("{name}-seed-{}", pictures.seed),
        }
    };
    unique_names(&all.iter().map(name).collect::<Vec<_>>(), "")
}

/// Returns the places of the pictures to draw, by their number of objects.
pub(in crate::study) fn chosen(truths: &[Truth]) -> Vec<usize> {
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

/// Adds the picture's object mask: 0 on the background, else the object's number from 1.
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
        // Two with 1 object, two with 2, two with 3; the one with 4 does not fit.
        assert_eq!(chosen(&truths), [1, 3, 0, 6, 2, 8]);
    }
}
