//! The resolved experiment as a value: one section per stage, and the ranges of its numbers.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::data::{Augmentation, DataOptions, Dataset, ImageShape, PictureOptions, ShapesOptions};
use crate::model::{ModelSpec, NetworkSize};
use crate::train::{CheckpointSpec, OptimizerName, Schedule, TrainSpec};

/// The section of training options, in front of its keys.
pub(super) const TRAIN: &str = "train.";

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

    /// Returns why its training does not read the key; `None` if it does.
    fn unread(&self, key: &str) -> Option<String>;

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
            within(
                "data.augmentation.cutout",
                data.augmentation.cutout,
                0,
                side,
            )?;
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
            // An image alone in a batch has no other to be mixed with.
            let least = if data.augmentation.mixup > 0.0 { 2 } else { 1 };
            within("train.batch_size", self.train.batch_size, least, trained)?;
        }
        let Some(ImageShape { side, .. }) = shape else {
            return Ok(());
        };
        let model = &self.model;
        model.check(side).map_err(|error| {
            let value = match error.key() {
                "model.filters" => format!("{:?}", model.filters),
                "model.network" => format!("{:?}", String::from(model.network)),
                "model.convolutions_per_block" => model.convolutions_per_block.to_string(),
                "model.kernel" => model.kernel.to_string(),
                "model.shortcut" => model.shortcut.to_string(),
                _ => format!("{:?}", model.block_dropout.shares()),
            };
            OutOfRange {
                key: error.key(),
                value,
                allowed: error.to_string(),
            }
        })
    }
}

impl ExperimentKind for Experiment {
    const NOUN: &'static str = "trial";
    const SECTION: &'static str = "model";
    const NETWORK_KEYS: &'static [&'static str] = &[
        "model.filters",
        "model.network",
        "model.convolutions_per_block",
        "model.kernel",
        "model.shortcut",
        "model.block_dropout",
    ];

    fn training(&self) -> &TrainSpec {
        &self.train
    }

    fn dataset_name(&self) -> &'static str {
        self.data.dataset.name()
    }

    fn unread(&self, key: &str) -> Option<String> {
        let dataset = self.data.dataset;
        match key.strip_prefix(TRAIN) {
            Some(key) => self.train.unread(key),
            None if dataset.reads(key) => None,
            None => Some(format!("data.dataset is {:?}", dataset.name())),
        }
    }

    fn check(&self) -> Result<(), OutOfRange> {
        let (train, model) = (&self.train, &self.model);
        for dropped in model.block_dropout.shares() {
            share("model.block_dropout", *dropped).map_err(|out| OutOfRange {
                // As the network's own errors of this key, it is a whole sentence.
                allowed: format!("must be {}", out.allowed),
                ..out
            })?;
        }
        share("model.head_dropout", model.head_dropout)?;
        self.data.check_augmentation()?;
        check_train(train)?;
        let dataset = self.data.dataset;
        let train_images = dataset.train_images(&self.data_options());
        self.check_images(dataset.known_shape(), train_images)
    }
}

impl DataSection {
    fn check_augmentation(&self) -> Result<(), OutOfRange> {
        /// Smaller parameters give shares of almost 0 or 1, larger ones of almost one half.
        const MIXUP: std::ops::RangeInclusive<f64> = 0.01..=4.0;
        let Augmentation {
            mixup,
            colour_jitter,
            ..
        } = self.augmentation;
        if mixup != 0.0 && !MIXUP.contains(&mixup) {
            let allowed = format!("0, or a number from {} to {}", MIXUP.start(), MIXUP.end());
            return out_of_range("data.augmentation.mixup", mixup, allowed);
        }
        between("data.augmentation.colour_jitter", colour_jitter, 1.0)
    }
}

/// Checks the ranges of `[train]`, except the batch size, which depends on the data.
pub(super) fn check_train(train: &TrainSpec) -> Result<(), OutOfRange> {
    positive("train.learning_rate", train.learning_rate)?;
    positive("train.epsilon", train.epsilon)?;
    share("train.beta_1", train.beta_1)?;
    share("train.beta_2", train.beta_2)?;
    share("train.momentum", train.momentum)?;
    share("train.label_smoothing", train.label_smoothing)?;
    share("train.weight_average", train.weight_average)?;
    not_negative("train.weight_decay", train.weight_decay)?;
    not_negative("train.gradient_norm", train.gradient_norm)?;
    not_negative("train.max_minutes", train.max_minutes)?;
    at_least_one("train.epochs", train.epochs as usize)?;
    let (epochs, warmup) = (train.epochs as usize, train.warmup_epochs as usize);
    within("train.warmup_epochs", warmup, 0, epochs)?;
    if train.nesterov && train.momentum == 0.0 && train.optimizer == OptimizerName::Sgd {
        return out_of_range("train.nesterov", true, "false if train.momentum is 0");
    }
    if train.schedule != Schedule::Step {
        return Ok(());
    }
    between("train.step_factor", train.step_factor, 1.0)?;
    let rising = train.milestones.is_sorted_by(|one, next| one < next);
    let inside = train
        .milestones
        .iter()
        .all(|epoch| (1..train.epochs).contains(epoch));
    if train.milestones.is_empty() || !rising || !inside {
        let milestones = format!("{:?}", train.milestones);
        let allowed = format!(
            "epochs in rising order, each from 1 to below train.epochs, {epochs}, such as [{}]",
            epochs.div_ceil(2)
        );
        return out_of_range("train.milestones", milestones, allowed);
    }
    Ok(())
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

/// Checks a number from 0 to `most`.
fn between(key: &'static str, value: f64, most: f64) -> Result<(), OutOfRange> {
    let allowed = format!("a number from 0 to {most}");
    rounded(key, value, &allowed, |value| (0.0..=most).contains(&value))
}

pub(super) fn not_negative(key: &'static str, value: f64) -> Result<(), OutOfRange> {
    let allowed = "a finite number, 0 or above";
    rounded(key, value, allowed, |value| {
        value.is_finite() && value >= 0.0
    })
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
