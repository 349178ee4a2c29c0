//! The resolved experiment as a value: one section per stage, and the ranges of its numbers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::data::{Augmentation, DataOptions, Dataset, ImageShape, PictureOptions, ShapesOptions};
use crate::model::{ModelSpec, NetworkSize};
use crate::train::{CheckpointSpec, TrainSpec};

/// `[data]`: the images to train on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// The data set.
    pub dataset: Dataset,
    /// Number of images cut from the training split for validation.
    pub validation_images: usize,
    /// Number of images cut for testing from a folder without test pictures.
    #[serde(default)]
    pub test_images: usize,
    /// Seed of these cuts.
    pub split_seed: u64,
    /// Height and width to which pictures of a folder are resized; 0 for their own.
    #[serde(default)]
    pub side: usize,
    /// Whether pictures of a folder that cannot be decoded are skipped.
    #[serde(default)]
    pub skip_bad: bool,
    /// Number of training images, the same number per class; 0 means all.
    pub train_limit: usize,
    /// Random changes of a training image.
    pub augmentation: Augmentation,
    /// Size and seed of the generated data set.
    pub shapes: ShapesOptions,
}

/// A whole experiment, with every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// The images.
    pub data: DataSection,
    /// The network.
    pub model: ModelSpec,
    /// Training options.
    pub train: TrainSpec,
    /// The checkpoints to keep.
    pub checkpoints: CheckpointSpec,
}

/// A value outside its range.
#[derive(Debug)]
pub struct OutOfRange {
    /// The key with its section.
    pub key: &'static str,
    /// The value as text.
    pub value: String,
    /// The allowed values.
    pub allowed: String,
}

/// A kind of experiment: the sections of its TOML and the ranges of its numbers.
pub trait ExperimentKind: Serialize + DeserializeOwned {
    /// The name of an experiment of this kind: "trial" or "experiment".
    const NOUN: &'static str;
    /// A section that only experiments of this kind have.
    const SECTION: &'static str;
    /// Keys whose error states what the network allows.
    const NETWORK_KEYS: &'static [&'static str];
    /// Section and name of keys that the defaults omit; a missing key has the default value of its
    /// type.
    const UNWRITTEN: &'static [(&'static str, &'static str)] = &[];

    /// Returns the training options.
    fn training(&self) -> &TrainSpec;

    /// Returns the name of the data set.
    fn dataset_name(&self) -> &'static str;

    /// Returns whether its training reads the key.
    fn reads(&self, key: &str) -> bool {
        let _ = key;
        true
    }

    /// Checks the ranges of all numbers, and returns the first value outside its range.
    ///
    /// # Errors
    /// [`OutOfRange`].
    fn check(&self) -> Result<(), OutOfRange>;
}

impl Experiment {
    /// Returns the options of the data layer.
    pub fn data_options(&self) -> DataOptions {
        DataOptions {
            dataset: self.data.dataset,
            validation_images: self.data.validation_images,
            split_seed: self.data.split_seed,
            shapes: self.data.shapes,
            pictures: PictureOptions {
                side: self.data.side,
                test_images: self.data.test_images,
                skip_bad: self.data.skip_bad,
            },
            train_limit: (self.data.train_limit > 0).then_some(self.data.train_limit),
        }
    }

    /// Returns the network's size for images of this shape.
    pub fn size(&self, ImageShape { side, classes }: ImageShape) -> NetworkSize {
        NetworkSize::of(&self.model, side, side, classes)
    }

    /// Returns the network's description, with the number of classes.
    pub fn architecture(&self, classes: usize) -> String {
        format!("{} {classes}", self.model.describe())
    }

