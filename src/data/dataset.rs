//! Image data sets as values, and the options for loading their images.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize, Serializer};

use crate::data::data_warning::DataWarning;
use crate::data::error::DataError;
use crate::data::image_set::ImageSet;
use crate::data::locate::DataSearch;
use crate::data::origin::Origin;
use crate::data::picture_options::PictureOptions;
use crate::data::shapes::options::{SHAPES_SECTION, ShapesOptions};
use crate::data::splits::{SourceChecksum, Splits};

/// Options that only folders of pictures read.
pub(crate) const PICTURE_KEYS: [&str; 3] = ["data.side", "data.test_images", "data.skip_bad"];

/// Size and classes of a data set's images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageShape {
    /// Height and width of every image, pixels.
    pub side: usize,
    /// Number of classes.
    pub classes: usize,
}

/// The groups that a data set puts its classes into, such as the superclasses of CIFAR-100.
#[derive(Clone, Copy, Debug)]
pub struct ClassGroups {
    /// Name of each group.
    pub names: &'static [&'static str],
    /// The group of each class, as an index of `names`.
    pub of_class: &'static [u8],
}

impl ClassGroups {
    /// Returns the name of the group of `class`.
    ///
    /// # Panics
    /// If there is no such class.
    pub fn of(self, class: usize) -> &'static str {
        self.names[usize::from(self.of_class[class])]
    }
}

/// What a data set states about the objects in its images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectTruth {
    /// Only the class of the image.
    None,
    /// A box around each object.
    Boxes,
    /// The pixels of each object, and so its box.
    Masks,
}

/// The allowed values of an option of `[data]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionRange {
    /// The option with its section, such as `data.validation_images`.
    pub key: &'static str,
    /// Its value.
    pub value: usize,
    /// The smallest allowed value.
    pub least: usize,
    /// The largest allowed value.
    pub most: usize,
}

/// A labelled image data set. To add one, implement this in a separate file, or describe a
/// [`PictureFolder`](crate::data::folder::PictureFolder) there. Give that file a
/// `pub(crate) const DATASET: Dataset`, and add the file to the list in `data/mod.rs`.
pub(crate) trait ImageDataset: Origin {
    /// Returns what is known about the objects in its images.
    fn truth(&self) -> ObjectTruth {
        ObjectTruth::None
    }

    /// Returns the groups of its classes, if it has any.
    fn groups(&self) -> Option<ClassGroups> {
        None
    }

    /// Returns size and classes, if known without reading files.
    fn known_shape(&self) -> Option<ImageShape> {
        None
    }

    /// Returns size and classes, read from the files if necessary.
    fn shape(&self, options: &DataOptions, search: &DataSearch) -> Result<ImageShape, DataError>;

    /// Returns the smallest and largest side to which its pictures can be resized; `None` if they have
    /// a fixed size.
    fn sides(&self) -> Option<[usize; 2]> {
        None
    }

    /// Returns the options whose ranges are known without reading files.
    fn ranges(&self, _options: &DataOptions) -> Vec<OptionRange> {
        Vec::new()
    }

    /// Returns the number of training images before `train_limit`, if known without reading files.
    fn train_images(&self, _options: &DataOptions) -> Option<usize> {
        None
    }

    /// Returns whether its content depends on the option `key` of an experiment.
    fn reads(&self, key: &str) -> bool {
        !key.starts_with(SHAPES_SECTION) && !PICTURE_KEYS.contains(&key)
    }

    /// Returns its three splits; `train_limit` is applied afterwards.
    fn load(&self, options: &DataOptions, search: &DataSearch) -> Result<Splits, DataError>;

    /// Returns the files or generated splits before validation images are cut.
    fn parts(&self, options: &DataOptions, search: &DataSearch) -> Result<Parts, DataError>;
}

/// The files or generated splits of a data set.
#[derive(Debug)]
pub(crate) struct Parts {
    /// Their images, training images first.
    pub(crate) sets: Vec<ImageSet>,
    /// Where they come from.
    pub(crate) sources: Vec<SourceChecksum>,
    /// What is odd about them.
    pub(crate) warnings: Vec<DataWarning>,
}

