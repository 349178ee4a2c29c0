//! Training a next-frame predictor: its clips, its loss and its validation.

use std::marker::PhantomData;

use burn::optim::GradientsParams;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::data::ClipSplits;
use crate::data::clips::CANVAS_SIDE;
use crate::kernels::{binary_cross_entropy, mean};
use crate::model::tap::Tap;
use crate::model::{
    ForecastSpec, Predictor, Recurrent, WithPredictor, clip_tensor, with_predictor,
};
use crate::run::{EpochTotals, ForecastRow, RunDir, RunManifest};

use super::clip::clip_by_global_norm;
use super::job::{Job, StartMode, StepPlace, Task, Trained, Validation, read_every};
use super::lifecycle::run;
use super::unread::read_floats;
use super::{CheckpointSpec, Outcome, StopSignal, TrainError, TrainEvents, TrainSpec};

/// The loss of a predicted frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameLoss {
    /// Binary cross-entropy of each pixel, with the grey value as a probability, in nats.
    Bce,
    /// Squared difference of each pixel.
    Mse,
}

/// `[objective]`: the training loss of a next-frame predictor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectiveSpec {
    /// Loss of a predicted frame against the true one; the mean over pixels, frames and clips is
    /// minimised.
    pub loss: FrameLoss,
    /// Number of true frames that the network receives in training; after them it receives its own
    /// predictions. With 19 or more it always receives true frames (teacher forcing).
    pub true_frames: usize,
    /// Maximum global norm of the gradients, to which longer ones are scaled; 0 means no limit.
    pub gradient_norm: f64,
}

/// The inputs of a next-frame predictor's training.
#[derive(Debug)]
pub struct ForecastJob<'a> {
    /// The run folder.
    pub run: &'a RunDir,
    /// The network.
    pub model: &'a ForecastSpec,
    /// The network's description, for checkpoints.
    pub architecture: &'a str,
    /// The training loss.
    pub objective: &'a ObjectiveSpec,
    /// Training options.
    pub train: &'a TrainSpec,
    /// The checkpoints to keep.
    pub checkpoints: &'a CheckpointSpec,
    /// The clips.
    pub data: &'a ClipSplits,
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
/// As [`super::train`].
pub fn train_forecast(
    job: ForecastJob<'_>,
    events: &mut dyn TrainEvents,
    stop: &dyn StopSignal,
) -> Result<Outcome, TrainError> {
    let training = Training {
        job: &job,
        events,
        stop,
    };
    with_predictor(job.model, training)?
}

/// A training whose network type is still to be selected by name.
struct Training<'a> {
    job: &'a ForecastJob<'a>,
    events: &'a mut dyn TrainEvents,
    stop: &'a dyn StopSignal,
}

impl WithPredictor for Training<'_> {
    type Output = Result<Outcome, TrainError>;

    fn with<N: Recurrent>(self) -> Self::Output {
        let job = self.job;
        let task = Forecast::<N> {
            model: job.model,
            objective: job.objective,
            data: job.data,
            device: job.device,
            batch_size: job.train.batch_size,
            network: PhantomData,
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
            read_every: read_every(job.device),
        };
        run(&job, task, self.events, self.stop)
    }
}

/// Returns the mean loss of predicted frames.
///
/// # Shapes
/// - `logits`, `frames`: `[batch, time, 1, height, width]`; frames 0 to 1
/// - returned: `[1]`
pub fn frame_loss(loss: FrameLoss, logits: Tensor<5>, frames: Tensor<5>) -> Tensor<1> {
    match loss {
        FrameLoss::Bce => binary_cross_entropy(logits, frames),
        FrameLoss::Mse => mean((sigmoid(logits) - frames).square()),
    }
}

/// Returns the squared error of a frame summed over its pixels, mean over frames and clips.
///
/// # Shapes
/// As [`frame_loss`].
fn frame_error(logits: Tensor<5>, frames: Tensor<5>) -> Tensor<1> {
    let [_, _, _, height, width] = frames.dims();
    frame_loss(FrameLoss::Mse, logits, frames) * (height * width) as f32
}

/// Prediction of the next frames from the frames so far.
struct Forecast<'a, N> {
    model: &'a ForecastSpec,
    objective: &'a ObjectiveSpec,
    data: &'a ClipSplits,
    device: &'a Device,
    batch_size: usize,
    network: PhantomData<N>,
}

/// A step's results, still on the device.
struct PendingStep {
    clips: usize,
    loss: Tensor<1>,
    frame_error: Tensor<1>,
}

impl<N: Recurrent> Forecast<'_, N> {
    /// Returns the logits of frames 2 to the last, and those frames.
    fn predict(&self, network: &N, clips: Tensor<5>) -> (Tensor<5>, Tensor<5>) {
        let [_, time, ..] = clips.dims();
        let seen = self.objective.true_frames.clamp(1, time - 1);
        let wanted = clips.clone().narrow(1, 1, time - 1);
        let given = clips.narrow(1, 0, seen);
        let logits = network.watch_and_roll(given, time - 1 - seen, &mut Tap::off());
        (logits, wanted)
    }
}

