//! What the tests of the command line share: folders of their own, and the binary run in them.

mod binary;

use std::fs;
use std::path::{Path, PathBuf};

pub(crate) use binary::{Shown, run_in};

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

/// Returns a new, empty folder called `name`.
pub(crate) fn new_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // What an earlier run of the tests left.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("created");
    folder
}
