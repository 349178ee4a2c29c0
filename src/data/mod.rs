//! Data: files or generators to image sets, and image sets to batches.
//!
//! [`load()`] returns the splits of a [`Dataset`], [`batch`] their network inputs; [`mod@fetch`]
//! and [`describe`] fetch and check the files.

/// Declares one file per data set, and the list of their `DATASET` constants.
macro_rules! datasets {
    ($list:ident: $kind:ty = [$($visibility:vis $file:ident),+ $(,)?]) => {
        $($visibility mod $file;)+

        pub(in crate::data) static $list: &[$kind] = &[$($file::DATASET),+];
    };
}

pub mod annotation;
mod archive;
pub mod augment;
pub mod batch;
mod burn_dataset;
mod cache_file;
pub mod catalogue;
mod checksum;
mod cifar;
pub mod clips;
mod colour;
pub mod contact_sheet;
mod cut;
mod data_warning;
mod dataset;
pub mod describe;
mod download;
pub mod error;
pub mod fetch;
mod fetch_event;
pub mod fetch_file;
pub mod folder;
mod folder_fault;
mod gzip;
pub mod image_set;
mod list;
mod load;
pub mod locate;
mod origin;
pub mod photo;
mod picture_cache;
mod picture_event;
mod picture_options;
mod picture_set;
mod picture_tree;
mod pixel_statistics;
pub mod random;
mod release;
mod remote_file;
mod server_error;
pub mod split;
mod splits;
pub mod statistics;
mod stratify;
mod zip_archive;

// Images for training classifiers: a new data set is its file and its name here.
datasets!(IMAGES: Dataset = [cifar100, cifar10, tiny_imagenet, pub shapes]);

pub use annotation::{Annotation, Instance, Mask, PixelBox};
pub use augment::{Augmentation, Change, Draws, Hole, Placement};
pub use batch::{
    fill_batch, pixels_01, standardise, standardised, standardised_values, unstandardise,
};
pub use catalogue::CatalogueEntry;
pub use cifar10::DATASET as CIFAR_10;
pub use cifar100::{CIFAR100_NORMALISATION, DATASET as CIFAR_100};
pub use clips::{ClipDataset, ClipOptions, ClipSplits, Clips, load_clips};
pub use data_warning::DataWarning;
pub use dataset::{ClassGroups, DataOptions, Dataset, ImageShape, ObjectTruth, OptionRange};
pub use describe::{DataListing, DataReport, DescribeOptions, PartReport};
pub use error::DataError;
pub use fetch::fetch;
pub use fetch_event::FetchEvent;
pub use fetch_file::{FileSource, fetch_file};
pub use folder_fault::FolderFault;
pub use image_set::{BY_NAME, BY_NUMBER, ImageSet, LabelledImage, Normalisation, find_class_in};
pub use load::load;
pub use locate::DataSearch;
pub use picture_event::{PictureEvent, follow_pictures};
pub use picture_options::PictureOptions;
pub use random::EpochOrder;
pub use shapes::{DATASET as SHAPES, SHAPES_NORMALISATION, ShapesOptions};
pub use split::Split;
pub use splits::{SourceChecksum, Splits, fingerprint};
pub use tiny_imagenet::DATASET as TINY_IMAGENET;
