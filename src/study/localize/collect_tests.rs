//! The scores' names and order, and each method's own delta.

use super::*;
use crate::data::PixelBox;
use crate::explain::Baseline;

fn truth() -> Truth {
    let bounds = PixelBox {
        x0: 0,
        y0: 0,
        x1: 2,
        y1: 1,
    };
    Truth::of_boxes(&[bounds], [2, 2]).expect("a box")
}

/// 0.9 and 0.3 inside, 0.2 and 0 outside.
fn map() -> Plane {
    Plane::new([2, 2], vec![0.9, 0.3, 0.2, 0.0])
}

fn sheet() -> Sheet {
    let found = localize(&map(), &truth());
    let curve = found.box_overlap.curve();
    Sheet {
        layer: "block-1".into(),
        layer_rule: "named".into(),
        native_size: [2, 2],
        source: MapSource::Baseline(Baseline::Edges),
        caveat: Caveat::default(),
        seeds: vec![SeedMaps {
            seed: 0,
            maps: vec![MapScores {
                target_class: 0,
                predicted_class: 0,
                empty: false,
                tied: false,
                scores: scores(&found),
                curves: [Some(curve.iter().map(|iou| *iou as f32).collect()), None],
            }],
        }],
        best_steps: [0; 2],
        tuning: [vec![0.0; DELTA_STEPS], vec![0.0; DELTA_STEPS]],
    }
}

#[test]
fn every_score_stands_under_its_name() {
    let scores = sheet().seeds.remove(0).maps.remove(0).scores;
    let names = score_names();
    assert_eq!(scores.len(), names.len());
    let of = |column: &str| {
        let place = names.iter().position(|name| name.column() == column);
        scores[place.unwrap_or_else(|| panic!("no column {column}"))]
    };
    // Three of four pixels are above 0.15, two of them in the box of two; above 0.5 there is one.
    assert_eq!(of("box_iou_0.15"), 2.0 / 3.0);
    assert_eq!(of("area_0.15"), 0.75);
    assert_eq!(of("box_iou_0.5"), 0.5);
    assert_eq!(of("covered_0.5"), 1.0);
    assert_eq!(of("implied_box_iou_0.5"), 0.5);
    assert_eq!(of("pointing_box"), 1.0);
    assert!((of("energy_box") - 1.2 / 1.4).abs() < 1e-6);
    assert_eq!(of("equal_area_recall"), 1.0);
    for undefined in [
        "mask_iou_0",
        "pointing_mask",
        "energy_mask",
        BEST_BOX,
        BEST_MASK,
    ] {
        assert!(of(undefined).is_nan(), "{undefined}");
    }
}

#[test]
fn each_method_has_its_delta_from_the_pictures_that_choose_it() {
    let best = |sheet: &Sheet| {
        let names = score_names();
        let place = names.iter().position(|name| name.name == BEST_BOX);
        sheet.seeds[0].maps[0].scores[place.expect("a score")]
    };
    // Selected on its own pictures: from 0.2 on, the pixel outside is gone and both inside remain.
    let mut own = Sheets(vec![sheet()]);
    own.finish(false);
    assert_eq!((own.0[0].best_steps[0], best(&own.0[0])), (20, 1.0));
    // Selected on others, whose best step is 50: the IoU of this map there.
    let mut tuned = Sheets(vec![sheet()]);
    tuned.0[0].tuning[0][50] = 1.0;
    tuned.finish(true);
    assert_eq!((tuned.0[0].best_steps[0], best(&tuned.0[0])), (50, 0.5));
}

#[test]
fn the_curves_that_choose_delta_are_those_of_the_maps() {
    let mut sheet = sheet();
    sheet.add_curves(&map(), &truth());
    sheet.add_curves(&Plane::new([2, 2], vec![0.0; 4]), &truth());
    assert_eq!(sheet.tuning[0][20], 1.0);
    assert_eq!(sheet.tuning[0][60], 0.5);
}
