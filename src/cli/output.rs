//! Output: results to stdout, all else to stderr.
//!
//! Names of files, experiments and keys come from elsewhere, so every line is printed with its
//! control characters escaped, line breaks included: a value cannot forge a line. Text of several
//! lines is printed line by line.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Exit code of a successful run.
pub(super) const DONE: u8 = 0;
/// Exit code of a failed run.
pub(super) const FAILED: u8 = 1;
/// Exit code of misuse and of a bad configuration.
pub(super) const MISUSED: u8 = 2;

/// Whether a line of results was lost for any reason other than a closed pipe.
static LOST: AtomicBool = AtomicBool::new(false);

/// Whether results are held back because an object is printed in their place.
static HELD: AtomicBool = AtomicBool::new(false);
/// The files that were listed while results were held back.
static LISTED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Holds back all results until [`release`].
pub(super) fn hold_back() {
    HELD.store(true, Ordering::Relaxed);
}

/// Prints results again, and returns the files that were listed in the meantime.
pub(super) fn release() -> Vec<PathBuf> {
    HELD.store(false, Ordering::Relaxed);
    let listed = LISTED.lock().map(|mut listed| std::mem::take(&mut *listed));
    // A panic while listing loses the rest.
    listed.unwrap_or_default()
}

/// Prints a value as JSON, in ASCII: what a terminal would obey is escaped.
///
/// # Errors
/// A value that JSON cannot hold.
pub(super) fn result_json(value: &(impl serde::Serialize + ?Sized)) -> serde_json::Result<()> {
    let mut text = String::new();
    for character in serde_json::to_string_pretty(value)?.chars() {
        match character {
            plain if plain.is_ascii() && plain != '\x7f' => text.push(plain),
            other => {
                let mut units = [0; 2];
                for unit in other.encode_utf16(&mut units) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    result_file(&text);
    Ok(())
}

/// Prints a line of results. A closed pipe (`camtrail list | head`) is not an error; a full disk
/// is, and [`lost`] reports it at the end.
pub(super) fn result(line: impl Display) {
    print(&shown(&line.to_string()));
}

/// Prints a table: the first row is the header, columns are aligned, numbers to the right.
pub(super) fn result_table(rows: &[Vec<String>]) {
    print(&table(rows));
}

/// Prints the lines of a text file as they are, tabs included.
pub(super) fn result_file(text: &str) {
    for line in text.lines() {
        let parts: Vec<Cow<'_, str>> = line.split('\t').map(shown).collect();
        print(&parts.join("\t"));
    }
}

fn print(safe: &str) {
    if HELD.load(Ordering::Relaxed) {
        return;
    }
    if let Err(error) = writeln!(std::io::stdout(), "{safe}")
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Prints the files that a command wrote, and returns the exit code of success.
pub(super) fn listed(files: impl IntoIterator<Item = impl AsRef<Path>>) -> u8 {
    for path in files {
        if HELD.load(Ordering::Relaxed)
            && let Ok(mut listed) = LISTED.lock()
        {
            listed.push(path.as_ref().to_path_buf());
        }
        result(path.as_ref().display());
    }
    DONE
}

/// Returns whether a line of results could not be written.
pub(super) fn lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Prints a line that is not a result.
pub(super) fn note(line: impl Display) {
    // A failure cannot be reported.
    let _ = writeln!(std::io::stderr(), "{}", shown(&line.to_string()));
}

/// Returns `text` with escapes for what a terminal would obey instead of show: control characters,
/// line breaks, and marks that change the direction of text.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match is_obeyed(character) {
            true => safe.extend(character.escape_default()),
            false => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

fn is_obeyed(character: char) -> bool {
    let is_break = matches!(character, '\u{2028}' | '\u{2029}');
    let turns = matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    character.is_control() || is_break || turns
}

/// Returns a table as text.
fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<Cow<'_, str>>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| shown(cell)).collect())
        .collect();
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
    for row in &rows {
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
    fn what_a_terminal_obeys_is_escaped_and_other_scripts_are_not() {
        for (text, expected) in [
            ("a\u{1b}[31mb.jpg", "a\\u{1b}[31mb.jpg"),
            ("a\nerror: forged\r", "a\\nerror: forged\\r"),
            ("\u{9b}2J\u{7f}\t", "\\u{9b}2J\\u{7f}\\t"),
            (
                "gpj.\u{202e}exe\u{2066}\u{2028}",
                "gpj.\\u{202e}exe\\u{2066}\\u{2028}",
            ),
            (
                "Hund \u{e4} \u{732b} \u{1f408}",
                "Hund \u{e4} \u{732b} \u{1f408}",
            ),
            (r"C:\new", r"C:\new"),
        ] {
            assert_eq!(shown(text), expected);
        }
    }

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
        let forged = table(&[row(["run", "status"]), row(["a\nb", "done"])]);
        assert_eq!(forged, "run   status\na\\nb  done");
    }
}
