//! `--retrain-head`: CAM where the network has no pooled linear head, its cache in the run's folder,
//! and what becomes of a cache that is damaged or another network's.

mod support;
#[path = "support/trained.rs"]
mod trained_run;

use std::fs;
use std::path::{Path, PathBuf};

use camtrail::run::ExplanationSet;
use support::{Shown, done_in, run_in};
use trained_run::{train, trained};

/// The cached heads of a seed, of whichever checkpoint was best.
fn cached(folder: &Path, seed: u64) -> Vec<PathBuf> {
    let heads = folder.join(format!("checkpoints/shapes/trial-b/seed-{seed}/heads"));
    let entries = fs::read_dir(heads).into_iter().flatten();
    let heads = entries.map(|entry| entry.expect("listed").path());
    heads
        .filter(|path| path.to_string_lossy().ends_with("-block-2.safetensors"))
        .collect()
}

fn explain(folder: &Path, more: &[&str]) -> Shown {
    let mut arguments = vec![
        "explain",
        "trial-b",
        "--base",
        "shapes",
        "--test-index",
        "0,1",
    ];
    arguments.extend(["--retrain-head", "--method", "cam", "--out", "maps"]);
    arguments.extend(more);
    done_in(folder, &arguments)
}

#[test]
fn a_head_is_trained_once_says_what_it_is_worth_and_is_rebuilt_where_its_cache_is_bad() {
    let folder = trained("retrained-head");
    let cam = [
        "explain",
        "trial-b",
        "--base",
        "shapes",
        "--test-index",
        "0",
        "--method",
        "cam",
    ];
    let refused = run_in(&folder, &cam);
    assert_eq!(refused.code, 2);
    assert!(
        refused
            .stderr
            .contains("hint: train such a head with --retrain-head"),
        "{}",
        refused.stderr
    );

    let first = explain(&folder, &[]);
    assert!(
        first
            .stderr
            .contains("training a linear head on the pooled block-2"),
        "{}",
        first.stderr
    );
    assert!(
        first.stderr.contains("\nconverged after "),
        "{}",
        first.stderr
    );
    assert!(
        first
            .stderr
            .contains("linear head retrained on 96 pooled training images, not augmented"),
        "{}",
        first.stderr
    );
    assert!(
        first.stdout.contains("cam (retrained head, "),
        "{}",
        first.stdout
    );
    let maps = ExplanationSet::read(&folder.join("maps")).expect("written");
    assert_eq!(maps.records.len(), 2);
    for record in &maps.records {
        let head = record.retrained_head.as_ref().expect("CAM reads the head");
        assert_eq!(
            (head.layer.as_str(), head.channels, head.classes),
            ("block-2", 8, 12)
        );
        assert_eq!(
            [
                head.training_images,
                head.validation_images,
                head.test_images
            ],
            [96, 24, 36]
        );
        assert!(head.gradient_share <= 1e-3, "{}", head.gradient_share);
        // What the head is good for never takes the network's place.
        assert!(record.predicted_confidence > 0.0 && record.target_class == record.predicted_class);
    }
    let svg = fs::read_to_string(folder.join("maps/explain.svg")).expect("drawn");
    assert!(svg.starts_with("<svg"), "{svg}");

    // The same from the cache.
    let heads = cached(&folder, 0);
    let [path] = &heads[..] else {
        panic!("one head is kept: {heads:?}")
    };
    let content = fs::read(path).expect("the head is kept");
    let second = explain(&folder, &[]);
    assert!(
        !second.stderr.contains("training a linear head"),
        "{}",
        second.stderr
    );
    assert_eq!(second.stdout, first.stdout);
    let again = ExplanationSet::read(&folder.join("maps")).expect("written");
    assert_eq!(again.records, maps.records);
    assert!(again.arrays == maps.arrays, "every bit of the maps");

    // A flipped bit, a torn file and another network's head are found, said, and replaced.
    train(&folder, "1");
    explain(&folder, &["--seed", "1"]);
    let mut flipped = content.clone();
    *flipped.last_mut().expect("not empty") ^= 1;
    let other = fs::read(&cached(&folder, 1)[0]).expect("the other's head");
    for (bad, reason) in [
        (&flipped[..], "it is not what was written"),
        (&content[..content.len() / 2], "is damaged: "),
        (&other[..], "it was trained on weights with sha-256 "),
    ] {
        fs::write(path, bad).expect("written");
        let shown = explain(&folder, &[]);
        let said = shown.stderr.contains("the cached head is trained again: ");
        assert!(
            said && shown.stderr.contains(reason),
            "{reason}: {}",
            shown.stderr
        );
        assert_eq!(
            fs::read(path).expect("kept"),
            content,
            "nothing is drawn at random"
        );
        assert_eq!(shown.stdout, first.stdout);
    }
}

#[test]
fn a_head_in_the_folder_troubles_nobody_and_ablate_draws_cam() {
    let folder = trained("retrained-head-beside");
    let before = done_in(&folder, &["evaluate", "trial-b", "--base", "shapes"]).stdout;
    explain(&folder, &[]);
    assert_eq!(cached(&folder, 0).len(), 1);
    let after = done_in(&folder, &["evaluate", "trial-b", "--base", "shapes"]).stdout;
    assert_eq!(after, before);
    done_in(&folder, &["list"]);

    let ablate = [
        "ablate", "trial-b", "--base", "shapes", "--images", "2", "--out", "drawn",
    ];
    let drawn = |arguments: &[&str]| {
        let shown = done_in(&folder, arguments);
        shown.stdout.matches("drawn/ablation-cam-").count()
    };
    assert_eq!(drawn(&ablate), 0, "no CAM without a head");
    let with_head = [&ablate[..], &["--retrain-head"]].concat();
    assert!(drawn(&with_head) > 0);

    // Training goes on from the checkpoint beside the head.
    let changes = [
        "train",
        "trial-b",
        "--base",
        "shapes",
        "--resume",
        "--accept-changes",
    ];
    let mut arguments = changes.to_vec();
    for change in [
        "model.filters=[4,8]",
        "data.shapes.train_images=96",
        "data.shapes.validation_images=24",
        "data.shapes.test_images=36",
        "train.batch_size=24",
        "train.epochs=2",
    ] {
        arguments.extend(["--set", change]);
    }
    let resumed = run_in(&folder, &arguments);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    let last = done_in(
        &folder,
        &[
            "evaluate",
            "trial-b",
            "--base",
            "shapes",
            "--checkpoint",
            "2",
        ],
    );
    assert!(last.stdout.contains("trial-b"), "{}", last.stdout);
}
