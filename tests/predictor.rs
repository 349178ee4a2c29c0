//! A next-frame predictor from the command line: trained on drawn digits, stopped and gone on with,
//! refused where another kind of network is wanted.

mod support;

use std::fs;
use std::path::Path;

use support::{done_in, new_folder, run_in};

/// Changes that make a training of seconds: one small layer, few clips.
const SMALL: [&str; 7] = [
    "forecast.hidden=[4]",
    "clips.train_clips=8",
    "clips.validation_clips=4",
    "train.batch_size=4",
    "train.epochs=2",
    "train.schedule=constant",
    "checkpoints.at=[0,1,2]",
];

/// Exit code, stdout and stderr of the binary in `folder`.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let shown = run_in(folder, arguments);
    (shown.code, shown.stdout, shown.stderr)
}

fn training<'a>(changes: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", "convlstm", "--base", "digits"];
    for change in SMALL.iter().chain(changes) {
        arguments.extend(["--set", change]);
    }
    arguments.extend(more);
    arguments
}

fn weights(folder: &Path, epoch: &str) -> Vec<u8> {
    let run = folder.join("checkpoints/digits/convlstm/seed-0");
    fs::read(run.join(epoch).join("model.bpk")).expect("weights")
}

#[test]
fn a_training_that_goes_on_gives_the_bits_of_one_that_never_stopped() {
    let whole = new_folder("predictor-whole");
    let stdout = done_in(&whole, &training(&[], &[])).stdout;
    assert!(stdout.contains("validation loss"), "{stdout}");
    assert!(stdout.contains("frame MSE"), "{stdout}");
    assert!(stdout.contains("curves-convlstm-seed-0.png"), "{stdout}");

    let parts = new_folder("predictor-parts");
    done_in(&parts, &training(&["train.epochs=1"], &[]));
    done_in(&parts, &training(&[], &["--resume", "--accept-changes"]));
    for epoch in ["epoch-001", "epoch-002"] {
        assert!(weights(&whole, epoch) == weights(&parts, epoch), "{epoch}");
    }
    assert_ne!(weights(&whole, "epoch-001"), weights(&whole, "epoch-002"));

    let table = fs::read_to_string(parts.join("checkpoints/digits/convlstm/seed-0/epochs.csv"));
    let table = table.expect("a table");
    assert_eq!(
        table.lines().count(),
        4,
        "a header and epochs 0 to 2: {table}"
    );
    assert!(
        table.starts_with("epoch,train_loss,train_frame_error,validation_loss"),
        "{table}"
    );
}

#[test]
fn another_kind_of_network_is_told_from_a_missing_one() {
    let folder = new_folder("predictor-kinds");
    let (code, _, stderr) = run(&folder, &["explain", "convlstm", "--test-index", "0"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("\"convlstm\" has no [model]"), "{stderr}");
    assert!(stderr.contains("such as trial-d"), "{stderr}");
    let (code, _, stderr) = run(&folder, &["diff", "trial-a", "convlstm"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("networks of two kinds"), "{stderr}");
}

#[test]
fn without_mnist_the_way_without_it_is_named() {
    let folder = new_folder("predictor-data");
    let (code, _, stderr) = run(&folder, &["train", "convlstm"]);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("no mnist data in"), "{stderr}");
    assert!(stderr.contains("--base digits"), "{stderr}");
}

#[test]
fn what_cannot_be_built_is_refused_with_what_can() {
    let folder = new_folder("predictor-ranges");
    for (change, allowed) in [
        ("forecast.kernel=4", "an odd number from 1 to 16"),
        ("forecast.patch=3", "patches of 1, 2 or 4"),
        ("objective.true_frames=20", "a whole number from 1 to 19"),
        ("objective.loss=ssim", "bce"),
        (
            "forecast.network=conv-gru",
            "no such network, known are \"conv-lstm\"",
        ),
    ] {
        let (code, _, stderr) = run(&folder, &training(&[change], &[]));
        assert_eq!(code, 2, "{change}: {stderr}");
        assert!(stderr.contains(allowed), "{change}: {stderr}");
    }
}
