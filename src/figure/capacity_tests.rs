//! The figures of temporal capacity on made-up rows: layout, and what they say.

use super::*;
use crate::figure::capacity_compared::CapacityCompared;
use crate::figure::samples::assert_laid_out;

/// Every row that one network of `layers` layers has; more than chance up to lag 4.
fn rows(experiment: &str, layers: usize) -> Vec<CapacityRow> {
    let mut rows = Vec::new();
    let mut add =
        |compared: &str, measure: &str, layer: Option<usize>, map: bool, lag: usize, mean| {
            rows.push(CapacityRow {
                experiment: experiment.into(),
                network_title: experiment.replace("convlstm", "ConvLSTM").replace('-', " "),
                seed: 0,
                epoch: 6,
                checkpoint: "best".into(),
                clips: "moving-mnist/test".into(),
                generated: false,
                target: "digit-1".into(),
                compared: compared.into(),
                measure: measure.into(),
                layer,
                method: map.then(|| "grad-cam".to_string()),
                title: map.then(|| "Grad-CAM".to_string()),
                lag: Some(lag),
                mean,
                low: mean - 0.01,
                high: mean + 0.01,
                n: 200,
            });
        };
    let all = [
        "trained",
        "untrained",
        "shuffled",
        "trained-minus-untrained",
        "trained-minus-shuffled",
    ];
    for lag in 1..10 {
        let more = if lag <= 4 { 0.1 } else { 0.0 };
        for compared in all {
            for layer in 0..layers {
                for measure in ["own-track", "other-track", "own-minus-other", "uniform"] {
                    add(compared, measure, Some(layer), true, lag, more);
                    add(
                        compared,
                        &format!("newest-{measure}"),
                        Some(layer),
                        true,
                        lag,
                        0.02,
                    );
                }
                add(
                    compared,
                    "gradient",
                    Some(layer),
                    false,
                    lag,
                    1.0 / lag as f64,
                );
            }
            add(compared, "rise-black", None, false, lag, 9.0 - lag as f64);
            add(
                compared,
                "rise-foreign",
                None,
                false,
                lag,
                20.0 - lag as f64,
            );
        }
    }
    rows
}

#[test]
fn they_keep_to_their_pages_and_their_texts_apart() {
    for layers in [1, 2, 3] {
        let rows = rows("convlstm", layers);
        let figure = Capacity {
            rows: &rows,
            method: "grad-cam",
        };
        assert_laid_out(&format!("{layers} layers"), &figure.draw().expect("drawn"));
    }
    let several = [
        rows("convlstm", 2),
        rows("convlstm-1-layer", 1),
        rows(
            "convlstm-with-a-name-that-is-longer-than-there-is-room-for",
            2,
        ),
    ]
    .concat();
    let figure = CapacityCompared {
        rows: &several,
        method: "grad-cam",
    };
    assert_laid_out("compared", &figure.draw().expect("drawn"));
}

#[test]
fn filled_points_are_the_lags_at_which_memory_is_seen() {
    let rows = rows("convlstm", 2);
    let figure = Capacity {
        rows: &rows,
        method: "grad-cam",
    };
    let charts = figure.maps(&[0, 1], "own-track", "other-track", "own-minus-other");
    let digit = charts.charts[1].lines.last().expect("a line");
    let filled: Vec<usize> = (digit.points.iter())
        .filter(|point| !point.open)
        .map(|point| point.step)
        .collect();
    assert_eq!(filled, [1, 2, 3, 4]);
    let text = figure.draw().expect("drawn").svg.replace('\n', " ");
    for part in [
        "How far back ConvLSTM remembers the digit",
        "200 clips of moving-mnist/test",
        ">explained digit<",
        ">frames shuffled<",
        ">layer 1 (top)<",
        ">k frames back<",
    ] {
        assert!(text.contains(part), "no {part:?}");
    }
}

#[test]
fn a_network_of_one_layer_has_no_line_at_the_second() {
    let rows = [rows("convlstm", 2), rows("convlstm-1-layer", 1)].concat();
    let figure = CapacityCompared {
        rows: &rows,
        method: "grad-cam",
    };
    let text = figure.draw().expect("drawn").svg;
    // Once in each row of charts, also where the last chart has no line of it.
    assert_eq!(text.matches(">ConvLSTM<").count(), 4);
    assert_eq!(text.matches(">ConvLSTM 1 layer<").count(), 4);
}

#[test]
fn an_unknown_method_and_what_is_no_number_cannot_be_drawn() {
    let mut rows = rows("convlstm", 1);
    let error = |rows: &[CapacityRow], method: &str| {
        let figure = Capacity { rows, method };
        figure.draw().expect_err("cannot be drawn").to_string()
    };
    assert!(error(&rows, "layer-cam").contains("known: \"grad-cam\""));
    rows[2].high = f64::NAN;
    assert!(error(&rows, "grad-cam").contains("not finite"));
}
