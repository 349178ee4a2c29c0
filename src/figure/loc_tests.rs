//! The localisation figures: what they show, what they refuse, and their geometry by hand.

use super::*;
use crate::figure::loc_coverage::LocalizationCoverage;
use crate::figure::loc_panels::MethodLook;
use crate::figure::loc_pictures::LocalizationPictures;
use crate::run::{
    Array, ExplanationSet, LocalizationSummaryRow, LocalizedMap, LocalizedPicture,
    LocalizedPictures, SeedValues,
};

const METHODS: [(&str, &str, bool); 3] = [
    ("grad-cam", "Grad-CAM", false),
    ("grad-cam-pp", "Grad-CAM++", false),
    ("random", "random map", true),
];

fn curve() -> Vec<LocalizationCurveRow> {
    let point = |(method, title, baseline): (&str, &str, bool), step: u8| LocalizationCurveRow {
        dataset: "shapes".into(),
        generated: true,
        split: "test".into(),
        trial: "trial-d".into(),
        network_title: String::new(),
        seeds: "0 1".into(),
        layer: "block-5".into(),
        native_height: 2,
        native_width: 2,
        method: method.into(),
        title: title.into(),
        baseline,
        region: "box".into(),
        delta: f32::from(step) / 100.0,
        mean: 0.4 - f64::from(step) / 250.0,
        low: 0.3 - f64::from(step) / 400.0,
        high: 0.42,
        pictures: 1200,
        seed_means: SeedValues::default(),
        seeds_low: None,
        seeds_high: None,
    };
    let rows = METHODS.iter();
    rows.flat_map(|method| (0..=100).map(|step| point(*method, step)))
        .collect()
}

fn summary() -> Vec<LocalizationSummaryRow> {
    let mut rows = Vec::new();
    for instances in ["all", "1", "2"] {
        for (method, title, baseline) in METHODS {
            for (score, delta) in [
                ("covered", Some(0.15)),
                ("area", Some(0.15)),
                ("equal_area_covered", None),
            ] {
                rows.push(LocalizationSummaryRow {
                    dataset: "my-boxes".into(),
                    generated: false,
                    split: "pictures".into(),
                    trial: "trial-d".into(),
                    network_title: String::new(),
                    seeds: "0".into(),
                    layer: "block-5".into(),
                    layer_rule: "last block".into(),
                    native_height: 2,
                    native_width: 2,
                    target_rule: "true".into(),
                    method: method.into(),
                    title: title.into(),
                    caveat: String::new(),
                    baseline,
                    instances: instances.into(),
                    pictures: 12,
                    maps: 12,
                    empty: 0,
                    ties: 0,
                    score: score.into(),
                    delta,
                    mean: 0.5,
                    low: 0.4,
                    high: 0.6,
                    seed_means: SeedValues::default(),
                    seeds_low: None,
                    seeds_high: None,
                    difference: None,
                    difference_low: None,
                    difference_high: None,
                });
            }
        }
    }
    rows
}

fn pictures() -> LocalizedPictures {
    let mut set = ExplanationSet::default();
    let mut add = |name: &str, shape: &[usize], value: f32| {
        let values = vec![value; shape.iter().product()];
        let shape = shape.to_vec();
        set.arrays.insert(name.to_string(), Array { shape, values });
    };
    add("image/0", &[3, 4, 4], 0.5);
    add("heat/0", &[4, 4], 0.5);
    add("objects/0", &[4, 4], 0.0);
    let map = |title: &str, empty: bool| LocalizedMap {
        method: title.to_lowercase(),
        title: title.into(),
        heat: "heat/0".into(),
        empty,
        box_iou: 0.25,
        implied: (!empty).then_some([0, 0, 4, 2]),
        implied_iou: 0.5,
    };
    LocalizedPictures {
        dataset: "shapes".into(),
        generated: true,
        split: "test".into(),
        selection_rule: "The first one.".into(),
        trial: "trial-d".into(),
        network_title: String::new(),
        seed: 0,
        epoch: 6,
        pretrained: None,
        layer: "block-5".into(),
        native_size: [2, 2],
        target_rule: "true".into(),
        delta: 0.15,
        pictures: vec![LocalizedPicture {
            image: "shapes/test/7".into(),
            true_class: "ring".into(),
            predicted_class: "disc".into(),
            pixels: "image/0".into(),
            boxes: vec![[0, 0, 2, 2], [2, 2, 4, 4]],
            objects: Some("objects/0".into()),
            maps: vec![map("Grad-CAM", false), map("Grad-CAM++", true)],
        }],
        set,
    }
}

