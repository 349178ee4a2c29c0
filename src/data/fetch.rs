//! Gets a data set from its publisher: download, checksum, unpack, check, rename.
//!
//! Called by `camtrail data fetch`. Whatever goes wrong, the data folder is either complete and
//! checked or not there; an unfinished download is kept and continued.

use std::fs::{self, File, TryLockError};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use crate::data::DatasetName;
use crate::data::archive::{self, Contents};
use crate::data::checksum::{md5_of, sha256_of};
use crate::data::cifar100;
use crate::data::download::{Download, RetryPolicy};
use crate::data::error::DataError;

/// How often a waiting process looks whether the other one has finished.
const LOCK_CHECK: Duration = Duration::from_millis(200);

/// Bytes of a wrong download that its error shows.
const SHOWN_BYTES: usize = 60;

/// A file at its publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchSource {
    /// Its address.
    pub url: String,
    /// MD5 of the file, lower-case hexadecimal (the checksum that the publisher gives).
    pub md5: String,
}

impl FetchSource {
    /// The official archive of a data set.
    ///
    /// # Errors
    /// [`DataError::Generated`] if the data set is not downloaded.
    pub fn official(dataset: DatasetName) -> Result<Self, DataError> {
        match dataset {
            DatasetName::Cifar100 => Ok(Self {
                url: cifar100::ARCHIVE_URL.to_owned(),
                md5: cifar100::ARCHIVE_MD5.to_owned(),
            }),
            DatasetName::Shapes => Err(DataError::Generated {
                dataset: dataset.name(),
            }),
        }
    }
}

/// A single file at its publisher, whose name carries the start of its checksum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSource {
    /// Its address.
    pub url: String,
    /// First digits of its SHA-256, lower-case hexadecimal.
    pub sha256_start: String,
    /// More bytes than this are refused.
    pub cap: u64,
}

/// What a fetch reports while it runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FetchEvent<'a> {
    /// Another process fetches the same data; this one waits.
    Waiting,
    /// The data are already in this folder, checked.
    AlreadyThere(&'a Path),
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
    /// The archive is unpacked and its content checked.
    Unpacking,
    /// The data are in this folder.
    Done(&'a Path),
}

/// Puts `dataset` into a folder below `destination` and gives that folder back.
///
/// If the data are there and whole, nothing is downloaded; if they are there and damaged, that is the
/// error. An archive that lies in `destination` under its publisher's name is used. `should_stop` is
/// asked about ten times a second.
///
/// # Errors
/// Generated data; no connection, error status, cut transfers (the `.part` file stays); content with
/// another checksum; an archive with unexpected members; files that cannot be written; a stop.
pub fn fetch(
    dataset: DatasetName,
    destination: &Path,
    source: &FetchSource,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<PathBuf, DataError> {
    let target = match dataset {
        DatasetName::Cifar100 => Target {
            contents: cifar100::ARCHIVE_CONTENTS,
            cap: cifar100::ARCHIVE_CAP,
            check: |folder| cifar100::read(folder).map(drop),
            retry: RetryPolicy::USUAL,
        },
        DatasetName::Shapes => {
            return Err(DataError::Generated {
                dataset: dataset.name(),
            });
        }
    };
    fetch_target(&target, destination, source, progress, should_stop)
}

/// Puts the file of `source` at `path`, checked, and gives that path back.
///
/// If it is there and whole, nothing is downloaded; if it is there and damaged, that is the error.
/// `should_stop` is asked about ten times a second.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_file(
    source: &FileSource,
    path: &Path,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<PathBuf, DataError> {
    fetch_file_with(source, path, RetryPolicy::USUAL, progress, should_stop)
}

fn fetch_file_with(
    source: &FileSource,
    path: &Path,
    retry: RetryPolicy,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<PathBuf, DataError> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(DataError::io("create", folder))?;
    let name = path.file_name().unwrap_or(path.as_os_str());
    let lock_name = format!(".{}.lock", name.to_string_lossy());
    let _lock = lock(&folder.join(lock_name), progress, should_stop)?;
    let remote = Remote {
        url: &source.url,
        digest: Digest::Sha256Start(&source.sha256_start),
        cap: source.cap,
        retry,
    };
    if path.exists() {
        progress(FetchEvent::Verifying);
        verify(path, remote.digest, &path.to_string_lossy())?;
        progress(FetchEvent::AlreadyThere(path));
    } else {
        download(&remote, path, progress, should_stop)?;
        progress(FetchEvent::Done(path));
    }
    Ok(path.to_path_buf())
}

/// A file to download, and how it is known to be the right one.
struct Remote<'a> {
    url: &'a str,
    digest: Digest<'a>,
    /// Most bytes.
    cap: u64,
    retry: RetryPolicy,
}

/// What a publisher tells of a file's content.
#[derive(Clone, Copy)]
enum Digest<'a> {
    Md5(&'a str),
    Sha256Start(&'a str),
}

impl<'a> Digest<'a> {
    fn algorithm(self) -> &'static str {
        match self {
            Self::Md5(_) => "MD5",
            Self::Sha256Start(_) => "SHA-256",
        }
    }

    fn expected(self) -> &'a str {
        match self {
            Self::Md5(digits) | Self::Sha256Start(digits) => digits,
        }
    }

    /// The same of what `reader` gives, and its number of bytes.
    fn of(self, reader: &mut impl Read) -> std::io::Result<(String, u64)> {
        match self {
            Self::Md5(_) => md5_of(reader),
            Self::Sha256Start(digits) => {
                let (mut found, bytes) = sha256_of(reader)?;
                found.truncate(digits.len());
                Ok((found, bytes))
            }
        }
    }
}

