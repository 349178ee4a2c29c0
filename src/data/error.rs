//! Everything that can go wrong with data: one line each, and a way out where there is one.
//!
//! Returned by every fallible function of the data layer; `cli` prints the message and the hint.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

pub(crate) use super::near::near_names;

/// Shared tail of the hints that send the reader to another download.
const FETCH_COMMAND: &str = "cargo run -- data fetch";

/// The data set whose files the user brings.
const MNIST: &str = super::clips::MNIST;

/// How to do without it.
const DRAWN_DIGITS: &str = "--base digits";

/// Most known names that a hint lists; ImageNet has a thousand.
const MOST_LISTED: usize = 200;

/// Why data could not be found, read, checked, generated or fetched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// No folder holds the data set.
    #[error("no {dataset} data in {}", quoted(.looked))]
    NotFound {
        /// Name of the data set.
        dataset: &'static str,
        /// Every folder that was looked in.
        looked: Vec<PathBuf>,
    },
    /// A file of a data set that is otherwise there is missing.
    #[error("{path:?} is missing")]
    MissingFile {
        /// Name of the data set.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The system refused to read, write, create or rename.
    #[error("cannot {action} {path:?}")]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file's size is not what the format fixes.
    #[error(
        "{path:?} has {found} bytes ({whole} records of {record_bytes} and {rest} bytes over), \
         expected {expected}"
    )]
    Size {
        /// Name of the data set.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// Bytes that the file has.
        found: u64,
        /// Whole records in it.
        whole: u64,
        /// Bytes of one record.
        record_bytes: u64,
        /// Bytes after the last whole record.
        rest: u64,
        /// Bytes that it must have.
        expected: u64,
    },
    /// A label is not a class number.
    #[error(
        "{path:?}: record {record} (byte {offset}) has {kind} label {value}, outside 0 to {last}"
    )]
    Label {
        /// Name of the data set.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// Which of the record's labels.
        kind: &'static str,
        /// Record number, from 0.
        record: usize,
        /// Where the label stands in the file, bytes.
        offset: usize,
        /// The label found.
        value: u8,
        /// The largest label allowed.
        last: u8,
    },
    /// A label-name file disagrees with the official names.
    #[error("{path:?} line {line}: found {found:?}, expected {expected:?}")]
    ClassName {
        /// Name of the data set.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// What the line says (empty past the end).
        found: String,
        /// What it must say (empty past the last class).
        expected: String,
    },
    /// A data file's content is not the published one.
    #[error("{path:?} is damaged: {algorithm} is {found}, expected {expected}")]
    Checksum {
        /// Name of the data set.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// Name of the checksum.
        algorithm: &'static str,
        /// What the file has, lower-case hexadecimal.
        found: String,
        /// What it must have.
        expected: String,
    },
    /// A file is not of the format that is read.
    #[error("{path:?} {problem}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A picture that a user names cannot be read.
    #[error("cannot read the image \"{}\": {problem}", .path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A name that is in no list.
    #[error("no {kind} is called {name:?}")]
    Unknown {
        /// What was looked for, such as `class`.
        kind: &'static str,
        /// The name asked for.
        name: String,
        /// Known names that are spelled alike.
        near: Vec<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// A split or limit asks for more images than a class has.
    #[error("class {class:?} has {available} images in {what}, too few for {wanted}")]
    TooFewImages {
        /// What was being cut.
        what: &'static str,
        /// The class that runs short.
        class: String,
        /// Images that the class has.
        available: usize,
        /// Images asked of it.
        wanted: usize,
    },
    /// An option has a value that makes no sense.
    #[error("{key} is {value}, allowed: {allowed}")]
    Option {
        /// The option, as it is spelled in an experiment.
        key: &'static str,
        /// The value given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// There is nothing to download for a generated data set.
    #[error("{dataset} is generated by camtrail, there is nothing to fetch")]
    Generated {
        /// Name of the data set.
        dataset: &'static str,
    },
    /// The server could not be reached, or the transfer broke off and retries did not help.
    #[error("cannot download {url:?}: {problem}")]
    Transfer {
        /// What was asked for.
        url: String,
        /// What went wrong.
        problem: String,
        /// The unfinished file, and the bytes it holds.
        kept: Option<(PathBuf, u64)>,
    },
    /// The server answered with an error status.
    #[error("cannot download {url:?}: the server answered {status}")]
    Status {
        /// What was asked for.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// A redirect led away from https.
    #[error("refused a redirect from {from:?} to {to:?}")]
    Redirect {
        /// The address that redirected.
        from: String,
        /// Where it pointed.
        to: String,
    },
    /// What came over the wire is not the file that was asked for.
    #[error(
        "{url:?} gave something else: {bytes} bytes with {algorithm} {found}, expected {expected}; \
         it begins with {start:?}"
    )]
    WrongContent {
        /// Where it came from.
        url: String,
        /// How much came.
        bytes: u64,
        /// Name of the checksum.
        algorithm: &'static str,
        /// What came.
        found: String,
        /// What was expected.
        expected: String,
        /// Its first bytes, as text.
        start: String,
    },
    /// An archive holds something that it must not; nothing of it was kept.
    #[error("refused the archive {path:?}: member {member:?} {problem}")]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The member, as the archive spells it.
        member: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The user asked to stop.
    #[error("stopped; {path:?} keeps {bytes} bytes")]
    Stopped {
        /// The unfinished file.
        path: PathBuf,
        /// Bytes in it.
        bytes: u64,
    },
}

