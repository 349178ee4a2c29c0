//! What can be wrong with the folders of a data set.

use thiserror::Error;

/// What is wrong with a file or folder of a data set.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FolderFault {
    /// There is no folder of a class.
    #[error("has no folder of a class")]
    NoClass,
    /// There is only one class.
    #[error("has the folder of one class, a classifier needs two")]
    OneClass,
    /// There are more classes than a label can count.
    #[error("has more than {most} classes")]
    TooManyClasses {
        /// The largest allowed number.
        most: usize,
    },
    /// A class has no picture.
    #[error("has no picture")]
    EmptyClass,
    /// No picture of a class could be decoded.
    #[error("has no picture that can be read, {skipped} were skipped")]
    AllSkipped {
        /// Number of pictures that were skipped.
        skipped: usize,
    },
    /// Two classes are called the same, apart from upper and lower case.
    #[error("and {other:?} differ only in upper and lower case")]
    CaseTwins {
        /// The other class.
        other: String,
    },
    /// A class of the validation or test pictures is not one of the training pictures.
    #[error("is a class that the training pictures do not have")]
    UnknownClass {
        /// Classes of the training pictures with a similar name.
        near: Vec<String>,
    },
    /// A name is not text.
    #[error("has a name that is not UTF-8")]
    NotText,
    /// A picture lies next to the folders of the classes.
    #[error("has no class: it lies next to the folders of the classes")]
    Stray,
    /// A folder lies among the pictures of a class.
    #[error("is a folder among the pictures of a class")]
    Nested,
    /// A folder next to those of the splits has pictures.
    #[error("is not a split: the splits are \"train\", \"val\" and \"test\"")]
    NoSplit,
    /// The validation pictures are in two folders.
    #[error("and {other:?} are both folders of validation pictures")]
    TwoValidations {
        /// The other folder.
        other: String,
    },
    /// A symbolic link has no target, or leads in a circle.
    #[error("is a symbolic link that leads nowhere")]
    BrokenLink,
    /// A symbolic link leads to a folder.
    #[error("is a symbolic link to a folder, which is not followed")]
    LinkToFolder,
    /// A symbolic link leads to a file outside the data set's folder.
    #[error("is a symbolic link that leads out of the data set's folder")]
    LinkOut,
    /// Neither a file nor a folder.
    #[error("is neither a file nor a folder")]
    Special,
}
