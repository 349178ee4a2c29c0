//! The mark of the machine that holds a lock: a folder that is made atomically and kept fresh, since
//! some shared file systems do not lock files between machines.
//!
//! What is assumed of a file system: `mkdir` fails for all but one who make the same folder, `rename`
//! is atomic, and the times of files come from one clock.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::host::{boot, host_name};

/// Name of the mark in a folder.
const HOLDER: &str = ".lock-holder";
/// Prefix of the file in the mark that is kept fresh. Its name is the holder's alone, so that nobody
/// takes a fresh mark for the one that was found dead.
const ALIVE: &str = "alive-";
/// Time between two refreshments.
const REFRESH: Duration = Duration::from_secs(10);
/// A mark that is older than this is one of a machine that died.
const EXPIRES: Duration = Duration::from_secs(90);
/// Most attempts to take a mark, each of a holder that died.
const ATTEMPTS: usize = 10;

/// The mark of this process in a folder. It is removed when dropped.
#[derive(Debug)]
pub(super) struct Holder {
    mark: PathBuf,
    /// The file of this process in it.
    alive: PathBuf,
    refreshing: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Holder {
    /// Returns the mark of this process in `folder`, or the owner's name if another one holds the
    /// folder. With `alone`, no other process of this machine holds it.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub(super) fn take(folder: &Path, alone: bool) -> io::Result<Result<Self, String>> {
        let mark = folder.join(HOLDER);
        let own = mark.join(format!("{ALIVE}{}", token()));
        for _ in 0..ATTEMPTS {
            match fs::create_dir(&mark) {
                Ok(()) => return Self::begin(mark, own).map(Ok),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            let now = clock(folder)?;
            let Some(held) = holder_of(&mark) else {
                // Made just before, or by a process that died just after.
                if is_fresh(&mark, now) {
                    return Ok(Err("another process".to_string()));
                }
                // Fails where another process has begun to hold it.
                let _ = fs::remove_dir(&mark);
                continue;
            };
            if held.is_alive(alone, now) {
                return Ok(Err(held.owner));
            }
            // One of several who find it dead takes its place.
            if fs::rename(&held.file, &own).is_ok() {
                return Self::begin(mark, own).map(Ok);
            }
        }
        Ok(Err("another process".to_string()))
    }

    /// Returns whether a process seems to hold `folder`, without writing. With `alone`, none of this
    /// machine does.
    pub(super) fn is_there(folder: &Path, alone: bool) -> bool {
        let held = holder_of(&folder.join(HOLDER));
        held.is_some_and(|held| held.is_alive(alone, SystemTime::now()))
    }

    /// Writes the file of this process, and keeps it fresh until the value is dropped.
    fn begin(mark: PathBuf, alive: PathBuf) -> io::Result<Self> {
        let text = format!(
            "process {} on {}\n{}",
            std::process::id(),
            host_name(),
            boot()
        );
        fs::write(&alive, &text)?;
        let (stop, stopped) = channel::<()>();
        let file = alive.clone();
        let refresh = move || {
            while stopped.recv_timeout(REFRESH) == Err(RecvTimeoutError::Timeout) {
                // Not made again if another process took the place of this one. The next attempt may
                // succeed; a mark that stays old is taken over.
                let opened = File::options().write(true).open(&file);
                let _ = opened.and_then(|mut file| file.write_all(text.as_bytes()));
            }
        };
        let thread = thread::Builder::new().name("lock".into()).spawn(refresh)?;
        Ok(Self {
            mark,
            alive,
            refreshing: Some((stop, thread)),
        })
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.refreshing.take() {
            drop(stop);
            let _ = thread.join();
        }
        // A mark that stays expires; that of another process is not removed.
        if fs::remove_file(&self.alive).is_ok() {
            let _ = fs::remove_dir(&self.mark);
        }
    }
}

/// The holder as its mark names it.
struct Held {
    file: PathBuf,
    owner: String,
    /// Whether it was written since this machine was started.
    is_here: bool,
}

fn holder_of(mark: &Path) -> Option<Held> {
    let is_alive = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(ALIVE);
    let file = fs::read_dir(mark).ok()?.flatten().find(is_alive)?.path();
    let text = fs::read_to_string(&file).ok()?;
    let (owner, at) = text.split_once('\n').unwrap_or((&text, ""));
    let here = format!(" on {}", host_name());
    Some(Held {
        owner: owner.to_string(),
        is_here: owner.ends_with(&here) && at == boot(),
        file,
    })
}

impl Held {
    fn is_alive(&self, alone: bool, now: SystemTime) -> bool {
        if self.is_here {
            let process = self.owner.trim_start_matches("process ");
            let number = process.split(' ').next().unwrap_or_default();
            // The number of a dead process may be another's.
            let runs = !alone && Path::new("/proc").join(number).exists();
            return runs && is_fresh(&self.file, now);
        }
        is_fresh(&self.file, now)
    }
}

/// Returns text that no other process has.
fn token() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!("{}-{}-{}", boot(), std::process::id(), now.as_nanos())
}

