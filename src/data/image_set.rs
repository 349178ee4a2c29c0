//! One split of a labelled image data set in memory: pixels, labels, names and, for generated data, masks.
//!
//! Made by the readers and generators of the data layer; read by training (through `batch`),
//! evaluation and explanation. Subsets share the pixels of the set they come from.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::data::annotation::Annotation;
use crate::data::error::{DataError, near_names};

/// Colour channels of every image: red, green, blue.
pub const CHANNELS: usize = 3;

/// The largest pixel value; pixels divided by it lie in 0 to 1.
pub const PIXEL_MAX: f32 = 255.0;

/// Which part of a data set images belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// Images that weights are fitted to.
    Train,
    /// Images cut from the training file (or generated apart) that pick checkpoints.
    Validation,
    /// Images that are only ever scored.
    Test,
}

impl Split {
    /// Every split, in the order train, validation, test.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// The split's kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Split {
    type Err = DataError;

    fn from_str(name: &str) -> Result<Self, DataError> {
        Self::ALL
            .into_iter()
            .find(|split| split.name() == name)
            .ok_or_else(|| DataError::unknown("split", name, Self::ALL.map(Self::name)))
    }
}

/// Per-channel mean and standard deviation of pixels in 0 to 1, in the order red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Normalisation {
    /// Mean of each channel, 0 to 1.
    pub mean: [f32; CHANNELS],
    /// Standard deviation of each channel (population, not sample), in the same unit.
    pub std: [f32; CHANNELS],
}

/// One image with its label, as Burn's data loaders take it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelledImage {
    /// Pixels 0 to 255, `[channels, height, width]` row-major.
    pub pixels: Vec<u8>,
    /// Class number.
    pub label: usize,
}

/// The bytes that one or several sets draw their images from.
///
/// Image `row` occupies `bytes[row * stride + header..(row + 1) * stride]`.
#[derive(Debug)]
pub(crate) struct PixelStore {
    pub(crate) bytes: Vec<u8>,
    /// Bytes from one image to the next.
    pub(crate) stride: usize,
    /// Bytes at the start of each record that are not pixels.
    pub(crate) header: usize,
    pub(crate) labels: Vec<u16>,
    /// One per row, or none at all.
    pub(crate) annotations: Option<Vec<Annotation>>,
}

/// What an [`ImageSet`] is made of.
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
}

