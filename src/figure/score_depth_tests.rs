//! The score figure on made-up rows: layout, columns, and what it says of its data.

use super::*;
use crate::figure::samples::assert_laid_out;
use crate::run::SeedValues;

const METHODS: [(&str, &str); 8] = [
    ("cam", "CAM"),
    ("grad-cam", "Grad-CAM"),
    ("grad-cam-pp", "Grad-CAM++"),
    ("layer-cam", "LayerCAM"),
    ("hires-cam", "HiResCAM"),
    ("xgrad-cam", "XGrad-CAM"),
    ("score-cam", "Score-CAM"),
    ("ablation-cam", "Ablation-CAM"),
];
const BASELINES: [(&str, &str); 3] = [
    ("random", "random map"),
    ("gaussian", "centred Gaussian"),
    ("edges", "image edges"),
];

/// Names of metrics, with their titles and decimals; the last two need curves.
const METRICS: [(&str, &str, usize); 6] = [
    ("average-drop", "Average Drop %", 1),
    ("mean-area", "Mean area %", 1),
    ("increase", "% Increase", 1),
    ("average-gain", "Average gain %", 1),
    ("insertion", "Insertion", 3),
    ("deletion", "Deletion", 3),
];

/// A trial's layer: its name, blocks, place and cells a side.
type Layer = (&'static str, usize, LayerPlace, usize);

const ABLATION: [Layer; 5] = [
    ("trial-a", 1, LayerPlace::Both, 32),
    ("trial-b", 2, LayerPlace::Both, 16),
    ("trial-c", 3, LayerPlace::Both, 8),
    ("trial-d", 5, LayerPlace::FineCells, 8),
    ("trial-d", 5, LayerPlace::LastBlock, 2),
];

fn rows(layers: &[Layer], methods: usize, steps: Option<usize>) -> Vec<ScoreSummary> {
    let mut rows = Vec::new();
    let named = METHODS[..methods].iter().map(|names| (names, false));
    let sources: Vec<_> = named
        .chain(BASELINES.iter().map(|names| (names, true)))
        .collect();
    for &(trial, blocks, layer_place, cells) in layers {
        for (place, &(&(method, title), baseline)) in sources.iter().enumerate() {
            for (metric, metric_title, decimals) in
                METRICS[..if steps.is_some() { 6 } else { 4 }].iter()
            {
                let unit = if *decimals == 1 { 100.0 } else { 1.0 };
                let mean = unit * (0.1 + 0.07 * place as f64 + 0.02 * blocks as f64);
                rows.push(ScoreSummary {
                    dataset: "shapes".into(),
                    generated: true,
                    split: "test".into(),
                    images: 1200,
                    trial: trial.into(),
                    network_title: String::new(),
                    blocks,
                    seeds: "0 1 2".into(),
                    checkpoint: "best".into(),
                    layer: format!("block-{blocks}"),
                    layer_place,
                    native_height: cells,
                    native_width: cells,
                    target: "predicted".into(),
                    method: method.into(),
                    title: title.into(),
                    caveat: String::new(),
                    baseline,
                    maps: 3600,
                    empty: 0,
                    steps,
                    metric: (*metric).into(),
                    metric_title: (*metric_title).into(),
                    better: "lower is better".into(),
                    decimals: *decimals,
                    mean,
                    low: mean - 0.03 * unit,
                    high: mean + 0.04 * unit,
                    seed_means: SeedValues::default(),
                    seeds_low: None,
                    seeds_high: None,
                });
            }
        }
    }
    rows
}

fn draw(rows: &[ScoreSummary]) -> Drawing {
    ScoreDepth { rows }.draw().expect("drawn")
}

#[test]
fn it_keeps_to_its_page_and_its_texts_apart() {
    for (methods, steps) in [(1, None), (5, Some(16)), (8, Some(16))] {
        let name = format!("{methods} methods");
        assert_laid_out(&name, &draw(&rows(&ABLATION, methods, steps)));
        assert_laid_out(&name, &draw(&rows(&ABLATION[..1], methods, steps)));
    }
    let five = [
        &ABLATION[..],
        &[("trial-d-gap", 5, LayerPlace::LastBlock, 2)],
    ]
    .concat();
    assert_laid_out("five trials", &draw(&rows(&five, 8, None)));
}

#[test]
fn layers_have_a_column_each_where_they_differ() {
    let headings = |layers: &[Layer]| {
        let rows = rows(layers, 2, None);
        let figure = ScoreDepth { rows: &rows };
        let columns = figure.columns().into_iter();
        columns
            .map(|c| (c.heading, c.rows.len()))
            .collect::<Vec<_>>()
    };
    // Five maps a layer, four scores each.
    let [fine, last] = &headings(&ABLATION)[..] else {
        panic!("two columns")
    };
    assert_eq!((fine.1, last.1), (80, 80));
    assert!(fine.0.contains("8 x 8") && last.0.contains("last block"));
    assert_eq!(headings(&ABLATION[..3]).len(), 1);
    let named = [("trial-b", 2, LayerPlace::Named, 16)];
    assert_eq!(headings(&named), [("Maps of block-2".to_string(), 20)]);
}

#[test]
fn eleven_maps_look_different_and_baselines_are_grey() {
    let rows = rows(&ABLATION, 8, None);
    let figure = ScoreDepth { rows: &rows };
    let looks = looks(figure.rows);
    assert_eq!(looks.len(), 11);
    for (i, a) in looks.iter().enumerate() {
        assert_eq!(a.stroke.colour == "#8A8A8A", i >= 8, "{}", a.title);
        for b in &looks[..i] {
            let same = a.stroke == b.stroke && a.marker == b.marker;
            assert!(!same, "{} looks as {}", a.title, b.title);
        }
    }
}

#[test]
fn it_says_what_is_generated_how_sure_and_how_filled() {
    let svg = draw(&rows(&ABLATION, 2, Some(16))).svg;
    for part in [
        "shapes test, 1200 images",
        "generated data",
        "seeds 0, 1, 2",
        "95 % bootstrap",
        "16 steps",
        "2 x 2 cells",
    ] {
        assert!(svg.contains(part), "no {part:?}");
    }
}

#[test]
fn no_rows_and_values_that_are_not_finite_are_refused() {
    let error = ScoreDepth { rows: &[] }.draw().expect_err("nothing");
    assert!(error.to_string().contains("scores by depth"), "{error}");
    let mut rows = rows(&ABLATION, 1, None);
    rows[3].high = f64::NAN;
    let error = ScoreDepth { rows: &rows }.draw().expect_err("NaN");
    assert!(error.to_string().contains("of cam in trial-a"), "{error}");
}
