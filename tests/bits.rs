//! Weights, tables and maps have the same bytes with AVX2 and with AVX-512.
//!
//! `CAMTRAIL_SIMD` selects the instructions of our kernels alone. The operations of the backend that
//! are left use what the processor has; `docs/decisions/cpu-kernels.md` lists them and says how they
//! were compared.

// Not every test here needs all of it.
#[allow(dead_code, reason = "shared with other tests")]
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::new_folder;

/// The variable that selects the instructions.
const VARIABLE: &str = "CAMTRAIL_SIMD";
const LEVELS: [&str; 2] = ["x86-v3", "x86-v4"];
/// Columns at the end of `epochs.csv` that hold times.
const TIME_COLUMNS: usize = 2;
/// Kinds of files with numbers.
const COMPARED: [&str; 3] = ["bpk", "safetensors", "csv"];

/// A small training on generated images.
const IMAGES: [&str; 6] = [
    "data.shapes.train_images=24",
    "data.shapes.validation_images=24",
    "data.shapes.test_images=24",
    "train.batch_size=12",
    "train.epochs=1",
    "checkpoints.at=[1]",
];
/// A small training on generated clips.
const CLIPS: [&str; 7] = [
    "clips.train_clips=4",
    "clips.validation_clips=2",
    "clips.test_clips=2",
    "forecast.hidden=[16,16]",
    "train.batch_size=2",
    "train.epochs=1",
    "checkpoints.at=[1]",
];

/// Runs the binary with the instructions of `level`; it must succeed.
fn run(folder: &Path, level: &str, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("CAMTRAIL_DATA")
        .env("CAMTRAIL_PUBLISHED", "")
        .env(VARIABLE, level)
        .output()
        .expect("the binary starts");
    let shown = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} {level}\n{shown}");
}

/// Returns the files with numbers below `folder`, without times.
fn numbers(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("listed").path();
        let name = PathBuf::from(path.file_name().expect("a name"));
        if path.is_dir() {
            let below = numbers(&path).into_iter();
            found.extend(below.map(|(below, bytes)| (name.join(below), bytes)));
        } else if COMPARED
            .iter()
            .any(|kind| path.extension().is_some_and(|e| e == *kind))
        {
            let bytes = fs::read(&path).expect("read");
            found.insert(name.clone(), without_times(&name, bytes));
        }
    }
    found
}

/// Returns the content of a file, without the columns of `epochs.csv` that hold times.
fn without_times(name: &Path, bytes: Vec<u8>) -> Vec<u8> {
    if name != Path::new("epochs.csv") {
        return bytes;
    }
    let text = String::from_utf8(bytes).expect("UTF-8");
    let lines = text.lines().map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        cells[..cells.len() - TIME_COLUMNS].join(",") + "\n"
    });
    lines.collect::<String>().into_bytes()
}

/// Runs `commands` with both instruction sets, and compares the files of one kind each.
#[track_caller]
fn same_bytes(name: &str, commands: &[Vec<&str>], files: &[&str]) {
    let found = LEVELS.map(|level| {
        let folder = new_folder(&format!("bits-{name}-{level}"));
        for command in commands {
            run(&folder, level, command);
        }
        numbers(&folder)
    });
    let names = || found[0].keys().map(|path| path.display().to_string());
    for file in files {
        assert!(names().any(|name| name.ends_with(file)), "no {file}");
    }
    assert!(
        found[0].keys().eq(found[1].keys()),
        "{:?}",
        names().collect::<Vec<_>>()
    );
    let other: Vec<String> = names()
        .zip(found[0].values().zip(found[1].values()))
        .filter(|(_, (first, second))| first != second)
        .map(|(name, _)| name)
        .collect();
    assert!(other.is_empty(), "{other:?}");
}

/// Returns the command that trains `name` on `base` with these changes.
fn train<'a>(name: &'a str, base: &'a str, changes: &[&'a str]) -> Vec<&'a str> {
    let mut words = vec!["train", name, "--base", base, "--name", name];
    words.extend(changes.iter().flat_map(|change| ["--set", change]));
    words
}

#[test]
#[cfg_attr(not(both_levels), ignore = "needs AVX-512")]
fn a_linear_head_and_its_maps() {
    let train = train("trial-a", "shapes", &IMAGES);
    let score = "score trial-a --base shapes --limit 4 --insertion-deletion --out scores";
    let explain = "explain trial-a --base shapes --test-index 0,1 --out maps";
    let commands = [train, words(score), words(explain)];
    let files = [
        "model.bpk",
        "optimizer.bpk",
        "epochs.csv",
        "maps.safetensors",
        "scores.csv",
    ];
    same_bytes("a", &commands, &files);
}

