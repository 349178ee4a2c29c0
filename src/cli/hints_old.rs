//! The way out of an error of the data layer, where there is one. Printed by `cli`.

use std::path::Path;

use crate::data::clips::MNIST;
use crate::data::error::DataError;
use crate::data::{cifar100, clips};

/// Start of the hints that send the reader to another download.
const FETCH_COMMAND: &str = "cargo run -- data fetch";

/// Most known names that are listed; ImageNet has a thousand.
const MOST_LISTED: usize = 200;

impl DataError {
    /// What the reader can do about it, as text that can be pasted where that is possible.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { dataset, .. } => {
                let instead = match *dataset {
                    MNIST => "digits that camtrail draws: --base digits",
                    _ => "images that camtrail generates: --base shapes",
                };
                Some(format!("{FETCH_COMMAND} {dataset}, or take {instead}"))
            }
            Self::MissingFile { dataset, path } => Some(match fetched_folder(path) {
                Some(_) => refetch(dataset, path),
                None => format!("{FETCH_COMMAND} {dataset}"),
            }),
            Self::Size { dataset, path, .. }
            | Self::Label { dataset, path, .. }
            | Self::ClassName { dataset, path, .. }
            | Self::Checksum { dataset, path, .. }
            | Self::Packed { dataset, path, .. } => Some(refetch(dataset, path)),
            Self::DamagedFile { path, .. } => {
                Some(format!("remove {path:?}, then give the same command"))
            }
            Self::Unknown { near, known, .. } => {
                let known = match known.len() > MOST_LISTED {
                    true => format!("{} names, or the numbers from 0", known.len()),
                    false => known.join(", "),
                };
                let near: Vec<String> = near.iter().map(|name| format!("{name:?}")).collect();
                Some(match near.is_empty() {
                    true => format!("known: {known}"),
                    false => format!("did you mean {}? known: {known}", near.join(" or ")),
                })
            }
            Self::Transfer {
                kept: Some((path, bytes)),
                ..
            } => Some(format!(
                "{path:?} keeps {bytes} bytes; the same command goes on from there"
            )),
            Self::Transfer { .. } => Some("check the network, then give the same command".into()),
            Self::Status { .. } => {
                Some("the server may recover; give the same command later".into())
            }
            Self::WrongContent { .. } => {
                Some("a proxy or a login page may stand between; the file was removed".into())
            }
            Self::Stopped { .. } => Some("the same command goes on from there".into()),
            Self::Picture { way_out, .. } => Some((*way_out).to_owned()),
            Self::Generated { .. }
            | Self::Io { .. }
            | Self::Format { .. }
            | Self::TooFewImages { .. }
            | Self::Option { .. }
            | Self::Redirect { .. }
            | Self::Archive { .. } => None,
        }
    }
}

/// The folder of `path` if it is one that a fetch makes. Such a folder is replaced as a whole; of data
/// that were brought, only the file in question must go, for what is fetched is found before them.
fn fetched_folder(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    let name = folder.file_name()?;
    let fetched = [cifar100::FOLDER, clips::mnist::FOLDER];
    fetched.iter().any(|known| name == *known).then_some(folder)
}

/// How to get a data set anew whose `file` is damaged or missing. A folder is moved, not removed: it may
/// hold files of the user's own.
fn refetch(dataset: &str, file: &Path) -> String {
    let first = match fetched_folder(file) {
        Some(folder) => format!("move {folder:?} away"),
        None => format!("remove {file:?}"),
    };
    format!("{first}, then: {FETCH_COMMAND} {dataset}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flipped(path: &str) -> DataError {
        DataError::Checksum {
            dataset: "cifar-100",
            path: path.into(),
            algorithm: "SHA-256",
            found: "00".into(),
            expected: "ff".into(),
        }
    }

    #[test]
    fn messages_and_hints_read_as_agreed() {
        let absent = DataError::NotFound {
            dataset: "cifar-100",
            looked: vec!["a b".into(), "c".into()],
        };
        assert_eq!(absent.to_string(), "no cifar-100 data in \"a b\", \"c\"");
        assert_eq!(
            absent.hint().unwrap(),
            "cargo run -- data fetch cifar-100, or take images that camtrail generates: \
             --base shapes"
        );

        let digits = DataError::NotFound {
            dataset: MNIST,
            looked: Vec::new(),
        };
        assert_eq!(
            digits.hint().unwrap(),
            "cargo run -- data fetch mnist, or take digits that camtrail draws: --base digits"
        );
        assert_eq!(
            flipped("d/train.bin").to_string(),
            "\"d/train.bin\" is damaged: SHA-256 is 00, expected ff"
        );
    }

    #[test]
    fn what_was_fetched_goes_as_a_whole_and_what_was_brought_by_the_file() {
        let fetch = "cargo run -- data fetch cifar-100";
        let hint = |error: DataError| error.hint().unwrap();
        assert_eq!(
            hint(flipped("d/cifar-100-binary/train.bin")),
            format!("move \"d/cifar-100-binary\" away, then: {fetch}")
        );
        assert_eq!(
            hint(flipped("d/train.bin")),
            format!("remove \"d/train.bin\", then: {fetch}")
        );
        let missing = |path: &str| DataError::MissingFile {
            dataset: "cifar-100",
            path: path.into(),
        };
        assert_eq!(
            hint(missing("d/cifar-100-binary/train.bin")),
            format!("move \"d/cifar-100-binary\" away, then: {fetch}")
        );
        assert_eq!(hint(missing("d/train.bin")), fetch);
    }
}
