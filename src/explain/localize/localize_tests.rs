//! Every score by hand on maps of 4 x 4, and the laws that hold for all of them.

use super::*;
use crate::data::annotation::Instance;
use crate::data::random::{below, stream, uniform};

/// Rounding of float64 sums of a few terms.
const ROUNDING: f64 = 1e-12;

/// Highest in the upper left quarter, with a second peak at the lower right.
#[rustfmt::skip]
const MAP: [f32; 16] = [
    1.0, 0.8, 0.2, 0.0,
    0.6, 0.4, 0.0, 0.0,
    0.2, 0.0, 0.0, 0.3,
    0.0, 0.0, 0.3, 0.9,
];

fn plane(values: &[f32]) -> Plane {
    Plane::new([4, 4], values.to_vec())
}

fn bounds(x0: usize, y0: usize, x1: usize, y1: usize) -> PixelBox {
    PixelBox { x0, y0, x1, y1 }
}

fn region(boxes: &[PixelBox]) -> Mask {
    filled([4, 4], boxes)
}

/// Returns the quarter around the higher peak, and the one around the lower.
fn upper_left() -> PixelBox {
    bounds(0, 0, 2, 2)
}

fn lower_right() -> PixelBox {
    bounds(2, 2, 4, 4)
}

fn random_map(number: u64) -> Plane {
    let mut rng = stream(3, "localize/test", number);
    // Tenths, so that values tie and equal thresholds.
    let values = (0..16).map(|_| (uniform(&mut rng) * 11.0).floor() as f32 / 10.0);
    plane(&values.collect::<Vec<_>>())
}

fn random_region(number: u64) -> Mask {
    let mut rng = stream(4, "localize/test", number);
    let mut mask = Mask::new(4, 4);
    // At least one pixel, so that every share is defined.
    for _ in 0..=below(&mut rng, 9) {
        mask.insert(below(&mut rng, 4) as usize, below(&mut rng, 4) as usize);
    }
    mask
}

#[test]
fn loc_by_hand() {
    let map = plane(&MAP);
    let one = region(&[upper_left()]);
    // At 0: 4 of 4 inside, and 2 + 3 outside: 0.2, 0.2, 0.3, 0.3, 0.9.
    assert_eq!(loc(&map, &one, 0.0), 4.0 / 9.0);
    // At 0.2, strictly: the two pixels of 0.2 are unmarked.
    assert_eq!(loc(&map, &one, 0.2), 4.0 / 7.0);
    // At 0.5: 1.0, 0.8 and 0.6 inside, 0.9 outside.
    assert_eq!(loc(&map, &one, 0.5), 3.0 / 5.0);
    assert_eq!(loc(&map, &one, 1.0), 0.0);
    // Both quarters are one region of 8 pixels: at 0, 7 of them are marked and 2 others.
    let both = region(&[upper_left(), lower_right()]);
    assert_eq!(loc(&map, &both, 0.0), 7.0 / 10.0);
    assert_eq!(loc(&plane(&[0.0; 16]), &both, 0.0), 0.0);
}

#[test]
fn the_union_counts_the_overlap_of_boxes_once() {
    let truth = Truth::of_boxes(&[bounds(0, 0, 3, 2), bounds(1, 0, 4, 2)], [4, 4]);
    let truth = truth.expect("two boxes");
    assert_eq!(truth.box_region().area(), 8);
    assert_eq!((truth.boxes().len(), truth.has_masks()), (2, false));
    let upper_half: Vec<f32> = (0..16).map(|i| f32::from(u8::from(i < 8))).collect();
    assert_eq!(loc(&plane(&upper_half), truth.box_region(), 0.5), 1.0);
}

#[test]
fn an_overlap_counts_at_every_delta_what_loc_counts() {
    for number in 0..50 {
        let (map, region) = (random_map(number), random_region(number));
        let overlap = Overlap::of(&map, &region);
        for (step, found) in overlap.curve().into_iter().enumerate() {
            assert_eq!(found, loc(&map, &region, delta(step)), "{number} at {step}");
        }
        let marked = map.values().iter().filter(|v| **v > delta(35)).count();
        assert_eq!(overlap.marked(35), marked as f64 / 16.0);
        assert_eq!(overlap.region_share(), region.area() as f64 / 16.0);
    }
}

#[test]
fn laws_of_loc() {
    for number in 0..50 {
        let (map, region) = (random_map(number), random_region(number));
        let inside: Vec<f32> = super::pixels(&map, &region)
            .map(|(_, within)| f32::from(u8::from(within)))
            .collect();
        let perfect = Overlap::of(&plane(&inside), &region);
        assert!(perfect.curve()[..100].iter().all(|found| *found == 1.0));
        let outside: Vec<f32> = inside.iter().map(|value| 1.0 - value).collect();
        let complement = Overlap::of(&plane(&outside), &region);
        assert!(complement.curve().iter().all(|found| *found == 0.0));
        let overlap = Overlap::of(&map, &region);
        let areas: Vec<f64> = (0..DELTA_STEPS).map(|step| overlap.marked(step)).collect();
        assert!(areas.windows(2).all(|pair| pair[1] <= pair[0]), "{areas:?}");
        // A map of ones marks everything: the result is the region's share.
        let ones = Overlap::of(&plane(&[1.0; 16]), &region);
        assert_eq!(ones.loc(50), ones.region_share());
    }
}

