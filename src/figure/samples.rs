//! Small made-up inputs and the layout laws for the tests of the figures.

use resvg::usvg;

use super::ablation::{Ablation, Compared};
use super::curves::Curves;
use super::depth::Depth;
use super::drawing::Drawing;
use super::grid::ExplainGrid;
use super::selection::{LayerRule, MapChoice};
use super::sheet::Figure;
use super::training_time::TrainingTime;
use super::typeface;
use crate::run::{
    Array, CurveRun, DepthRow, EpochRow, ExplainedImage, ExplanationRecord, ExplanationSet,
};

/// What a made-up explanation set holds.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) images: usize,
    pub(super) trials: usize,
    pub(super) epochs: Vec<u32>,
    pub(super) methods: Vec<&'static str>,
    pub(super) generated: bool,
    pub(super) size: [usize; 2],
    pub(super) class: String,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            images: 2,
            trials: 2,
            epochs: vec![10],
            methods: vec!["grad-cam"],
            generated: false,
            size: [8, 8],
            class: "ring".into(),
        }
    }
}

/// Returns a record of picture "shapes/test/0" with every name filled in.
pub(super) fn record(trial: &str, epoch: u32) -> ExplanationRecord {
    ExplanationRecord {
        pretrained: None,
        image: "shapes/test/0".into(),
        trial: trial.into(),
        network_title: String::new(),
        seed: 0,
        epoch,
        checkpoint: "best".into(),
        method: "grad-cam".into(),
        title: "Grad-CAM".into(),
        layer: "block-1".into(),
        native_size: [8, 8],
        target_class: "ring".into(),
        target_rule: "predicted".into(),
        quantity: "logit".into(),
        confidence: 0.75,
        explanation_confidence: 0.5,
        predicted_class: "ring".into(),
        predicted_confidence: 0.75,
        empty: false,
        seen: None,
        retrained_head: None,
        raw: "heat".into(),
        heat: "heat".into(),
        explanation: "picture".into(),
    }
}

/// Returns the title of a made-up map's method.
fn title(method: &str) -> &str {
    match method {
        "cam" => "CAM",
        "grad-cam" => "Grad-CAM",
        "grad-cam-pp" => "Grad-CAM++",
        other => other,
    }
}

impl Sample {
    /// Returns the set; the last map of each picture is empty.
    pub(super) fn set(&self) -> ExplanationSet {
        let [height, width] = self.size;
        let ramp = |shape: &[usize]| {
            let count: usize = shape.iter().product();
            let values = (0..count).map(|i| i as f32 / (count - 1) as f32).collect();
            Array {
                shape: shape.to_vec(),
                values,
            }
        };
        let mut set = ExplanationSet {
            selection_rule: "The first pictures of the split.".into(),
            arrays: [
                ("picture".to_string(), ramp(&[3, height, width])),
                ("heat".to_string(), ramp(&[height, width])),
            ]
            .into(),
            ..Default::default()
        };
        for index in 0..self.images {
            let id = format!("shapes/test/{index}");
            set.images.push(ExplainedImage {
                id: id.clone(),
                generated: self.generated,
                true_class: Some(self.class.clone()),
                pixels: "picture".into(),
            });
            for trial in ["trial-a", "trial-b", "trial-c", "trial-d"]
                .iter()
                .take(self.trials)
            {
                for &epoch in &self.epochs {
                    for method in &self.methods {
                        let mut record = record(trial, epoch);
                        record.image.clone_from(&id);
                        record.method = (*method).into();
                        record.title = title(method).into();
                        record.predicted_class.clone_from(&self.class);
                        if self.epochs.len() > 1 && epoch != 10 {
                            record.checkpoint = format!("epoch {epoch}");
                        }
                        set.records.push(record);
                    }
                }
            }
            if let Some(last) = set.records.last_mut() {
                last.empty = true;
            }
        }
        set
    }
}

fn choice() -> MapChoice {
    MapChoice {
        method: "grad-cam".into(),
        layer: LayerRule::Deepest,
        seed: Some(0),
    }
}

fn depth_rows(seeds: u64) -> Vec<DepthRow> {
    let row = |blocks: usize, seed: u64| DepthRow {
        trial: format!("trial-{}", ["a", "b", "c", "d"][blocks - 1]),
        network_title: String::new(),
        seed,
        blocks,
        parameters: 819_000 + 1000 * blocks as u64,
        multiply_adds: 921_600 * blocks as u64,
        epoch: 20,
        checkpoint: "best".into(),
        dataset: "shapes".into(),
        generated: true,
        validation_accuracy: 0.3 + 0.05 * blocks as f64 + 0.01 * seed as f64,
        validation_images: 5000,
        test_accuracy: 0.3 + 0.05 * blocks as f64 - 0.01 * seed as f64,
        test_top5_accuracy: 0.7,
        test_images: 10_000,
    };
    (1..=4)
        .flat_map(|blocks| (0..seeds).map(move |seed| row(blocks, seed)))
        .collect()
}

