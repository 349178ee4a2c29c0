//! One split of a labelled image data set: pixels in memory or in a cache file, labels, names and,
//! where known, the objects.
//!
//! Subsets share the pixels of their original set.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::annotation::Annotation;
use crate::data::cache_file::CacheFile;
use crate::data::error::DataError;
use crate::data::pixel_statistics::PixelSums;
use crate::data::split::Split;
use crate::run::near_names;

pub use crate::data::pixel_statistics::{CHANNELS, PIXEL_MAX};

/// Per-channel mean and standard deviation of pixels in 0 to 1, in the order red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// Mean of each channel, 0 to 1.
    pub mean: [f32; CHANNELS],
    /// Standard deviation of each channel (population, not sample), in the same unit.
    pub std: [f32; CHANNELS],
}

/// One image with its label, for Burn's data loaders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledImage {
    /// Pixels 0 to 255, `[channels, height, width]` row-major.
    pub pixels: Vec<u8>,
    /// Class number.
    pub label: usize,
}

/// Where the pixels of an image set are.
#[derive(Debug)]
pub(crate) enum Pixels {
    /// In memory: image `row` occupies `bytes[row * stride + header..(row + 1) * stride]`.
    Memory {
        bytes: Vec<u8>,
        /// Bytes from one image to the next.
        stride: usize,
        /// Bytes at the start of each record that are not pixels.
        header: usize,
    },
    /// In a verified cache file, from which single images are read: image `row` is its record
    /// `first + row`.
    File { cache: Arc<CacheFile>, first: usize },
}

/// The images of one or several sets.
#[derive(Debug)]
pub(crate) struct PixelStore {
    pub(crate) pixels: Pixels,
    pub(crate) labels: Vec<u16>,
    /// One per row, or none.
    pub(crate) annotations: Option<Vec<Annotation>>,
}

/// The parts of an [`ImageSet`].
#[derive(Debug)]
pub(crate) struct ImageSetParts {
    pub(crate) dataset: &'static str,
    pub(crate) split: Split,
    pub(crate) generated: bool,
    pub(crate) class_names: Arc<[String]>,
    /// Height and width in pixels.
    pub(crate) size: (usize, usize),
    pub(crate) store: PixelStore,
}

/// A list of equally sized RGB images with labels.
///
/// Cloning and [`subset`](Self::subset) share the pixels.
#[derive(Clone, Debug)]
pub struct ImageSet {
    dataset: &'static str,
    split: Split,
    generated: bool,
    class_names: Arc<[String]>,
    height: usize,
    width: usize,
    store: Arc<PixelStore>,
    rows: Vec<u32>,
    /// The number of each image in its split, by which it is named.
    numbers: Vec<u32>,
}

impl ImageSet {
    /// Returns all images of `parts`, in order.
    ///
    /// # Panics
    /// If the byte count, the labels and the annotations disagree: readers check files first.
    pub(crate) fn new(parts: ImageSetParts) -> Self {
        let (height, width) = parts.size;
        let store = parts.store;
        let count = store.labels.len();
        let image_len = CHANNELS * height * width;
        match &store.pixels {
            Pixels::Memory {
                bytes,
                stride,
                header,
            } => {
                assert_eq!(*stride, header + image_len, "stride of a record");
                assert_eq!(bytes.len(), count * stride, "bytes of {count} records");
            }
            Pixels::File { cache, first } => {
                assert_eq!(cache.record_len(), image_len, "bytes of a record");
                assert!(first + count <= cache.len(), "records of the cache");
            }
        }
        if let Some(annotations) = &store.annotations {
            assert_eq!(annotations.len(), count, "one annotation for each image");
        }
        Self {
            dataset: parts.dataset,
            split: parts.split,
            generated: parts.generated,
            class_names: parts.class_names,
            height,
            width,
            store: Arc::new(store),
            rows: (0..count as u32).collect(),
            numbers: (0..count as u32).collect(),
        }
    }

