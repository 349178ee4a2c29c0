//! Runs the binary as a user does.

use std::path::Path;
use std::process::Command;

/// The output of one run of the binary.
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
