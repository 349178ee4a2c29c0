//! The table of temporal capacity from made-up measures, by hand.

use super::*;

fn map(own: Option<f64>, other: f64) -> MapMeasure {
    MapMeasure {
        own,
        other: Some(other),
        newest_own: own.map(|own| own / 2.0),
        newest_other: Some(other),
        uniform: Some(0.01),
        likeness: Some(-0.5),
    }
}

/// Returns a clip whose gradient halves with each lag and whose map has `own` on the track at every
/// lag.
fn clip(own: Option<f64>) -> ClipMeasure {
    let gradient = (0..LAGS).map(|lag| 8.0 * 0.5f64.powi(lag as i32)).collect();
    ClipMeasure {
        layers: vec![LayerMeasure {
            gradient,
            methods: vec![vec![map(own, 0.1); LAGS]],
        }],
        errors: Some(FrameErrors {
            plain: 80.0,
            black: (0..LAGS).map(|lag| 100.0 - lag as f64).collect(),
            foreign: vec![90.0; LAGS],
        }),
    }
}

fn entries() -> Vec<CapacityEntry> {
    capacity(Watchers {
        trained: &[clip(Some(0.5)), clip(Some(0.3)), clip(None)],
        untrained: &[clip(Some(0.2)), clip(Some(0.1)), clip(Some(0.9))],
        shuffled: &[clip(Some(0.1)), clip(Some(0.1)), clip(Some(0.1))],
    })
}

#[track_caller]
fn mean(compared: Compared, measure: Measure, lag: Option<usize>) -> (f64, usize) {
    let entries = entries();
    let mut found = entries
        .iter()
        .filter(|entry| (entry.compared, entry.measure, entry.lag) == (compared, measure, lag));
    let entry = found.next().expect("an entry");
    assert!(found.next().is_none(), "two entries");
    (entry.interval.mean, entry.interval.n)
}

#[track_caller]
fn assert_mean(compared: Compared, measure: Measure, lag: Option<usize>, expected: (f64, usize)) {
    let (found, n) = mean(compared, measure, lag);
    assert!((found - expected.0).abs() < 1e-12, "{found}");
    assert_eq!(n, expected.1);
}

#[test]
fn means_leave_out_what_is_not_there_and_differences_are_paired() {
    use Compared::{Trained, TrainedMinusShuffled, TrainedMinusUntrained, Untrained};
    assert_mean(Trained, Measure::OwnTrack, Some(3), (0.4, 2));
    assert_mean(Trained, Measure::OwnMinusOther, Some(3), (0.3, 2));
    assert_mean(Trained, Measure::NewestOwnMinusOther, Some(3), (0.1, 2));
    assert_mean(Untrained, Measure::OwnTrack, Some(3), (0.4, 3));
    // 0.5 - 0.2 and 0.3 - 0.1: the clip without a map has no pair.
    assert_mean(TrainedMinusUntrained, Measure::OwnTrack, Some(3), (0.25, 2));
    assert_mean(TrainedMinusShuffled, Measure::OwnTrack, Some(3), (0.3, 2));
    assert_mean(Trained, Measure::Likeness, Some(0), (0.5, 3));
}

#[test]
fn gradients_are_shares_of_the_newest_and_errors_rise_over_the_plain_one() {
    use Compared::Trained;
    assert_mean(Trained, Measure::Gradient, Some(0), (1.0, 3));
    assert_mean(Trained, Measure::Gradient, Some(3), (0.125, 3));
    // 1/16 is above 5 %, 1/32 below.
    assert_mean(Trained, Measure::Horizon, None, (5.0, 3));
    assert_mean(Trained, Measure::Error, None, (80.0, 3));
    assert_mean(Trained, Measure::RiseBlack, Some(9), (11.0, 3));
    assert_mean(Trained, Measure::RiseForeign, Some(9), (10.0, 3));
}

#[test]
fn a_gradient_that_never_falls_reaches_beyond_the_clip_and_none_at_all_is_left_out() {
    let with = |gradient: Vec<f64>| {
        let mut clip = clip(Some(0.5));
        clip.layers[0].gradient = gradient;
        let clips = [clip];
        let entries = capacity(Watchers {
            trained: &clips,
            untrained: &clips,
            shuffled: &clips,
        });
        let horizon = |entry: &&CapacityEntry| entry.measure == Measure::Horizon;
        entries
            .iter()
            .find(horizon)
            .map(|entry| entry.interval.mean)
    };
    assert_eq!(with(vec![1.0; LAGS]), Some(LAGS as f64));
    assert_eq!(with(vec![0.0; LAGS]), None);
}
