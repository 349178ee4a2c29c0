//! The sanity figure on made-up rows: what it names, and what it refuses.

use super::*;

fn row(method: &str, stage: usize, mean: Option<f64>) -> CascadeRow {
    CascadeRow {
        trial: "trial-d".into(),
        network_title: String::new(),
        seed: 0,
        epoch: 10,
        weights: "aa".into(),
        data: "shapes test".into(),
        generated: true,
        layer: "block-5".into(),
        native_height: 2,
        native_width: 2,
        method: method.into(),
        title: method.to_uppercase(),
        baseline: method == "edges",
        stage,
        down_to: ["none", "dense", "block-5"][stage].into(),
        images: 20,
        draws: 3,
        head_accuracy: (method == "cam").then_some(0.381),
        network_accuracy: (method == "cam").then_some(0.409),
        undefined: 0,
        vanished: 0,
        mean,
        low: mean.map(|mean| mean - 0.1),
        high: mean,
    }
}

#[test]
fn generated_data_native_size_and_every_method_are_named() {
    let rows = [
        row("cam", 0, Some(1.0)),
        row("cam", 1, Some(0.25)),
        row("cam", 2, None),
        row("edges", 0, Some(1.0)),
        row("edges", 1, Some(1.0)),
        row("edges", 2, Some(1.0)),
    ];
    let figure = SanityCascade {
        rows: rows.iter().collect(),
    };
    assert_eq!(figure.name(), "sanity-trial-d-seed-0");
    let svg = figure.draw().expect("drawn").svg;
    assert!(
        figure
            .head_note()
            .contains("Trial D block-5 38.1 against 40.9 %")
    );
    for text in [
        "generated data",
        "2 × 2 cells",
        ">CAM<",
        ">EDGES<",
        "+ block-5",
        "20 images",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert_eq!(
        svg.matches("stroke-dasharray=\"10 7\"").count(),
        1,
        "one baseline"
    );
}

#[test]
fn two_checkpoints_in_one_figure_are_refused() {
    let later = CascadeRow {
        epoch: 20,
        ..row("cam", 1, Some(0.2))
    };
    let rows = [row("cam", 0, Some(1.0)), later];
    let error = SanityCascade {
        rows: rows.iter().collect(),
    }
    .draw()
    .expect_err("refused");
    assert!(error.to_string().contains("10, 20"), "{error}");
    assert!(SanityCascade { rows: Vec::new() }.draw().is_err());
}

/// Seeds at 0.1 and 0.3: the mean is 0.2 and the interval leaves the panel.
#[test]
fn several_seeds_are_points_with_an_interval_over_seeds() {
    let of_seed = |seed, mean| CascadeRow {
        seed,
        ..row("cam", 1, Some(mean))
    };
    let rows = [of_seed(0, 0.1), of_seed(1, 0.3)];
    let figure = SanityCascade {
        rows: rows.iter().collect(),
    };
    assert_eq!(figure.name(), "sanity-trial-d-seeds");
    let drawn = figure.draw().expect("drawn");
    let points = drawn.svg.matches("r=\"3.5\"").count();
    assert_eq!(points, 2, "one per seed");
    for text in ["seeds 0, 1", "epoch 10", "n = 2 training", "t-intervals"] {
        assert!(drawn.svg.contains(text), "{text}");
    }
    assert!(!drawn.svg.contains("bootstrap"));
}
