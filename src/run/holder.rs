//! The mark of the machine that holds a lock: a folder that is made atomically and kept fresh, since
//! some shared file systems do not lock files between machines.
//!
//! What is assumed of a file system: `mkdir` fails for all but one who make the same folder, `rename`
//! is atomic, and the times of files come from one clock.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime};

use super::host::host_name;

/// Name of the mark in a folder.
pub(super) const HOLDER: &str = ".lock-holder";
/// Name of the file in the mark that is kept fresh.
const ALIVE: &str = "alive";
/// Time between two refreshments.
const REFRESH: Duration = Duration::from_secs(10);
/// A mark of another machine that is older than this is one of a machine that died.
const EXPIRES: Duration = Duration::from_secs(90);
/// Most marks that are cleared away, each of a holder that died.
const ATTEMPTS: usize = 10;

/// The mark of this process in a folder. It is removed when dropped.
#[derive(Debug)]
pub(super) struct Holder {
    mark: PathBuf,
    refreshing: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Holder {
    /// Returns the mark of this process in `folder`, or the owner's name if another machine holds the
    /// folder. With `alone`, no other process of this machine holds it.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub(super) fn take(folder: &Path, alone: bool) -> io::Result<Result<Self, String>> {
        let mark = folder.join(HOLDER);
        let owner = format!("process {} on {}", std::process::id(), host_name());
        for _ in 0..ATTEMPTS {
            match fs::create_dir(&mark) {
                Ok(()) => {
                    fs::write(mark.join(ALIVE), &owner)?;
                    return Ok(Ok(Self::refreshed(mark)));
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            let held = fs::read_to_string(mark.join(ALIVE)).unwrap_or_default();
            if is_alive(folder, &held, alone, || clock(folder))? {
                return Ok(Err(held));
            }
            // One of several who find it dead moves it away.
            let moved = folder.join(format!("{HOLDER}-{}", std::process::id()));
            if fs::rename(&mark, &moved).is_ok() {
                fs::remove_dir_all(&moved)?;
            }
        }
        Ok(Err("another process".to_string()))
    }

    /// Returns whether a process seems to hold `folder`, without writing. With `alone`, none of this
    /// machine does.
    pub(super) fn is_there(folder: &Path, alone: bool) -> bool {
        let held = fs::read_to_string(folder.join(HOLDER).join(ALIVE));
        held.is_ok_and(|held| {
            let now = || Ok(SystemTime::now());
            is_alive(folder, &held, alone, now).unwrap_or(false)
        })
    }

    /// Keeps `mark` fresh until the value is dropped.
    fn refreshed(mark: PathBuf) -> Self {
        let (stop, stopped) = channel::<()>();
        let alive = mark.join(ALIVE);
        let refresh = move || {
            while stopped.recv_timeout(REFRESH) == Err(RecvTimeoutError::Timeout) {
                // The next attempt may succeed; a mark that stays old is taken over.
                let _ = fs::read(&alive).and_then(|owner| fs::write(&alive, owner));
            }
        };
        let thread = thread::Builder::new().name("lock".into()).spawn(refresh);
        Self {
            mark,
            refreshing: thread.ok().map(|thread| (stop, thread)),
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.refreshing.take() {
            drop(stop);
            let _ = thread.join();
        }
        // A mark that stays expires.
        let _ = fs::remove_dir_all(&self.mark);
    }
}

/// Returns whether the process that wrote `held` into the mark of `folder` may be running.
fn is_alive(
    folder: &Path,
    held: &str,
    alone: bool,
    clock: impl FnOnce() -> io::Result<SystemTime>,
) -> io::Result<bool> {
    let here = format!(" on {}", host_name());
    if let Some(process) = held.strip_suffix(&here) {
        let number = process.trim_start_matches("process ");
        return Ok(!alone && Path::new("/proc").join(number).exists());
    }
    let mark = folder.join(HOLDER);
    // Without the file: made just before, or by a process that died just after.
    let Ok(written) = time(&mark.join(ALIVE)).or_else(|_| time(&mark)) else {
        return Ok(false);
    };
    Ok(clock()?.duration_since(written).unwrap_or_default() < EXPIRES)
}

/// Returns the time by the clock of the file system, which may differ from that of this machine.
fn clock(folder: &Path) -> io::Result<SystemTime> {
    let probe = folder.join(format!("{HOLDER}-clock-{}", std::process::id()));
    File::create(&probe)?;
    let now = time(&probe);
    fs::remove_file(&probe)?;
    now
}

fn time(path: &Path) -> io::Result<SystemTime> {
    path.symlink_metadata().and_then(|found| found.modified())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the mark of `owner`, refreshed `age` seconds ago.
    fn marked(folder: &Path, owner: &str, age: u64) {
        let alive = folder.join(HOLDER).join(ALIVE);
        fs::create_dir(folder.join(HOLDER)).expect("created");
        fs::write(&alive, owner).expect("written");
        let file = File::options().write(true).open(&alive).expect("there");
        let time = SystemTime::now() - Duration::from_secs(age);
        file.set_modified(time).expect("set");
    }

    #[test]
    fn a_mark_holds_until_it_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = Holder::take(folder.path(), false)
            .expect("writable")
            .expect("free");
        let other = Holder::take(folder.path(), false).expect("writable");
        let owner = format!("process {} on {}", std::process::id(), host_name());
        assert_eq!(other.expect_err("held"), owner);
        drop(held);
        assert!(
            Holder::take(folder.path(), false)
                .expect("writable")
                .is_ok()
        );
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[test]
    fn a_mark_of_another_machine_expires() {
        let folder = tempfile::tempdir().expect("a folder");
        marked(folder.path(), "process 1 on elsewhere", 60);
        for alone in [false, true] {
            let fresh = Holder::take(folder.path(), alone).expect("writable");
            assert_eq!(fresh.expect_err("held"), "process 1 on elsewhere");
        }
        fs::remove_dir_all(folder.path().join(HOLDER)).expect("removed");
        marked(folder.path(), "process 1 on elsewhere", 100);
        assert!(
            Holder::take(folder.path(), false)
                .expect("writable")
                .is_ok()
        );
    }

    #[test]
    fn a_mark_of_a_dead_process_of_this_machine_is_taken_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let dead = format!("process 4194305 on {}", host_name());
        marked(folder.path(), &dead, 0);
        assert!(
            Holder::take(folder.path(), false)
                .expect("writable")
                .is_ok()
        );
        // The number of a dead process may be another's now; the system knows that none holds it.
        let reused = format!("process 1 on {}", host_name());
        marked(folder.path(), &reused, 0);
        assert!(
            Holder::take(folder.path(), false)
                .expect("writable")
                .is_err()
        );
        assert!(Holder::take(folder.path(), true).expect("writable").is_ok());
    }
}
