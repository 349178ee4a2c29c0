//! The location of data sets on disk: the folder given by the caller, else `$CAMTRAIL_DATA`, else
//! `./datasets`.
//!
//! Only the first of these that is set is searched: a given folder without the data is an error,
//! not a reason to look elsewhere.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::data::error::DataError;

/// The environment variable with the data folder.
pub const DATA_VARIABLE: &str = "CAMTRAIL_DATA";

/// The data folder if neither the caller nor the variable gives one.
pub const DEFAULT_FOLDER: &str = "datasets";

/// Where to look for data sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataSearch {
    /// The folder given by the caller, if any.
    pub flag: Option<PathBuf>,
}

impl DataSearch {
    /// Returns the folder to search, which is also the target of a fetch.
    pub fn root(&self) -> PathBuf {
        self.root_given(std::env::var_os(DATA_VARIABLE))
    }

    fn root_given(&self, variable: Option<OsString>) -> PathBuf {
        self.flag
            .clone()
            .or_else(|| {
                variable
                    .filter(|value| !value.is_empty())
                    .map(PathBuf::from)
            })
            .unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER))
    }

    /// Returns the folder with the files of `dataset`: the first of `folders` in
    /// [`root`](Self::root), or the root itself if it is that folder. A folder counts as found if
    /// it contains any of `files`.
    ///
    /// # Errors
    /// [`DataError::NotFound`] with the folders searched.
    pub(crate) fn find(
        &self,
        dataset: &'static str,
        folders: &[&str],
        files: &[&str],
    ) -> Result<PathBuf, DataError> {
        find_in(&self.root(), dataset, folders, files)
    }
}

fn find_in(
    root: &Path,
    dataset: &'static str,
    folders: &[&str],
    files: &[&str],
) -> Result<PathBuf, DataError> {
    let below = folders.iter().map(|folder| root.join(folder));
    let looked: Vec<PathBuf> = below.chain([root.to_path_buf()]).collect();
    looked
        .iter()
        .find(|place| files.iter().any(|file| place.join(file).exists()))
        .cloned()
        .ok_or(DataError::NotFound { dataset, looked })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_wins_over_the_variable_and_that_over_the_default() {
        let with_flag = DataSearch {
            flag: Some("flag".into()),
        };
        let without = DataSearch::default();
        assert_eq!(
            with_flag.root_given(Some("variable".into())),
            Path::new("flag")
        );
        assert_eq!(
            without.root_given(Some("variable".into())),
            Path::new("variable")
        );
        assert_eq!(without.root_given(Some("".into())), Path::new("datasets"));
        assert_eq!(without.root_given(None), Path::new("datasets"));
    }

    #[test]
    fn the_folder_itself_and_its_parent_both_work() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("inner");
        std::fs::create_dir(&folder).unwrap();
        let find = |root: &Path| find_in(root, "set", &["inner", "other/raw"], &["a", "b"]);
        let error = find(parent.path()).unwrap_err().to_string();
        let other = parent.path().join("other/raw");
        assert_eq!(
            error,
            format!("no set data in {folder:?}, {other:?}, {:?}", parent.path())
        );
        std::fs::create_dir_all(&other).unwrap();
        std::fs::write(other.join("a"), "").unwrap();
        assert_eq!(find(parent.path()).unwrap(), other);
        // The first folder takes precedence.
        std::fs::write(folder.join("b"), "").unwrap();
        assert_eq!(find(parent.path()).unwrap(), folder);
        assert_eq!(find(&folder).unwrap(), folder);
    }
}
