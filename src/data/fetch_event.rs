//! Progress events of a download.

use std::path::Path;
use std::time::Duration;

/// A progress event of a fetch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FetchEvent<'a> {
    /// Another process is fetching the same data; this one waits.
    Waiting,
    /// The verified data are already in this folder, or this file.
    AlreadyThere(&'a Path),
    /// A file is requested from this address.
    Asking(&'a str),
    /// The request failed; the next address is tried.
    NextMirror {
        /// What was wrong with the last one.
        problem: &'a str,
    },
    /// The number of bytes downloaded so far.
    Downloading {
        /// Bytes so far, including those of earlier attempts.
        bytes: u64,
        /// Bytes of the whole file, if the server states it.
        total: Option<u64>,
    },
    /// The transfer was interrupted and is retried.
    Retrying {
        /// Why it was interrupted.
        problem: &'a str,
        /// Pause before the next attempt.
        pause: Duration,
    },
    /// The checksum of the download is computed.
    Verifying,
    /// The files are unpacked and their content verified.
    Unpacking,
    /// The data are in this folder, or this file.
    Done(&'a Path),
}