impl ImageSet {
    /// All images of `parts`, in order.
    ///
    /// # Panics
    /// If the byte count, the labels and the annotations disagree: readers check files before this.
    pub(crate) fn new(parts: ImageSetParts) -> Self {
        let (height, width) = parts.size;
        let store = parts.store;
        let count = store.labels.len();
        assert_eq!(
            store.stride,
            store.header + CHANNELS * height * width,
            "stride of a record"
        );
        assert_eq!(
            store.bytes.len(),
            count * store.stride,
            "bytes of {count} records"
        );
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
        }
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Height of every image, pixels.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Width of every image, pixels.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Name of the data set, such as `cifar-100`.
    pub fn dataset_name(&self) -> &'static str {
        self.dataset
    }

    /// Which split the images belong to.
    pub fn split(&self) -> Split {
        self.split
    }

    /// Whether the images were generated by this crate; outputs must then say so.
    pub fn is_generated(&self) -> bool {
        self.generated
    }

    /// Pixels 0 to 255 of image `i`.
    ///
    /// # Shapes
    /// `[channels, height, width]`, row-major.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    pub fn pixels(&self, i: usize) -> &[u8] {
        let start = self.rows[i] as usize * self.store.stride;
        &self.store.bytes[start + self.store.header..start + self.store.stride]
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

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.class_names.len()
    }

    /// How many images each class has, by class number.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.classes()];
        for i in 0..self.len() {
            counts[self.label(i)] += 1;
        }
        counts
    }

    /// The images at `indices`, in that order; pixels are shared, not copied.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    pub fn subset(&self, indices: &[usize]) -> Self {
        Self {
            rows: indices.iter().map(|&i| self.rows[i]).collect(),
            ..self.clone_without_rows()
        }
    }

    /// The same images under another split's name.
    pub(crate) fn with_split(self, split: Split) -> Self {
        Self { split, ..self }
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
        }
    }

    /// A name for image `i` that holds in every subset, such as `cifar-100/test/7`.
    ///
    /// The number is [`source_index`](Self::source_index): a validation image of CIFAR-100 carries
    /// its record number in `train.bin`.
    pub fn id(&self, i: usize) -> String {
        format!("{}/{}/{}", self.dataset, self.split, self.source_index(i))
    }

    /// Where image `i` stands in the file it was read from, or in its generated split (from 0).
    pub fn source_index(&self, i: usize) -> usize {
        self.rows[i] as usize
    }

    /// The objects in image `i`, where the data set has boxes and masks.
    pub fn annotation(&self, i: usize) -> Option<&Annotation> {
        self.store
            .annotations
            .as_ref()
            .map(|all| &all[self.rows[i] as usize])
    }

    /// The number of the class called `name`.
    ///
    /// # Errors
    /// [`DataError::Unknown`] with the nearest and all known names.
    pub fn find_class(&self, name: &str) -> Result<usize, DataError> {
        self.class_names
            .iter()
            .position(|known| known == name)
            .ok_or_else(|| DataError::Unknown {
                kind: "class",
                name: name.to_owned(),
                near: near_names(name, self.class_names.iter().map(String::as_str)),
                known: self.class_names.to_vec(),
            })
    }

    /// Mean and standard deviation of each channel over all pixels of the set, in 0 to 1.
    ///
    /// Sums are whole numbers, so the result does not depend on the order of the images.
    ///
    /// # Panics
    /// If the set is empty.
    pub fn channel_statistics(&self) -> Normalisation {
        assert!(!self.is_empty(), "an empty set has no mean");
        let area = self.height * self.width;
        let mut sums = [0u64; CHANNELS];
        let mut squares = [0u64; CHANNELS];
        for i in 0..self.len() {
            for (channel, plane) in self.pixels(i).chunks_exact(area).enumerate() {
                for row in plane.chunks_exact(self.width) {
                    let (sum, square) = row.iter().fold((0u32, 0u32), |(sum, square), &pixel| {
                        (
                            sum + u32::from(pixel),
                            square + u32::from(pixel) * u32::from(pixel),
                        )
                    });
                    sums[channel] += u64::from(sum);
                    squares[channel] += u64::from(square);
                }
            }
        }
        let count = (self.len() * area) as f64;
        let scale = f64::from(PIXEL_MAX);
        let mut statistics = Normalisation {
            mean: [0.0; CHANNELS],
            std: [0.0; CHANNELS],
        };
        for channel in 0..CHANNELS {
            let mean = sums[channel] as f64 / count;
            let variance = (squares[channel] as f64 / count - mean * mean).max(0.0);
            statistics.mean[channel] = (mean / scale) as f32;
            statistics.std[channel] = (variance.sqrt() / scale) as f32;
        }
        statistics
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A set of `count` images of 1 x 2 pixels: image `i` holds bytes 6i .. 6i + 5 and label i mod 2.
    pub(crate) fn tiny_set(count: u8) -> ImageSet {
        ImageSet::new(ImageSetParts {
            dataset: "tiny",
            split: Split::Test,
            generated: true,
            class_names: Arc::from(["cat".to_owned(), "dog".to_owned()]),
            size: (1, 2),
            store: PixelStore {
                bytes: (0..count * 6).collect(),
                stride: 6,
                header: 0,
                labels: (0..u16::from(count)).map(|i| i % 2).collect(),
                annotations: None,
            },
        })
    }

    #[test]
    fn subsets_keep_pixels_labels_and_source_numbers() {
        let set = tiny_set(4).subset(&[3, 0]).subset(&[0]);
        assert_eq!(set.len(), 1);
        assert_eq!(set.pixels(0), [18, 19, 20, 21, 22, 23]);
        assert_eq!(set.label(0), 1);
        assert_eq!(set.source_index(0), 3);
        assert_eq!(set.id(0), "tiny/test/3");
        assert_eq!(set.with_split(Split::Validation).id(0), "tiny/validation/3");
    }

    #[test]
    fn statistics_of_two_images_by_hand() {
        // Red holds 0, 1, 6, 7: mean 3.5, variance (12.25 + 6.25) / 2 = 9.25.
        let statistics = tiny_set(2).channel_statistics();
        assert!((statistics.mean[0] * 255.0 - 3.5).abs() < 1e-5);
        assert!((statistics.mean[2] * 255.0 - 7.5).abs() < 1e-5);
        assert!((statistics.std[1] * 255.0 - 9.25f32.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn an_unknown_class_names_the_near_one() {
        let error = tiny_set(1).find_class("dgo").unwrap_err();
        assert_eq!(error.to_string(), "no class is called \"dgo\"");
        assert_eq!(
            error.hint().unwrap(),
            "did you mean \"dog\"? known: cat, dog"
        );
        assert_eq!(tiny_set(1).find_class("dog").unwrap(), 1);
    }

    #[test]
    fn splits_read_their_own_names() {
        for split in Split::ALL {
            assert_eq!(split.to_string().parse::<Split>().unwrap(), split);
        }
        assert!("training".parse::<Split>().is_err());
    }
}
