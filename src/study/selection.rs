//! Pictures that a user selects: of the test split, by rule or by number, or files.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use crate::data::Splits;

use super::error::StudyError;
use super::photos::{PhotoFile, Sight};
use super::pictures::Pictures;

/// Precedes a file's name, as a split's name precedes an image number.
const FILE_PREFIX: &str = "image files/";

/// Images of the test split, or files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// The first images with pairwise different classes, independent of any network.
    FirstOfEachClass(usize),
    /// Images of the test split by number, from 0, each once.
    Numbers(Vec<usize>),
    /// Image files, cut to the largest centred square and resized.
    Files(Vec<PathBuf>),
}

impl Selection {
    /// Returns the pictures for a network trained on `data`.
    ///
    /// # Errors
    /// [`StudyError::NoImage`]; a file that cannot be read.
    pub fn pictures(&self, data: &Splits) -> Result<Pictures, StudyError> {
        let all = || Pictures::of_set(data.test.clone(), data.normalisation);
        match self {
            Self::FirstOfEachClass(count) => {
                let all = all();
                let most = (*count).min(all.class_names.len());
                let rule = format!(
                    "Pictures: the first {most} of the test split whose classes differ; no \
                         network had a say."
                );
                Ok(all.chosen(&all.first_of_each_class(most), rule))
            }
            Self::Numbers(numbers) => {
                let all = all();
                let mut once: Vec<usize> = Vec::new();
                for &index in numbers {
                    if index >= all.len() {
                        return Err(StudyError::NoImage {
                            index,
                            dataset: all.dataset,
                            count: data.test.len(),
                        });
                    }
                    if !once.contains(&index) {
                        once.push(index);
                    }
                }
                Ok(all.chosen(&once, "Pictures: of the test split, by number.".to_string()))
            }
            Self::Files(paths) => {
                let files: Vec<PhotoFile> = paths
                    .iter()
                    .map(|path| PhotoFile::unlabelled(path))
                    .collect();
                Ok(Sight::of_images(data).of_files(&files, file_ids(paths))?)
            }
        }
    }
}

/// Returns a name for each file: its file name if unique, otherwise its path. Where text cannot tell
/// two paths apart, a number follows.
pub fn file_ids(paths: &[PathBuf]) -> Vec<String> {
    let mut named: BTreeMap<Option<&OsStr>, usize> = BTreeMap::new();
    for path in paths {
        *named.entry(path.file_name()).or_default() += 1;
    }
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    let id = |path: &PathBuf| {
        let name = match path.file_name() {
            Some(name) if named[&Some(name)] == 1 => name.to_string_lossy().into_owned(),
            _ => path.display().to_string(),
        };
        let count = ids.entry(name.clone()).or_default();
        *count += 1;
        match *count {
            1 => format!("{FILE_PREFIX}{name}"),
            number => format!("{FILE_PREFIX}{name} ({number})"),
        }
    };
    paths.iter().map(id).collect()
}
