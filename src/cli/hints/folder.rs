//! How to fix the folders of a data set.

use crate::data::FolderFault;

/// Returns how to fix `fault`.
pub(super) fn folder(fault: &FolderFault) -> String {
    let text = match fault {
        FolderFault::NoClass | FolderFault::OneClass => {
            "give each class a folder with its pictures: NAME/CLASS/*.jpg, or NAME/train/CLASS/*.jpg \
             and NAME/test/CLASS/*.jpg"
        }
        FolderFault::TooManyClasses { .. } => "name the folder that holds the classes",
        FolderFault::EmptyClass => "put pictures into it, or move it away",
        FolderFault::AllSkipped { .. } => "replace those pictures, or move the folder away",
        FolderFault::CaseTwins { .. } => {
            "put the pictures into one of the two; other systems take both for the same folder"
        }
        FolderFault::UnknownClass { near } => match near.first() {
            Some(near) => return format!("did you mean {near:?}? rename one of the two"),
            None => "add training pictures of it, or move it away",
        },
        FolderFault::NotText => "rename it",
        FolderFault::Stray => "move it into the folder of its class",
        FolderFault::Nested => "move its pictures up into the folder of the class",
        FolderFault::NoSplit => "rename it, or move it away",
        FolderFault::TwoValidations { .. } => "keep one of the two",
        FolderFault::BrokenLink => "move it away",
        FolderFault::LinkToFolder | FolderFault::LinkOut => {
            "copy what it leads to; only the data set's folder itself may be a link to elsewhere"
        }
        _ => "move it away",
    };
    text.to_owned()
}
