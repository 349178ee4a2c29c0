//! `train --log tensorboard`, read back by TensorBoard itself.

mod support;

use std::path::Path;
use std::process::Command;

use camtrail::run::{EpochRow, RunDir, read_epoch_records};
use serde_json::Value;
use support::{done_in, new_folder, run_in};

/// The arguments of a short training.
fn training<'a>(epochs: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let fixed = [
        "train",
        "trial-b",
        "--base",
        "shapes",
        "--name",
        "trial-b",
        "--device",
        "cpu",
        "--set",
        "data.shapes.train_images=240",
        "--set",
        "data.shapes.validation_images=120",
        "--set",
        "data.shapes.test_images=120",
        "--set",
        epochs,
    ];
    [&fixed[..], more].concat()
}

/// Returns what TensorBoard reads in a folder.
fn read(folder: &Path) -> Value {
    let python = std::env::var_os("CAMTRAIL_TENSORBOARD")
        .expect("set CAMTRAIL_TENSORBOARD to a Python that has TensorBoard to run this test");
    let script =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/tensorboard_events.py");
    let output = Command::new(python)
        .arg(script)
        .arg(folder)
        .output()
        .expect("Python starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}\n{errors}"))
}

#[test]
#[ignore = "needs a Python with TensorBoard, named by $CAMTRAIL_TENSORBOARD"]
fn tensorboard_reads_curves_and_maps() {
    let folder = new_folder("tensorboard");
    let log = ["--log", "tensorboard"];
    // The first epochs are written when a later training logs.
    done_in(&folder, &training("train.epochs=2", &[]));
    let more = ["--resume", "--accept-changes", "--log", "tensorboard"];
    done_in(&folder, &training("train.epochs=3", &more));
    let run = RunDir::new(&folder.join("checkpoints/shapes"), "trial-b", 0);
    let rows = read_epoch_records::<EpochRow>(&run.epochs()).expect("a table");
    let events = run.path().join("tensorboard");
    let found = read(&events);
    let expected: Vec<(u64, f64)> = rows
        .iter()
        .map(|row| (u64::from(row.epoch), f64::from(row.validation_loss as f32)))
        .collect();
    let points = |tag: &str| -> Vec<(u64, f64)> {
        let points = found["scalars"][tag]
            .as_array()
            .unwrap_or_else(|| panic!("no {tag} in {found}"));
        let point = |point: &Value| Some((point[0].as_u64()?, point[1].as_f64()?));
        points
            .iter()
            .map(|one| point(one).expect("a point"))
            .collect()
    };
    assert_eq!(points("loss/validation"), expected);
    assert_eq!(points("loss/train").len(), 3, "none before training");
    for tag in ["accuracy/train", "accuracy/validation", "learning_rate"] {
        assert!(!points(tag).is_empty(), "{tag}");
    }

    let maps = read(&events.join("maps"));
    let images = maps["images"].as_object().expect("images");
    assert_eq!(images.len(), 4, "{maps}");
    for (tag, pictures) in images {
        assert!(tag.starts_with("grad-cam/shapes/test/"), "{tag}");
        let epochs: Vec<_> = pictures
            .as_array()
            .expect("pictures")
            .iter()
            .map(|one| one[0].as_u64())
            .collect();
        assert_eq!(epochs, [Some(0), Some(1), Some(2), Some(3)]);
        assert_eq!(pictures[0][3], "PNG");
        assert_eq!(pictures[0][1], 224);
    }

    // Nothing is repeated.
    let again = run_in(
        &folder,
        &training("train.epochs=3", &["--resume", log[0], log[1]]),
    );
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert_eq!(read(&events), found);
}