fn curves(runs: usize, epochs: u32) -> Curves<EpochRow> {
    let row = |run: usize, epoch: u32| EpochRow {
        epoch,
        train_loss: (epoch > 0).then(|| 4.0 / f64::from(epoch + 1)),
        train_accuracy: (epoch > 0).then(|| 0.9 - 0.8 / f64::from(epoch + 1)),
        validation_loss: 4.6 / f64::from(epoch + 1).sqrt() + 0.001 * run as f64,
        validation_accuracy: 0.6 - 0.59 / f64::from(epoch + 1) + 0.001 * run as f64,
        learning_rate: None,
        images_per_second: None,
        seconds: 1.0,
    };
    let series = |run: usize| CurveRun {
        trial: format!("trial-{}", ["a", "b", "c", "d"][run]),
        network_title: String::new(),
        seed: 0,
        dataset: "shapes".into(),
        generated: true,
        rows: (0..=epochs).map(|epoch| row(run, epoch)).collect(),
    };
    Curves {
        runs: (0..runs).map(series).collect(),
        by_depth: true,
    }
}

/// Returns every text and picture of the drawing with its rectangle in page pixels.
fn boxes(drawing: &Drawing) -> Vec<(String, usvg::Rect)> {
    fn walk(group: &usvg::Group, found: &mut Vec<(String, usvg::Rect)>) {
        for node in group.children() {
            match node {
                usvg::Node::Group(group) => walk(group, found),
                usvg::Node::Text(text) => {
                    let words = text.chunks().iter().map(|chunk| chunk.text()).collect();
                    found.push((words, text.abs_bounding_box()));
                }
                usvg::Node::Image(image) => {
                    found.push(("a picture".into(), image.abs_bounding_box()));
                }
                usvg::Node::Path(_) => {}
            }
        }
    }
    let tree = usvg::Tree::from_str(&drawing.svg, &typeface::options()).expect("sound svg");
    let mut found = Vec::new();
    walk(tree.root(), &mut found);
    let scale = drawing.width_px as f32 / tree.size().width();
    let scaled = |r: usvg::Rect| {
        usvg::Rect::from_xywh(
            r.x() * scale,
            r.y() * scale,
            r.width() * scale,
            r.height() * scale,
        )
        .expect("a scaled rectangle is a rectangle")
    };
    found
        .into_iter()
        .map(|(text, rect)| (text, scaled(rect)))
        .collect()
}

/// Asserts that everything is on the page and that no text lies on a text or a picture.
pub(super) fn assert_laid_out(name: &str, drawing: &Drawing) {
    /// Boxes may touch: rounding of coordinates to 0.01 pixels, and the font's box being a little
    /// taller than its letters.
    const SLACK: f32 = 0.5;
    let boxes = boxes(drawing);
    assert!(!boxes.is_empty(), "{name}: nothing was drawn");
    for (i, (text, a)) in boxes.iter().enumerate() {
        let inside = a.left() >= 0.0
            && a.top() >= 0.0
            && a.right() <= drawing.width_px as f32
            && a.bottom() <= drawing.height_px as f32;
        assert!(inside, "{name}: {text:?} at {a:?} is not on the page");
        for (other, b) in &boxes[..i] {
            let apart = a.left() >= b.right() - SLACK
                || b.left() >= a.right() - SLACK
                || a.top() >= b.bottom() - SLACK
                || b.top() >= a.bottom() - SLACK;
            assert!(
                apart,
                "{name}: {text:?} at {a:?} lies on {other:?} at {b:?}"
            );
        }
    }
}

#[test]
fn every_figure_keeps_to_its_page_and_its_texts_apart() {
    let long = "a_class_with_a_very_long_name_that_no_cell_can_hold_in_one_line";
    for (images, trials, class, size) in [
        (1, 1, "ring", [8, 8]),
        (4, 4, long, [8, 16]),
        (8, 4, "ring", [240, 160]),
        (3, 2, long, [32, 32]),
    ] {
        let sample = Sample {
            images,
            trials,
            class: class.into(),
            size,
            ..Sample::default()
        };
        let set = sample.set();
        let name = format!("{images} pictures, {trials} trials");
        let ablation = Ablation {
            set: &set,
            choice: choice(),
            of: Compared::Depths,
        }
        .draw()
        .expect("drawn");
        assert_laid_out(&format!("ablation, {name}"), &ablation);

        let sample = Sample {
            epochs: (0..images as u32 * 3).chain([10, 99]).collect(),
            methods: vec!["grad-cam", "cam", "grad-cam++", "random-map"],
            ..sample
        };
        let set = sample.set();
        let time = TrainingTime {
            set: &set,
            trial: "trial-a".into(),
            choice: choice(),
        };
        assert_laid_out(
            &format!("training time, {name}"),
            &time.draw().expect("drawn"),
        );
        let set = Sample {
            epochs: vec![10, 20],
            ..sample
        }
        .set();
        let grid = ExplainGrid {
            set: &set,
            page: [1, 1],
        }
        .draw()
        .expect("drawn");
        assert_laid_out(&format!("grid, {name}"), &grid);
    }
    for seeds in [1, 3] {
        let rows = depth_rows(seeds);
        let depth = Depth { rows: &rows }.draw().expect("drawn");
        assert_laid_out(&format!("depth, {seeds} seeds"), &depth);
    }
    for (runs, epochs) in [(1, 0), (1, 1), (1, 30), (4, 1), (4, 100)] {
        let drawing = curves(runs, epochs).draw().expect("drawn");
        assert_laid_out(&format!("curves, {runs} runs, {epochs} epochs"), &drawing);
    }
}

