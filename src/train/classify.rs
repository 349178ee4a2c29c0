//! Training a classifier: its batches, its loss and its validation. Called by `cli`.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use burn::train::{ClassificationOutput, ItemLazy, TrainStep};

use crate::data::{Augmentation, EpochOrder, Splits, augmentation_stream, fill_batch};
use crate::model::{ModelSpec, PlainCnn, score, to_tensor};
use crate::run::{EpochRow, EpochTotals, RunDir, RunManifest};

use super::job::{Job, StepPlace, Task, Trained, Validation, run};
use super::{
    CheckpointSpec, ImageBatch, Outcome, StartMode, StopSignal, TrainError, TrainEvents, TrainSpec,
};

/// Everything that the training of a classifier needs.
#[derive(Debug)]
pub struct ClassifyJob<'a> {
    /// Where it is kept.
    pub run: &'a RunDir,
    /// The network.
    pub model: &'a ModelSpec,
    /// The network in words, for checkpoints.
    pub architecture: &'a str,
    /// How to train.
    pub train: &'a TrainSpec,
    /// Which checkpoints to keep.
    pub checkpoints: &'a CheckpointSpec,
    /// What is done to training images at random.
    pub augmentation: &'a Augmentation,
    /// The images.
    pub data: &'a Splits,
    /// The device, without autodiff.
    pub device: &'a Device,
    /// The resolved experiment as TOML, kept beside the weights.
    pub experiment: &'a str,
    /// What the run says of itself.
    pub manifest: RunManifest,
    /// What to do with a run that is there already.
    pub mode: StartMode,
}

/// Trains until the last epoch or until `stop` asks, and returns how it ended.
///
/// # Errors
/// [`TrainError`]; once training began, the run's manifest then says that it failed. Its
/// checkpoints stay in any case.
pub fn train(
    job: ClassifyJob<'_>,
    events: &mut dyn TrainEvents,
    stop: &dyn StopSignal,
) -> Result<Outcome, TrainError> {
    let task = Classification {
        model: job.model,
        augmentation: job.augmentation,
        data: job.data,
        device: job.device,
        order: None,
        images: Vec::new(),
        labels: Vec::new(),
    };
    let job = Job {
        run: job.run,
        architecture: job.architecture,
        train: job.train,
        checkpoints: job.checkpoints,
        device: job.device,
        experiment: job.experiment,
        manifest: job.manifest,
        mode: job.mode,
    };
    run(&job, task, events, stop)
}

/// Images to classes by cross-entropy.
struct Classification<'a> {
    model: &'a ModelSpec,
    augmentation: &'a Augmentation,
    data: &'a Splits,
    device: &'a Device,
    /// The order of the epoch at hand, with its number.
    order: Option<(u32, EpochOrder)>,
    images: Vec<f32>,
    labels: Vec<i64>,
}

impl Task for Classification<'_> {
    type Network = PlainCnn;
    type Pending = ClassificationOutput;
    type Row = EpochRow;

    fn build(&self, seed: u64, device: &Device) -> PlainCnn {
        let set = &self.data.train;
        let size = (set.height(), set.width());
        PlainCnn::new(self.model, size, set.class_names().len(), seed, device)
    }

    fn items(&self) -> usize {
        self.data.train.len()
    }

    fn step(
        &mut self,
        network: &PlainCnn,
        at: StepPlace,
    ) -> (GradientsParams, ClassificationOutput) {
        let set = &self.data.train;
        let order = match self.order.take() {
            Some((epoch, order)) if epoch == at.epoch => order,
            _ => EpochOrder::new(set.len(), at.seed, u64::from(at.epoch)),
        };
        let mut draws = augmentation_stream(at.seed, u64::from(at.epoch), at.step);
        fill_batch(
            set,
            order.batch(at.batch_size, at.step),
            Some((self.augmentation, &mut draws)),
            &self.data.normalisation,
            &mut self.images,
            &mut self.labels,
        );
        self.order = Some((at.epoch, order));
        let device = self.device.clone().autodiff();
        let (images, labels) = to_tensor(set, &self.images, &self.labels, &device);
        let output = TrainStep::step(network, ImageBatch { images, labels });
        (output.grads, output.item)
    }

    fn read(pending: ClassificationOutput) -> EpochTotals {
        let item = pending.sync().unwrap_or_else(|error| {
            panic!("the device lost the result of a training step: {error:?}")
        });
        let [images] = item.targets.dims();
        let right = item
            .output
            .argmax(1)
            .squeeze_dim::<1>(1)
            .equal(item.targets);
        let right = right.int().sum().into_scalar::<i64>();
        EpochTotals {
            loss_sum: f64::from(item.loss.into_scalar::<f32>()) * images as f64,
            correct: u64::try_from(right).unwrap_or(0),
            images: images as u64,
            ..EpochTotals::default()
        }
    }

    fn validate(&self, network: PlainCnn) -> Validation {
        let data = self.data;
        let score = score(
            &network.valid(),
            &data.validation,
            &data.normalisation,
            self.device,
        );
        Validation {
            loss: score.loss,
            accuracy: Some(score.accuracy),
            frame_error: None,
        }
    }

    fn row(
        &self,
        epoch: u32,
        trained: Option<Trained>,
        validation: &Validation,
        seconds: f64,
    ) -> EpochRow {
        let mean = |sum: fn(&EpochTotals) -> f64| {
            trained.map(|trained| sum(&trained.totals) / trained.totals.images as f64)
        };
        EpochRow {
            epoch,
            train_loss: mean(|totals| totals.loss_sum),
            train_accuracy: mean(|totals| totals.correct as f64),
            validation_loss: validation.loss,
            validation_accuracy: validation
                .accuracy
                .expect("a classifier's validation counts what is right"),
            learning_rate: trained.map(|trained| trained.learning_rate),
            images_per_second: trained
                .map(|trained| trained.totals.images as f64 / trained.totals.seconds),
            seconds,
        }
    }
}
