//! Choosing a device from the command line, with and without CUDA compiled in. GPUs are hidden from
//! the program, so that the tests are the same on a machine that has one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A training of seconds.
const SMALL: [&str; 6] = [
    "model.filters=[4,8]",
    "data.shapes.train_images=96",
    "data.shapes.validation_images=24",
    "data.shapes.test_images=36",
    "train.batch_size=24",
    "train.schedule=constant",
];

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run of the tests left.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("created");
    folder
}

/// What one run of the binary gave.
struct Shown {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the binary where no GPU is to be seen.
fn run(folder: &Path, arguments: &[&str]) -> Shown {
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .current_dir(folder)
        .args(arguments)
        .env("CUDA_VISIBLE_DEVICES", "")
        .env_remove("BURN_DEVICE")
        .env_remove("CAMTRAIL_DATA")
        .env("CAMTRAIL_PUBLISHED", "")
        .output()
        .expect("the binary starts");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    Shown {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

fn train(folder: &Path, epochs: &str, more: &[&str]) -> Shown {
    let mut arguments = vec!["train", "trial-b", "--base", "shapes", "--name", "trial-b"];
    for change in SMALL.iter().chain([&epochs]) {
        arguments.extend(["--set", change]);
    }
    arguments.extend(more);
    run(folder, &arguments)
}

/// The optimizer's state is loaded onto the first backend that is compiled in, unless the device's
/// choice prevents it: in a build with CUDA, on a machine without, this fails without that.
#[test]
fn a_training_goes_on_on_the_cpu_whatever_is_compiled_in() {
    let (whole, parts) = (folder("device-whole"), folder("device-parts"));
    let shown = train(&whole, "train.epochs=2", &[]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    assert!(
        shown.stderr.contains("trial-b seed 0 on cpu (flex"),
        "{}",
        shown.stderr
    );
    let shown = train(&parts, "train.epochs=1", &[]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let shown = train(&parts, "train.epochs=2", &["--resume", "--accept-changes"]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let weights = |folder: &Path| {
        let run = folder.join("checkpoints/shapes/trial-b/seed-0");
        fs::read(run.join("epoch-002/model.bpk")).expect("weights")
    };
    assert!(weights(&whole) == weights(&parts));
}

#[cfg(not(feature = "cuda"))]
#[test]
fn a_build_without_cuda_names_the_command_that_builds_it() {
    let shown = run(&folder("device-not-built"), &["list", "--device", "cuda"]);
    assert_eq!(shown.code, Some(1));
    assert_eq!(shown.stdout, "");
    assert_eq!(
        shown.stderr,
        "error: this build has no CUDA support\n\
         hint: build it with CUDA: cargo build --features cuda; or run it on the CPU: --device cpu\n"
    );
}

#[cfg(feature = "cuda")]
#[test]
fn a_build_with_cuda_says_what_is_missing() {
    let folder = folder("device-missing");
    let shown = run(&folder, &["list", "--device", "cuda"]);
    assert_eq!(shown.code, Some(1), "{}", shown.stderr);
    let reason = "error: CUDA cannot be used here: no ";
    assert!(shown.stderr.starts_with(reason), "{}", shown.stderr);
    assert!(shown.stderr.contains("\nhint: "), "{}", shown.stderr);
    assert!(shown.stderr.contains("--device cpu"), "{}", shown.stderr);
    assert!(!shown.stderr.contains("panicked"), "{}", shown.stderr);

    let shown = train(&folder, "train.epochs=1", &[]);
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    // The device, and why it is that one.
    let line = shown.stderr.lines().next().expect("a line");
    assert!(line.starts_with("on cpu (flex, "), "{line}");
    assert!(line.contains(" threads): no "), "{line}");
    // Whoever asks for the CPU is told nothing, and no GPU is looked for where none is needed.
    for quiet in [&["list"][..], &["list", "--device", "cpu"]] {
        assert_eq!(run(&folder, quiet).stderr, "");
    }
}
