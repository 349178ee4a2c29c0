//! Fetches a single file from its publisher: download, verify, rename.
//!
//! The file's path holds either the complete, verified file or nothing; an unfinished download is
//! kept next to it and resumed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::data::checksum::Fingerprint;
use crate::data::download::RetryPolicy;
use crate::data::error::DataError;
use crate::data::fetch_event::FetchEvent;
use crate::data::remote_file::{RemoteFile, lock};

/// A single published file whose name contains the start of its checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSource {
    /// Its address.
    pub url: String,
    /// First digits of its SHA-256, lower-case hexadecimal.
    pub sha256_start: String,
    /// Maximum number of bytes.
    pub cap: u64,
}

/// Fetches the file of `source` to `path`, verifies it, and returns that path.
///
/// If it is present and complete, nothing is downloaded; if it is damaged, that is the error.
/// `should_stop` is checked about ten times per second.
///
/// # Errors
/// [`DataError::DamagedFile`]; no connection, an error status, an interrupted transfer (the `.part`
/// file remains); content with a wrong checksum; files that cannot be written; a stop.
pub fn fetch_file(
    source: &FileSource,
    path: &Path,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<PathBuf, DataError> {
    let remote = remote(source, RetryPolicy::USUAL, should_stop);
    put(&remote, path, progress)
}

fn remote<'a>(
    source: &'a FileSource,
    retry: RetryPolicy,
    should_stop: &'a dyn Fn() -> bool,
) -> RemoteFile<'a> {
    RemoteFile {
        urls: vec![source.url.clone()],
        fingerprint: Fingerprint::Sha256Start(&source.sha256_start),
        cap: source.cap,
        retry,
        should_stop,
    }
}

/// Fetches `remote` to `path`.
fn put(
    remote: &RemoteFile<'_>,
    path: &Path,
    progress: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<PathBuf, DataError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(DataError::io("create", folder))?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    let lock_file = folder.join(format!(".{}.lock", name.to_string_lossy()));
    let _lock = lock(&lock_file, progress, remote.should_stop)?;

    if path.exists() {
        progress(FetchEvent::Verifying);
        check(remote.fingerprint, path)?;
        progress(FetchEvent::AlreadyThere(path));
        return Ok(path.to_path_buf());
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    remote.download(&part, progress)?;
    fs::rename(&part, path).map_err(DataError::io("rename", &part))?;
    progress(FetchEvent::Done(path));
    Ok(path.to_path_buf())
}

/// Fails unless the file at `path` is the published one.
fn check(published: Fingerprint<'_>, path: &Path) -> Result<(), DataError> {
    let (found, _) = published.of_file(path)?;
    if found == published.digits() {
        return Ok(());
    }
    Err(DataError::DamagedFile {
        path: path.to_path_buf(),
        algorithm: published.algorithm(),
        found,
        expected: published.digits().to_owned(),
    })
}

#[cfg(test)]
#[path = "fetch_file_tests.rs"]
mod tests;
