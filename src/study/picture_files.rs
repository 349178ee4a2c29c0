//! Pictures named one by one, or by their folder.

use std::path::{Path, PathBuf};

use super::error::StudyError;
use super::photos::of_folder;
use super::watch::Watch;

/// Number of names in the note on what is no picture; it also states the total.
const LISTED: usize = 20;

/// Returns the picture files in `named`: a folder stands for its pictures in the order of their
/// names. What else it holds is counted and named in a note.
///
/// # Errors
/// A folder that cannot be listed, or without a picture.
pub fn picture_files(named: &[PathBuf], watch: &dyn Watch) -> Result<Vec<PathBuf>, StudyError> {
    let mut files = Vec::new();
    for path in named {
        match path.is_dir() {
            true => files.extend(pictures_of(path, watch)?),
            false => files.push(path.clone()),
        }
    }
    Ok(files)
}

fn pictures_of(folder: &Path, watch: &dyn Watch) -> Result<Vec<PathBuf>, StudyError> {
    let failed = |source: std::io::Error| StudyError::FolderUnreadable {
        path: folder.to_path_buf(),
        source,
    };
    let pictures: Vec<PathBuf> = of_folder(folder)?
        .into_iter()
        .map(|file| file.path)
        .collect();
    let mut others = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !pictures.contains(&entry.path()) {
            others.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    others.sort();
    let place = folder.display();
    if !others.is_empty() {
        let listed = others.iter().take(LISTED).map(|name| format!("{name:?}"));
        let listed: Vec<String> = listed.collect();
        let more = if others.len() > LISTED { ", ..." } else { "" };
        watch.note(&format!(
            "not read in \"{place}\": {} that are not pictures ({}{more})",
            others.len(),
            listed.join(", ")
        ));
    }
    match pictures.is_empty() {
        true => Err(StudyError::NoPicture {
            path: folder.to_path_buf(),
        }),
        false => Ok(pictures),
    }
}
