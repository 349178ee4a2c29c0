//! Names in a folder.

use std::path::Path;

use super::RunError;

/// Returns the names of the folders in `folder`, or none if it does not exist.
pub(super) fn folder_names(folder: &Path) -> Result<Vec<String>, RunError> {
    let mut names = names_in(folder)?;
    names.retain(|name| folder.join(name).is_dir());
    Ok(names)
}

/// Returns the names of all entries of `folder`, or none if it does not exist.
pub(super) fn names_in(folder: &Path) -> Result<Vec<String>, RunError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(RunError::io("list", folder, source)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|source| RunError::io("list", folder, source))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}
