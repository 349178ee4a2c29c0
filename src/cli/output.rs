//! Output: results to stdout, all else to stderr.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a successful run.
pub(super) const DONE: u8 = 0;
/// Exit code of a failed run.
pub(super) const FAILED: u8 = 1;
/// Exit code of misuse and of a bad configuration.
pub(super) const MISUSED: u8 = 2;

/// Whether a line of results was lost for any reason other than a closed pipe.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line of results. A closed pipe (`camtrail list | head`) is not an error; a full disk
/// is, and [`lost`] reports it at the end.
pub(super) fn result(line: impl std::fmt::Display) {
    if let Err(error) = writeln!(std::io::stdout(), "{line}")
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Prints the files that a command wrote, and returns the exit code of success.
pub(super) fn listed(files: impl IntoIterator<Item = impl AsRef<Path>>) -> u8 {
    for path in files {
        result(path.as_ref().display());
    }
    DONE
}

/// Returns whether a line of results could not be written.
pub(super) fn lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Prints a line that is not a result.
pub(super) fn note(line: impl std::fmt::Display) {
    // A failure cannot be reported.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Returns the command that started this program, for printed commands.
pub(super) fn program() -> &'static str {
    if std::env::var_os("CARGO").is_some() {
        "cargo run --"
    } else {
        "camtrail"
    }
}

/// Returns a table: the first row is the header, columns are aligned, numbers to the right.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let numeric =
                cell.starts_with(|first: char| first.is_ascii_digit() || "+-".contains(first));
            let padded = match numeric {
                true => format!("{cell:>width$}"),
                false => format!("{cell:<width$}"),
            };
            line.push_str(&padded);
            line.push_str("  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_set_to_the_right() {
        let row = |cells: [&str; 2]| cells.map(str::to_string).to_vec();
        let text = table(&[
            row(["trial", "blocks"]),
            row(["a", "1"]),
            row(["long-name", "12"]),
        ]);
        assert_eq!(
            text,
            "trial      blocks\na               1\nlong-name      12"
        );
        let signed = table(&[
            row(["a", "change"]),
            row(["b", "+0.1"]),
            row(["c", "-0.25"]),
        ]);
        assert_eq!(signed, "a  change\nb    +0.1\nc   -0.25");
    }
}
