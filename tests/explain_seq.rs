//! `explain-seq` from the command line to its maps, tables and figures, on a predictor that was trained
//! for seconds on drawn digits.

mod support;
#[path = "support/train.rs"]
mod training;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use camtrail::run::{CapacityRow, SequenceSet, TableRow};
use support::{done_in, new_folder, run_in};
use training::train;

/// Changes that make a training of seconds.
const SMALL: [&str; 6] = [
    "forecast.hidden=[4,3]",
    "clips.train_clips=16",
    "clips.validation_clips=4",
    "clips.test_clips=12",
    "train.batch_size=4",
    "train.epochs=1",
];
/// Float32 sums over the pixels of a frame, in another order.
const SUM_ORDER: f64 = 1e-4;

/// Two networks explained and compared: the folder and what was printed, made once for all tests.
fn explained() -> &'static (PathBuf, String) {
    static EXPLAINED: OnceLock<(PathBuf, String)> = OnceLock::new();
    EXPLAINED.get_or_init(|| {
        let folder = new_folder("explain-seq");
        train(&folder, "convlstm", "digits", &SMALL);
        train(&folder, "convlstm-kernel-5", "digits", &SMALL);
        let names = [
            "explain-seq",
            "convlstm",
            "convlstm-kernel-5",
            "--base",
            "digits",
        ];
        let mut arguments = names.to_vec();
        arguments.extend([
            "--clip",
            "0,3",
            "--target",
            "digit-2",
            "--capacity-clips",
            "5",
        ]);
        let shown = done_in(&folder, &arguments);
        (folder, shown.stdout)
    })
}

fn sequence(folder: &Path) -> PathBuf {
    folder.join("figures/digits/sequence")
}

#[test]
fn every_file_that_is_listed_is_there() {
    let (folder, stdout) = explained();
    let listed: Vec<&str> = stdout
        .lines()
        .filter(|line| line.starts_with("figures/"))
        .collect();
    for file in [
        "convlstm-seed-0/sequence.json",
        "convlstm-seed-0/trajectory-clip-0-grad-cam.png",
        "convlstm-seed-0/trajectory-clip-3-hires-cam.gif",
        "convlstm-kernel-5-seed-0/capacity-hires-cam.svg",
        "capacity-compared-grad-cam.png",
        "capacity.csv",
    ] {
        let path = format!("figures/digits/sequence/{file}");
        assert!(listed.contains(&path.as_str()), "no {path} in\n{stdout}");
    }
    for path in listed {
        assert!(
            folder
                .join(path)
                .metadata()
                .is_ok_and(|file| file.len() > 0),
            "{path}"
        );
    }
}

#[test]
fn stored_maps_are_signed_and_complete() {
    let (folder, _) = explained();
    let set = SequenceSet::read(&sequence(folder).join("convlstm-seed-0")).expect("written");
    assert_eq!(set.clips.len(), 2);
    // Clips, methods, layers, states.
    assert_eq!(set.maps.len(), 2 * 2 * 2 * 10);
    let mut negative = false;
    for map in &set.maps {
        let array = &set.arrays[&map.signed];
        assert_eq!(array.shape, [16, 16]);
        negative |= array.values.iter().any(|value| *value < 0.0);
        assert!(
            map.likeness
                .is_none_or(|likeness| likeness.abs() <= 1.0 + SUM_ORDER)
        );
    }
    assert!(negative, "maps keep their sign");
    for clip in &set.clips {
        assert_eq!((clip.target.as_str(), clip.watched), ("digit-2", 10));
        assert!(clip.generated);
        let (frames, prediction) = (&set.arrays[&clip.frames], &set.arrays[&clip.prediction]);
        assert_eq!(frames.shape, [11, 64, 64]);
        let truth = &frames.values[10 * 64 * 64..];
        let pairs = truth.iter().zip(&prediction.values);
        let error: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
        assert!(
            (error - clip.error).abs() < SUM_ORDER * error,
            "{error} {}",
            clip.error
        );
        // The region is covered by the second digit: white in the true frame.
        let region = &set.arrays[&clip.region].values;
        assert!(
            region
                .iter()
                .zip(truth)
                .all(|(inside, grey)| *inside == 0.0 || *grey >= 0.25)
        );
    }
}

#[test]
fn the_table_keeps_its_laws() {
    let (folder, _) = explained();
    let all = CapacityRow::read(&sequence(folder).join("capacity.csv")).expect("written");
    let own =
        CapacityRow::read(&sequence(folder).join("convlstm-seed-0/capacity.csv")).expect("written");
    let of_first: Vec<&CapacityRow> = all
        .iter()
        .filter(|row| row.experiment == "convlstm")
        .collect();
    assert_eq!(of_first, own.iter().collect::<Vec<_>>());
    let mean = |compared: &str, measure: &str, layer: Option<usize>, lag: Option<usize>| {
        let row = own.iter().find(|row| {
            (row.compared.as_str(), row.measure.as_str()) == (compared, measure)
                && (row.layer, row.lag) == (layer, lag)
        });
        row.unwrap_or_else(|| panic!("no {measure} of {compared}"))
            .mean
    };
    for row in &own {
        assert!(
            row.low <= row.mean && row.mean <= row.high && row.n <= 5,
            "{row:?}"
        );
        assert!(row.generated && row.target == "digit-2", "{row:?}");
    }
    for layer in [Some(0), Some(1)] {
        assert_eq!(mean("trained", "gradient", layer, Some(0)), 1.0);
        // The last frame stays where the others are shuffled, but what came before it is another.
        assert_ne!(
            mean("trained", "own-track", layer, Some(2)),
            mean("shuffled", "own-track", layer, Some(2))
        );
        let difference = mean("trained", "uniform", layer, Some(4))
            - mean("untrained", "uniform", layer, Some(4));
        assert_eq!(difference, 0.0, "the same clips have the same tracks");
    }
    let rise = mean("trained", "rise-black", None, Some(9));
    let paired = mean("trained-minus-untrained", "rise-black", None, Some(9));
    let untrained = mean("untrained", "rise-black", None, Some(9));
    assert!((rise - untrained - paired).abs() < 1e-9);
}

