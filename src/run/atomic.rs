//! Atomic writes: a reader sees a complete file or folder, or none.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::{RunError, short_name};

/// Prefix of a temporary file or folder; a leftover of a killed process can be removed under the
/// lock.
const TEMPORARY_PREFIX: &str = ".writing-";
/// Suffix, after that prefix and name, of a complete folder that was moved aside for a new one. No
/// name written here ends this way otherwise.
const REPLACED_SUFFIX: &str = ".replaced";
/// Suffix, after that prefix and name, of a folder that is being removed.
const REMOVED_SUFFIX: &str = ".removed";

/// Writes `content` to `path` through a flushed temporary file next to it and a rename.
///
/// Missing parent folders are created.
///
/// # Errors
/// [`RunError::Io`] with the step and the path that failed. The temporary file is removed, and the
/// previous content of `path` remains.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<(), RunError> {
    write_with(path, |file| file.write_all(content))
}

/// As [`write_atomically`], with content that `write` writes piece by piece.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_with(
    path: &Path,
    write: impl FnOnce(&mut File) -> std::io::Result<()>,
) -> Result<(), RunError> {
    let folder = parent(path);
    if is_special(path) {
        let source = std::io::Error::new(std::io::ErrorKind::InvalidInput, SPECIAL);
        return Err(RunError::io("write", path, source));
    }
    fs::create_dir_all(folder).map_err(|source| RunError::io("create", folder, source))?;
    let temporary = temporary_beside(path);
    let result = create_own(&temporary)
        .and_then(|mut file| {
            write(&mut file)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path))
        .map_err(|source| RunError::io("write", path, source));
    if result.is_err() {
        // Report the error of the write; the next run clears a leftover.
        let _ = fs::remove_file(&temporary);
    }
    flush_folder(folder);
    result
}

/// Why nothing is written to a pipe or a device.
pub(super) const SPECIAL: &str = "it is a pipe or a device, not a file";

/// Returns whether a pipe, a socket or a device is at `path`: a file would take its place.
pub(super) fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir())
}

/// Writes every named file into a new folder at `path`: a reader finds all of them or none.
///
/// An existing folder is replaced with two renames, so there is none at `path` for a moment. A
/// process killed in that moment leaves the old folder aside, complete, for [`clear_temporaries`]
/// to restore.
///
/// # Errors [`RunError::Io`] with the file that failed and its expected size in bytes. No temporary
/// folder remains, and a previous folder at `path` remains or is moved back. If moving it back
/// fails too, it stays aside. If only removing the old folder fails, the new one is already at
/// `path`.
pub fn write_folder_atomically(path: &Path, files: &[(&str, &[u8])]) -> Result<(), RunError> {
    let folder = parent(path);
    fs::create_dir_all(folder).map_err(|source| RunError::io("create", folder, source))?;
    let temporary = temporary_beside(path);
    let result = fill_folder(&temporary, files).and_then(|()| replace_folder(&temporary, path));
    if result.is_err() {
        // As above: report the first error.
        let _ = fs::remove_dir_all(&temporary);
    }
    flush_folder(folder);
    result
}

/// Removes the folder at `path`: a reader finds all of it or none.
///
/// # Errors
/// [`RunError::Io`] with the folder that cannot be renamed or removed.
pub fn remove_folder_atomically(path: &Path) -> Result<(), RunError> {
    let failed = |source| RunError::io("remove", path, source);
    let mut aside = temporary_beside(path).into_os_string();
    aside.push(REMOVED_SUFFIX);
    fs::rename(path, &aside).map_err(failed)?;
    fs::remove_dir_all(&aside).map_err(failed)
}

/// What was done with a leftover.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leftover {
    /// The file or folder of this name was half-written and was removed.
    Removed(String),
    /// The folder of this name had been moved aside for a new one that was never written; it was
    /// restored.
    Restored(String),
}

