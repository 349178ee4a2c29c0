//! Downloads one file from the first server that provides it, verified; and the lock against
//! concurrent fetches.

use std::fs::{self, File, TryLockError};
use std::io::Read;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::data::checksum::Fingerprint;
use crate::data::download::{Download, RetryPolicy};
use crate::data::error::DataError;
use crate::data::fetch_event::FetchEvent;
use crate::run::open_own;

/// Interval at which a waiting process checks whether the other one has finished.
const LOCK_CHECK: Duration = Duration::from_millis(200);

/// Number of bytes of a wrong download that its error shows.
const SHOWN_BYTES: u64 = 60;

/// A file at its publisher.
pub(crate) struct RemoteFile<'a> {
    /// Its addresses, tried in turn.
    pub(crate) urls: Vec<String>,
    pub(crate) fingerprint: Fingerprint<'a>,
    /// Maximum size in bytes.
    pub(crate) cap: u64,
    pub(crate) retry: RetryPolicy,
    pub(crate) should_stop: &'a dyn Fn() -> bool,
}

impl RemoteFile<'_> {
    /// Downloads it to `part` from the first server that provides it, resuming an existing part.
    ///
    /// # Errors
    /// An error of the last server; a stop; files that cannot be written.
    pub(crate) fn download(
        &self,
        part: &Path,
        progress: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<(), DataError> {
        let mut urls = self.urls.iter();
        let mut url = urls.next().expect("a published file is somewhere");
        loop {
            progress(FetchEvent::Asking(url));
            match (self.download_from(url, part, progress), urls.next()) {
                (Err(error), Some(next)) if error.is_of_the_server() => {
                    progress(FetchEvent::NextMirror {
                        problem: &error.to_string(),
                    });
                    url = next;
                }
                (outcome, _) => {
                    if part.metadata().is_ok_and(|metadata| metadata.len() == 0) {
                        fs::remove_file(part).map_err(DataError::io("remove", part))?;
                    }
                    return outcome;
                }
            }
        }
    }

    /// Downloads `url` to `part` and verifies it; a file with a wrong checksum is removed.
    fn download_from(
        &self,
        url: &str,
        part: &Path,
        progress: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<(), DataError> {
        let download = Download {
            url,
            part,
            cap: self.cap,
            retry: self.retry,
            should_stop: self.should_stop,
        };
        loop {
            let kept = part.metadata().is_ok_and(|metadata| metadata.len() > 0);
            download.run(progress)?;
            progress(FetchEvent::Verifying);
            let (found, bytes) = self.fingerprint.of_file(part)?;
            if found == self.fingerprint.digits() {
                return Ok(());
            }
            let start = start_of(part)?;
            fs::remove_file(part).map_err(DataError::io("remove", part))?;
            // The kept bytes may belong to another file: try once more, from the start.
            if !kept {
                return Err(DataError::WrongContent {
                    url: url.to_owned(),
                    bytes,
                    algorithm: self.fingerprint.algorithm(),
                    found,
                    expected: self.fingerprint.digits().to_owned(),
                    start: start.into(),
                });
            }
        }
    }
}

/// Returns the first bytes of a file, as text.
fn start_of(path: &Path) -> Result<String, DataError> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(SHOWN_BYTES).read_to_end(&mut start))
        .map_err(DataError::io("read", path))?;
    Ok(String::from_utf8_lossy(&start).into_owned())
}

/// Takes the lock file, waiting for another process that holds it. It is released when dropped, and
/// by the system when the process dies.
pub(crate) fn lock(
    path: &Path,
    progress: &mut dyn FnMut(FetchEvent<'_>),
    should_stop: &dyn Fn() -> bool,
) -> Result<File, DataError> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    let file = open_own(path, &mut options).map_err(DataError::io("create", path))?;
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