#[test]
fn the_best_step_is_the_lowest_of_the_highest() {
    assert_eq!(best_step(&[0.1, 0.7, 0.3, 0.7]), 1);
    assert_eq!(best_step(&[]), 0);
}

#[test]
fn pointing_by_hand() {
    let map = plane(&MAP);
    let hit = |hit, tied| Pointing { hit, tied };
    assert_eq!(pointing(&map, &region(&[upper_left()])), hit(1.0, false));
    assert_eq!(pointing(&map, &region(&[lower_right()])), hit(0.0, false));
    // Two maxima, one of them inside.
    let mut tied = MAP;
    tied[15] = 1.0;
    let tied = plane(&tied);
    assert_eq!(pointing(&tied, &region(&[lower_right()])), hit(0.5, true));
    let both = [upper_left(), lower_right()];
    assert_eq!(pointing(&tied, &region(&both)), hit(1.0, true));
    // An empty map is a miss and not a tie.
    let empty = plane(&[0.0; 16]);
    assert_eq!(pointing(&empty, &region(&both)), hit(0.0, false));
}

#[test]
fn energy_by_hand_and_its_complement() {
    // 2.8 of 4.7 lie in the upper left quarter, 1.5 in the lower right.
    let map = plane(&MAP);
    let of = |boxes: &[PixelBox]| energy(&map, &region(boxes));
    // The map's values are float32, so the decimals hold to its precision.
    assert!((of(&[upper_left()]) - 2.8 / 4.7).abs() < 1e-7);
    assert!((of(&[upper_left(), lower_right()]) - 4.3 / 4.7).abs() < 1e-7);
    let rest = [bounds(2, 0, 4, 2), bounds(0, 2, 2, 4)];
    let parts = of(&[upper_left(), lower_right()]) + of(&rest);
    assert!((parts - 1.0).abs() < ROUNDING);
    assert_eq!(energy(&plane(&[0.0; 16]), &region(&rest)), 0.0);
    assert_eq!(energy(&plane(&[1.0; 16]), &region(&rest)), 0.5);
}

#[test]
fn the_implied_box_by_hand() {
    let map = plane(&MAP);
    // Above 0.5 the upper left component has three pixels and the other one.
    assert_eq!(implied_box(&map, 0.5), Some(upper_left()));
    // Above 0 it has six, two of them of 0.2, and the other three.
    assert_eq!(implied_box(&map, 0.0), Some(bounds(0, 0, 3, 3)));
    assert_eq!(implied_box(&map, 1.0), None);
    // Corners connect: a diagonal is one component.
    let diagonal: Vec<f32> = (0..16).map(|i| f32::from(u8::from(i % 5 == 0))).collect();
    assert_eq!(
        implied_box(&plane(&diagonal), 0.5),
        Some(bounds(0, 0, 4, 4))
    );
    // Of two components of the same size the first counts.
    let mut two = [0.0; 16];
    (two[3], two[12]) = (1.0, 1.0);
    assert_eq!(implied_box(&plane(&two), 0.5), Some(bounds(3, 0, 4, 1)));
    // The end of a row does not connect to the beginning of the next row.
    let mut ends = [0.0; 16];
    (ends[3], ends[4], ends[5]) = (1.0, 1.0, 1.0);
    assert_eq!(implied_box(&plane(&ends), 0.5), Some(bounds(0, 1, 2, 2)));
}

#[test]
fn box_iou_by_hand() {
    // One shared pixel of 4 + 4.
    assert_eq!(box_iou(&upper_left(), &bounds(1, 1, 3, 3)), 1.0 / 7.0);
    assert_eq!(box_iou(&upper_left(), &lower_right()), 0.0);
    assert_eq!(box_iou(&upper_left(), &upper_left()), 1.0);
    let boxes = [lower_right(), bounds(0, 0, 4, 2)];
    assert_eq!(best_box_iou(&upper_left(), &boxes), 0.5);
    assert_eq!(best_box_iou(&upper_left(), &[]), 0.0);
}

#[test]
fn coverage_by_hand() {
    let map = plane(&MAP);
    let objects = [region(&[upper_left()]), region(&[lower_right()])];
    let of = |delta| {
        let found = coverage(&map, &objects, delta);
        (found.covered, found.all, found.touched)
    };
    // The lower right quarter has three of four pixels above 0.2, and one above 0.3.
    assert_eq!(of(0.2), (1.0, true, 1.0));
    assert_eq!(of(0.3), (0.5, false, 1.0));
    // 1.0 and 0.8 are half of the upper left quarter; 0.9 is a quarter of the other.
    assert_eq!(of(0.7), (0.5, false, 1.0));
    assert_eq!(of(0.95), (0.0, false, 0.5));
    let ones = coverage(&plane(&[1.0; 16]), &objects, 0.5);
    assert!(ones.all && ones.covered == 1.0, "a map of ones recalls all");
}

