//! Everything that can go wrong with data: one line each, with the reason as data.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::run::near_names;

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
    /// A file that is fetched on its own is there, but its content is not the published one.
    #[error("{path:?} is damaged: {algorithm} begins with {found}, expected {expected}")]
    DamagedFile {
        /// The file.
        path: PathBuf,
        /// Name of the checksum.
        algorithm: &'static str,
        /// The first digits of what the file has, lower-case hexadecimal.
        found: String,
        /// What they must be.
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
        /// How to fix it.
        remedy: &'static str,
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
    /// A data set is neither generated nor published.
    #[error("{dataset} is not published, there is nothing to fetch")]
    NotPublished {
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
    /// A compressed file of a data set cannot be unpacked.
    #[error("cannot unpack {path:?}: {problem}")]
    Packed {
        /// Name of the data set.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
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
    /// For `map_err`: an [`DataError::Io`] that says what was tried on which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// For `map_err`: a [`DataError::MissingFile`] where the file of `dataset` is not there, else a
    /// [`DataError::Io`].
    pub(crate) fn missing_or_io(
        dataset: &'static str,
        path: &Path,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| match source.kind() {
            io::ErrorKind::NotFound => Self::MissingFile { dataset, path },
            _ => Self::io("read", &path)(source),
        }
    }

    /// Whether another server may do better.
    pub(crate) fn is_of_the_server(&self) -> bool {
        matches!(
            self,
            Self::Transfer { .. }
                | Self::Status { .. }
                | Self::Redirect { .. }
                | Self::WrongContent { .. }
        )
    }

    /// A [`DataError::Unknown`] over fixed names.
    pub(crate) fn unknown(
        kind: &'static str,
        name: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let known: Vec<&str> = known.into_iter().collect();
        Self::Unknown {
            kind,
            name: name.to_owned(),
            near: near_names(name, known.iter().copied()),
            known: known.into_iter().map(str::to_owned).collect(),
        }
    }
}

/// The paths, each in quotes, with commas between.
fn quoted(paths: &[PathBuf]) -> String {
    let quoted: Vec<String> = paths.iter().map(|path| format!("{path:?}")).collect();
    quoted.join(", ")
}
