//! Training a classifier: its batches, its loss and its validation.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Int, Tensor};
use burn::train::{ClassificationOutput, TrainStep};

use crate::data::{Augmentation, Draws, EpochOrder, Splits};
use crate::device::is_gpu;
use crate::model::backbones::TrainableBackbone;
use crate::model::{Classifier, ModelSpec, NetworkName, PlainCnn, score};
use crate::run::{EpochRow, EpochTotals, RunDir, RunManifest};

use super::clip::clip_by_global_norm;
use super::feed::{Feed, Recipe};
use super::job::{Job, StartMode, StepPlace, Task, Trained, Validation, read_every};
use super::lifecycle::run;
use super::unread::{read_counts, read_floats};
use super::{CheckpointSpec, ImageBatch, Outcome, StopSignal, TrainError, TrainEvents, TrainSpec};

/// The inputs of a classifier's training.
#[derive(Debug)]
pub struct ClassifyJob<'a> {
    /// The run folder.
    pub run: &'a RunDir,
    /// The network.
    pub model: &'a ModelSpec,
    /// The network's description, for checkpoints.
    pub architecture: &'a str,
    /// Training options.
    pub train: &'a TrainSpec,
    /// The checkpoints to keep.
    pub checkpoints: &'a CheckpointSpec,
    /// Random changes of training images.
    pub augmentation: &'a Augmentation,
    /// The images.
    pub data: &'a Splits,
    /// The device, without autodiff.
    pub device: &'a Device,
    /// The resolved experiment as TOML, saved next to the weights.
    pub experiment: &'a str,
    /// The run's record.
    pub manifest: RunManifest,
    /// What to do with an existing run.
    pub mode: StartMode,
}

/// Trains until the last epoch or until `stop` requests it, and returns how the run ended.
///
/// # Errors
/// [`TrainError`]. After training began, the run's manifest records the failure. The checkpoints
/// remain in any case.
pub fn train(
    job: ClassifyJob<'_>,
    events: &mut dyn TrainEvents,
    stop: &dyn StopSignal,
) -> Result<Outcome, TrainError> {
    let pace = Pace {
        resident: is_gpu(job.device),
        read_every: read_every(job.device),
    };
    train_at(pace, job, events, stop)
}

/// Differences between devices, which change no result.
#[derive(Debug, Clone, Copy)]
struct Pace {
    /// Whether the training images are on the device; a CPU needs no second copy of them.
    resident: bool,
    /// Number of steps between readings of results.
    read_every: usize,
}

fn train_at(
    pace: Pace,
    job: ClassifyJob<'_>,
    events: &mut dyn TrainEvents,
    stop: &dyn StopSignal,
) -> Result<Outcome, TrainError> {
    let set = &job.data.train;
    let (size, classes) = ((set.height(), set.width()), set.class_names().len());
    match job.model.network {
        NetworkName::PlainCnn => {
            let build =
                |seed, device: &Device| PlainCnn::new(job.model, size, classes, seed, device);
            train_network(pace, &job, &build, events, stop)
        }
        NetworkName::Backbone(name) => {
            let build = |seed, device: &Device| TrainableBackbone::new(name, classes, seed, device);
            train_network(pace, &job, &build, events, stop)
        }
    }
}

/// Trains the network that `build` returns for a seed on a device.
fn train_network<N: Trains>(
    pace: Pace,
    job: &ClassifyJob<'_>,
    build: &dyn Fn(u64, &Device) -> N,
    events: &mut dyn TrainEvents,
    stop: &dyn StopSignal,
) -> Result<Outcome, TrainError> {
    // The device places images and mixes them; it does not change their pixels.
    let resident = pace.resident && job.augmentation.only_moves();
    let task = Classification {
        build,
        recipe: Recipe {
            augmentation: job.augmentation,
            label_smoothing: job.train.label_smoothing,
        },
        gradient_norm: job.train.gradient_norm as f32,
        data: job.data,
        device: job.device,
        order: None,
        feed: Feed::new(resident, job.data, job.device),
    };
    let job = Job {
        run: job.run,
        architecture: job.architecture,
        train: job.train,
        checkpoints: job.checkpoints,
        device: job.device,
        experiment: job.experiment,
        manifest: job.manifest.clone(),
        mode: job.mode,
        read_every: pace.read_every,
    };
    run(&job, task, events, stop)
}

