//! Measures of clips: laws that hold for any network.

use burn::module::Module;

use super::*;
use crate::data::DataSearch;
use crate::data::clips::{ClipOptions, ClipSplits, DRAWN_DIGITS};
use crate::data::load_clips;
use crate::model::{ConvLstm, ForecastSpec, PredictorName};

fn clips() -> ClipSplits {
    let options = ClipOptions {
        dataset: DRAWN_DIGITS,
        train_clips: 1,
        validation_clips: 1,
        test_clips: 8,
        seed: 5,
    };
    load_clips(&options, &DataSearch::default()).expect("drawn")
}

fn network() -> ConvLstm {
    let spec = ForecastSpec {
        network: PredictorName::default(),
        hidden: vec![3, 2],
        kernel: 3,
        patch: 4,
        forget_bias: 1.0,
        head_bias: -3.0,
    };
    ConvLstm::new(&spec, CANVAS_SIDE, 1, &Device::flex()).valid()
}

fn measured(showing: Showing, numbers: std::ops::Range<u64>) -> Vec<ClipMeasure> {
    let (clips, network, device) = (clips(), network(), Device::flex());
    let methods = [Method::parse("grad-cam").expect("listed")];
    let watching = Watching {
        network: &network,
        device: &device,
        methods: &methods,
        digit: 0,
        showing,
    };
    let of = |numbers: std::ops::Range<u64>| -> Vec<Clip> {
        numbers.map(|number| clips.test.clip(number)).collect()
    };
    let first = numbers.start;
    let strangers = of(numbers.start + 8..numbers.end + 8);
    measure(&watching, &of(numbers), first, Some(&strangers)).expect("finite")
}

#[test]
fn shares_errors_and_gradients_are_what_they_must_be() {
    for clip in measured(Showing::InOrder, 0..3) {
        assert_eq!(clip.layers.len(), 2);
        for layer in &clip.layers {
            assert_eq!(layer.gradient.len(), LAGS);
            assert!(layer.gradient.iter().all(|norm| *norm > 0.0));
            let maps = &layer.methods[0];
            // The newest state has no track: its frame is the current one.
            assert_eq!((maps[0].own, maps[0].uniform), (None, None));
            for map in &maps[1..] {
                let shares = [map.own, map.other, map.newest_own, map.newest_other];
                assert!(
                    shares
                        .iter()
                        .flatten()
                        .all(|share| (0.0..=1.0).contains(share))
                );
                // Two tracks do not overlap.
                if let (Some(own), Some(other)) = (map.own, map.other) {
                    assert!(own + other <= 1.0 + 1e-9);
                }
            }
        }
        let errors = clip.errors.expect("asked for");
        assert_eq!((errors.black.len(), errors.foreign.len()), (LAGS, LAGS));
        // Removing the newest frame changes more than removing the oldest.
        let change = |lag: usize| (errors.foreign[lag] - errors.plain).abs();
        assert!(change(0) > change(LAGS - 1), "{errors:?}");
    }
}

#[test]
fn a_clip_is_measured_alike_in_any_group() {
    for showing in [Showing::InOrder, Showing::Shuffled(3)] {
        let (all, last) = (measured(showing, 0..3), measured(showing, 2..3));
        let (a, b) = (&all[2].layers[1], &last[0].layers[1]);
        for (a, b) in a.gradient.iter().zip(&b.gradient) {
            assert!((a - b).abs() <= 1e-5 * b.abs(), "{a} {b}");
        }
        let shares = |layer: &LayerMeasure| -> Vec<f64> {
            layer.methods[0].iter().filter_map(|map| map.own).collect()
        };
        for (a, b) in shares(a).iter().zip(shares(b)) {
            assert!((a - b).abs() < 1e-4, "{a} {b}");
        }
    }
}

#[test]
fn shuffling_keeps_the_last_frame_and_every_other() {
    let clips: Vec<Clip> = (0..2).map(|number| clips().test.clip(number)).collect();
    let frames = frames_tensor(&clips, &Device::flex());
    let shown = shuffled(&frames, 7, 0);
    assert_eq!(shown.dims()[..2], [2, WATCHED_FRAMES]);
    let frame = |of: &Tensor<5>, clip: usize, time: usize| -> Vec<u32> {
        let frame = of.clone().narrow(0, clip, 1).narrow(1, time, 1);
        let values: Vec<f32> = frame.into_data().iter::<f32>().collect();
        values.into_iter().map(f32::to_bits).collect()
    };
    for clip in 0..2 {
        let last = WATCHED_FRAMES - 1;
        assert_eq!(frame(&shown, clip, last), frame(&frames, clip, last));
        let all = |of: &Tensor<5>| {
            let mut frames: Vec<_> = (0..last).map(|time| frame(of, clip, time)).collect();
            frames.sort();
            frames
        };
        assert_eq!(all(&shown), all(&frames));
        let moved =
            (0..last).filter(|time| frame(&shown, clip, *time) != frame(&frames, clip, *time));
        assert!(moved.count() > 3);
    }
}