/// Methods that are explained at layers of their own share a row, and one that is explained at two
/// layers has two.
#[test]
fn a_row_holds_the_methods_of_a_network() {
    let sample = Sample {
        images: 1,
        trials: 1,
        methods: vec!["cam", "grad-cam", "grad-cam-pp"],
        ..Sample::default()
    };
    let mut set = sample.set();
    set.records[0].layer = "classifier.2".into();
    set.records[0].native_size = [13, 13];
    let shown = |set: &ExplanationSet| {
        let grid = ExplainGrid { set, page: [1, 1] }.draw().expect("drawn");
        assert_laid_out("layers", &grid);
        let texts = boxes(&grid).into_iter().map(|(text, _)| text);
        texts.collect::<Vec<String>>()
    };
    let count = |texts: &[String], what: &str| texts.iter().filter(|text| *text == what).count();
    let texts = shown(&set);
    assert_eq!(count(&texts, "8 × 8 at block-1"), 1, "{texts:?}");
    assert_eq!(count(&texts, "not explained"), 0);
    assert!(
        texts.concat().contains("CAM: 13 × 13 atclassifier.2"),
        "{texts:?}"
    );

    let mut twice = set.records[1].clone();
    twice.layer = "classifier.2".into();
    set.records.push(twice);
    let texts = shown(&set);
    // Grad-CAM++ at the one layer, CAM at the other.
    assert_eq!(count(&texts, "not explained"), 2, "{texts:?}");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let set = Sample::default().set();
    let draw = || {
        Ablation {
            set: &set,
            choice: choice(),
            of: Compared::Depths,
        }
        .draw()
        .expect("drawn")
    };
    let (first, second) = (draw(), draw());
    assert_eq!(first, second);
    assert_eq!(
        first.png().expect("rendered"),
        second.png().expect("rendered")
    );
    assert_eq!(first.saved_svg(), second.saved_svg());
}

#[test]
fn a_missing_trial_is_named() {
    let mut set = Sample {
        trials: 4,
        ..Sample::default()
    }
    .set();
    set.records
        .retain(|r| r.image != "shapes/test/1" || r.trial != "trial-c");
    let error = Ablation {
        set: &set,
        choice: choice(),
        of: Compared::Depths,
    }
    .draw()
    .expect_err("incomplete");
    assert_eq!(
        error.to_string(),
        "no \"grad-cam\" map of \"shapes/test/1\" for \"trial-c\" at the deepest layer"
    );
}

#[test]
fn two_checkpoints_of_a_trial_are_refused_by_the_ablation() {
    let mut set = Sample::default().set();
    set.records
        .iter_mut()
        .filter(|r| r.image == "shapes/test/1")
        .for_each(|r| r.epoch = 12);
    let error = Ablation {
        set: &set,
        choice: choice(),
        of: Compared::Depths,
    }
    .draw()
    .expect_err("ambiguous");
    assert!(
        error
            .to_string()
            .contains("\"trial-a\" has maps at the epochs 10, 12"),
        "{error}"
    );
}

#[test]
fn names_and_empty_maps_are_in_the_drawing() {
    let mut set = Sample::default().set();
    set.images[0].true_class = Some("<b>&co".into());
    let svg = Ablation {
        set: &set,
        choice: choice(),
        of: Compared::Depths,
    }
    .draw()
    .expect("drawn")
    .svg;
    assert!(
        svg.contains("&lt;b&gt;&amp;co"),
        "the class name is escaped"
    );
    assert!(
        svg.contains("✗ ring") && svg.contains("✓ ring"),
        "right and wrong are marked"
    );
    // Two pictures, each with one empty map and its explanation map.
    assert_eq!(svg.matches("empty map").count(), 4);
}

#[test]
fn a_value_that_is_not_finite_is_refused() {
    let mut curves = curves(1, 2);
    curves.runs[0].rows[1].validation_loss = f64::NAN;
    let error = curves.draw().expect_err("refused").to_string();
    assert!(error.contains("\"trial-a\""), "{error}");
}