#[test]
#[cfg_attr(not(both_levels), ignore = "needs AVX-512")]
fn a_deep_trial_and_its_maps() {
    let train = train("trial-d", "shapes", &IMAGES);
    let score = "score trial-d --base shapes --limit 4 --out scores";
    let commands = [
        train,
        words(score),
        words("explain trial-d --base shapes --test-index 0,1 --out maps"),
    ];
    same_bytes(
        "d",
        &commands,
        &["model.bpk", "epochs.csv", "maps.safetensors", "scores.csv"],
    );
}

/// Normalisation, shortcuts, strides, gates, depthwise convolutions and pools.
#[test]
#[cfg_attr(not(both_levels), ignore = "needs AVX-512")]
fn normalised_networks() {
    let fewest = [
        "data.shapes.train_images=12",
        "data.shapes.validation_images=12",
        "data.shapes.test_images=12",
        "train.batch_size=6",
    ];
    let small = [&IMAGES[..], &fewest].concat();
    let normalised = [&small[..], &["model.normalisation=batch"]].concat();
    let mut commands = vec![train("trial-d-gap", "shapes", &normalised)];
    for name in [
        "resnet50",
        "mobilenet-v2",
        "efficientnet-b0",
        "squeezenet1-0",
    ] {
        commands.push(train(name, "shapes", &small));
    }
    let explain = "explain efficientnet-b0 --base shapes --test-index 0 --out maps";
    commands.push(words(explain));
    let files = ["model.bpk", "epochs.csv", "maps.safetensors"];
    same_bytes("normalised", &commands, &files);
}

/// What a training can be made of, in two networks.
#[test]
#[cfg_attr(not(both_levels), ignore = "needs AVX-512")]
fn every_ingredient() {
    let residual = [
        "model.filters=[16,24]",
        "model.kernel=5",
        "model.activation=gelu",
        "model.normalisation=batch",
        "model.initialisation=kaiming",
        "train.optimizer=sgd",
        "train.nesterov=true",
        "train.weight_decay=0.01",
        "train.schedule=one-cycle",
        "train.weight_average=0.9",
        "data.augmentation.crop_padding=4",
        "data.augmentation.cutout=8",
    ];
    let plain = [
        "model.filters=[16,16]",
        "model.activation=leaky-relu",
        "train.optimizer=adamw",
        "train.weight_decay=0.1",
        "train.warmup_epochs=1",
        "train.label_smoothing=0.1",
        "train.gradient_norm=0.1",
        "data.augmentation.mixup=0.4",
        "data.augmentation.colour_jitter=0.4",
    ];
    let residual = [&IMAGES[..], &residual].concat();
    let plain = [&IMAGES[..], &plain].concat();
    let commands = [
        train("trial-e", "shapes", &residual),
        train("trial-b", "shapes", &plain),
        words("explain trial-e --base shapes --test-index 0 --out maps"),
    ];
    let files = [
        "model.bpk",
        "latest.bpk",
        "optimizer.bpk",
        "maps.safetensors",
    ];
    same_bytes("ingredients", &commands, &files);
}

#[test]
#[cfg_attr(not(both_levels), ignore = "needs AVX-512")]
fn predictors_and_their_maps() {
    let names = ["convlstm", "convgru", "predrnn"];
    let mut commands = names.map(|name| train(name, "digits", &CLIPS)).to_vec();
    let explain = "explain-seq convlstm convgru predrnn --base digits --clip 0 --method grad-cam \
                   --capacity-clips 2 --out maps";
    commands.push(words(explain));
    same_bytes(
        "predictors",
        &commands,
        &["model.bpk", "epochs.csv", "sequence.safetensors"],
    );
}

fn words(command: &str) -> Vec<&str> {
    command.split(' ').collect()
}

/// Exit code of a misuse.
const MISUSED: i32 = 2;

#[test]
fn unknown_instructions_are_refused() {
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .arg("list")
        .env(VARIABLE, "avx2")
        .output()
        .expect("the binary starts");
    let shown = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(MISUSED), "{shown}");
    let start = "error: CAMTRAIL_SIMD is \"avx2\"; this processor has: ";
    assert!(shown.starts_with(start), "{shown}");
    assert!(shown.contains("hint: unset CAMTRAIL_SIMD"), "{shown}");
}
