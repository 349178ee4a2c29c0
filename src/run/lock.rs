//! The lock of a run folder, which allows one writer.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::Path;

use super::RunError;
use super::holder::Holder;
use super::host::host_name;
use super::own_file::open_own;

/// Name of the lock file in a folder.
pub(super) const LOCK_FILE: &str = ".lock";

/// Most lock files that are tried, each removed by its holder before it could be locked here.
const ATTEMPTS: usize = 10;

/// An exclusive lock on a run folder or an output folder. On one machine the operating system holds
/// it, so it ends when the value is dropped or the process dies in any way. Other machines see the
/// mark that is kept fresh while it is held.
#[derive(Debug)]
pub struct RunLock {
    holder: Option<Holder>,
    _file: File,
}

impl RunLock {
    /// Returns the lock on `folder`, which is created if missing.
    ///
    /// # Errors
    /// [`RunError::Locked`] with the process and host that hold it; [`RunError::Io`] if the folder
    /// or the lock file cannot be created.
    pub fn take(folder: &Path) -> Result<Self, RunError> {
        fs::create_dir_all(folder).map_err(|source| RunError::io("create", folder, source))?;
        let path = folder.join(LOCK_FILE);
        let own = format!("process {} on {}\n", std::process::id(), host_name());
        // The holder before may remove the file after it was opened here; then there is another one.
        for _ in 0..ATTEMPTS {
            let mut options = File::options();
            options.create(true).truncate(false).read(true).write(true);
            let mut file = open_own(&path, &mut options)
                .map_err(|source| RunError::io("create", &path, source))?;
            let alone = match file.try_lock() {
                Ok(()) => true,
                Err(TryLockError::WouldBlock) => break,
                // A file system without locks.
                Err(TryLockError::Error(_)) => false,
            };
            let holder = Holder::take(folder, alone)
                .map_err(|source| RunError::io("create", &path, source))?;
            let holder = match holder {
                Ok(holder) => holder,
                Err(owner) => return Err(locked(folder, &owner)),
            };
            file.set_len(0)
                .and_then(|()| file.write_all(own.as_bytes()))
                .map_err(|source| RunError::io("write", &path, source))?;
            if fs::read(&path).is_ok_and(|found| found == own.as_bytes()) {
                return Ok(Self {
                    holder: Some(holder),
                    _file: file,
                });
            }
        }
        // The owner's name is informative only, so an unreadable one does not change the result.
        let owner = fs::read_to_string(&path).unwrap_or_default();
        Err(locked(folder, &owner))
    }

    /// Removes the mark for other machines, so that the folder can be removed before the value is
    /// dropped.
    pub(super) fn unmark(&mut self) {
        self.holder = None;
    }
}

fn locked(folder: &Path, owner: &str) -> RunError {
    let owner = match owner.trim() {
        "" => "another process",
        owner => owner,
    };
    RunError::Locked {
        path: folder.to_path_buf(),
        owner: owner.to_string(),
    }
}

/// Returns whether a process holds the lock on `folder`; false where the lock cannot be tried.
pub fn is_locked(folder: &Path) -> bool {
    let mut options = File::options();
    let Ok(file) = open_own(&folder.join(LOCK_FILE), options.read(true)) else {
        return false;
    };
    // Shared: two commands that look at the same time do not see each other.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => true,
        free => Holder::is_there(folder, free.is_ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_lock_file_that_is_a_link_is_refused_and_its_target_kept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let target = folder.path().join("thesis.txt");
        fs::write(&target, "kept").expect("written");
        let run = folder.path().join("run");
        fs::create_dir(&run).expect("created");
        std::os::unix::fs::symlink(&target, run.join(LOCK_FILE)).expect("linked");
        let refused = RunLock::take(&run).expect_err("a link").to_string();
        assert!(
            refused.ends_with(".lock\": it is a symbolic link: move it away"),
            "{refused}"
        );
        assert_eq!(fs::read(&target).expect("there"), b"kept");
    }

    #[test]
    fn the_second_taker_is_told_who_holds_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let held = RunLock::take(folder.path()).expect("free");
        let refused = RunLock::take(folder.path()).expect_err("held");
        assert!(
            refused
                .to_string()
                .contains(&format!("process {}", std::process::id()))
        );
        assert!(is_locked(folder.path()));
        drop(held);
        assert!(!is_locked(folder.path()) && !is_locked(&folder.path().join("none")));
        RunLock::take(folder.path()).expect("free again");
    }
}
