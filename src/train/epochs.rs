//! The loop of epochs and steps of a training run, and what it writes after each. Called by
//! [`super::train`].
//!
//! Every random draw of a step comes from a stream that is derived from (seed, epoch, step), so a
//! resumed run draws what the uninterrupted one would have drawn.

use std::time::Instant;

use burn::module::Module;
use burn::optim::{AdamConfig, ModuleOptimizer};
use burn::train::{ItemLazy, TrainStep};
use rand_chacha::rand_core::Rng;

use crate::data::random::stream;
use crate::data::{EpochOrder, augmentation_stream, fill_batch};
use crate::model::{PlainCnn, score, tensor_shapes, to_tensor, write_training};
use crate::run::{
    BestCheckpoint, CHECKPOINT_FORMAT, CheckpointName, CheckpointState, EpochRow, EpochTotals,
    append_epoch_row,
};

use super::session::{Notes, Restored, remove_folder, restore};
use super::{
    ClassifyJob, ImageBatch, Outcome, Progress, StartMode, StopSignal, TrainError, TrainEvents,
    TrainSpec,
};

/// A run at work.
pub(super) struct Loop<'a> {
    job: &'a ClassifyJob<'a>,
    network: PlainCnn,
    optimizer: ModuleOptimizer,
    /// Where training stands, and what the next checkpoint says.
    state: CheckpointState,
    /// The checkpoint that it went on from or wrote last: the last good one.
    saved: Option<CheckpointName>,
    images: Vec<f32>,
    labels: Vec<i64>,
}

impl<'a> Loop<'a> {
    /// Returns the run at its newest whole checkpoint where it is to go on from one, else at its start.
    pub(super) fn open(
        job: &'a ClassifyJob<'a>,
        notes: &mut Notes<'_>,
    ) -> Result<Self, TrainError> {
        let build = || (build_network(job), build_optimizer(job.train));
        if job.mode == StartMode::Resume
            && let Some(restored) = restore(job, build, notes)?
        {
            let Restored {
                network,
                optimizer,
                state,
            } = restored;
            let saved = Some(place_of(&state));
            return Ok(Self::new(job, network, optimizer, state, saved));
        }
        let (network, optimizer) = build();
        let state = CheckpointState {
            format: CHECKPOINT_FORMAT,
            sha256: String::new(),
            trial: job.run.trial().to_string(),
            seed: job.run.seed(),
            epoch: 0,
            step: 0,
            total_steps: 0,
            architecture: job.architecture.to_string(),
            tensors: tensor_shapes(&network),
            totals: EpochTotals::default(),
            best: None,
            files: Default::default(),
        };
        Ok(Self::new(job, network, optimizer, state, None))
    }