/// Returns the time by the clock of the file system, which may differ from that of this machine.
fn clock(folder: &Path) -> io::Result<SystemTime> {
    let probe = folder.join(format!("{HOLDER}-clock-{}", token()));
    File::create(&probe)?;
    let now = time(&probe);
    fs::remove_file(&probe)?;
    now
}

fn is_fresh(path: &Path, now: SystemTime) -> bool {
    let age = time(path).map(|written| now.duration_since(written).unwrap_or_default());
    age.is_ok_and(|age| age < EXPIRES)
}

fn time(path: &Path) -> io::Result<SystemTime> {
    path.symlink_metadata().and_then(|found| found.modified())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the mark of `owner`, refreshed `age` seconds ago.
    fn marked(folder: &Path, owner: &str, age: u64) {
        let alive = folder.join(HOLDER).join("alive-1");
        let _ = fs::remove_dir_all(folder.join(HOLDER));
        fs::create_dir(folder.join(HOLDER)).expect("created");
        fs::write(&alive, owner).expect("written");
        let file = File::options().write(true).open(&alive).expect("there");
        let time = SystemTime::now() - Duration::from_secs(age);
        file.set_modified(time).expect("set");
    }

    fn take(folder: &Path, alone: bool) -> Result<Holder, String> {
        Holder::take(folder, alone).expect("writable")
    }

    #[test]
    fn a_mark_holds_until_it_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let held = take(folder.path(), false).expect("free");
        let owner = format!("process {} on {}", std::process::id(), host_name());
        assert_eq!(take(folder.path(), false).expect_err("held"), owner);
        assert!(Holder::is_there(folder.path(), false));
        drop(held);
        assert!(!Holder::is_there(folder.path(), false));
        assert!(take(folder.path(), false).is_ok());
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[test]
    fn a_mark_of_another_machine_expires() {
        let folder = tempfile::tempdir().expect("a folder");
        // Also one of the same name.
        let same = format!("process 1 on {}\nanother start", host_name());
        for owner in ["process 1 on elsewhere\n0", &same] {
            for alone in [false, true] {
                marked(folder.path(), owner, 60);
                let first = owner.lines().next().expect("a line");
                assert_eq!(take(folder.path(), alone).expect_err("held"), first);
                marked(folder.path(), owner, 100);
                assert!(take(folder.path(), alone).is_ok());
            }
        }
    }

    #[test]
    fn a_mark_of_a_dead_process_of_this_machine_is_taken_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let mark = |process: u32| format!("process {process} on {}\n{}", host_name(), boot());
        marked(folder.path(), &mark(4_194_305), 0);
        assert!(take(folder.path(), false).is_ok());
        // The number may be another's now: the system knows that none holds it, or it is old.
        marked(folder.path(), &mark(1), 0);
        assert!(take(folder.path(), false).is_err());
        assert!(take(folder.path(), true).is_ok());
        marked(folder.path(), &mark(1), 100);
        assert!(take(folder.path(), false).is_ok());
    }

    #[test]
    fn a_holder_that_was_taken_for_dead_leaves_the_next_one_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let slept = take(folder.path(), false).expect("free");
        // As after more than the time to expire.
        let next = folder.path().join(HOLDER).join("alive-next");
        fs::rename(&slept.alive, &next).expect("renamed");
        drop(slept);
        assert!(next.exists());
    }
}