#[test]
fn a_missing_network_is_named_with_both_ways_out() {
    let folder = new_folder("explain-seq-missing");
    let shown = run_in(&folder, &["explain-seq", "--base", "digits"]);
    assert_eq!(shown.code, 1);
    insta::assert_snapshot!(shown.stderr, @r#"
    error: no trained run in "checkpoints/digits/convlstm/seed-0"
    hint: camtrail train convlstm --base digits --seed 0, or let this command train it: --train
    "#);
}

#[test]
fn what_cannot_be_explained_is_refused_with_what_can() {
    let (folder, _) = explained();
    for (more, told) in [
        (["--clip", "12"], "no clip 12: digits/test has 12 clips"),
        (["--clip", "1,1"], "clip 1 is named twice"),
        (
            ["--capacity-clips", "13"],
            "give --capacity-clips 12 at most",
        ),
        (["--layer", "2"], "its layers are 0, 1"),
        (
            ["--target", "digit-3"],
            "known: \"frame\", \"digit-1\", \"digit-2\"",
        ),
        (["--target", "box:1,2,1,9"], "\"1,2,1,9\" is no box"),
        (
            ["--method", "score-cam"],
            "cannot explain hidden states; known: \"grad-cam\"",
        ),
        (["--method", "gradcam"], "did you mean \"grad-cam\"?"),
    ] {
        let arguments = [&["explain-seq", "--base", "digits"][..], &more[..]].concat();
        let shown = run_in(folder, &arguments);
        assert_eq!(shown.code, 2, "{more:?}: {}", shown.stderr);
        assert!(shown.stderr.contains(told), "{more:?}: {}", shown.stderr);
    }
}

#[test]
fn one_layer_and_a_box_can_be_explained_without_the_table() {
    let (folder, _) = explained();
    let out = folder.join("one-layer");
    let out_text = out.to_str().expect("UTF-8");
    let mut arguments = vec!["explain-seq", "--base", "digits", "--out", out_text];
    arguments.extend(["--clip", "1", "--layer", "0", "--target", "box:0,0,32,64"]);
    arguments.extend(["--method", "layer-cam", "--capacity-clips", "0"]);
    let shown = done_in(folder, &arguments);
    assert!(!shown.stdout.contains("capacity"), "{}", shown.stdout);
    let set = SequenceSet::read(&out.join("convlstm-seed-0")).expect("written");
    assert_eq!(set.maps.len(), 10);
    assert!(set.maps.iter().all(|map| map.layer == 0));
    let region = &set.arrays[&set.clips[0].region].values;
    assert_eq!(region.iter().sum::<f32>(), 32.0 * 64.0);
    assert!(fs::metadata(out.join("convlstm-seed-0/trajectory-clip-1-layer-cam.png")).is_ok());
}

#[test]
fn a_missing_official_file_is_answered_with_where_it_is_to_be_had() {
    let (folder, _) = explained();
    let evaluate = ["evaluate", "convlstm", "--base", "digits", "--official"];
    fs::write(folder.join("text.npy"), "this is no array").expect("written");
    for (file, problem) in [
        ("none.npy", "error: cannot read \"none.npy\": No such file"),
        ("text.npy", "error: \"text.npy\" is not a NumPy file"),
    ] {
        let shown = run_in(folder, &[&evaluate[..], &[file]].concat());
        assert_eq!(shown.code, 1, "{}", shown.stderr);
        let hint = "\nhint: give mnist_test_seq.npy, the test set of Moving MNIST from https://";
        assert!(shown.stderr.contains(problem), "{}", shown.stderr);
        assert!(shown.stderr.contains(hint), "{}", shown.stderr);
    }
}

#[test]
fn a_stopped_training_says_how_to_go_on() {
    let folder = new_folder("explain-seq-stopped");
    let arguments = [
        "explain-seq",
        "--train",
        "convlstm-1-layer",
        "--base",
        "digits",
    ];
    // A signal before the program listens ends it without a word; then the next one comes later.
    for wait in [1000, 2000, 4000, 8000] {
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_camtrail"))
            .current_dir(&folder)
            .args(arguments)
            .env_remove("CARGO")
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the binary starts");
        std::thread::sleep(std::time::Duration::from_millis(wait));
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-TERM", &id])
            .status();
        assert!(sent.expect("kill").success());
        let output = child.wait_with_output().expect("ended");
        if output.status.code().is_none() {
            continue;
        }
        assert_eq!(output.status.code(), Some(143));
        let said = String::from_utf8_lossy(&output.stderr);
        let again = "to go on: camtrail explain-seq --train convlstm-1-layer --base digits\n";
        assert!(said.ends_with(again), "{said}");
        return;
    }
    panic!("it never listened to a signal");
}