    fn new(
        job: &'a ClassifyJob<'a>,
        network: PlainCnn,
        optimizer: ModuleOptimizer,
        state: CheckpointState,
        saved: Option<CheckpointName>,
    ) -> Self {
        Self {
            job,
            network,
            optimizer,
            state,
            saved,
            images: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// Trains until the last epoch or until `stop` asks.
    pub(super) fn run(
        &mut self,
        events: &mut dyn TrainEvents,
        stop: &dyn StopSignal,
    ) -> Result<Outcome, TrainError> {
        if self.saved.is_none() {
            self.finish_epoch(events)?;
        }
        while self.state.epoch < self.job.train.epochs {
            if !self.train_epoch(events, stop)? {
                let here = place_of(&self.state);
                if self.saved != Some(here) {
                    self.save()?;
                    self.prune()?;
                }
                return Ok(Outcome::Stopped { saved: here });
            }
            self.state.epoch += 1;
            self.state.step = 0;
            self.finish_epoch(events)?;
        }
        Ok(Outcome::Done {
            best: self.state.best.clone(),
        })
    }

    /// Trains the rest of the epoch; returns false where `stop` asked before its end.
    fn train_epoch(
        &mut self,
        events: &mut dyn TrainEvents,
        stop: &dyn StopSignal,
    ) -> Result<bool, TrainError> {
        let (job, epoch) = (self.job, self.state.epoch + 1);
        let set = &job.data.train;
        let order = EpochOrder::new(set.len(), job.run.seed(), u64::from(epoch));
        let steps = order.batches(job.train.batch_size);
        for step in self.state.step as usize..steps {
            if stop.requested() {
                return Ok(false);
            }
            let started = Instant::now();
            let indices = order.batch(job.train.batch_size, step);
            let (loss, correct) = self.step(epoch, step, indices, steps)?;
            if !loss.is_finite() {
                let last_good = self.saved;
                let batch = step + 1;
                return Err(TrainError::NotANumber {
                    loss,
                    epoch,
                    batch,
                    batches: steps,
                    last_good,
                });
            }
            let totals = &mut self.state.totals;
            totals.loss_sum += loss * indices.len() as f64;
            totals.correct += correct;
            totals.images += indices.len() as u64;
            totals.seconds += started.elapsed().as_secs_f64();
            self.state.step = step as u64 + 1;
            self.state.total_steps += 1;
            events.step(&self.progress(epoch, steps as u64));
        }
        Ok(true)
    }

    /// Takes one optimizer step; returns the batch's mean loss and how many it got right.
    fn step(
        &mut self,
        epoch: u32,
        step: usize,
        indices: &[usize],
        steps: usize,
    ) -> Result<(f64, u64), TrainError> {
        let (job, seed) = (self.job, self.job.run.seed());
        let mut draws = augmentation_stream(seed, u64::from(epoch), step);
        fill_batch(
            &job.data.train,
            indices,
            Some((job.augmentation, &mut draws)),
            &job.data.normalisation,
            &mut self.images,
            &mut self.labels,
        );
        let device = job.device.clone().autodiff();
        let (images, labels) = to_tensor(&job.data.train, &self.images, &self.labels, &device);
        // Dropout draws from the device's generator; a seed of its own for every step makes it
        // independent of what was drawn before.
        job.device
            .seed(stream(seed, "dropout", self.state.total_steps).next_u64());
        let output = TrainStep::step(&self.network, ImageBatch { images, labels });
        let total_steps = steps as u64 * u64::from(job.train.epochs);
        let rate = job
            .train
            .learning_rate_at(self.state.total_steps, total_steps);
        let network = self.network.clone();
        self.network = self.optimizer.step(rate, network, output.grads);
        let item = output.item.sync().unwrap_or_else(|error| {
            panic!("the device lost the result of a training step: {error:?}")
        });
        let right = item
            .output
            .argmax(1)
            .squeeze_dim::<1>(1)
            .equal(item.targets);
        let right = right.int().sum().into_scalar::<i64>();
        let loss = item.loss.into_scalar::<f32>();
        Ok((f64::from(loss), u64::try_from(right).unwrap_or(0)))
    }

    /// Validates, and writes the epoch's row and checkpoint.
    ///
    /// The row first: resuming drops the row of a checkpoint that a kill left unwritten, but cannot
    /// make up a row for a checkpoint that has none.
    fn finish_epoch(&mut self, events: &mut dyn TrainEvents) -> Result<(), TrainError> {
        let data = self.job.data;
        let started = Instant::now();
        let score = score(
            &self.network.valid(),
            &data.validation,
            &data.normalisation,
            self.job.device,
        );
        if !score.loss.is_finite() {
            let (loss, epoch, last_good) = (score.loss, self.state.epoch, self.saved);
            return Err(TrainError::ValidationNotANumber {
                loss,
                epoch,
                last_good,
            });
        }
        let totals = std::mem::take(&mut self.state.totals);
        let trained = totals.images > 0;
        let images = totals.images as f64;
        let row = EpochRow {
            epoch: self.state.epoch,
            train_loss: trained.then(|| totals.loss_sum / images),
            train_accuracy: trained.then(|| totals.correct as f64 / images),
            validation_loss: score.loss,
            validation_accuracy: score.accuracy,
            learning_rate: trained.then(|| self.last_rate(totals.images)),
            images_per_second: trained.then(|| images / totals.seconds),
            seconds: totals.seconds + started.elapsed().as_secs_f64(),
        };
        let candidate = BestCheckpoint {
            epoch: self.state.epoch,
            validation_accuracy: score.accuracy,
            validation_loss: score.loss,
        };
        let is_best = self
            .state
            .best
            .as_ref()
            .is_none_or(|best| candidate.beats(best));
        append_epoch_row(&self.job.run.epochs(), row.clone())?;
        if is_best {
            self.state.best = Some(candidate.clone());
        }
        self.save()?;
        if is_best {
            candidate.write(&self.job.run.best())?;
        }
        events.epoch(&row, self.job.train.epochs, is_best);
        self.prune()
    }

    fn save(&mut self) -> Result<(), TrainError> {
        let state = self.state.clone();
        self.state = write_training(self.job.run, &self.network, &self.optimizer, state)?;
        self.saved = Some(place_of(&self.state));
        Ok(())
    }

    /// Removes checkpoints that neither the schedule keeps nor are the last or the best.
    fn prune(&self) -> Result<(), TrainError> {
        let (last, epochs) = (place_of(&self.state), self.job.train.epochs);
        let best = self.state.best.as_ref().map(|best| best.epoch);
        for name in self.job.run.checkpoints()? {
            let whole = name.step == 0;
            let listed = self.job.checkpoints.keeps(name.epoch, epochs);
            let kept = whole && (listed || Some(name.epoch) == best);
            if name < last && !kept {
                remove_folder(self.job.run, name)?;
            }
        }
        Ok(())
    }

    fn last_rate(&self, images: u64) -> f64 {
        let steps = images.div_ceil(self.job.train.batch_size as u64);
        let total = steps * u64::from(self.job.train.epochs);
        self.job
            .train
            .learning_rate_at(self.state.total_steps.saturating_sub(1), total)
    }

    fn progress(&self, epoch: u32, steps: u64) -> Progress {
        let totals = &self.state.totals;
        let images = totals.images as f64;
        Progress {
            epoch,
            epochs: self.job.train.epochs,
            step: self.state.step,
            steps,
            loss: totals.loss_sum / images,
            accuracy: totals.correct as f64 / images,
            images_per_second: images / totals.seconds,
        }
    }
}

fn place_of(state: &CheckpointState) -> CheckpointName {
    CheckpointName {
        epoch: state.epoch,
        step: state.step,
    }
}

fn build_network(job: &ClassifyJob<'_>) -> PlainCnn {
    let set = &job.data.train;
    let device = job.device.clone().autodiff();
    let size = (set.height(), set.width());
    let seed = stream(job.run.seed(), "weights", 0).next_u64();
    PlainCnn::new(job.model, size, set.class_names().len(), seed, &device)
}

fn build_optimizer(spec: &TrainSpec) -> ModuleOptimizer {
    AdamConfig::new()
        .with_beta_1(spec.beta_1 as f32)
        .with_beta_2(spec.beta_2 as f32)
        .with_epsilon(spec.epsilon as f32)
        .init()
}
