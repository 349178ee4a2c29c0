//! Files that a user names. Only regular files are opened: opening a pipe waits for its other end,
//! and reading a device may never end.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Character at the start of a text that marks its encoding.
const MARK: char = '\u{feff}';
/// The mark as the first bytes of UTF-16, low byte first and high byte first.
const MARK_LOW_FIRST: [u8; 2] = [0xFF, 0xFE];
/// See [`MARK_LOW_FIRST`].
const MARK_HIGH_FIRST: [u8; 2] = [0xFE, 0xFF];

/// Returns the regular file at `path`, open for reading.
///
/// # Errors
/// A path that is absent or may not be read; a folder, a pipe, a socket or a device, which is not
/// opened.
pub fn open_regular(path: &Path) -> io::Result<File> {
    let kind = fs::metadata(path)?.file_type();
    let problem = match () {
        () if kind.is_file() => return File::open(path),
        () if kind.is_dir() => "it is a folder",
        () => "it is a pipe, a socket or a device, not a regular file",
    };
    Err(io::Error::new(ErrorKind::InvalidInput, problem))
}

/// Returns the content of the regular file at `path`.
///
/// # Errors
/// As [`open_regular`].
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    open_regular(path)?.read_to_end(&mut content)?;
    Ok(content)
}

/// Returns the text of the regular file at `path`: UTF-8, or UTF-16 with a byte-order mark. The mark
/// is removed, and every line ends in a line feed alone.
///
/// # Errors
/// As [`open_regular`]; [`ErrorKind::InvalidData`] names the first line in another encoding.
pub fn read_text(path: &Path) -> io::Result<String> {
    decoded(&read_regular(path)?).map_err(|problem| io::Error::new(ErrorKind::InvalidData, problem))
}

fn decoded(content: &[u8]) -> Result<String, String> {
    let text = match content {
        [first, second, rest @ ..] if [*first, *second] == MARK_LOW_FIRST => {
            of_utf_16(rest, u16::from_le_bytes)?
        }
        [first, second, rest @ ..] if [*first, *second] == MARK_HIGH_FIRST => {
            of_utf_16(rest, u16::from_be_bytes)?
        }
        _ => match str::from_utf8(content) {
            Ok(text) => text.to_owned(),
            Err(fault) => {
                let before = String::from_utf8_lossy(&content[..fault.valid_up_to()]);
                let line = with_line_feeds(&before).matches('\n').count() + 1;
                return Err(format!(
                    "line {line} is neither UTF-8 nor UTF-16 with a byte-order mark"
                ));
            }
        },
    };
    let text = with_line_feeds(text.trim_start_matches(MARK));
    match text.split('\n').position(|line| line.contains('\0')) {
        Some(before) => Err(format!(
            "line {} holds a zero byte, as UTF-16 without a byte-order mark does",
            before + 1
        )),
        None => Ok(text),
    }
}

fn of_utf_16(content: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, String> {
    let (pairs, rest) = content.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    for decoded in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        match decoded {
            Ok(character) => text.push(character),
            Err(_) => return Err(cut_utf_16(&text)),
        }
    }
    match rest.is_empty() {
        true => Ok(text),
        false => Err(cut_utf_16(&text)),
    }
}

/// Returns the error for a character of UTF-16 of which a part is missing, after the text `before`.
fn cut_utf_16(before: &str) -> String {
    let line = with_line_feeds(before).matches('\n').count() + 1;
    format!("line {line} lacks a part of a character of UTF-16")
}

/// Returns `text` with a line feed for each line end of other systems.
fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `text` in UTF-16 with a mark.
    fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        let units = [0xFEFF].into_iter().chain(text.encode_utf16());
        units.flat_map(bytes).collect()
    }

    #[test]
    fn one_text_in_every_encoding_and_with_every_line_end() {
        let expected = "tench\nK\u{fc}ste \u{1F41F}\n";
        for ends in ["\n", "\r\n", "\r"] {
            let text = expected.replace('\n', ends);
            let contents = [
                text.clone().into_bytes(),
                format!("\u{feff}{text}").into_bytes(),
                utf_16(&text, u16::to_le_bytes),
                utf_16(&text, u16::to_be_bytes),
            ];
            for content in contents {
                assert_eq!(decoded(&content).as_deref(), Ok(expected), "{content:?}");
            }
        }
    }

    #[test]
    fn another_encoding_is_named_with_its_line() {
        let fault = |content: &[u8]| decoded(content).expect_err("it is refused");
        assert_eq!(
            fault(b"tench\r\nK\xFCste\r\n"),
            "line 2 is neither UTF-8 nor UTF-16 with a byte-order mark"
        );
        let unmarked = &utf_16("a\nb", u16::to_le_bytes)[2..];
        assert_eq!(
            fault(unmarked),
            "line 1 holds a zero byte, as UTF-16 without a byte-order mark does"
        );
        let whole = utf_16("a\n\u{1F41F}", u16::to_le_bytes);
        for cut in [1, 2] {
            assert_eq!(
                fault(&whole[..whole.len() - cut]),
                "line 2 lacks a part of a character of UTF-16"
            );
        }
    }

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let problem = |path: &Path| open_regular(path).expect_err("refused").to_string();
        assert_eq!(problem(folder.path()), "it is a folder");
        let device = problem(Path::new("/dev/null"));
        assert_eq!(
            device,
            "it is a pipe, a socket or a device, not a regular file"
        );
        let absent = open_regular(&folder.path().join("absent")).expect_err("absent");
        assert_eq!(absent.kind(), ErrorKind::NotFound);
    }
}
