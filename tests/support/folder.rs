//! Folders for tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns a new, empty folder called `name`.
pub(crate) fn new_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Left by an earlier run of the tests.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("created");
    folder
}