#[test]
fn coverage_at_equal_area_by_hand() {
    let map = plane(&MAP);
    let objects = [region(&[upper_left()]), region(&[lower_right()])];
    // The eight highest: 1.0 0.9 0.8 0.6 0.4 0.3 0.3, then one of two pixels of 0.2, outside both.
    let found = coverage_at_area(&map, &objects, 8);
    assert_eq!((found.covered, found.all), (1.0, true));
    assert_eq!(found.recall, 7.0 / 8.0);
    // The five highest: 0.9 is one of the second object's four.
    let found = coverage_at_area(&map, &objects, 5);
    assert_eq!((found.covered, found.all), (0.5, false));
    assert_eq!(found.recall, 5.0 / 8.0);
    // The sixth is one of its two pixels of 0.3, each selected half of the time.
    assert!(coverage_at_area(&map, &objects, 6).all);
    let tied = [region(&[bounds(3, 2, 4, 3)])];
    assert_eq!(coverage_at_area(&map, &tied, 6).recall, 0.5);
    assert_eq!(coverage_at_area(&map, &tied, 5).recall, 0.0);
    let empty = coverage_at_area(&plane(&[0.0; 16]), &objects, 8);
    assert_eq!((empty.covered, empty.recall), (0.0, 0.0));
}

#[test]
fn a_blind_map_recalls_at_equal_area_no_more_than_the_area() {
    // All pixels tie: 4 of 16 are selected, so a quarter of any object, on average.
    let object = [region(&[upper_left()])];
    let found = coverage_at_area(&plane(&[1.0; 16]), &object, 4);
    assert_eq!((found.covered, found.recall), (0.0, 0.25));
    // With all 16 pixels everything is covered.
    assert!(coverage_at_area(&plane(&MAP), &object, 16).all);
}

#[test]
fn recall_at_equal_area_is_precision_and_grows_with_the_area() {
    for number in 0..50 {
        let map = random_map(number);
        let object = [random_region(number)];
        let recall = |area| coverage_at_area(&map, &object, area).recall;
        let recalls: Vec<f64> = (0..=16).map(recall).collect();
        assert!(recalls.windows(2).all(|pair| pair[0] <= pair[1] + ROUNDING));
        assert_eq!(recalls[16], 1.0, "random maps are not empty");
        // The marked pixels outside the object and those on it add up to the area.
        let mut outside = Mask::new(4, 4);
        for place in 0..16 {
            if !object[0].contains(place % 4, place / 4) {
                outside.insert(place % 4, place / 4);
            }
        }
        let area = object[0].area();
        if outside.area() > 0 {
            let missed = coverage_at_area(&map, &[outside.clone()], area).recall;
            let all = recall(area) * area as f64 + missed * outside.area() as f64;
            assert!((all - area as f64).abs() < ROUNDING);
        }
    }
}

#[test]
fn all_scores_of_one_map_and_none_of_masks_where_there_are_none() {
    let instance = |bounds: PixelBox, pixels: &[(usize, usize)]| {
        let mut mask = Mask::new(4, 4);
        pixels.iter().for_each(|&(x, y)| mask.insert(x, y));
        Instance {
            bounds,
            mask: Some(mask),
        }
    };
    let annotation = Annotation {
        instances: vec![
            instance(upper_left(), &[(0, 0), (1, 0), (0, 1)]),
            instance(lower_right(), &[(3, 3), (3, 2)]),
        ],
    };
    let map = plane(&MAP);
    let truth = Truth::of_annotation(&annotation, [4, 4]).expect("two objects");
    let found = localize(&map, &truth);
    assert_eq!(found.box_overlap.loc(0), 7.0 / 10.0);
    let masks = found.mask_overlap.expect("masks are known");
    // All five object pixels are marked, and four others.
    assert_eq!(masks.loc(0), 5.0 / 9.0);
    assert_eq!(found.mask_pointing.expect("masks are known").hit, 1.0);
    assert_eq!(found.implied_iou[2], 1.0);
    // Marked five: 1.0 0.9 0.8 0.6 0.4, and 0.4 lies on no object.
    assert_eq!(found.equal_area.recall, 4.0 / 5.0);
    assert!(found.equal_area.all, "one of two pixels is half");

    let boxes = Truth::of_boxes(truth.boxes(), [4, 4]).expect("two boxes");
    let blind = localize(&map, &boxes);
    assert_eq!(blind.box_overlap, found.box_overlap);
    assert_eq!(
        blind.mask_energy.or(blind.mask_pointing.map(|p| p.hit)),
        None
    );
    // An object whose mask is not known leaves only boxes.
    let mut unknown = annotation.clone();
    unknown.instances[1].mask = None;
    assert_eq!(Truth::of_annotation(&unknown, [4, 4]), Some(boxes));
    assert_eq!(Truth::of_annotation(&Annotation::default(), [4, 4]), None);
}
