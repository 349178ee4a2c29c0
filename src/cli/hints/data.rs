//! How to fix an error of the data layer.

use std::path::Path;

use super::folder::folder;
use crate::cli::commands::Commands;
use crate::data::{BY_NAME, BY_NUMBER, CatalogueEntry, DataError};

/// Maximum number of known names listed; ImageNet has a thousand.
const MOST_LISTED: usize = 200;

/// Returns how to fix `error`; `commands` words commands.
pub(in crate::cli) fn data(error: &DataError, commands: &Commands) -> Option<String> {
    match error {
        DataError::NotFound { dataset, .. } => Some(get(dataset, commands)),
        DataError::Pickled { dataset, .. } => Some(format!(
            "the binary release is read: {}",
            get(dataset, commands)
        )),
        DataError::MissingFile { dataset, path } => Some(match fetched_folder(path) {
            Some(_) => refetch(dataset, path, commands),
            None => fetch(dataset, commands),
        }),
        DataError::Size { dataset, path, .. }
        | DataError::Label { dataset, path, .. }
        | DataError::ClassName { dataset, path, .. }
        | DataError::Incomplete { dataset, path, .. }
        | DataError::Checksum { dataset, path, .. }
        | DataError::Packed { dataset, path, .. } => Some(refetch(dataset, path, commands)),
        DataError::DamagedFile { path, .. } => {
            Some(format!("move {path:?} away, then give the same command"))
        }
        DataError::Unknown { near, known, .. } => {
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
        DataError::AmbiguousClass { text, .. } => Some(format!(
            "write {BY_NAME}{text} for the class called {text:?}, or {BY_NUMBER}{text} for class \
             number {text}, from 0"
        )),
        DataError::Transfer {
            kept: Some((path, bytes)),
            ..
        } => Some(format!(
            "{path:?} keeps {bytes} bytes; the same command goes on from there"
        )),
        DataError::Transfer { .. } => Some("check the network, then give the same command".into()),
        DataError::Status {
            status: 404 | 410, ..
        } => Some(
            "the file is not there any more; if you have it from elsewhere, name its folder with \
             --data-dir, or weights with --weights FILE"
                .into(),
        ),
        DataError::Status { .. } => {
            Some("the server may recover; give the same command later".into())
        }
        DataError::WrongContent { .. } => {
            Some("a proxy or a login page may stand between; the file was removed".into())
        }
        DataError::Stopped { .. } => Some("the same command goes on from there".into()),
        DataError::Picture { remedy, .. } => Some((*remedy).to_owned()),
        DataError::Folder { fault, .. } => Some(folder(fault)),
        DataError::UnequalSize { .. } => Some(
            "give the height and width to resize pictures to: --set data.side=64 with train, --side \
             64 with data check"
                .into(),
        ),
        DataError::Cache { .. } => Some(
            "the data folder must be writable; link the pictures into one that is, or name one with \
             --data-dir"
                .into(),
        ),
        DataError::SetPicture { .. } => Some(
            "replace it or move it away; to skip and count such pictures: --set data.skip_bad=true \
             with train, --skip-bad with data check"
                .into(),
        ),
        _ => None,
    }
}

/// Returns the command that downloads `dataset`.
pub(in crate::cli) fn fetch(dataset: &str, commands: &Commands) -> String {
    commands.of(["data", "fetch", dataset])
}

/// Returns how to get a missing data set, or what to use instead.
fn get(dataset: &str, commands: &Commands) -> String {
    let Ok(entry) = dataset.parse::<CatalogueEntry>() else {
        return fetch(dataset, commands);
    };
    if entry.release().is_none() {
        return "put its files into one of these folders, or name the folder that holds them with \
                --data-dir"
            .to_owned();
    }
    let instead = match entry.is_images() {
        true => "images that camtrail generates: --base shapes",
        false => "digits that camtrail draws: --base digits",
    };
    format!("{}, or take {instead}", fetch(dataset, commands))
}

/// Returns the folder of `path` if it was made by a fetch. Such a folder is replaced as a whole.
/// For data provided by the user, only the damaged file must be moved, since fetched data take
/// precedence.
fn fetched_folder(path: &Path) -> Option<&Path> {
    let folder = path.parent()?;
    let name = folder.file_name()?;
    let mut releases = CatalogueEntry::all().filter_map(CatalogueEntry::release);
    releases
        .any(|release| name == release.folder)
        .then_some(folder)
}

/// Returns how to download a data set again whose `file` is damaged or missing. Nothing is removed:
/// the file may be the user's own, or of another data set with the same file names.
fn refetch(dataset: &str, file: &Path, commands: &Commands) -> String {
    let first = match fetched_folder(file) {
        Some(folder) => format!("move {folder:?} away"),
        None => format!(
            "if it belongs to another data set, name the folder of {dataset} with --data-dir; else \
             move {file:?} away"
        ),
    };
    format!("{first}, then: {}", fetch(dataset, commands))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Dataset, find_class_in};

    fn hint(error: &DataError) -> String {
        data(error, &Commands::default()).unwrap()
    }

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
            hint(&absent),
            "cargo run -- data fetch cifar-100, or take images that camtrail generates: \
             --base shapes"
        );

        let digits = DataError::NotFound {
            dataset: "mnist",
            looked: Vec::new(),
        };
        assert_eq!(
            hint(&digits),
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
        let hint = |error: DataError| hint(&error);
        assert_eq!(
            hint(flipped("d/cifar-100-binary/train.bin")),
            format!("move \"d/cifar-100-binary\" away, then: {fetch}")
        );
        assert_eq!(
            hint(flipped("d/train.bin")),
            format!(
                "if it belongs to another data set, name the folder of cifar-100 with --data-dir; \
                 else move \"d/train.bin\" away, then: {fetch}"
            )
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

    #[test]
    fn other_data_sets_than_the_fetched_ones_have_hints_too() {
        let packed = DataError::Packed {
            dataset: "set",
            path: "x.gz".into(),
            problem: String::new(),
        };
        let fetch = "cargo run -- data fetch set";
        assert_eq!(
            hint(&packed),
            format!(
                "if it belongs to another data set, name the folder of set with --data-dir; else \
                 move \"x.gz\" away, then: {fetch}"
            )
        );
        let damaged = DataError::DamagedFile {
            path: "w.pth".into(),
            algorithm: "SHA-256",
            found: String::new(),
            expected: String::new(),
        };
        let again = "move \"w.pth\" away, then give the same command";
        assert_eq!(hint(&damaged), again);
        let missing = DataError::MissingFile {
            dataset: "mnist",
            path: "d/t10k-labels-idx1-ubyte".into(),
        };
        assert_eq!(hint(&missing), "cargo run -- data fetch mnist");
        let folder = DataError::NotFound {
            dataset: "folder:birds",
            looked: Vec::new(),
        };
        assert_eq!(
            hint(&folder),
            "put its files into one of these folders, or name the folder that holds them with \
             --data-dir"
        );
    }

    #[test]
    fn unknown_names_are_answered_with_the_near_and_the_known_ones() {
        let error = "shape".parse::<Dataset>().unwrap_err();
        let near = "did you mean \"shapes\"? known: cifar-100, ";
        assert!(hint(&error).starts_with(near), "{error:?}");
        let error = "minst".parse::<CatalogueEntry>().unwrap_err();
        let names: Vec<&str> = CatalogueEntry::all().map(CatalogueEntry::name).collect();
        let known = names.join(", ");
        assert_eq!(
            hint(&error),
            format!("did you mean \"mnist\"? known: {known}")
        );
        let classes = ["cat".to_owned(), "dog".to_owned()];
        let error = find_class_in(&classes, "dgo").unwrap_err();
        assert_eq!(hint(&error), "did you mean \"dog\"? known: cat, dog");
    }
}
