//! Shared by the tests of the command line: new folders, and runs of the binary in them.

pub(crate) mod binary;
mod folder;

use std::path::Path;

pub(crate) use binary::{Shown, run_in};
pub(crate) use folder::new_folder;

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
