//! Shared by the tests of the command line: new folders, and runs of the binary in them.

mod binary;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use binary::{Shown, run_in};

/// Runs the binary in `folder` and returns its output; it must succeed.
pub(crate) fn done_in(folder: &Path, arguments: &[&str]) -> Shown {
    let shown = run_in(folder, arguments);
    assert_eq!(
        shown.code, 0,
        "{arguments:?}\n{}\n{}",
        shown.stdout, shown.stderr
    );
    shown
}

/// Returns a new, empty folder called `name`.
pub(crate) fn new_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Left by an earlier run of the tests.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("created");
    folder
}
