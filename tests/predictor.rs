//! A next-frame predictor from the command line: trained on drawn digits, stopped and gone on with,
//! refused where another kind of network is wanted.

mod support;

use std::fs;
use std::path::Path;

use safetensors::SafeTensors;
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
    training_of("convlstm", changes, more)
}

fn training_of<'a>(name: &'a str, changes: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["train", name, "--base", "digits", "--name", name];
    for change in SMALL.iter().chain(changes) {
        arguments.extend(["--set", change]);
    }
    arguments.extend(more);
    arguments
}

fn weights(folder: &Path, name: &str, epoch: &str) -> Vec<u8> {
    let run = folder.join("checkpoints/digits").join(name).join("seed-0");
    fs::read(run.join(epoch).join("model.bpk")).expect("weights")
}

/// Trains in one go and in two, and compares the weights.
#[track_caller]
fn goes_on_with_the_same_bits(name: &str, whole: &Path, parts: &Path) {
    done_in(parts, &training_of(name, &["train.epochs=1"], &[]));
    let resumed = training_of(name, &[], &["--resume", "--accept-changes"]);
    done_in(parts, &resumed);
    for epoch in ["epoch-001", "epoch-002"] {
        let [whole, parts] = [whole, parts].map(|folder| weights(folder, name, epoch));
        assert!(whole == parts, "{name} {epoch}");
    }
    let first = weights(whole, name, "epoch-001");
    assert_ne!(first, weights(whole, name, "epoch-002"));
}

#[test]
fn a_training_that_goes_on_gives_the_bits_of_one_that_never_stopped() {
    let whole = new_folder("predictor-whole");
    let stdout = done_in(&whole, &training(&[], &[])).stdout;
    assert!(stdout.contains("before training  validation "), "{stdout}");
    assert!(stdout.contains(", MSE "), "{stdout}");
    assert!(stdout.contains("curves-convlstm-seed-0.png"), "{stdout}");

    let parts = new_folder("predictor-parts");
    goes_on_with_the_same_bits("convlstm", &whole, &parts);

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
fn other_predictors_go_on_with_the_same_bits() {
    for name in ["convgru", "predrnn"] {
        let [whole, parts] = ["whole", "parts"].map(|part| new_folder(&format!("{name}-{part}")));
        let stdout = done_in(&whole, &training_of(name, &[], &[])).stdout;
        assert!(stdout.contains(", MSE "), "{stdout}");
        goes_on_with_the_same_bits(name, &whole, &parts);
    }
}

/// The exported tensors have the names of the fields, and their number of values is what `list` counts.
#[test]
fn predictors_are_exported_with_the_names_of_their_fields() {
    let folder = new_folder("predictor-export");
    for (name, first, parameters) in [
        ("convlstm", "cells.0.gates.weight", 2_976),
        ("convgru", "cells.0.gates.weight", 2_252),
        ("predrnn", "cells.0.input.weight", 5_468),
    ] {
        done_in(&folder, &training_of(name, &[], &[]));
        let export = ["export", name, "--base", "digits"];
        let stdout = done_in(&folder, &export).stdout;
        let file = format!("{name}-seed-0.safetensors");
        assert_eq!(stdout.trim(), file);
        let bytes = fs::read(folder.join(&file)).expect("exported");
        let (_, header) = SafeTensors::read_metadata(&bytes).expect("a safetensors file");
        let notes = header.metadata().as_ref().expect("notes");
        assert!(
            notes["network"].ends_with(" 4 kernel 3 patch 4"),
            "{notes:?}"
        );
        assert_eq!(
            (notes["trial"].as_str(), notes["epoch"].as_str()),
            (name, "2")
        );
        let tensors = SafeTensors::deserialize(&bytes).expect("tensors");
        assert!(tensors.tensor(first).is_ok() && tensors.tensor("head.bias").is_ok());
        let count = |(_, tensor): (_, safetensors::tensor::TensorView)| -> usize {
            tensor.shape().iter().product()
        };
        let counted: usize = tensors.tensors().into_iter().map(count).sum();
        assert_eq!(counted, parameters, "{name}");
        let shown = run(&folder, &export);
        assert_eq!(shown.0, 1, "{}", shown.2);
        assert!(shown.2.contains("is there already"), "{}", shown.2);
    }
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
            "forecast.network=conv-rnn",
            "no such network, known are \"conv-lstm\", \"conv-gru\", \"predrnn\"",
        ),
    ] {
        let (code, _, stderr) = run(&folder, &training(&[change], &[]));
        assert_eq!(code, 2, "{change}: {stderr}");
        assert!(stderr.contains(allowed), "{change}: {stderr}");
    }
}

#[test]
fn layers_that_one_memory_cannot_pass_through_are_refused() {
    let folder = new_folder("predictor-unequal");
    let arguments = [
        "train",
        "predrnn",
        "--base",
        "digits",
        "--set",
        "forecast.hidden=[4,8]",
    ];
    let (code, _, stderr) = run(&folder, &arguments);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("\"forecast.hidden\" is [4, 8]"), "{stderr}");
    let reason = "one memory passes through all layers of predrnn";
    assert!(stderr.contains(reason), "{stderr}");
    assert!(stderr.contains("give layers of equal size"), "{stderr}");
    assert!(!folder.join("checkpoints").exists());
}