/// Removes temporary files and folders that a killed process left in `folder`, restores folders
/// that it moved aside, and returns what was done. Call it only while holding the folder's lock.
///
/// # Errors [`RunError::Io`] if the folder cannot be listed, or a leftover cannot be removed or
/// moved.
pub fn clear_temporaries(folder: &Path) -> Result<Vec<Leftover>, RunError> {
    let mut cleared = Vec::new();
    let entries = fs::read_dir(folder).map_err(|source| RunError::io("list", folder, source))?;
    for entry in entries {
        let entry = entry.map_err(|source| RunError::io("list", folder, source))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(TEMPORARY_PREFIX) {
            continue;
        }
        let path = entry.path();
        if let Some(aside) = replaced_name(&name).filter(|aside| !folder.join(aside).exists()) {
            let place = folder.join(aside);
            fs::rename(&path, &place)
                .map_err(|source| RunError::io("move a folder back to", &place, source))?;
            cleared.push(Leftover::Restored(aside.to_string()));
            continue;
        }
        let result = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        match result {
            // Its own process removed it just now.
            Err(source) if source.kind() == ErrorKind::NotFound => continue,
            result => result.map_err(|source| RunError::io("remove", &path, source))?,
        }
        cleared.push(Leftover::Removed(name));
    }
    Ok(cleared)
}

/// Returns the original name of the folder that was moved aside to `leftover`, if it is one.
fn replaced_name(leftover: &str) -> Option<&str> {
    let (_process, name) = leftover.strip_prefix(TEMPORARY_PREFIX)?.split_once('-')?;
    name.strip_suffix(REPLACED_SUFFIX)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

pub(super) fn temporary_beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = short_name(&name);
    parent(path).join(format!("{TEMPORARY_PREFIX}{}-{name}", std::process::id()))
}