fn holds(svg: &str, texts: &[&str]) {
    for text in texts {
        assert!(svg.contains(text), "{text} is missing");
    }
}

#[test]
fn curves_name_their_data_their_methods_and_the_size_of_the_maps() {
    let rows = curve();
    let region = LocalizationRegion::Box;
    let figure = LocalizationCurves {
        rows: &rows,
        region,
    };
    assert_eq!(figure.name(), "iou-box-by-delta");
    let svg = figure.draw().expect("drawn").svg;
    let texts = [
        "shapes test · generated data · seeds 0, 1 · 1200 images",
        "Trial D · block-5, 2 × 2",
        "Grad-CAM++",
        "random map",
        ">delta<",
        "one line: Grad-CAM, Grad-CAM++",
    ];
    holds(&svg, &texts);
    let mut apart = rows.clone();
    let other = |row: &&mut LocalizationCurveRow| row.method == "grad-cam-pp";
    apart
        .iter_mut()
        .filter(other)
        .for_each(|row| row.mean += 0.05);
    let figure = LocalizationCurves {
        rows: &apart,
        region,
    };
    assert!(!figure.draw().expect("drawn").svg.contains("one line"));
    let mask = LocalizationRegion::Mask;
    let none = LocalizationCurves {
        rows: &rows,
        region: mask,
    };
    let error = none.draw().expect_err("no mask was measured").to_string();
    assert!(error.contains("IoU with the mask"), "{error}");
    let mut bad = rows.clone();
    bad[3].mean = f64::NAN;
    let figure = LocalizationCurves { rows: &bad, region };
    let error = figure.draw().expect_err("not a number").to_string();
    assert!(error.contains("trial-d block-5 grad-cam"), "{error}");
}

#[test]
fn baselines_are_grey_and_dashed_and_no_two_methods_look_alike() {
    let names: Vec<String> = (0..10).map(|i| format!("method-{i}")).collect();
    let methods = names.iter().map(|name| (name.as_str(), "title", false));
    let twice = methods.clone().chain(methods);
    let looks = MethodLook::of(twice.chain([("a", "a", true), ("b", "b", true)]));
    assert_eq!(looks.len(), 12);
    for (place, look) in looks.iter().enumerate() {
        for other in &looks[..place] {
            assert_ne!(
                look.stroke, other.stroke,
                "{} {}",
                look.method, other.method
            );
        }
        assert!(!look.baseline || look.stroke.dash.is_some());
    }
}

#[test]
fn coverage_shows_the_numbers_of_objects_and_not_their_mixture() {
    let rows = summary();
    let svg = LocalizationCoverage { rows: &rows }
        .draw()
        .expect("drawn")
        .svg;
    let texts = [
        "1 (12)",
        "2 (12)",
        "Map area, delta 0.15",
        "2 × 2 cells",
        ">my-boxes · seed 0",
    ];
    holds(&svg, &texts);
    assert!(!svg.contains("all (12)"));
    let error = LocalizationCoverage { rows: &[] }.draw();
    assert!(
        error
            .expect_err("nothing")
            .to_string()
            .contains("objects covered")
    );
}

#[test]
fn pictures_say_what_was_measured_and_mark_an_empty_map() {
    let pictures = pictures();
    let figure = LocalizationPictures {
        name: "boxes-trial-d-block-5-seed-0".to_string(),
        pictures: &pictures,
    };
    let svg = figure.draw().expect("drawn").svg;
    let texts = [
        "taken for disc",
        "2 objects",
        "image 7",
        ">0.25 | 0.50<",
        "empty",
        "shapes test · generated data · seed 0, epoch 6 · maps of the true class",
        "block-5, 2 × 2 cells",
    ];
    holds(&svg, &texts);
    let mut lost = pictures.clone();
    lost.set.arrays.remove("heat/0");
    let figure = LocalizationPictures {
        pictures: &lost,
        ..figure
    };
    let error = figure.draw();
    let error = error.expect_err("an array is missing").to_string();
    assert!(error.contains("\"heat/0\""), "{error}");
}
