//! Errors of data: one line each, with the reason as data.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::data::folder_fault::FolderFault;
use crate::run::{interrupted, near_names};

/// Why data could not be found, read, verified, generated or fetched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// No folder holds the data set.
    #[error("no {dataset} data in {}", quoted(.looked))]
    NotFound {
        /// Name of the data set.
        dataset: &'static str,
        /// Every folder searched.
        looked: Vec<PathBuf>,
    },
    /// The data set is there in a form that is not read.
    #[error("{path:?} holds {dataset} as pickles for Python, which are not read")]
    Pickled {
        /// Name of the data set.
        dataset: &'static str,
        /// The folder or archive.
        path: PathBuf,
    },
    /// A file is missing from a data set whose other files are present.
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
        /// The failed action, such as `read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file does not have the size that the format requires.
    #[error(
        "{path:?} has {found} bytes ({whole} records of {record_bytes} and {rest} bytes over), \
         expected {expected}"
    )]
    Size {
        /// Name of the data set.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// Size of the file in bytes.
        found: u64,
        /// Number of whole records in it.
        whole: u64,
        /// Size of one record in bytes.
        record_bytes: u64,
        /// Number of bytes after the last whole record.
        rest: u64,
        /// Required size in bytes.
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
        /// Kind of the label in the record.
        kind: &'static str,
        /// Record number, from 0.
        record: usize,
        /// Position of the label in the file, in bytes.
        offset: usize,
        /// The label found.
        value: u8,
        /// The largest label allowed.
        last: u8,
    },
    /// A file of class names disagrees with the official names.
    #[error("{path:?} line {line}: found {found:?}, expected {expected:?}")]
    ClassName {
        /// Name of the data set.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// Line number, from 1.
        line: usize,
        /// Content of the line (empty past the end).
        found: String,
        /// Expected content (empty past the last class).
        expected: String,
    },
    /// A data file does not have the published content.
    #[error("{path:?} is damaged: {algorithm} is {found}, expected {expected}")]
    Checksum {
        /// Name of the data set.
        dataset: &'static str,
        /// The file.
        path: PathBuf,
        /// Name of the checksum.
        algorithm: &'static str,
        /// Checksum of the file, lower-case hexadecimal.
        found: String,
        /// Expected checksum.
        expected: String,
    },
    /// A separately fetched file does not have the published content.
    #[error("{path:?} is damaged: {algorithm} begins with {found}, expected {expected}")]
    DamagedFile {
        /// The file.
        path: PathBuf,
        /// Name of the checksum.
        algorithm: &'static str,
        /// First digits of the file's checksum, lower-case hexadecimal.
        found: String,
        /// Expected digits.
        expected: String,
    },
    /// A part of a data set is missing.
    #[error("{path:?} has {found} {what}, expected {expected}")]
    Incomplete {
        /// Name of the data set.
        dataset: &'static str,
        /// Its folder.
        path: PathBuf,
        /// What is counted, such as `classes`.
        what: &'static str,
        /// The number found.
        found: usize,
        /// The number of the release.
        expected: usize,
    },
    /// A file does not have the required format.
    #[error("{path:?} {problem}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The folders of a data set are not as they should be.
    #[error("{path:?} {fault}")]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        fault: FolderFault,
    },
    /// Pictures that are used at their own size have different sizes.
    #[error("{path:?} has {} x {} pixels, expected {}", .size[0], .size[1], square(*.side))]
    UnequalSize {
        /// The file.
        path: PathBuf,
        /// Its width and height, pixels.
        size: [usize; 2],
        /// The width and height of the first picture, if that is a square.
        side: Option<usize>,
    },
    /// Decoded pictures cannot be kept.
    #[error("cannot keep decoded pictures in {path:?}")]
    Cache {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A picture given by a user cannot be read.
    #[error("cannot read the image \"{}\": {problem}", .path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// How to fix it.
        remedy: &'static str,
    },
    /// A picture of a data set cannot be read.
    #[error("cannot read the image \"{}\": {problem}", .path.display())]
    SetPicture {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// An unknown name.
    #[error("no {kind} is called {name:?}")]
    Unknown {
        /// Kind of the name, such as `class`.
        kind: &'static str,
        /// The requested name.
        name: String,
        /// Known names with a similar spelling.
        near: Vec<String>,
        /// All known names.
        known: Vec<String>,
    },
    /// The text of a class is the name of one and the number of another.
    #[error(
        "class {text:?} is ambiguous: it is the name of class {named} and the number of {other:?}"
    )]
    AmbiguousClass {
        /// The text.
        text: String,
        /// Number of the class with this name.
        named: usize,
        /// Name of the class with this number.
        other: String,
    },
    /// A split or limit asks for more images than a class has.
    #[error("class {class:?} has {available} images in {what}, too few for {wanted}")]
    TooFewImages {
        /// What was being selected.
        what: &'static str,
        /// The class with too few images.
        class: String,
        /// Number of images of the class.
        available: usize,
        /// Number of images requested.
        wanted: usize,
    },
    /// An option has an invalid value.
    #[error("{key} is {value}, allowed: {allowed}")]
    Option {
        /// The option, as spelled in an experiment.
        key: &'static str,
        /// The given value.
        value: String,
        /// The allowed values.
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
    /// The server could not be reached, or the transfer was interrupted and retries did not help.
    #[error("cannot download {url:?}: {problem}")]
    Transfer {
        /// The requested address.
        url: String,
        /// What went wrong.
        problem: String,
        /// The unfinished file and its size in bytes.
        kept: Option<(PathBuf, u64)>,
    },
    /// The server answered with an error status.
    #[error("cannot download {url:?}: the server answered {status}")]
    Status {
        /// The requested address.
        url: String,
        /// The HTTP status.
        status: u16,
    },
    /// A redirect led away from https.
    #[error("refused a redirect from {from:?} to {to:?}")]
    Redirect {
        /// The address that redirected.
        from: String,
        /// The address that it redirected to.
        to: String,
    },
    /// The downloaded content is not the requested file.
    #[error(
        "{url:?} gave something else: {bytes} bytes with {algorithm} {found}, expected {expected}; \
         it begins with {start:?}"
    )]
    WrongContent {
        /// Its address.
        url: String,
        /// Number of bytes received.
        bytes: u64,
        /// Name of the checksum.
        algorithm: &'static str,
        /// Checksum received.
        found: String,
        /// Checksum expected.
        expected: String,
        /// Its first bytes, as text.
        start: Box<str>,
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
    /// An archive holds a forbidden member; nothing of it was kept.
    #[error("refused the archive {path:?}: member {member:?} {problem}")]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The member, as spelled in the archive.
        member: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The process was asked to stop.
    #[error("stopped by a signal")]
    Interrupted,
    /// The user asked to stop.
    #[error("stopped; {path:?} keeps {bytes} bytes")]
    Stopped {
        /// The unfinished file.
        path: PathBuf,
        /// Its size in bytes.
        bytes: u64,
    },
}

impl DataError {
    /// For `map_err`: returns a [`DataError::Io`] with the action and the path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }

    /// Fails if the process was asked to stop.
    pub(crate) fn unless_interrupted() -> Result<(), Self> {
        match interrupted() {
            true => Err(Self::Interrupted),
            false => Ok(()),
        }
    }

    /// For `map_err`: returns a [`DataError::MissingFile`] if the file of `dataset` does not exist,
    /// else a [`DataError::Io`].
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

    /// Returns a [`DataError::Unknown`] for fixed names.
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

/// Returns the expected size of a picture.
fn square(side: Option<usize>) -> String {
    side.map_or("a square".to_owned(), |side| {
        format!("{side} x {side} like the first")
    })
}

/// Returns the paths, each in quotes, separated by commas.
fn quoted(paths: &[PathBuf]) -> String {
    let quoted: Vec<String> = paths.iter().map(|path| format!("{path:?}")).collect();
    quoted.join(", ")
}
