//! The frame figure on made-up rows: layout, and what it says of its data.

use super::*;
use crate::figure::samples::assert_laid_out;

/// Rows of the given forecasts; of a name with a seed a network's, else a baseline's.
fn rows(forecasts: &[(&str, Option<u64>)]) -> Vec<FrameScoreRow> {
    let mut rows = Vec::new();
    for (place, (forecast, seed)) in forecasts.iter().enumerate() {
        for (horizon, rise) in [("one-step", 0.5), ("roll-out", 9.0)] {
            for (score, unit) in [("mse", 1.0), ("mae", 1.0), ("ssim", 0.005)] {
                for frame in std::iter::once(None).chain((11..=20).map(Some)) {
                    let later = frame.map_or(0.0, |frame| (frame - 11) as f64);
                    let mean = unit * (60.0 + 20.0 * place as f64 + rise * later);
                    rows.push(FrameScoreRow {
                        forecast: forecast.to_string(),
                        network_title: match forecast.strip_prefix("convlstm") {
                            Some(rest) => format!("ConvLSTM{}", rest.replace('-', " ")),
                            None => String::new(),
                        },
                        seed: *seed,
                        epoch: seed.map(|_| 20),
                        checkpoint: seed.map(|_| "best".to_string()),
                        clips: "digits/test".into(),
                        generated: true,
                        training_clips: (*forecast == "mean-image").then_some(1000),
                        horizon: horizon.into(),
                        score: score.into(),
                        frame,
                        mean,
                        low: mean - 2.0 * unit,
                        high: mean + 3.0 * unit,
                        n: 500,
                    });
                }
            }
        }
    }
    rows
}

const BASELINES: [(&str, Option<u64>); 3] = [
    ("zeros", None),
    ("mean-image", None),
    ("copy-last-frame", None),
];

fn draw(rows: &[FrameScoreRow]) -> Drawing {
    FrameScores { rows }.draw().expect("drawn")
}

#[test]
fn it_keeps_to_its_page_and_its_texts_apart() {
    let one = [&[("convlstm", Some(0))], &BASELINES[..]].concat();
    assert_laid_out("one network", &draw(&rows(&one)));
    let networks = [
        ("convlstm", Some(0)),
        ("convlstm", Some(11)),
        ("convlstm-kernel-5", Some(0)),
        ("convlstm-1-layer", Some(0)),
        (
            "a-name-that-is-longer-than-there-is-room-for-at-the-side",
            Some(0),
        ),
    ];
    let many = [&networks[..], &BASELINES[..]].concat();
    assert_laid_out("many networks", &draw(&rows(&many)));
    // All forecasts equal: every label wants the same place.
    let mut same = rows(&many);
    for row in &mut same {
        (row.mean, row.low, row.high) = (50.0, 50.0, 50.0);
    }
    assert_laid_out("all the same", &draw(&same));
}

#[test]
fn it_says_what_was_predicted_and_by_what() {
    let one = [&[("convlstm", Some(2))], &BASELINES[..]].concat();
    let drawing = draw(&rows(&one));
    for part in [
        "500 clips of digits/test",
        "generated data",
        "seed 2",
        "best on validation",
        ">ConvLSTM<",
        ">copy last frame<",
        "of 1000 training clips",
        ">predicted frame<",
    ] {
        let text = drawing.svg.replace('\n', " ");
        assert!(text.contains(part), "no {part:?}");
    }
    let two = [("convlstm", Some(0)), ("convlstm", Some(1))];
    let drawing = draw(&rows(&two));
    assert!(drawing.svg.contains(">ConvLSTM seed 1<"));
    assert!(drawing.svg.contains("seeds 0, 1"));
}

#[test]
fn nothing_and_what_is_no_number_cannot_be_drawn() {
    let draw = |rows: &[FrameScoreRow]| {
        let refused = FrameScores { rows }.draw();
        refused.expect_err("cannot be drawn").to_string()
    };
    assert!(draw(&[]).contains("nothing to draw for scores of predicted frames"));
    let mut bad = rows(&BASELINES);
    bad[3].low = f64::NAN;
    assert!(draw(&bad).contains("\"mse of zeros\" holds a value that is not finite"));
}
