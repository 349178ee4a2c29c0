//! What a download reports while it runs.

use std::path::Path;
use std::time::Duration;

/// What a fetch reports while it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FetchEvent<'a> {
    /// Another process fetches the same data; this one waits.
    Waiting,
    /// The data are already in this folder, or this file, checked.
    AlreadyThere(&'a Path),
    /// This address is asked for a file.
    Asking(&'a str),
    /// It did not give the file; another address is asked.
    NextMirror {
        /// What was wrong with the last one.
        problem: &'a str,
    },
    /// So many bytes of the file are here.
    Downloading {
        /// Bytes here, those of earlier tries included.
        bytes: u64,
        /// Bytes of the whole file, where the server says so.
        total: Option<u64>,
    },
    /// The transfer broke off and is tried again.
    Retrying {
        /// Why it broke off.
        problem: &'a str,
        /// How long until the next try.
        pause: Duration,
    },
    /// The checksum of the download is computed.
    Verifying,
    /// The files are unpacked and their content checked.
    Unpacking,
    /// The data are in this folder, or this file.
    Done(&'a Path),
}