/// What a data set's archive must be like.
struct Target {
    contents: Contents,
    /// Most bytes of the archive.
    cap: u64,
    /// Checks the unpacked folder.
    check: fn(&Path) -> Result<(), DataError>,
    retry: RetryPolicy,
}

fn fetch_target(
    target: &Target,
    destination: &Path,
    source: &FetchSource,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<PathBuf, DataError> {
    fs::create_dir_all(destination).map_err(DataError::io("create", destination))?;
    let name = target.contents.folder;
    let _lock = lock(
        &destination.join(format!(".{name}.lock")),
        progress,
        should_stop,
    )?;

    let folder = destination.join(name);
    if folder.exists() {
        (target.check)(&folder)?;
        progress(FetchEvent::AlreadyThere(&folder));
        return Ok(folder);
    }
    let archive = destination.join(format!("{name}.tar.gz"));
    let remote = Remote {
        url: &source.url,
        digest: Digest::Md5(&source.md5),
        cap: target.cap,
        retry: target.retry,
    };
    let brought = archive.exists();
    if brought {
        progress(FetchEvent::Verifying);
        verify(&archive, remote.digest, &archive.to_string_lossy())?;
    } else {
        download(&remote, &archive, progress, should_stop)?;
    }
    progress(FetchEvent::Unpacking);
    unpack(target, &archive, &folder)?;
    if !brought {
        fs::remove_file(&archive).map_err(DataError::io("remove", &archive))?;
    }
    progress(FetchEvent::Done(&folder));
    Ok(folder)
}

/// Takes the lock file, waiting for another process that holds it. It is freed when it is dropped,
/// and by the system when the process dies.
fn lock(
    path: &Path,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<File, DataError> {
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)
        .map_err(DataError::io("create", path))?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(DataError::io("lock", path)(error)),
        }
        if !told {
            progress(FetchEvent::Waiting);
            told = true;
        }
        if should_stop() {
            return Err(DataError::Stopped {
                path: path.to_path_buf(),
                bytes: 0,
            });
        }
        thread::sleep(LOCK_CHECK);
    }
}

/// Downloads to `<path>.part`, checks that and gives it its name.
fn download(
    remote: &Remote<'_>,
    path: &Path,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<(), DataError> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let download = Download {
        url: remote.url,
        part: &part,
        cap: remote.cap,
        retry: remote.retry,
        should_stop,
    };
    download.run(progress)?;
    progress(FetchEvent::Verifying);
    verify(&part, remote.digest, remote.url).inspect_err(|error| {
        if matches!(error, DataError::WrongContent { .. }) {
            // The checksum error is what the user must see, whether or not the removal works.
            let _ = fs::remove_file(&part);
        }
    })?;
    fs::rename(&part, path).map_err(DataError::io("rename", &part))
}

/// Compares the file's digest with the publisher's.
fn verify(path: &Path, digest: Digest<'_>, origin: &str) -> Result<(), DataError> {
    let open = || File::open(path).map_err(DataError::io("read", path));
    let (found, bytes) = digest
        .of(&mut BufReader::new(open()?))
        .map_err(DataError::io("read", path))?;
    if found == digest.expected() {
        return Ok(());
    }
    let mut start = Vec::new();
    open()?
        .take(SHOWN_BYTES as u64)
        .read_to_end(&mut start)
        .map_err(DataError::io("read", path))?;
    Err(DataError::WrongContent {
        url: origin.to_owned(),
        bytes,
        algorithm: digest.algorithm(),
        found,
        expected: digest.expected().to_owned(),
        start: String::from_utf8_lossy(&start).into_owned(),
    })
}

/// Unpacks beside `folder`, checks, and renames; on any error nothing is left behind.
fn unpack(target: &Target, archive: &Path, folder: &Path) -> Result<(), DataError> {
    let mut temporary = folder.as_os_str().to_owned();
    temporary.push(".unpacking");
    let temporary = PathBuf::from(temporary);
    // The lock is held, so what lies there was left by a process that died.
    archive::remove_folder(&temporary)?;
    fs::create_dir(&temporary).map_err(DataError::io("create", &temporary))?;
    let outcome = archive::unpack(archive, &target.contents, &temporary)
        .and_then(|()| (target.check)(&temporary))
        .and_then(|()| fs::rename(&temporary, folder).map_err(DataError::io("rename", &temporary)));
    if outcome.is_err() {
        archive::remove_folder(&temporary)?;
    }
    outcome
}

#[cfg(test)]
#[path = "fetch_tests.rs"]
mod tests;
