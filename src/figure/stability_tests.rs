//! The stability figure on made-up maps: what it names, how cells are coloured, what it refuses.

use super::*;
use crate::run::{Array, ExplainedImage, ExplanationSet, LayerPlace};

fn row(signed: bool) -> StabilitySummaryRow {
    StabilitySummaryRow {
        dataset: "shapes".into(),
        generated: true,
        split: "test".into(),
        pictures: 200,
        trial: "trial-b".into(),
        network_title: String::new(),
        seeds: "0 1 2 3 4 5".into(),
        checkpoint: "best".into(),
        layer: "block-2".into(),
        layer_place: LayerPlace::Both,
        native_height: 1,
        native_width: 2,
        method: "grad-cam".into(),
        title: "Grad-CAM".into(),
        target: "true".into(),
        maps: 1200,
        empty: 0,
        signed,
        agreed: 0.5,
        agreed_low: 0.4,
        agreed_high: 0.6,
        agreed_by_chance: 0.25,
        between_seeds: Some(0.42),
        between_seeds_low: Some(0.4),
        between_seeds_high: Some(0.44),
        between_experiments: None,
        between_experiments_low: None,
        between_experiments_high: None,
        between_pictures: Some(-0.05),
        between_pictures_low: Some(-0.1),
        between_pictures_high: Some(0.0),
    }
}

fn pictures() -> StabilityPictures {
    let array = |shape: &[usize], values: &[f32]| Array {
        shape: shape.to_vec(),
        values: values.to_vec(),
    };
    let seed = |seed| SeedMap {
        seed,
        predicted_class: if seed == 0 { "ring" } else { "disc" }.into(),
        map: "map".into(),
        empty: seed == 1,
    };
    let set = ExplanationSet {
        selection_rule: "The first.".into(),
        images: vec![ExplainedImage {
            id: "shapes/test/0".into(),
            generated: true,
            true_class: Some("ring".into()),
            pixels: "picture".into(),
        }],
        arrays: [
            ("picture".to_string(), array(&[3, 1, 2], &[0.5; 6])),
            ("map".to_string(), array(&[1, 2], &[-1.0, 1.0])),
            ("agreed".to_string(), array(&[1, 2], &[0.0, 1.0])),
        ]
        .into(),
        ..ExplanationSet::default()
    };
    let panel = StabilityPanel {
        image: "shapes/test/0".into(),
        trial: "trial-b".into(),
        layer: "block-2".into(),
        method: "grad-cam".into(),
        target_class: "ring".into(),
        seeds: (0..6).map(seed).collect(),
        mean: "map".into(),
        spread: "map".into(),
        agreed: "agreed".into(),
        agreed_share: 0.5,
        between_seeds: Some(-0.25),
    };
    StabilityPictures {
        set,
        panels: vec![panel],
    }
}

#[test]
fn finding_baselines_and_every_seed_are_named() {
    let (pictures, row) = (pictures(), row(true));
    let figure = Stability {
        pictures: &pictures,
        row: &row,
    };
    assert_eq!(figure.name(), "stability-trial-b-block-2-grad-cam");
    let svg = figure.draw().expect("drawn").svg;
    for text in [
        "trained 6 times",
        "generated data",
        "between seeds 0.42, experiments not measured, pictures \u{2212}0.05",
        "50 % (by chance 25 %)",
        ">seed 4<",
        "1 more seeds are not shown",
        "r \u{2212}0.25",
        "50 % of cells",
        "predicts it",
        "says disc",
        "empty map",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(!svg.contains(">seed 5<"), "five seeds at most");
}

#[test]
fn a_cell_without_a_common_sign_is_grey() {
    let (pictures, row) = (pictures(), row(true));
    let figure = Stability {
        pictures: &pictures,
        row: &row,
    };
    let drawn = figure.cells("map", signed).expect("drawn");
    assert_eq!((drawn.width, drawn.height), (PANEL, PANEL / 2));
    assert_eq!(drawn.rgb[..3], diverging(-1.0));
    assert_eq!(drawn.rgb[drawn.rgb.len() - 3..], diverging(1.0));
    assert!(matches!(
        figure.cells("picture", signed),
        Err(FigureError::WrongShape { .. })
    ));
}

#[test]
fn maps_that_are_never_negative_have_no_share_of_equal_signs() {
    let (pictures, row) = (pictures(), row(false));
    let figure = Stability {
        pictures: &pictures,
        row: &row,
    };
    let svg = figure.draw().expect("drawn").svg;
    assert!(svg.contains("never negative") && !svg.contains("by chance"));
    let elsewhere = StabilitySummaryRow {
        layer: "block-1".into(),
        ..row
    };
    let figure = Stability {
        pictures: &pictures,
        row: &elsewhere,
    };
    assert!(matches!(figure.draw(), Err(FigureError::Nothing { .. })));
}
