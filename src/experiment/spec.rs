//! The resolved experiment as a value: each stage's section, and the ranges of its numbers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::data::{Augmentation, DataOptions, DatasetName, ShapesOptions};
use crate::model::{ModelSpec, NetworkSize};
use crate::train::{CheckpointSpec, TrainSpec};

/// `[data]`: which images to train on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// The data set.
    pub dataset: DatasetName,
    /// Images cut from the train split for validation.
    pub validation_images: usize,
    /// Seed of that cut.
    pub split_seed: u64,
    /// Train on this many images, the same number of each class; 0 is all.
    pub train_limit: usize,
    /// What is done to a training image at random.
    pub augmentation: Augmentation,
    /// Size and seed of the generated data set.
    pub shapes: ShapesOptions,
}

/// A whole experiment, every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Experiment {
    /// Which images.
    pub data: DataSection,
    /// Which network.
    pub model: ModelSpec,
    /// How it is trained.
    pub train: TrainSpec,
    /// Which checkpoints are kept.
    pub checkpoints: CheckpointSpec,
}

/// A value out of its range.
#[derive(Debug)]
pub struct OutOfRange {
    /// The key with its section.
    pub key: &'static str,
    /// The value as text.
    pub value: String,
    /// What is allowed.
    pub allowed: String,
}

/// A kind of experiment: the sections of its TOML and the ranges of its numbers.
pub trait ExperimentKind: Serialize + DeserializeOwned {
    /// What an experiment of this kind is called: "trial" or "experiment".
    const NOUN: &'static str;
    /// A section that only experiments of this kind have.
    const SECTION: &'static str;
    /// Keys whose error says of itself what the network allows.
    const NETWORK_KEYS: &'static [&'static str];
    /// Section and name of keys that the defaults do not write out; one that is not given has the
    /// value that its type begins with.
    const UNWRITTEN: &'static [(&'static str, &'static str)] = &[];

    /// Checks the ranges of all numbers; the first that is out of its own is returned.
    ///
    /// # Errors
    /// [`OutOfRange`].
    fn check(&self) -> Result<(), OutOfRange>;
}

impl Experiment {
    /// Returns what the data layer needs to know.
    pub fn data_options(&self) -> DataOptions {
        DataOptions {
            dataset: self.data.dataset,
            validation_images: self.data.validation_images,
            split_seed: self.data.split_seed,
            shapes: self.data.shapes,
            train_limit: (self.data.train_limit > 0).then_some(self.data.train_limit),
        }
    }

    /// Returns the network's size for the images of its data set.
    pub fn size(&self) -> NetworkSize {
        let dataset = self.data.dataset;
        let side = dataset.side();
        NetworkSize::of(&self.model, side, side, dataset.class_count())
    }

    /// Returns the network in words, with the number of classes.
    pub fn architecture(&self) -> String {
        format!(
            "{} {}",
            self.model.describe(),
            self.data.dataset.class_count()
        )
    }
}

impl ExperimentKind for Experiment {
    const NOUN: &'static str = "trial";
    const SECTION: &'static str = "model";
    const NETWORK_KEYS: &'static [&'static str] = &["model.filters", "model.network"];

    fn check(&self) -> Result<(), OutOfRange> {
        let (train, model) = (&self.train, &self.model);
        share("model.block_dropout", model.block_dropout)?;
        share("model.head_dropout", model.head_dropout)?;
        check_train(train)?;
        let pixels = self.data.dataset.side();
        within(
            "data.augmentation.crop_padding",
            self.data.augmentation.crop_padding,
            0,
            pixels,
        )?;
        let classes = self.data.dataset.class_count();
        let train_images = match self.data.dataset {
            DatasetName::Cifar100 => {
                let most = CIFAR_100_TRAIN_IMAGES - classes;
                within(
                    "data.validation_images",
                    self.data.validation_images,
                    classes,
                    most,
                )?;
                CIFAR_100_TRAIN_IMAGES - self.data.validation_images
            }
            DatasetName::Shapes => {
                let shapes = &self.data.shapes;
                let most = MOST_GENERATED_IMAGES;
                within(
                    "data.shapes.train_images",
                    shapes.train_images,
                    classes,
                    most,
                )?;
                within(
                    "data.shapes.validation_images",
                    shapes.validation_images,
                    classes,
                    most,
                )?;
                within("data.shapes.test_images", shapes.test_images, classes, most)?;
                shapes.train_images
            }
        };
        let limit = self.data.train_limit;
        if limit > 0 {
            within("data.train_limit", limit, classes, train_images)?;
        }
        let trained = if limit > 0 { limit } else { train_images };
        within("train.batch_size", train.batch_size, 1, trained)?;
        model.check(pixels).map_err(|error| {
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

/// Checks the ranges of `[train]`, the batch size left out: it depends on the data.
pub(super) fn check_train(train: &TrainSpec) -> Result<(), OutOfRange> {
    positive("train.learning_rate", train.learning_rate)?;
    positive("train.epsilon", train.epsilon)?;
    share("train.beta_1", train.beta_1)?;
    share("train.beta_2", train.beta_2)?;
    at_least_one("train.epochs", train.epochs as usize)
}

/// Images in the train split of CIFAR-100 before validation images are cut from it.
const CIFAR_100_TRAIN_IMAGES: usize = 50_000;
/// A generated split is held in memory: a million images of 32 x 32 RGB are 3 GB.
const MOST_GENERATED_IMAGES: usize = 1_000_000;

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

/// Checks `value` as written and as the 32-bit number that training computes with: the nearest one to
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