impl DataError {
    /// What the reader can do about it, as text that can be pasted where that is possible.
    pub fn hint(&self) -> Option<String> {
        match self {
            // MNIST is not among the data sets that can be fetched.
            Self::NotFound { dataset, .. } if *dataset == MNIST => Some(format!(
                "put MNIST's four IDX files there, unpacked, or take digits that camtrail draws: \
                 {DRAWN_DIGITS}"
            )),
            Self::MissingFile { dataset, .. }
            | Self::Size { dataset, .. }
            | Self::Label { dataset, .. }
            | Self::Checksum { dataset, .. }
                if *dataset == MNIST =>
            {
                Some(format!(
                    "put the published file there, unpacked, or take digits that camtrail draws: \
                     {DRAWN_DIGITS}"
                ))
            }
            Self::NotFound { dataset, .. } => Some(format!(
                "{FETCH_COMMAND} {dataset}, or take images that camtrail generates: --base shapes"
            )),
            Self::MissingFile { dataset, path }
            | Self::Size { dataset, path, .. }
            | Self::Label { dataset, path, .. }
            | Self::ClassName { dataset, path, .. }
            | Self::Checksum { dataset, path, .. } => Some(refetch(dataset, path)),
            Self::Unknown { near, known, .. } => {
                let known = match known.len() > MOST_LISTED {
                    true => format!("{} names, or the numbers from 0", known.len()),
                    false => known.join(", "),
                };
                let near: Vec<String> = near.iter().map(|name| format!("{name:?}")).collect();
                Some(match near.is_empty() {
                    true => format!("known: {known}"),
                    false => format!("did you mean {}? known: {known}", near.join(" or ")),
                })
            }
            Self::Transfer {
                kept: Some((path, bytes)),
                ..
            } => Some(format!(
                "{path:?} keeps {bytes} bytes; the same command goes on from there"
            )),
            Self::Transfer { .. } => Some("check the network, then give the same command".into()),
            Self::Status { .. } => {
                Some("the server may recover; give the same command later".into())
            }
            Self::WrongContent { .. } => {
                Some("a proxy or a login page may stand between; the file was removed".into())
            }
            Self::Stopped { .. } => Some("the same command goes on from there".into()),
            Self::Picture { .. } => Some(super::photo::PICTURE_FORMATS.to_string()),
            Self::Generated { .. }
            | Self::Io { .. }
            | Self::Format { .. }
            | Self::TooFewImages { .. }
            | Self::Option { .. }
            | Self::Redirect { .. }
            | Self::Archive { .. } => None,
        }
    }

    /// For `map_err`: an [`DataError::Io`] that says what was tried on which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// A [`DataError::Unknown`] over fixed names.
    pub(crate) fn unknown<const N: usize>(
        kind: &'static str,
        name: &str,
        known: [&'static str; N],
    ) -> Self {
        Self::Unknown {
            kind,
            name: name.to_owned(),
            near: near_names(name, known.into_iter()),
            known: known.map(str::to_owned).to_vec(),
        }
    }
}

/// How to get a damaged data set anew: the file's folder is what the fetch replaces.
fn refetch(dataset: &str, path: &Path) -> String {
    let folder = path.parent().unwrap_or(path);
    format!("remove {folder:?}, then: {FETCH_COMMAND} {dataset}")
}

/// The paths, each in quotes, with commas between.
fn quoted(paths: &[PathBuf]) -> String {
    let quoted: Vec<String> = paths.iter().map(|path| format!("{path:?}")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_hints_read_as_agreed() {
        let absent = DataError::NotFound {
            dataset: "cifar-100",
            looked: vec!["a b".into(), "c".into()],
        };
        assert_eq!(absent.to_string(), "no cifar-100 data in \"a b\", \"c\"");
        assert_eq!(
            absent.hint().unwrap(),
            "cargo run -- data fetch cifar-100, or take images that camtrail generates: \
             --base shapes"
        );

        let flipped = DataError::Checksum {
            dataset: "cifar-100",
            path: "d/train.bin".into(),
            algorithm: "SHA-256",
            found: "00".into(),
            expected: "ff".into(),
        };
        assert_eq!(
            flipped.to_string(),
            "\"d/train.bin\" is damaged: SHA-256 is 00, expected ff"
        );
        assert_eq!(
            flipped.hint().unwrap(),
            "remove \"d\", then: cargo run -- data fetch cifar-100"
        );
    }
}
