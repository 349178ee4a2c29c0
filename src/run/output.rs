//! A folder for the results of one command: checked before anything is computed, written by one
//! process at a time, and with each set of files whole.
//!
//! A set is written into a hidden folder of the output folder first. One rename then decides that it
//! is the new set, and its files are moved to their places, after those that they replace were
//! removed: old and new files are never side by side. A process that is killed in between leaves the
//! decided set in the hidden folder, and the next command that opens the output folder moves it.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use super::atomic::{
    SPECIAL, clear_beside, create_own, flush_folder, is_special, temporary_beside,
};
use super::lock::LOCK_FILE;
use super::manifest::{read_json, write_json};
use super::{Leftover, RunError, RunLock, clear_temporaries};

/// Folder of a set that is decided and on its way to its place.
const DECIDED: &str = ".replacing";
/// File of such a folder: the paths of the files that the set makes outdated.
const OUTDATED: &str = ".outdated.json";
/// Name of a set that is not decided yet, after the prefix of temporary files.
const STAGED: &str = "set";

/// Fails if files cannot be written into `folder`, which may be missing.
///
/// # Errors
/// [`RunError::Unwritable`] with the reason.
pub fn check_folder(folder: &Path) -> Result<(), RunError> {
    check(folder, folder)
}

/// As [`check_folder`]; the error is about `path`.
fn check(folder: &Path, path: &Path) -> Result<(), RunError> {
    let probe = temporary_beside(&existing(folder, path)?.join("probe"));
    create_own(&probe)
        .and_then(|_| fs::remove_file(&probe))
        .map_err(|source| unwritable(path, source.to_string()))
}

fn unwritable(path: &Path, reason: String) -> RunError {
    RunError::Unwritable {
        path: path.to_path_buf(),
        reason,
    }
}

/// Fails if a file cannot be written to `path`. Removes what ended processes left half-written for
/// it.
///
/// # Errors
/// As [`check_folder`].
pub fn check_file(path: &Path) -> Result<(), RunError> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(is_folder(path)),
        Ok(_) if is_special(path) => Err(unwritable(path, SPECIAL.to_string())),
        Err(source) if !is_absent(&source) => Err(unwritable(path, source.to_string())),
        _ => {
            clear_beside(path);
            check(path.parent().unwrap_or(Path::new("")), path)
        }
    }
}

fn is_folder(path: &Path) -> RunError {
    unwritable(path, "it is a folder, not a file".to_string())
}

/// Returns the nearest of `folder` and its parents that exists; the error is about `path`.
fn existing<'a>(folder: &'a Path, path: &Path) -> Result<&'a Path, RunError> {
    let unwritable = |reason: String| Err(unwritable(path, reason));
    for place in folder.ancestors() {
        let place = match place.as_os_str().is_empty() {
            true => Path::new("."),
            false => place,
        };
        match fs::metadata(place) {
            Ok(found) if found.is_dir() => return Ok(place),
            Ok(_) if place == path => return unwritable("it is a file, not a folder".into()),
            Ok(_) => return unwritable(format!("{place:?} is a file, not a folder")),
            Err(_) if place.is_symlink() => {
                return unwritable(format!("{place:?} is a link to nothing"));
            }
            Err(source) if is_absent(&source) => {}
            Err(source) => return unwritable(source.to_string()),
        }
    }
    unwritable("no part of this path exists".into())
}

/// The output folder of a command that is running. No other command writes into it meanwhile.
#[derive(Debug)]
pub struct Output {
    folder: PathBuf,
    /// The folders that were created for it, the innermost first.
    created: Vec<PathBuf>,
    /// Released after the lock file was removed.
    lock: RunLock,
}

impl Output {
    /// Returns the output folder at `folder`, created if missing, and what was done with leftovers
    /// of killed processes in it.
    ///
    /// # Errors
    /// [`RunError::Unwritable`]; [`RunError::OutputLocked`] with the process and host that write
    /// into it.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Leftover>), RunError> {
        check_folder(folder)?;
        let missing = |place: &&Path| !place.as_os_str().is_empty() && !place.exists();
        let created = folder.ancestors().take_while(missing);
        let created = created.map(Path::to_path_buf).collect();
        let lock = RunLock::take(folder).map_err(|error| match error {
            RunError::Locked { path, owner } => RunError::OutputLocked { path, owner },
            error => error,
        })?;
        let output = Self {
            folder: folder.to_path_buf(),
            created,
            lock,
        };
        move_decided(folder)?;
        let cleared = clear_temporaries(folder)?;
        Ok((output, cleared))
    }

    /// Returns the folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// Returns an empty set of files for this folder.
    ///
    /// # Errors
    /// [`RunError::Io`] if its hidden folder cannot be created.
    pub fn stage(&self) -> Result<StagedSet<'_>, RunError> {
        let place = temporary_beside(&self.folder.join(STAGED));
        fs::create_dir(&place).map_err(|source| RunError::io("create", &place, source))?;
        Ok(StagedSet {
            output: self,
            place,
        })
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // The results are there; a lock file or an empty folder that stays does no harm.
        self.lock.unmark();
        let _ = fs::remove_file(self.folder.join(LOCK_FILE));
        for folder in &self.created {
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Moves the set that a killed process had decided on in `folder` to its place, if there is one.
/// Call it before reading several files of a folder that no command of this process has open.
///
/// # Errors
/// As [`Output::open`].
pub fn settle(folder: &Path) -> Result<(), RunError> {
    match is_decided(folder) {
        true => Output::open(folder).map(drop),
        false => Ok(()),
    }
}

/// Returns whether `folder` holds a decided set, not a link to another folder.
fn is_decided(folder: &Path) -> bool {
    let decided = folder.join(DECIDED).symlink_metadata();
    decided.is_ok_and(|found| found.is_dir())
}

/// A set of files that has not replaced the earlier one yet. It is removed if it is dropped before.
#[derive(Debug)]
pub struct StagedSet<'a> {
    output: &'a Output,
    place: PathBuf,
}

