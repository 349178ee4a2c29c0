//! What the tests of `sanity` and of retrained heads share: small trained runs, and the binary run on
//! them.

use std::fs;
use std::path::{Path, PathBuf};

use std::process::Command;

/// What one run of the binary gave.
pub(crate) struct Shown {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the binary in `folder`.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Shown {
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("CARGO")
        .env_remove("CAMTRAIL_DATA")
        .output()
        .expect("the binary starts");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    Shown {
        code: output.status.code().expect("it ends by itself"),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// Runs the binary in `folder` and returns what it gave; it must succeed.
pub(crate) fn done_in(folder: &Path, arguments: &[&str]) -> Shown {
    let shown = run_in(folder, arguments);
    assert_eq!(
        shown.code, 0,
        "{arguments:?}\n{}\n{}",
        shown.stdout, shown.stderr
    );
    shown
}

/// Returns a new folder called `name` with a run of `trial-b` on few generated images.
pub(crate) fn trained(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run of the tests left.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("created");
    train(&folder, "0");
    folder
}

/// Trains the run of `seed` in `folder`.
pub(crate) fn train(folder: &Path, seed: &str) {
    let mut arguments = vec!["train", "trial-b", "--base", "shapes", "--seed", seed];
    for change in [
        "model.filters=[4,8]",
        "data.shapes.train_images=96",
        "data.shapes.validation_images=24",
        "data.shapes.test_images=36",
        "train.batch_size=24",
        "train.epochs=1",
    ] {
        arguments.extend(["--set", change]);
    }
    done_in(folder, &arguments);
}