/// A network that can be trained here.
trait Trains:
    Module + Classifier + TrainStep<Input = ImageBatch, Output = ClassificationOutput>
{
}

impl Trains for PlainCnn {}
impl Trains for TrainableBackbone {}

/// Classification of images by cross-entropy.
struct Classification<'a, N> {
    build: &'a dyn Fn(u64, &Device) -> N,
    recipe: Recipe<'a>,
    /// Largest norm of all gradients together; 0 for any.
    gradient_norm: f32,
    data: &'a Splits,
    device: &'a Device,
    /// The order of the current epoch, with its number.
    order: Option<(u32, EpochOrder)>,
    feed: Feed,
}

/// A step's results, still on the device.
struct PendingStep {
    images: usize,
    /// `[1]`, mean over the images.
    loss: Tensor<1>,
    /// `[1]`, images predicted correctly.
    right: Tensor<1, Int>,
}

impl<N: Trains> Task for Classification<'_, N> {
    type Network = N;
    type Pending = PendingStep;
    type Row = EpochRow;

    fn build(&self, seed: u64, device: &Device) -> N {
        (self.build)(seed, device)
    }

    fn items(&self) -> usize {
        self.data.train.len()
    }

    fn step(&mut self, network: &N, at: StepPlace) -> (GradientsParams, PendingStep) {
        let len = self.data.train.len();
        let order = match self.order.take() {
            Some((epoch, order)) if epoch == at.epoch => order,
            _ => EpochOrder::new(len, at.seed, u64::from(at.epoch)),
        };
        let mut draws = Draws::new(at.seed, u64::from(at.epoch), at.step);
        let indices = order.batch(at.batch_size, at.step);
        let changes = (self.recipe, &mut draws);
        let batch = self.feed.batch(self.data, indices, changes, self.device);
        let count = indices.len();
        self.order = Some((at.epoch, order));
        let output = TrainStep::step(network, batch);
        let item = output.item;
        let predicted = item.output.without_autodiff().argmax(1).squeeze_dim::<1>(1);
        let right = predicted.equal(item.targets.without_autodiff());
        let pending = PendingStep {
            images: count,
            loss: item.loss.without_autodiff(),
            right: right.int().sum(),
        };
        let mut gradients = output.grads;
        if self.gradient_norm > 0.0 {
            clip_by_global_norm(network, &mut gradients, self.gradient_norm);
        }
        (gradients, pending)
    }

    fn read(pending: Vec<PendingStep>) -> Vec<EpochTotals> {
        let losses = read_floats(pending.iter().map(|step| step.loss.clone()).collect());
        let right = read_counts(pending.iter().map(|step| step.right.clone()).collect());
        let read = pending.iter().zip(losses).zip(right);
        read.map(|((step, loss), correct)| EpochTotals {
            loss_sum: loss * step.images as f64,
            quality_sum: correct as f64,
            images: step.images as u64,
            ..EpochTotals::default()
        })
        .collect()
    }

    fn validate(&self, network: N) -> Validation {
        let data = self.data;
        let score = score(
            &network.valid(),
            &data.validation,
            &data.normalisation,
            self.device,
        );
        Validation {
            loss: score.loss,
            quality: score.accuracy,
        }
    }

    fn row(
        &self,
        epoch: u32,
        trained: Option<Trained>,
        validation: &Validation,
        seconds: f64,
    ) -> EpochRow {
        let mean = |mean: fn(&EpochTotals) -> f64| trained.map(|trained| mean(&trained.totals));
        EpochRow {
            epoch,
            train_loss: mean(EpochTotals::loss),
            train_accuracy: mean(EpochTotals::quality),
            validation_loss: validation.loss,
            validation_accuracy: validation.quality,
            learning_rate: trained.map(|trained| trained.learning_rate),
            images_per_second: mean(EpochTotals::images_per_second),
            seconds,
        }
    }
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
