//! Sources of experiment files: the folder `experiments/` if there is one, else the files embedded
//! in the binary.

use std::path::{Path, PathBuf};

use super::error::ExperimentError;
use crate::run::{nearest, read_text};

include!(concat!(env!("OUT_DIR"), "/experiments.rs"));

/// The local folder, which takes precedence over the embedded files.
const LOCAL_FOLDER: &str = "experiments";
/// The folder of files with defaults, which are not trials themselves.
pub(super) const BASE_PREFIX: &str = "base/";

/// The folder of sweeps, which are not trials either, among the experiments and among the runs.
pub(super) const SWEEPS: &str = "sweeps";
/// Names that no run can have.
pub(super) const RESERVED: [&str; 2] = ["base", SWEEPS];

/// One experiment file's text and its origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Name without extension, such as "trial-d" or "base/cifar-100".
    pub name: String,
    /// The local file; `None` for an embedded one.
    pub path: Option<PathBuf>,
    /// The TOML text.
    pub text: String,
}

impl Source {
    /// Returns the origin of the text, for messages.
    pub fn origin(&self) -> String {
        match &self.path {
            Some(path) => path.display().to_string(),
            None => format!("{LOCAL_FOLDER}/{}.toml (embedded)", self.name),
        }
    }
}

/// Returns the text of `name`, from `folder`/experiments first.
///
/// # Errors
/// [`ExperimentError::Unknown`] with the known names and the most similar one;
/// [`ExperimentError::Read`] if a local file cannot be read.
pub(super) fn find(folder: &Path, name: &str) -> Result<Source, ExperimentError> {
    // A name is not a path: it never reads outside `experiments/`.
    let plain = !name.is_empty() && !name.contains("..") && !name.starts_with(['/', '\\']);
    let path = folder.join(LOCAL_FOLDER).join(format!("{name}.toml"));
    if plain && path.symlink_metadata().is_ok() {
        let text = read_text(&path).map_err(|source| ExperimentError::Read {
            path: path.clone(),
            source,
        })?;
        return Ok(Source {
            name: name.to_string(),
            path: Some(path),
            text,
        });
    }
    if let Some((name, text)) = EMBEDDED.iter().find(|(known, _)| *known == name) {
        return Ok(Source {
            name: name.to_string(),
            path: None,
            text: text.to_string(),
        });
    }
    let known: Vec<String> = if name.starts_with(BASE_PREFIX) {
        all_names(folder)
            .into_iter()
            .filter(|known| known.starts_with(BASE_PREFIX))
            .collect()
    } else {
        known(folder)
    };
    Err(ExperimentError::Unknown {
        near: nearest(name, known.iter().map(String::as_str)).map(str::to_owned),
        name: name.to_string(),
        known,
        place: None,
    })
}

/// Returns the names of all trials, local and shipped, in order; defaults are omitted.
pub fn known(folder: &Path) -> Vec<String> {
    all_names(folder)
        .into_iter()
        .filter(|name| !name.starts_with(BASE_PREFIX))
        .collect()
}

/// Returns the names of all bases, local and shipped, in order.
pub(super) fn bases(folder: &Path) -> Vec<String> {
    names_below(folder, BASE_PREFIX.trim_end_matches('/'))
}

/// Returns the names of the files in the folder `below` that of experiments, local and shipped, in
/// order.
pub(super) fn names_below(folder: &Path, below: &str) -> Vec<String> {
    let names = every_name(folder).into_iter();
    let inner = |name: String| Some(name.strip_prefix(below)?.strip_prefix('/')?.to_string());
    names.filter_map(inner).collect()
}

fn all_names(folder: &Path) -> Vec<String> {
    let mut names = every_name(folder);
    names.retain(|name| name.split('/').next() != Some(SWEEPS));
    names
}

fn every_name(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = EMBEDDED.iter().map(|(name, _)| name.to_string()).collect();
    add_names(&folder.join(LOCAL_FOLDER), "", &mut names);
    names.sort();
    names.dedup();
    names
}

/// Adds the names of the files in `folder` and below, each after `prefix`. Without a folder there is
/// no local experiment; [`find`] reports a file that cannot be read.
fn add_names(folder: &Path, prefix: &str, names: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        if path.is_dir() && !stem.starts_with('.') {
            add_names(&path, &format!("{prefix}{stem}/"), names);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            names.push(format!("{prefix}{stem}"));
        }
    }
}