/// Removes what processes that no longer run left half-written for the file at `path`. Does nothing
/// where the system does not list its processes.
pub fn clear_beside(path: &Path) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let suffix = format!("-{}", short_name(&name));
    let processes = Path::new("/proc");
    let ended = |process: &str| {
        process.parse::<u32>().is_ok()
            && processes.join("self").exists()
            && !processes.join(process).exists()
    };
    // A leftover that stays is harmless.
    for entry in fs::read_dir(parent(path)).into_iter().flatten().flatten() {
        let found = entry.file_name().to_string_lossy().into_owned();
        let process = found
            .strip_prefix(TEMPORARY_PREFIX)
            .and_then(|rest| rest.strip_suffix(&suffix));
        if process.is_some_and(ended) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn write_flushed(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = create_own(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Creates a temporary file. A leftover is removed, and a link at this place is never followed.
pub(super) fn create_own(path: &Path) -> std::io::Result<File> {
    let _ = fs::remove_file(path);
    File::create_new(path)
}

fn fill_folder(folder: &Path, files: &[(&str, &[u8])]) -> Result<(), RunError> {
    // A link to another folder is removed, not followed.
    let _ = fs::remove_file(folder);
    fs::create_dir_all(folder).map_err(|source| RunError::io("create", folder, source))?;
    for (name, content) in files {
        let path = folder.join(name);
        write_flushed(&path, content).map_err(|source| {
            let source =
                std::io::Error::new(source.kind(), format!("{source} ({} bytes)", content.len()));
            RunError::io("write", &path, source)
        })?;
    }
    flush_folder(folder);
    Ok(())
}

fn replace_folder(temporary: &Path, path: &Path) -> Result<(), RunError> {
    let failed = |source| RunError::io("move a checkpoint to", path, source);
    if !path.exists() {
        return fs::rename(temporary, path).map_err(failed);
    }
    // A folder cannot be renamed over a non-empty one, so the old one is moved aside first.
    let mut aside = temporary.as_os_str().to_owned();
    aside.push(REPLACED_SUFFIX);
    let aside = PathBuf::from(aside);
    fs::rename(path, &aside).map_err(failed)?;
    if let Err(source) = fs::rename(temporary, path) {
        // If this fails too, the next run restores the old folder.
        let _ = fs::rename(&aside, path);
        return Err(failed(source));
    }
    fs::remove_dir_all(&aside).map_err(|source| RunError::io("remove", &aside, source))
}

/// Makes a rename durable. Some file systems cannot flush a folder and guarantee only the order of
/// operations, so a refusal is not an error.
pub(super) fn flush_folder(folder: &Path) {
    if let Ok(handle) = File::open(folder) {
        let _ = handle.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_orphan() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("kept");
        write_atomically(&path, b"first").expect("the first write works");
        // A folder at the path of the temporary file makes the second write fail.
        fs::create_dir(temporary_beside(&path)).expect("an empty folder");
        assert!(write_atomically(&path, b"second").is_err());
        assert_eq!(fs::read(&path).expect("still there"), b"first");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_ended_processes_left_of_a_file_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let place = |name: &str| folder.path().join(name);
        let own = format!(".writing-{}-a.csv", std::process::id());
        // No process has a number above 2^22 on Linux.
        for name in [".writing-4194305-a.csv", ".writing-4194305-b.csv", &own] {
            fs::write(place(name), "half").expect("written");
        }
        clear_beside(&place("a.csv"));
        assert!(!place(".writing-4194305-a.csv").exists());
        assert!(place(".writing-4194305-b.csv").exists() && place(&own).exists());
    }

    #[test]
    fn a_folder_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("epoch-001");
        write_folder_atomically(&path, &[("a", b"1"), ("b", b"2")]).expect("written");
        write_folder_atomically(&path, &[("c", b"3")]).expect("replaced");
        assert!(!path.join("a").exists());
        assert_eq!(fs::read(path.join("c")).expect("the new file"), b"3");
        let names: Vec<_> = fs::read_dir(folder.path()).expect("listed").collect();
        assert_eq!(names.len(), 1, "no temporary folder is left");
    }

    #[test]
    fn a_folder_whose_removal_was_interrupted_is_a_leftover() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("epoch-001");
        write_folder_atomically(&path, &[("a", b"1")]).expect("written");
        remove_folder_atomically(&path).expect("removed");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
        fs::create_dir(folder.path().join(".writing-1-epoch-001.removed")).expect("a leftover");
        clear_temporaries(folder.path()).expect("cleared");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
    }

    #[test]
    fn leftovers_are_cleared_and_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join(".writing-1-epoch-002")).expect("a leftover");
        fs::write(folder.path().join("epochs.csv"), "kept").expect("a file");
        let cleared = clear_temporaries(folder.path()).expect("cleared");
        let removed = Leftover::Removed(".writing-1-epoch-002".to_string());
        assert_eq!(cleared, [removed]);
        assert!(folder.path().join("epochs.csv").exists());
    }

    #[test]
    fn a_folder_that_cannot_be_replaced_is_moved_back() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("epoch-001");
        write_folder_atomically(&path, &[("a", b"1")]).expect("written");
        // Its replacement does not exist, so the second rename fails.
        let error = replace_folder(&folder.path().join("absent"), &path);
        assert!(matches!(error, Err(RunError::Io { .. })), "{error:?}");
        assert_eq!(fs::read(path.join("a")).expect("the old file"), b"1");
        let names: Vec<_> = fs::read_dir(folder.path()).expect("listed").collect();
        assert_eq!(names.len(), 1, "{names:?}");
    }

    /// Killed between the two renames (epoch 2), and between the second rename and the removal
    /// (epoch 3).
    #[test]
    fn a_folder_that_was_moved_aside_is_put_back_where_it_is_the_only_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = |name: &str| folder.path().join(name);
        for name in [
            ".writing-1-epoch-002",
            ".writing-1-epoch-002.replaced",
            ".writing-1-epoch-003.replaced",
            "epoch-003",
        ] {
            fs::create_dir(path(name)).expect("created");
            fs::write(path(name).join("from"), name).expect("written");
        }
        let mut cleared = clear_temporaries(folder.path()).expect("cleared");
        cleared.sort();
        let removed = |name: &str| Leftover::Removed(name.to_string());
        let expected = [
            removed(".writing-1-epoch-002"),
            removed(".writing-1-epoch-003.replaced"),
            Leftover::Restored("epoch-002".to_string()),
        ];
        assert_eq!(cleared, expected);
        let from = |name: &str| fs::read_to_string(path(name).join("from")).expect("there");
        assert_eq!(from("epoch-002"), ".writing-1-epoch-002.replaced");
        assert_eq!(from("epoch-003"), "epoch-003");
    }
}
