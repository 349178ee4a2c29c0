//! Runs the binary as a user does.

use std::path::Path;
use std::process::Command;

/// The output of one run of the binary.
pub(crate) struct Shown {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the binary in `folder`, where no run is published.
pub(crate) fn run_in(folder: &Path, arguments: &[&str]) -> Shown {
    run_with_published(folder, Path::new(""), arguments)
}

/// Runs the binary in `folder`, where `published` has the published runs.
pub(crate) fn run_with_published(folder: &Path, published: &Path, arguments: &[&str]) -> Shown {
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .current_dir(folder)
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("CARGO")
        .env_remove("CAMTRAIL_DATA")
        .env("CAMTRAIL_PUBLISHED", published)
        .output()
        .expect("the binary starts");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    Shown {
        code: output.status.code().expect("it ends by itself"),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}