impl<N: Recurrent> Task for Forecast<'_, N> {
    type Network = N;
    type Pending = PendingStep;
    type Row = ForecastRow;

    fn build(&self, seed: u64, device: &Device) -> N {
        N::build(self.model, CANVAS_SIDE, seed, device)
    }

    fn items(&self) -> usize {
        self.data.train.len()
    }

    /// On a GPU the next step's clips are drawn while the device computes this one: nothing here
    /// waits for it.
    fn step(&mut self, network: &N, at: StepPlace) -> (GradientsParams, PendingStep) {
        let clips = &self.data.train;
        let first = (u64::from(at.epoch) - 1) * clips.len() as u64;
        let start = at.step * at.batch_size;
        let end = (start + at.batch_size).min(clips.len());
        let numbers: Vec<u64> = (start..end).map(|place| first + place as u64).collect();
        let device = self.device.clone().autodiff();
        let (logits, wanted) = self.predict(network, clip_tensor(clips, &numbers, &device));
        let loss = frame_loss(self.objective.loss, logits.clone(), wanted.clone());
        let mut gradients = GradientsParams::from_grads(loss.backward(), network);
        if self.objective.gradient_norm > 0.0 {
            let most = self.objective.gradient_norm as f32;
            clip_by_global_norm(network, &mut gradients, most);
        }
        let pending = PendingStep {
            clips: numbers.len(),
            loss: loss.without_autodiff(),
            frame_error: frame_error(logits.without_autodiff(), wanted.without_autodiff()),
        };
        (gradients, pending)
    }

    fn read(pending: Vec<PendingStep>) -> Vec<EpochTotals> {
        let losses = read_floats(pending.iter().map(|step| step.loss.clone()).collect());
        let errors = read_floats(
            (pending.iter())
                .map(|step| step.frame_error.clone())
                .collect(),
        );
        let read = pending.iter().zip(losses).zip(errors);
        read.map(|((step, loss), error)| EpochTotals {
            loss_sum: loss * step.clips as f64,
            quality_sum: error * step.clips as f64,
            images: step.clips as u64,
            ..EpochTotals::default()
        })
        .collect()
    }

    fn validate(&self, network: N) -> Validation {
        let network = network.valid();
        let clips = &self.data.validation;
        let (mut loss, mut error) = (0.0, 0.0);
        let numbers: Vec<u64> = (0..clips.len() as u64).collect();
        for part in numbers.chunks(self.batch_size) {
            let frames = clip_tensor(clips, part, self.device);
            let (logits, wanted) = self.predict(&network, frames);
            let sum = |mean: Tensor<1>| f64::from(mean.into_scalar::<f32>()) * part.len() as f64;
            loss += sum(frame_loss(
                self.objective.loss,
                logits.clone(),
                wanted.clone(),
            ));
            error += sum(frame_error(logits, wanted));
        }
        Validation {
            loss: loss / clips.len() as f64,
            quality: error / clips.len() as f64,
        }
    }

    fn row(
        &self,
        epoch: u32,
        trained: Option<Trained>,
        validation: &Validation,
        seconds: f64,
    ) -> ForecastRow {
        let mean = |mean: fn(&EpochTotals) -> f64| trained.map(|trained| mean(&trained.totals));
        ForecastRow {
            epoch,
            train_loss: mean(EpochTotals::loss),
            train_frame_error: mean(EpochTotals::quality),
            validation_loss: validation.loss,
            validation_frame_error: validation.quality,
            learning_rate: trained.map(|trained| trained.learning_rate),
            clips_per_second: mean(EpochTotals::images_per_second),
            seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tensor(values: [f32; 4]) -> Tensor<5> {
        Tensor::<1>::from_floats(values, &Device::flex()).reshape([1, 1, 1, 2, 2])
    }

    #[test]
    fn losses_by_hand() {
        // Logit 0 is 1/2: ln 2 nats against any grey value, and 1/4 against black or white.
        let logits = tensor([0.0; 4]);
        let frames = tensor([0.0, 1.0, 0.5, 1.0]);
        let value = |loss: Tensor<1>| loss.into_scalar::<f32>();
        let bce = value(frame_loss(FrameLoss::Bce, logits.clone(), frames.clone()));
        assert!((bce - 2f32.ln()).abs() < 1e-6, "{bce}");
        let mse = value(frame_loss(FrameLoss::Mse, logits.clone(), frames.clone()));
        assert!((mse - 0.1875).abs() < 1e-6, "{mse}");
        assert!((value(frame_error(logits, frames)) - 0.75).abs() < 1e-6);
    }

    #[test]
    fn a_wrong_and_sure_logit_costs_its_size_and_stays_finite() {
        let logits = tensor([200.0, -200.0, 200.0, -200.0]);
        let frames = tensor([0.0, 1.0, 1.0, 0.0]);
        let bce: f32 = frame_loss(FrameLoss::Bce, logits, frames).into_scalar();
        assert_eq!(bce, 100.0);
    }
}
