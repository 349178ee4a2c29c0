//! Localisation scores of one map against boxes and pixel masks. Plain numbers, no tensor and no
//! network.
//!
//! A map is normalised, 0 to 1, at the size of its picture, and is compared with a [`Truth`].
//! [`localize`] returns every score of one map; each score is also a separate function. A map that
//! is all zero overlaps nothing, points nowhere and covers no object.

mod coverage;
mod implied;
mod overlap;
mod pointing;

pub use coverage::{AreaCoverage, COVERED_SHARE, Coverage, coverage, coverage_at_area};
pub use implied::{best_box_iou, box_iou, implied_box};
pub use overlap::{DELTA_STEPS, Overlap, best_step, delta, loc};
pub use pointing::{Pointing, energy, pointing};

use super::Plane;
use crate::data::annotation::{Annotation, Mask, PixelBox};

/// The steps of delta (see [`delta`]) at which single scores are computed: 0, 0.15 and 0.5.
///
/// 0.15 is the threshold of Selvaraju et al., "Grad-CAM", 2017, section 4.1 (15 % of the maximum).
/// 0 counts every marked pixel, and 0.5 is the middle.
pub const SCORED_STEPS: [usize; 3] = [0, 15, 50];

/// The objects of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    boxes: Vec<PixelBox>,
    objects: Vec<Mask>,
    has_masks: bool,
    box_region: Mask,
    object_region: Mask,
}

impl Truth {
    /// Returns the truth of a picture of `[height, width]` pixels, or `None` if there is no object. An
    /// object's pixels are those of its box, unless the masks of all are known.
    ///
    /// # Panics
    ///
    /// If a box extends beyond the picture.
    pub fn of_annotation(annotation: &Annotation, size: [usize; 2]) -> Option<Self> {
        let instances = annotation.instances.iter();
        let boxes: Vec<PixelBox> = instances.map(|instance| instance.bounds).collect();
        match annotation.masks() {
            Some(masks) => Self::new(boxes, masks.into_iter().cloned().collect(), true),
            None => Self::of_boxes(&boxes, size),
        }
    }

    /// Returns the truth of a picture of `[height, width]` pixels with only boxes: an object's
    /// pixels are then those of its box. `None` if there is no box.
    ///
    /// # Panics
    ///
    /// If a box extends beyond the picture.
    pub fn of_boxes(boxes: &[PixelBox], size: [usize; 2]) -> Option<Self> {
        let objects = boxes.iter().map(|bounds| filled(size, &[*bounds]));
        Self::new(boxes.to_vec(), objects.collect(), false)
    }

    fn new(boxes: Vec<PixelBox>, objects: Vec<Mask>, has_masks: bool) -> Option<Self> {
        let (first, rest) = objects.split_first()?;
        let mut object_region = first.clone();
        rest.iter().for_each(|mask| object_region.unite(mask));
        let size = [object_region.height(), object_region.width()];
        Some(Self {
            box_region: filled(size, &boxes),
            object_region,
            boxes,
            objects,
            has_masks,
        })
    }

    /// Returns the box of each object.
    pub fn boxes(&self) -> &[PixelBox] {
        &self.boxes
    }

    /// Returns the pixels of each object: of its mask, or of its box if no mask is known.
    pub fn objects(&self) -> &[Mask] {
        &self.objects
    }

    /// Returns whether the objects' own pixels are known.
    pub fn has_masks(&self) -> bool {
        self.has_masks
    }

    /// Returns the union of all boxes.
    pub fn box_region(&self) -> &Mask {
        &self.box_region
    }

    /// Returns the union of all objects' pixels.
    pub fn object_region(&self) -> &Mask {
        &self.object_region
    }
}

/// The scores of one map.
#[derive(Debug, Clone, PartialEq)]
pub struct Localization {
    /// Overlap with the union of the boxes, at every delta.
    pub box_overlap: Overlap,
    /// Overlap with the union of the masks, if known.
    pub mask_overlap: Option<Overlap>,
    /// Whether the maximum lies in a box.
    pub box_pointing: Pointing,
    /// Whether the maximum lies on an object, if masks are known.
    pub mask_pointing: Option<Pointing>,
    /// Share of the map's sum inside the boxes, 0 to 1.
    pub box_energy: f64,
    /// Share of the map's sum on the objects, 0 to 1, if masks are known.
    pub mask_energy: Option<f64>,
    /// IoU of the box implied by the map with the best true box, at each of [`SCORED_STEPS`].
    pub implied_iou: [f64; 3],
    /// The covered objects, at each of [`SCORED_STEPS`].
    pub coverage: [Coverage; 3],
    /// The objects covered by as many pixels as all objects have.
    pub equal_area: AreaCoverage,
}

/// Returns every score of `map` against `truth`.
///
/// # Panics
///
/// If the two are of different sizes.
pub fn localize(map: &Plane, truth: &Truth) -> Localization {
    let masks = truth.has_masks.then_some(&truth.object_region);
    let implied = |step: usize| {
        let found = implied_box(map, delta(step));
        found.map_or(0.0, |found| best_box_iou(&found, &truth.boxes))
    };
    Localization {
        box_overlap: Overlap::of(map, &truth.box_region),
        mask_overlap: masks.map(|region| Overlap::of(map, region)),
        box_pointing: pointing(map, &truth.box_region),
        mask_pointing: masks.map(|region| pointing(map, region)),
        box_energy: energy(map, &truth.box_region),
        mask_energy: masks.map(|region| energy(map, region)),
        implied_iou: SCORED_STEPS.map(implied),
        coverage: SCORED_STEPS.map(|step| coverage(map, &truth.objects, delta(step))),
        equal_area: coverage_at_area(map, &truth.objects, truth.object_region.area()),
    }
}

/// Returns the union of `boxes` in a picture of `[height, width]`.
fn filled([height, width]: [usize; 2], boxes: &[PixelBox]) -> Mask {
    let mut mask = Mask::new(height, width);
    for bounds in boxes {
        for y in bounds.y0..bounds.y1 {
            (bounds.x0..bounds.x1).for_each(|x| mask.insert(x, y));
        }
    }
    mask
}

/// Returns each pixel's value and whether it belongs to `region`, row by row.
///
/// # Panics
///
/// If the two are of different sizes.
fn pixels<'a>(map: &'a Plane, region: &'a Mask) -> impl Iterator<Item = (f32, bool)> + 'a {
    assert_eq!(
        map.size(),
        [region.height(), region.width()],
        "a map and what it is measured against must have one size"
    );
    let rows = map.rows().enumerate();
    rows.flat_map(move |(y, row)| {
        let columns = row.iter().enumerate();
        columns.map(move |(x, value)| (*value, region.contains(x, y)))
    })
}

#[cfg(test)]
#[path = "localize_tests.rs"]
mod tests;