/// A data set of labelled images for training.
///
/// [`Dataset::all`] lists those with fixed names. A folder of your own pictures needs no code: its
/// name is `folder:NAME`, see [`folder`](crate::data::folder).
#[derive(Clone, Copy)]
pub struct Dataset(&'static dyn ImageDataset);

impl Dataset {
    pub(crate) const fn new(dataset: &'static dyn ImageDataset) -> Self {
        Self(dataset)
    }

    pub(in crate::data) fn origin(self) -> &'static dyn Origin {
        self.0
    }

    /// Returns the name in experiments and on the command line.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Returns a one-line description.
    pub fn summary(self) -> &'static str {
        self.0.summary()
    }

    /// Returns whether its images are generated by this crate; outputs must then state it.
    pub fn is_generated(self) -> bool {
        self.0.is_generated()
    }

    /// Returns what is known about the objects in its images.
    pub fn truth(self) -> ObjectTruth {
        self.0.truth()
    }

    /// Returns whether it states where the objects of its images are.
    pub fn has_objects(self) -> bool {
        self.truth() != ObjectTruth::None
    }

    /// Returns the groups of its classes, if it has any.
    pub fn groups(self) -> Option<ClassGroups> {
        self.0.groups()
    }

    /// Returns size and classes, if known without reading files.
    pub fn known_shape(self) -> Option<ImageShape> {
        self.0.known_shape()
    }

    /// Returns the smallest and largest side to which its pictures can be resized; `None` if they have
    /// a fixed size.
    pub fn sides(self) -> Option<[usize; 2]> {
        self.0.sides()
    }

    /// Returns the options whose ranges are known without reading files, in the order of checking.
    pub fn ranges(self, options: &DataOptions) -> Vec<OptionRange> {
        self.0.ranges(options)
    }

    /// Returns the number of training images before `train_limit`, if known without reading files.
    pub fn train_images(self, options: &DataOptions) -> Option<usize> {
        self.0.train_images(options)
    }

    /// Returns whether its content depends on the option `key` of an experiment, such as
    /// `data.shapes.seed`.
    pub fn reads(self, key: &str) -> bool {
        self.0.reads(key)
    }

    pub(in crate::data) fn load(
        self,
        options: &DataOptions,
        search: &DataSearch,
    ) -> Result<Splits, DataError> {
        self.0.load(options, search)
    }

    pub(in crate::data) fn parts(
        self,
        options: &DataOptions,
        search: &DataSearch,
    ) -> Result<Parts, DataError> {
        self.0.parts(options, search)
    }
}

/// Two data sets are the same if their names are.
impl PartialEq for Dataset {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Dataset {}

impl Hash for Dataset {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dataset").field(&self.name()).finish()
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Dataset {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The images to load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataOptions {
    /// The data set.
    pub dataset: Dataset,
    /// Number of validation images cut from the training files, the same number per class; 0 for a
    /// share of each class, where a data set allows it. Only for data read from files: `shapes`
    /// generates its validation split.
    pub validation_images: usize,
    /// Seed of that cut and of `train_limit`. It belongs to the data, not to a run.
    pub split_seed: u64,
    /// What to generate if the data set is `shapes`.
    pub shapes: ShapesOptions,
    /// How pictures are read if the data set is a folder of them.
    #[serde(default)]
    pub pictures: PictureOptions,
    /// Number of training images, the same number per class; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_limit: Option<usize>,
}

impl DataOptions {
    /// Returns size and classes of the images, read from the files if necessary.
    ///
    /// # Errors
    /// Files that are absent or cannot be read.
    pub fn shape(&self, search: &DataSearch) -> Result<ImageShape, DataError> {
        self.dataset.0.shape(self, search)
    }

    /// Returns whether both select the same images. Options that the data set does not read are
    /// ignored: a run on photographs also records the defaults for `shapes`, which differ between
    /// versions.
    pub fn same_images(&self, other: &Self) -> bool {
        let shapes = match self.dataset.reads(SHAPES_SECTION) {
            true => other.shapes,
            false => self.shapes,
        };
        let pictures = match PICTURE_KEYS.iter().any(|key| self.dataset.reads(key)) {
            true => other.pictures,
            false => self.pictures,
        };
        *self
            == Self {
                shapes,
                pictures,
                ..*other
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{CIFAR_100, SHAPES};

    #[test]
    fn how_shapes_are_generated_counts_for_shapes_alone() {
        let options = |dataset, train_images, split_seed| DataOptions {
            dataset,
            validation_images: 5000,
            split_seed,
            shapes: ShapesOptions {
                train_images,
                validation_images: 1200,
                test_images: 1200,
                seed: 7,
            },
            pictures: PictureOptions::default(),
            train_limit: None,
        };
        let same = |dataset, (images_a, seed_a), (images_b, seed_b)| {
            options(dataset, images_a, seed_a).same_images(&options(dataset, images_b, seed_b))
        };
        assert!(same(CIFAR_100, (8000, 100), (9600, 100)));
        assert!(!same(CIFAR_100, (8000, 100), (8000, 101)));
        assert!(!same(SHAPES, (8000, 100), (9600, 100)));
        assert!(same(SHAPES, (8000, 100), (8000, 100)));
        let photographs = options(CIFAR_100, 8000, 100);
        assert!(!photographs.same_images(&options(SHAPES, 8000, 100)));
    }
}
