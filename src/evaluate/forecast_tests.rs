//! Scores of forecasts on simple clips with obvious scores.

use std::convert::Infallible;

use super::*;
use crate::model::{ConvLstm, ForecastSpec, PredictorName};

/// Returns a clip whose frame `time` (from 0) has its first `time` pixels white.
fn growing() -> Clip {
    let mut frames = vec![0; CLIP_FRAMES * AREA];
    for time in 0..CLIP_FRAMES {
        frames[time * AREA..time * AREA + time].fill(255);
    }
    Clip {
        frames,
        digits: Vec::new(),
    }
}

/// Returns a clip of one grey value.
fn grey(value: u8) -> Clip {
    Clip {
        frames: vec![value; CLIP_FRAMES * AREA],
        digits: Vec::new(),
    }
}

fn never<T>(value: T) -> Result<T, Infallible> {
    Ok(value)
}

fn summary(
    scores: &ForecastScores,
    horizon: Horizon,
    frame: Option<usize>,
    measure: FrameMeasure,
) -> Interval {
    let found = scores.summaries().into_iter().find(|summary| {
        (summary.horizon, summary.frame, summary.measure) == (horizon, frame, measure)
    });
    found.expect("every place has a summary").interval
}

/// Frame t (from 1) differs from the one before it in one pixel, from frame 10 in t - 10, and from
/// black in t - 1.
#[test]
fn baselines_by_hand() {
    let mean = vec![0.0; AREA];
    let [zeros, image, copy] =
        baseline_scores(&mean, 2, |_| never(growing())).expect("clips are there");
    assert_eq!(zeros, image);
    let mse = |scores: &ForecastScores, horizon, frame| {
        let found = summary(scores, horizon, frame, FrameMeasure::Mse);
        assert_eq!(
            (found.low, found.high, found.n),
            (found.mean, found.mean, 2)
        );
        found.mean
    };
    for frame in FIRST_SCORED..=CLIP_FRAMES {
        assert_eq!(
            mse(&zeros, Horizon::OneStep, Some(frame)),
            (frame - 1) as f64
        );
        assert_eq!(
            mse(&zeros, Horizon::RollOut, Some(frame)),
            (frame - 1) as f64
        );
        assert_eq!(mse(&copy, Horizon::OneStep, Some(frame)), 1.0);
        assert_eq!(
            mse(&copy, Horizon::RollOut, Some(frame)),
            (frame - 10) as f64
        );
    }
    // Frames 11 to 20: 10 to 19 white pixels, 14.5 on average; 1 to 10 new ones.
    assert_eq!(mse(&zeros, Horizon::OneStep, None), 14.5);
    assert_eq!(mse(&copy, Horizon::RollOut, None), 5.5);
}

#[test]
fn the_mean_image_is_the_mean_over_clips_and_frames() {
    let clips = [grey(0), grey(51), growing()];
    let mean = mean_image(3, |number| never(clips[number].clone())).expect("clips are there");
    // Pixel 18 is white only in frame 20, pixel 19 never.
    let expected = |white: f64| (20.0 * 51.0 + white * 255.0) / (60.0 * 255.0);
    for (pixel, white) in [(0, 19.0), (18, 1.0), (19, 0.0)] {
        assert!(
            (f64::from(mean[pixel]) - expected(white)).abs() < 1e-7,
            "{pixel}"
        );
    }
}

/// A clip's scores must not depend on its neighbours in the batch, and each horizon's frames are
/// the network's predictions clip by clip.
#[test]
fn a_network_is_scored_on_the_frames_that_it_predicts() {
    let spec = ForecastSpec {
        network: PredictorName::default(),
        hidden: vec![3],
        kernel: 3,
        patch: 4,
        forget_bias: 1.0,
        head_bias: -1.0,
    };
    let device = Device::flex();
    let network = ConvLstm::new(&spec, CANVAS_SIDE, 4, &device);
    let clips = [growing(), grey(200), grey(30)];
    let count = CLIPS_AT_ONCE + 1;
    let scores = network_scores(&network, count, |n| never(clips[n % 3].clone()), &device)
        .expect("clips are there");
    assert_eq!(scores.clips(), count);

    let frames = frames_tensor(&clips[1..2], &device);
    let mut logits = network.forward(frames.clone(), &mut Tap::off());
    for scored in [0, SCORED_FRAMES - 1] {
        let time = WATCHED_FRAMES + scored;
        let wanted = frames.clone().narrow(1, time, 1);
        let error = |predicted: Tensor<5>| -> f64 {
            let square = (sigmoid(predicted) - wanted.clone()).square().sum();
            f64::from(square.into_scalar::<f32>())
        };
        // One step ahead: the output at the previous frame.
        let one_step = error(logits.clone().narrow(1, time - 1, 1));
        let found = scores.at(1, Horizon::OneStep, scored, FrameMeasure::Mse);
        assert!((found / one_step - 1.0).abs() < 1e-5, "{found} {one_step}");
        // Rolled out: feed the predictions back by hand.
        let mut seen = frames.clone().narrow(1, 0, WATCHED_FRAMES);
        for _ in 0..=scored {
            logits = network.forward(seen.clone(), &mut Tap::off());
            let [_, length, ..] = seen.dims();
            let next = sigmoid(logits.clone().narrow(1, length - 1, 1));
            seen = Tensor::cat(vec![seen, next], 1);
        }
        let [_, length, ..] = logits.dims();
        let rolled_out = error(logits.clone().narrow(1, length - 1, 1));
        let found = scores.at(1, Horizon::RollOut, scored, FrameMeasure::Mse);
        assert!(
            (found / rolled_out - 1.0).abs() < 1e-5,
            "{found} {rolled_out}"
        );
        logits = network.forward(frames.clone(), &mut Tap::off());
    }
    // The last clip was alone in its batch.
    let last = count - 1;
    let of = |clip| scores.at(clip, Horizon::RollOut, 9, FrameMeasure::Bce);
    assert_eq!(last % 3, 1);
    assert!((of(last) / of(1) - 1.0).abs() < 1e-6);
    assert!((of(0) / of(1) - 1.0).abs() > 1e-3);
}

#[test]
fn a_clip_that_cannot_be_read_ends_the_scoring() {
    let clip = |number| if number < 3 { Ok(grey(0)) } else { Err(number) };
    assert_eq!(baseline_scores(&[0.5; AREA], 9, clip), Err(3));
}