    /// Checks the ranges that depend on the images. `train_images` is the number of training images
    /// before `train_limit`. Values that are unknown without reading files are `None` and not
    /// checked.
    ///
    /// # Errors
    /// [`OutOfRange`] for the first value outside its range.
    pub(super) fn check_images(
        &self,
        shape: Option<ImageShape>,
        train_images: Option<usize>,
    ) -> Result<(), OutOfRange> {
        let data = &self.data;
        if let Some(ImageShape { side, .. }) = shape {
            let padding = data.augmentation.crop_padding;
            within("data.augmentation.crop_padding", padding, 0, side)?;
        }
        for range in data.dataset.ranges(&self.data_options()) {
            within(range.key, range.value, range.least, range.most)?;
        }
        if let (Some(shape), Some(train_images)) = (shape, train_images) {
            let limit = data.train_limit;
            if limit > 0 {
                within("data.train_limit", limit, shape.classes, train_images)?;
            }
            let trained = if limit > 0 { limit } else { train_images };
            within("train.batch_size", self.train.batch_size, 1, trained)?;
        }
        let Some(ImageShape { side, .. }) = shape else {
            return Ok(());
        };
        let model = &self.model;
        model.check(side).map_err(|error| {
            let (key, value) = match error.is_of_network() {
                true => (
                    "model.network",
                    format!("{:?}", String::from(model.network)),
                ),
                false => ("model.filters", format!("{:?}", model.filters)),
            };
            OutOfRange {
                key,
                value,
                allowed: error.to_string(),
            }
        })
    }
}

impl ExperimentKind for Experiment {
    const NOUN: &'static str = "trial";
    const SECTION: &'static str = "model";
    const NETWORK_KEYS: &'static [&'static str] = &["model.filters", "model.network"];

    fn training(&self) -> &TrainSpec {
        &self.train
    }

    fn dataset_name(&self) -> &'static str {
        self.data.dataset.name()
    }

    fn reads(&self, key: &str) -> bool {
        self.data.dataset.reads(key)
    }

    fn check(&self) -> Result<(), OutOfRange> {
        let (train, model) = (&self.train, &self.model);
        share("model.block_dropout", model.block_dropout)?;
        share("model.head_dropout", model.head_dropout)?;
        check_train(train)?;
        let dataset = self.data.dataset;
        let train_images = dataset.train_images(&self.data_options());
        self.check_images(dataset.known_shape(), train_images)
    }
}

/// Checks the ranges of `[train]`, except the batch size, which depends on the data.
pub(super) fn check_train(train: &TrainSpec) -> Result<(), OutOfRange> {
    positive("train.learning_rate", train.learning_rate)?;
    positive("train.epsilon", train.epsilon)?;
    share("train.beta_1", train.beta_1)?;
    share("train.beta_2", train.beta_2)?;
    at_least_one("train.epochs", train.epochs as usize)
}

pub(super) fn out_of_range(
    key: &'static str,
    value: impl ToString,
    allowed: impl ToString,
) -> Result<(), OutOfRange> {
    Err(OutOfRange {
        key,
        value: value.to_string(),
        allowed: allowed.to_string(),
    })
}

fn share(key: &'static str, value: f64) -> Result<(), OutOfRange> {
    let allowed = "a number from 0 to below 1";
    rounded(key, value, allowed, |value| (0.0..1.0).contains(&value))
}

fn positive(key: &'static str, value: f64) -> Result<(), OutOfRange> {
    let allowed = "a finite number above 0";
    rounded(key, value, allowed, |value| {
        value.is_finite() && value > 0.0
    })
}

/// Checks `value` as written and as the 32-bit number used in training: the nearest one to
/// 0.99999999 is 1, and to 1e-50 it is 0.
fn rounded(
    key: &'static str,
    value: f64,
    allowed: &str,
    is_allowed: impl Fn(f64) -> bool,
) -> Result<(), OutOfRange> {
    if !is_allowed(value) {
        return out_of_range(key, value, allowed);
    }
    if !is_allowed(f64::from(value as f32)) {
        let allowed = format!("{allowed} when rounded to 32 bits");
        return out_of_range(key, format!("{value:?}"), allowed);
    }
    Ok(())
}

pub(super) fn at_least_one(key: &'static str, value: usize) -> Result<(), OutOfRange> {
    if value >= 1 {
        Ok(())
    } else {
        out_of_range(key, value, "a whole number of at least 1")
    }
}

pub(super) fn within(
    key: &'static str,
    value: usize,
    least: usize,
    most: usize,
) -> Result<(), OutOfRange> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    out_of_range(key, value, format!("a whole number from {least} to {most}"))
}
