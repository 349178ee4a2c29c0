//! The trajectory figure and its animation on made-up clips: layout, and what they say.

use image::AnimationDecoder;

use super::*;
use crate::figure::samples::assert_laid_out;
use crate::run::{Array, DigitTrack, ExplainedClip};

/// A clip of ten frames of 16 x 16 pixels, explained at `layers` layers; at the newest state of the last
/// one the map repeats the prediction.
fn set(layers: usize, target: &str) -> SequenceSet {
    let array = |shape: &[usize], step: f32| Array {
        shape: shape.to_vec(),
        values: (0..shape.iter().product())
            .map(|i: usize| (i as f32 * step).sin())
            .collect(),
    };
    let mut set = SequenceSet {
        experiment: "convlstm".into(),
        network_title: "ConvLSTM".into(),
        seed: 3,
        epoch: 4,
        checkpoint: "best".into(),
        ..SequenceSet::default()
    };
    let digit = |label: u8| DigitTrack {
        label,
        places: (0..11).map(|time| [time as f64 + 2.0, 8.0]).collect(),
    };
    set.clips.push(ExplainedClip {
        id: "digits/test/5".into(),
        generated: true,
        digits: vec![digit(7), digit(2)],
        target: target.into(),
        watched: 10,
        error: 81.25,
        frames: "frames".into(),
        prediction: "prediction".into(),
        region: "region".into(),
    });
    let mut arrays = vec![
        ("frames".to_string(), array(&[11, 16, 16], 0.1)),
        ("prediction".to_string(), array(&[16, 16], 0.2)),
        ("region".to_string(), array(&[16, 16], 0.0)),
    ];
    for layer in 0..layers {
        for lag in 0..10 {
            let name = format!("map/{layer}/{lag}");
            arrays.push((name.clone(), array(&[4, 4], 0.3 + lag as f32)));
            set.maps.push(StateMap {
                clip: "digits/test/5".into(),
                method: "grad-cam".into(),
                title: "Grad-CAM".into(),
                layer,
                lag,
                gradient_norm: 0.5f64.powi(lag as i32),
                likeness: (lag < 9).then_some(-0.25),
                repeats: lag == 0 && layer + 1 == layers,
                signed: name,
            });
        }
    }
    set.arrays = arrays.into_iter().collect();
    set
}

fn figure(set: &SequenceSet) -> Trajectory<'_> {
    Trajectory {
        set,
        clip: "digits/test/5",
        method: "grad-cam",
    }
}

#[test]
fn it_keeps_to_its_page_and_its_texts_apart() {
    for (layers, target) in [(1, "frame"), (2, "digit-2"), (3, "box:1,2,3,4")] {
        let set = set(layers, target);
        let drawing = figure(&set).draw().expect("drawn");
        assert_laid_out(&format!("{layers} layers"), &drawing);
    }
}

#[test]
fn it_says_what_is_explained_and_which_map_repeats_the_prediction() {
    let set = set(2, "digit-1");
    let figure = figure(&set);
    assert_eq!(figure.name(), "trajectory-clip-5-grad-cam");
    let text = figure.draw().expect("drawn").svg.replace('\n', " ");
    for part in [
        "ConvLSTM: what the prediction of the first digit (a 7) rests on",
        "digits test clip 5 · generated data · seed 3",
        "best on validation (epoch 4) · Grad-CAM",
        ">layer 1<",
        ">layer 0<",
        ">r \u{2212}0.25<",
        ">no map<",
        ">|G| 50 %<",
        ">11 true<",
        ">predicted<",
        "its squared",
    ] {
        assert!(text.contains(part), "no {part:?}");
    }
    // Two outlines, of the map and of its overlay, frame what repeats the prediction.
    assert_eq!(text.matches("stroke-dasharray=\"9 5\"").count(), 2);
}

#[test]
fn what_is_missing_is_named() {
    let mut set = set(2, "digit-1");
    let error = |set: &SequenceSet, clip: &str, method: &str| {
        let figure = Trajectory { set, clip, method };
        figure.draw().expect_err("cannot be drawn").to_string()
    };
    let unknown = error(&set, "digits/test/6", "grad-cam");
    assert!(
        unknown.contains("\"digits/test/6\"; known: \"digits/test/5\""),
        "{unknown}"
    );
    let unknown = error(&set, "digits/test/5", "layer-cam");
    assert!(unknown.contains("known: \"grad-cam\""), "{unknown}");
    set.arrays.remove("map/0/3");
    assert!(error(&set, "digits/test/5", "grad-cam").contains("\"map/0/3\" is not in the set"));
}

#[test]
fn the_animation_shows_each_frame_and_then_the_prediction() {
    let set = set(2, "digit-1");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = figure(&set).save_animation(folder.path()).expect("saved");
    assert!(path.ends_with("trajectory-clip-5-grad-cam.gif"));
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("opened"));
    let decoder = image::codecs::gif::GifDecoder::new(file).expect("a gif");
    let frames = decoder
        .into_frames()
        .collect_frames()
        .expect("sound frames");
    let stays: Vec<u32> = frames
        .iter()
        .map(|frame| frame.delay().numer_denom_ms().0)
        .collect();
    assert_eq!(stays, [[500; 10].to_vec(), vec![2500]].concat());
}
