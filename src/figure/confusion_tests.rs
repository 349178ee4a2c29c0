use super::super::calibration::CalibrationFigure;
use super::super::samples::assert_laid_out;
use super::*;
use crate::run::CalibrationRow;

fn row(images: usize) -> EvaluationRow {
    EvaluationRow {
        trial: "trial-d".into(),
        network_title: String::new(),
        seed: 0,
        epoch: 6,
        checkpoint: "best".into(),
        dataset: "shapes".into(),
        generated: true,
        split: "test".into(),
        images,
        loss: 1.0,
        accuracy: 0.5,
        top5_accuracy: 0.9,
        calibration_error: 0.12,
    }
}

/// Returns `count` classes, every second image of each predicted as the next class.
fn sample(count: usize, grouped: bool, name: &str) -> (Vec<PerClassRow>, Confusion) {
    let names: Vec<String> = (0..count).map(|class| format!("{name}_{class}")).collect();
    let pairs = (0..count).flat_map(|class| [[class, class], [class, (class + 1) % count]]);
    let classes = names.iter().enumerate().map(|(number, class)| PerClassRow {
        number,
        class: class.clone(),
        // The classes of a group do not follow each other.
        group: match grouped {
            true => format!("group {}", number % 20),
            false => String::new(),
        },
        images: 2,
        correct: 1,
        accuracy: Some(0.5),
        predicted: 2,
        precision: Some(0.5),
    });
    (classes.collect(), Confusion::new(&names, pairs))
}

fn drawn(count: usize, grouped: bool, name: &str) -> Drawing {
    let (classes, confusion) = sample(count, grouped, name);
    let figure = ConfusionFigure {
        row: &row(2 * count),
        classes: &classes,
        confusion: &confusion,
    };
    figure.draw().expect("drawn")
}

#[test]
fn matrices_of_all_sizes_keep_to_their_page_and_their_texts_apart() {
    let long = "a_class_with_a_very_long_name_that_no_axis_can_hold_in_one_line";
    for (count, grouped, name) in [
        (2, false, "ring"),
        (12, false, "ring"),
        (20, false, long),
        (21, true, "ring"),
        (60, false, long),
        (100, true, "class"),
        (100, true, long),
        (200, false, "class"),
        (1000, false, "class"),
    ] {
        let title = format!("{count} classes, grouped {grouped}, {name}");
        assert_laid_out(&title, &drawn(count, grouped, name));
    }
}

#[test]
fn the_worst_pairs_are_named_and_groups_are_numbered() {
    let svg = drawn(100, true, "class").svg;
    assert!(svg.contains("class 0 → class 1<"), "the first of equals");
    assert!(svg.contains(">group 0 1<") && svg.contains(">group 9 20<"));
    // Classes 0 and 1 are in two groups, and so are all neighbours; four of 99 others are in the same.
    assert!(svg.contains("Within a superclass") && svg.contains(">0 %<"));
    assert!(svg.contains("by chance") && svg.contains(">4 %<"));
    // Ten frames, and nothing else in their colour.
    assert_eq!(svg.matches("#D55E00").count(), PAIRS);
    let few = drawn(12, false, "ring").svg;
    assert!(few.contains(">50<") && !few.contains("superclass"));
}

#[test]
fn tables_of_two_networks_are_refused() {
    let (classes, _) = sample(3, false, "ring");
    let (_, confusion) = sample(4, false, "ring");
    let figure = ConfusionFigure {
        row: &row(8),
        classes: &classes,
        confusion: &confusion,
    };
    let error = figure.draw().expect_err("three and four classes");
    assert!(
        error.to_string().contains("the 4 classes of confusion.csv"),
        "{error}"
    );
}

#[test]
fn a_calibration_is_drawn_with_and_without_images_in_a_bin() {
    for images in [0, 3] {
        let bins: Vec<CalibrationRow> = (0..15)
            .map(|bin| CalibrationRow {
                above: f64::from(bin) / 15.0,
                to: f64::from(bin + 1) / 15.0,
                images: images * usize::from(bin > 4),
                confidence: (images > 0 && bin > 4).then(|| (f64::from(bin) + 0.5) / 15.0),
                accuracy: (images > 0 && bin > 4).then_some(0.4),
            })
            .collect();
        let figure = CalibrationFigure {
            row: &row(images * 10),
            bins: &bins,
        };
        let drawing = figure.draw().expect("drawn");
        assert_laid_out(&format!("calibration of {images} images"), &drawing);
        assert!(drawing.svg.contains("calibration error 12.0 %"));
    }
}