impl StagedSet<'_> {
    /// Returns the folder to write the files into, laid out as the output folder will be.
    pub fn path(&self) -> &Path {
        &self.place
    }

    /// Returns the output folder.
    pub fn target(&self) -> &Path {
        self.output.path()
    }

    /// Returns the place of a `file` of the set once it has replaced the earlier one.
    pub fn placed(&self, file: &Path) -> PathBuf {
        let name = file.strip_prefix(&self.place).unwrap_or(file);
        self.output.folder.join(name)
    }

    /// Replaces the earlier files of the same names by this set, and removes those of the `outdated`
    /// files of the output folder that are not in it. Returns the number of removed files.
    ///
    /// # Errors
    /// [`RunError::Unwritable`] if a folder is in the place of a file or the other way around: the
    /// earlier set remains. [`RunError::Io`].
    pub fn commit(self, outdated: &[PathBuf]) -> Result<usize, RunError> {
        let (place, folder) = (&self.place, &self.output.folder);
        let files = files_below(place)?;
        for name in &files {
            let path = folder.join(name);
            if path.is_dir() {
                return Err(is_folder(&path));
            }
            existing(path.parent().unwrap_or(folder), &path)?;
        }
        let own = |name: &&Path| files.iter().any(|file| file == name);
        let outdated: Vec<&Path> = outdated
            .iter()
            .filter_map(|file| file.strip_prefix(folder).ok())
            .filter(|name| !own(name) && folder.join(name).is_file())
            .collect();
        write_json(&place.join(OUTDATED), &outdated)?;
        let decided = folder.join(DECIDED);
        fs::rename(place, &decided)
            .map_err(|source| RunError::io("move files to", folder, source))?;
        flush_folder(folder);
        move_decided(folder)?;
        Ok(outdated.len())
    }
}

impl Drop for StagedSet<'_> {
    fn drop(&mut self) {
        // Absent after a commit; otherwise the next command removes what remains.
        let _ = fs::remove_dir_all(&self.place);
    }
}

/// Moves the decided set of `folder`, if there is one, to its place. May be repeated.
fn move_decided(folder: &Path) -> Result<(), RunError> {
    let decided = folder.join(DECIDED);
    if !is_decided(folder) {
        return Ok(());
    }
    let files = files_below(&decided)?;
    let list = decided.join(OUTDATED);
    let outdated: Vec<PathBuf> = match list.is_file() {
        true => read_json(&list)?,
        // Removed last: all files have been moved.
        false => Vec::new(),
    };
    for name in files
        .iter()
        .chain(outdated.iter().filter(|name| is_below(name)))
    {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(source) if !is_absent(&source) => {
                return Err(RunError::io("remove", &path, source));
            }
            _ => {}
        }
        // A folder below that has become empty goes with its last file.
        let parents = path.ancestors().skip(1);
        for parent in parents.take_while(|parent| *parent != folder) {
            if fs::remove_dir(parent).is_err() {
                break;
            }
        }
    }
    let mut parents = BTreeSet::new();
    for name in &files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        parents.insert(parent.to_path_buf());
        fs::create_dir_all(parent).map_err(|source| RunError::io("create", parent, source))?;
        let from = decided.join(name);
        fs::rename(&from, &path)
            .or_else(|source| match source.kind() {
                // A folder of the output folder may be a link to another disk.
                ErrorKind::CrossesDevices => fs::copy(&from, &path).map(drop),
                _ => Err(source),
            })
            .map_err(|source| RunError::io("write", &path, source))?;
    }
    fs::remove_dir_all(&decided).map_err(|source| RunError::io("remove", &decided, source))?;
    flush_folder(folder);
    for parent in parents {
        // Left by a killed process that wrote into the folder itself.
        clear_temporaries(&parent)?;
    }
    Ok(())
}

fn is_absent(source: &std::io::Error) -> bool {
    matches!(
        source.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory
    )
}

/// Returns whether a path that was read from a file stays below the folder that it is joined to.
fn is_below(name: &Path) -> bool {
    let mut parts = name.components();
    parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Returns the files below `folder`, relative to it, without hidden ones.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, RunError> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let place = folder.join(&below);
        let failed = |source| RunError::io("list", &place, source);
        for entry in fs::read_dir(&place).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = below.join(entry.file_name());
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            match entry.file_type().map_err(failed)?.is_dir() {
                true => folders.push(name),
                false => files.push(name),
            }
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
#[path = "output_tests.rs"]
mod tests;
