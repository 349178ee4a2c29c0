//! `draw` from the command line: every picture that the other verbs left comes back from the tables and
//! maps alone, byte for byte.

mod support;
#[path = "support/train.rs"]
mod training;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use support::{done_in, new_folder, run_in};
use training::train;

/// Endings of the files that figures are.
const ENDINGS: [&str; 3] = ["png", "svg", "gif"];

/// Changes that make a training of seconds.
const SMALL_IMAGES: [&str; 6] = [
    "model.filters=[4,8]",
    "data.shapes.train_images=48",
    "data.shapes.validation_images=24",
    "data.shapes.test_images=24",
    "train.batch_size=24",
    "train.epochs=1",
];
const SMALL_CLIPS: [&str; 6] = [
    "forecast.hidden=[4,3]",
    "clips.train_clips=16",
    "clips.validation_clips=4",
    "clips.test_clips=12",
    "train.batch_size=4",
    "train.epochs=1",
];

/// Runs every verb that draws, on networks that were trained for seconds.
fn drawn(folder: &Path) {
    for trial in ["trial-a", "trial-b"] {
        train(folder, trial, "shapes", &SMALL_IMAGES);
    }
    for name in ["convlstm", "convlstm-kernel-5"] {
        train(folder, name, "digits", &SMALL_CLIPS);
    }
    let images = ["trial-a", "trial-b", "--base", "shapes"];
    let with = |verb: &'static str, more: &[&'static str]| {
        let mut arguments = vec![verb];
        arguments.extend(images);
        arguments.extend(more);
        done_in(folder, &arguments);
    };
    with("ablate", &["--images", "1"]);
    with("score", &["--limit", "4"]);
    with("localize", &["--limit", "6"]);
    with(
        "sanity",
        &["--limit", "4", "--draws", "1", "--pictures", "1"],
    );
    let explain = [
        "explain",
        "trial-b",
        "--base",
        "shapes",
        "--test-index",
        "0,1",
    ];
    done_in(folder, &explain);
    done_in(folder, &["evaluate", "convlstm", "--base", "digits"]);
    let explain = [
        "explain-seq",
        "convlstm",
        "convlstm-kernel-5",
        "--base",
        "digits",
        "--clip",
        "0",
        "--method",
        "grad-cam",
        "--capacity-clips",
        "4",
    ];
    done_in(folder, &explain);
}

/// Returns the pictures below `folder`, by their path in it.
fn pictures(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("listed") {
            let path = entry.expect("listed").path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if path.is_dir() {
                folders.push(path);
            } else if ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
                let name = path.strip_prefix(folder).expect("below it").to_path_buf();
                found.insert(name, fs::read(&path).expect("read"));
            }
        }
    }
    found
}

/// Asserts that the pictures are the same, and names those that are not.
fn assert_same(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) {
    let names = |pictures: &BTreeMap<PathBuf, Vec<u8>>| -> Vec<PathBuf> {
        pictures.keys().cloned().collect()
    };
    assert_eq!(names(before), names(after));
    let differ: Vec<_> = before
        .iter()
        .filter(|(name, bytes)| after[*name] != **bytes)
        .collect();
    let differ: Vec<_> = differ.into_iter().map(|(name, _)| name).collect();
    assert!(differ.is_empty(), "other bytes: {differ:?}");
}

#[test]
fn every_picture_comes_back_byte_for_byte() {
    let folder = new_folder("draw");
    drawn(&folder);
    let before = pictures(&folder);
    for part in [
        "checkpoints/shapes/trial-a/seed-0/curves-trial-a-seed-0.png",
        "checkpoints/digits/convlstm/seed-0/curves-convlstm-seed-0.svg",
        "figures/shapes/ablation-grad-cam-seed-0.png",
        "figures/shapes/training-time-trial-b-grad-cam-cells-8-seed-0.png",
        "figures/shapes/depth.svg",
        "figures/shapes/curves.png",
        "figures/shapes/scores/score-depth.png",
        "figures/shapes/localization/iou-mask-by-delta.png",
        "figures/shapes/sanity/sanity-trial-a-seed-0.png",
        "figures/explain/trial-b-seed-0/explain.png",
        "figures/digits/frames/frame-scores.png",
        "figures/digits/sequence/capacity-compared-grad-cam.png",
        "figures/digits/sequence/convlstm-seed-0/trajectory-clip-0-grad-cam.gif",
    ] {
        assert!(
            before.contains_key(Path::new(part)),
            "{part} in {:?}",
            before.keys()
        );
    }
    for name in before.keys() {
        fs::remove_file(folder.join(name)).expect("removed");
    }
    let mut listed = 0;
    for part in ["figures", "checkpoints"] {
        listed += done_in(&folder, &["draw", part]).stdout.lines().count();
    }
    assert_same(&before, &pictures(&folder));
    assert_eq!(listed, before.len(), "one line per file");

    let part = "figures/shapes/scores";
    done_in(&folder, &["draw", part, "--out", "elsewhere"]);
    let moved = before.into_iter().filter_map(|(name, bytes)| {
        let name = name.strip_prefix(part).ok()?.to_path_buf();
        Some((name, bytes))
    });
    assert_same(&moved.collect(), &pictures(&folder.join("elsewhere")));
}

#[test]
fn a_folder_without_tables_and_one_that_is_not_there_are_refused() {
    let folder = new_folder("draw-nothing");
    fs::create_dir(folder.join("empty")).expect("created");
    let shown = run_in(&folder, &["draw", "empty"]);
    assert_eq!((shown.code, shown.stdout.as_str()), (1, ""));
    for part in [
        "nothing to draw in \"empty\"",
        "depth.csv",
        "maps.json",
        "epochs.csv",
    ] {
        assert!(shown.stderr.contains(part), "{part} in {}", shown.stderr);
    }
    let shown = run_in(&folder, &["draw", "absent"]);
    assert_eq!(shown.code, 2);
    assert!(
        shown.stderr.contains("no folder \"absent\""),
        "{}",
        shown.stderr
    );
}
