//! The output of the binary as one text, for comparison.

use std::path::Path;

use crate::binary::run_in;

/// Runs the binary and returns its exit code, its results and its messages; the folder's path is
/// shown as "[folder]".
pub(crate) fn printed_in(folder: &Path, arguments: &[&str]) -> String {
    let output = run_in(folder, arguments);
    let mut shown = format!("exit code {}\n", output.code);
    for (stream, text) in [("stdout", output.stdout), ("stderr", output.stderr)] {
        if !text.is_empty() {
            shown.push_str(&format!("--- {stream}\n{}\n", text.trim_end()));
        }
    }
    shown.replace(folder.to_str().expect("UTF-8"), "[folder]")
}