    /// Returns the number of images.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Returns whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the height of every image, pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Returns the width of every image, pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Returns the name of the data set, such as `cifar-100`.
    pub fn dataset_name(&self) -> &'static str {
        self.dataset
    }

    /// Returns the split that the images belong to.
    pub fn split(&self) -> Split {
        self.split
    }

    /// Returns whether the images were generated by this crate; outputs must then state it.
    pub fn is_generated(&self) -> bool {
        self.generated
    }

    /// Pixels 0 to 255 of image `i`.
    ///
    /// # Shapes
    /// `[channels, height, width]`, row-major.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len). If a cache file that was verified at loading cannot be
    /// read any more, such as after a failure of the disk; the panic's payload is the [`DataError`].
    pub fn pixels(&self, i: usize) -> Cow<'_, [u8]> {
        let row = self.rows[i] as usize;
        match &self.store.pixels {
            Pixels::Memory {
                bytes,
                stride,
                header,
            } => Cow::Borrowed(&bytes[row * stride + header..(row + 1) * stride]),
            Pixels::File { cache, first } => match cache.read(first + row) {
                Ok(pixels) => Cow::Owned(pixels),
                Err(error) => std::panic::panic_any(error),
            },
        }
    }

    /// Returns the picture file of image `i`, relative to the data set's folder, if it has one.
    pub fn file(&self, i: usize) -> Option<&Path> {
        self.cached(i).map(|(cache, record)| cache.name(record))
    }

    /// Returns the SHA-256 of the pixels of image `i` if they are in a cache file.
    pub(crate) fn digest(&self, i: usize) -> Option<&str> {
        self.cached(i).map(|(cache, record)| cache.digest(record))
    }

    fn cached(&self, i: usize) -> Option<(&CacheFile, usize)> {
        match &self.store.pixels {
            Pixels::Memory { .. } => None,
            Pixels::File { cache, first } => Some((cache, first + self.rows[i] as usize)),
        }
    }

    /// Class number of image `i`.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    pub fn label(&self, i: usize) -> usize {
        usize::from(self.store.labels[self.rows[i] as usize])
    }

    /// Class numbers of all images, in order.
    pub fn labels(&self) -> Vec<usize> {
        (0..self.len()).map(|i| self.label(i)).collect()
    }

    /// Names of the classes, by class number.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// Returns the number of classes.
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }

    /// Returns the number of images of each class, by class number.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes()];
        for i in 0..self.len() {
            counts[self.label(i)] += 1;
        }
        counts
    }

    /// Returns the images at `indices`, in that order; pixels are shared, not copied.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self {
            rows: indices.iter().map(|&i| self.rows[i]).collect(),
            numbers: indices.iter().map(|&i| self.numbers[i]).collect(),
            ..self.clone_without_rows()
        }
    }

    /// Returns the same images under another split's name.
    pub(crate) fn with_split(self, split: Split) -> Self {
        Self { split, ..self }
    }

    /// Returns the same images, numbered from 0: a split of their own.
    pub(crate) fn renumbered(self) -> Self {
        let numbers = (0..self.rows.len() as u32).collect();
        Self { numbers, ..self }
    }

    fn clone_without_rows(&self) -> Self {
        Self {
            dataset: self.dataset,
            split: self.split,
            generated: self.generated,
            class_names: Arc::clone(&self.class_names),
            height: self.height,
            width: self.width,
            store: Arc::clone(&self.store),
            rows: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Returns a name for image `i` that holds in every subset, such as `cifar-100/test/7`.
    ///
    /// The number is [`source_index`](Self::source_index): a validation image of CIFAR-100 has its
    /// record number in `train.bin`.
    pub fn id(&self, i: usize) -> String {
        format!("{}/{}/{}", self.dataset, self.split, self.source_index(i))
    }

    /// Returns the position of image `i` in its source file, or in a split that was generated or cut
    /// from a folder (from 0).
    pub fn source_index(&self, i: usize) -> usize {
        self.numbers[i] as usize
    }

    /// Returns the objects in image `i`, if the data set has boxes and masks.
    pub fn annotation(&self, i: usize) -> Option<&Annotation> {
        self.store
            .annotations
            .as_ref()
            .map(|all| &all[self.rows[i] as usize])
    }

    /// Returns the number of the class called `name`.
    ///
    /// # Errors
    /// [`DataError::Unknown`] with the nearest and all known names.
    pub fn find_class(&self, name: &str) -> Result<usize, DataError> {
        find_class_in(&self.class_names, name)
    }

    /// Returns the mean and standard deviation of each channel over all pixels of the set, in 0 to
    /// 1.
    ///
    /// Sums are whole numbers, so the result does not depend on the order of the images.
    ///
    /// # Panics
    /// If the set is empty.
    pub fn channel_statistics(&self) -> Normalisation {
        assert!(!self.is_empty(), "an empty set has no mean");
        let area = self.height * self.width;
        let mut sums = [PixelSums::default(); CHANNELS];
        for i in 0..self.len() {
            for (sums, plane) in sums.iter_mut().zip(self.pixels(i).chunks_exact(area)) {
                sums.add(plane);
            }
        }
        let statistics = sums.map(|sums| sums.mean_and_deviation());
        Normalisation {
            mean: statistics.map(|(mean, _)| mean),
            std: statistics.map(|(_, deviation)| deviation),
        }
    }
}

/// Precedes a class that is given by its name, such as "name:3".
pub const BY_NAME: &str = "name:";
/// Precedes a class that is given by its number, such as "number:3".
pub const BY_NUMBER: &str = "number:";

/// Returns the number of the class called `name`, or "name:" and its name, among `class_names`.
///
/// # Errors
/// [`DataError::Unknown`] with the nearest and all known names.
pub fn find_class_in(class_names: &[String], name: &str) -> Result<usize, DataError> {
    let of = |name: &str| class_names.iter().position(|known| known == name);
    let found = of(name).or_else(|| of(name.strip_prefix(BY_NAME)?));
    found.ok_or_else(|| DataError::Unknown {
        kind: "class",
        name: name.to_owned(),
        near: near_names(name, class_names.iter().map(String::as_str)),
        known: class_names.to_vec(),
    })
}

#[cfg(test)]
#[path = "image_set_tests.rs"]
pub(crate) mod tests;
