//! The loop over epochs and steps of a training run, and the files written after each.
//!
//! Every random draw of a step comes from a stream derived from (seed, epoch, step), so a resumed
//! run makes the same draws as an uninterrupted one.

use std::time::{Duration, Instant};

use burn::module::Module;
use rand_chacha::rand_core::Rng;

use crate::data::random::stream;
use crate::device::{cpu, is_gpu};
use crate::model::{InTraining, numbered, tensor_shapes, write_training};
use crate::run::{
    CHECKPOINT_FORMAT, CheckpointName, CheckpointState, EpochRecord, EpochTotals, TotalsRecord,
    append_epoch_record,
};

use super::average;
use super::events::{EpochMeans, EpochReport};
use super::job::{Job, Outcome, StartMode, StepPlace, StopReason, Task, Trained};
use super::optimizer::optimizer;
use super::session::{Notes, restore};
use super::unread::Unread;
use super::{Progress, StopSignal, TrainError, TrainEvents};

/// A run in progress.
pub(super) struct Loop<'a, T: Task> {
    job: &'a Job<'a>,
    task: T,
    training: InTraining<T::Network>,
    /// The state of the training, as the next checkpoint records it.
    state: CheckpointState,
    /// Sums of the unfinished epoch.
    totals: EpochTotals,
    /// The checkpoint that it resumed from or wrote last: the last good one.
    saved: Option<CheckpointName>,
    /// When this call saves and stops.
    deadline: Option<Instant>,
}

impl<'a, T: Task> Loop<'a, T> {
    /// Returns the run at its latest complete checkpoint if it is to resume, else at its start.
    pub(super) fn open(
        job: &'a Job<'a>,
        task: T,
        notes: &mut Notes<'_>,
    ) -> Result<Self, TrainError> {
        let build = || start(job, &task);
        let deadline = deadline(job.train.max_minutes);
        if job.mode == StartMode::Resume
            && let Some((training, state)) = restore(job, &task, build, notes)?
        {
            return Ok(Self {
                saved: Some(CheckpointName::of(&state)),
                totals: state.totals.totals(T::Row::QUALITY),
                job,
                training,
                state,
                task,
                deadline,
            });
        }
        let training = build();
        let state = CheckpointState {
            format: CHECKPOINT_FORMAT,
            sha256: String::new(),
            trial: job.run.trial().to_string(),
            seed: job.run.seed(),
            epoch: 0,
            step: 0,
            total_steps: 0,
            architecture: job.architecture.to_string(),
            tensors: tensor_shapes(&training.latest),
            totals: TotalsRecord::default(),
            best: None,
            files: Default::default(),
            experiment: job.experiment.to_string(),
            epochs: None,
        };
        Ok(Self {
            job,
            task,
            training,
            state,
            totals: EpochTotals::default(),
            saved: None,
            deadline,
        })
    }

    /// Trains until the last epoch or until `stop` requests it.
    pub(super) fn run(
        &mut self,
        events: &mut dyn TrainEvents,
        stop: &dyn StopSignal,
    ) -> Result<Outcome, TrainError> {
        match self.saved {
            None => self.finish_epoch(events)?,
            // A kill may have come before this.
            Some(_) => self.prune()?,
        }
        while self.state.epoch < self.job.train.epochs && !self.has_stalled() {
            if let Some(reason) = self.train_epoch(events, stop)? {
                let here = CheckpointName::of(&self.state);
                if self.saved != Some(here) {
                    self.save()?;
                    self.prune()?;
                }
                return Ok(Outcome::Stopped {
                    saved: here,
                    reason,
                });
            }
            self.state.epoch += 1;
            self.state.step = 0;
            self.finish_epoch(events)?;
        }
        let (last, epochs) = (self.state.epoch, self.job.train.epochs);
        Ok(Outcome::Done {
            best: self.state.best.clone(),
            early: (last < epochs).then_some(last),
        })
    }

    /// Returns whether no epoch of the last ones was better than those before.
    fn has_stalled(&self) -> bool {
        let patience = self.job.train.early_stopping;
        let best = self.state.best.as_ref();
        patience > 0 && best.is_some_and(|best| self.state.epoch >= best.epoch + patience)
    }

    /// Returns whether the time limit of this call has passed, and a step was taken since the last
    /// checkpoint: every call goes on a little.
    fn is_late(&self) -> bool {
        let late = self
            .deadline
            .is_some_and(|deadline| Instant::now() >= deadline);
        late && self.saved != Some(CheckpointName::of(&self.state))
    }

    /// Trains the rest of the epoch; returns the reason if it stopped before the end.
    fn train_epoch(
        &mut self,
        events: &mut dyn TrainEvents,
        stop: &dyn StopSignal,
    ) -> Result<Option<StopReason>, TrainError> {
        let (job, epoch) = (self.job, self.state.epoch + 1);
        let steps = self.task.items().div_ceil(job.train.batch_size);
        let mut unread = Unread::new(job.read_every);
        for step in self.state.step as usize..steps {
            let reason = match stop.requested() {
                true => Some(StopReason::Requested),
                false => self.is_late().then_some(StopReason::TimeLimit),
            };
            if reason.is_some() {
                self.read(&mut unread, steps, events)?;
                return Ok(reason);
            }
            let pending = self.step(epoch, step, steps);
            self.state.step = step as u64 + 1;
            self.state.total_steps += 1;
            if unread.push(step, pending) {
                self.read(&mut unread, steps, events)?;
            }
        }
        self.read(&mut unread, steps, events)?;
        Ok(None)
    }

    /// Adds the pending results on the device to the epoch's sums. Called before anything is saved,
    /// so that a network with a NaN loss is never saved.
    fn read(
        &mut self,
        unread: &mut Unread<T::Pending>,
        steps: usize,
        events: &mut dyn TrainEvents,
    ) -> Result<(), TrainError> {
        let Some((brought, seconds)) = unread.take(T::read) else {
            return Ok(());
        };
        let epoch = self.state.epoch + 1;
        for (step, brought) in brought {
            if !brought.loss_sum.is_finite() {
                return Err(TrainError::NotANumber {
                    loss: brought.loss(),
                    epoch,
                    batch: step + 1,
                    batches: steps,
                    last_good: self.saved,
                });
            }
            self.totals.loss_sum += brought.loss_sum;
            self.totals.quality_sum += brought.quality_sum;
            self.totals.images += brought.images;
        }
        self.totals.seconds += seconds;
        events.step(&self.progress(epoch, steps as u64));
        Ok(())
    }

    /// Takes one optimizer step and returns its pending results on the device.
    fn step(&mut self, epoch: u32, step: usize, steps: usize) -> T::Pending {
        let (job, seed) = (self.job, self.job.run.seed());
        // Dropout uses the device's generator; a separate seed for every step makes it independent
        // of earlier draws.
        job.device
            .seed(stream(seed, "dropout", self.state.total_steps).next_u64());
        let place = StepPlace {
            seed,
            epoch,
            step,
            batch_size: job.train.batch_size,
        };
        let (gradients, pending) = self.task.step(&self.training.latest, place);
        let total_steps = steps as u64 * u64::from(job.train.epochs);
        let rate = job
            .train
            .learning_rate_at(self.state.total_steps, total_steps);
        let InTraining {
            latest,
            average,
            optimizer,
        } = &mut self.training;
        *latest = optimizer.step(rate, latest.clone(), gradients);
        if let Some(old) = average.take() {
            let (share, step) = (job.train.weight_average, self.state.total_steps);
            *average = Some(average::follow(old, latest, share, step));
        }
        pending
    }

    /// Validates, and writes the epoch's row and checkpoint.
    ///
    /// The row comes first: resuming drops the row of a checkpoint that a kill left unwritten, but
    /// cannot create a row for a checkpoint without one.
    fn finish_epoch(&mut self, events: &mut dyn TrainEvents) -> Result<(), TrainError> {
        let started = Instant::now();
        let validation = self.task.validate(self.training.network().clone());
        if !validation.loss.is_finite() {
            let (loss, epoch, last_good) = (validation.loss, self.state.epoch, self.saved);
            return Err(TrainError::ValidationNotANumber {
                loss,
                epoch,
                last_good,
            });
        }
        let totals = std::mem::take(&mut self.totals);
        let trained = (totals.images > 0).then(|| Trained {
            totals,
            learning_rate: self.last_rate(totals.images),
        });
        let seconds = totals.seconds + started.elapsed().as_secs_f64();
        let row = self
            .task
            .row(self.state.epoch, trained, &validation, seconds);
        let candidate = row.candidate();
        let is_best = self
            .state
            .best
            .as_ref()
            .is_none_or(|best| candidate.beats(best));
        let steps = self.task.items().div_ceil(self.job.train.batch_size) as u64;
        append_epoch_record(self.job.run, steps, row.clone())?;
        if is_best {
            self.state.best = Some(candidate.clone());
        }
        self.save()?;
        if is_best {
            candidate.write(&self.job.run.best())?;
        }
        events.epoch(&EpochReport {
            epoch: row.epoch(),
            epochs: self.job.train.epochs,
            trained: trained.map(|trained| EpochMeans {
                loss: trained.totals.loss(),
                quality: (T::Row::QUALITY)(trained.totals.quality()),
                images_per_second: trained.totals.images_per_second(),
            }),
            validation_loss: validation.loss,
            validation_quality: (T::Row::QUALITY)(validation.quality),
            is_best,
        });
        self.prune()
    }

    fn save(&mut self) -> Result<(), TrainError> {
        let state = CheckpointState {
            totals: TotalsRecord::new(&self.totals, T::Row::QUALITY),
            experiment: self.job.experiment.to_string(),
            epochs: Some(self.job.run.epochs_checksum()?),
            ..self.state.clone()
        };
        self.state = write_training(self.job.run, &self.training, state)?;
        self.saved = Some(CheckpointName::of(&self.state));
        Ok(())
    }

    /// Removes checkpoints that the schedule does not keep, except the last and the best.
    fn prune(&self) -> Result<(), TrainError> {
        let (last, epochs) = (CheckpointName::of(&self.state), self.job.train.epochs);
        let best = self.state.best.as_ref().map(|best| best.epoch);
        for name in self.job.run.checkpoint_folders()? {
            let whole = name.step == 0;
            let listed = self.job.checkpoints.keeps(name.epoch, epochs);
            let kept = whole && (listed || Some(name.epoch) == best);
            if name < last && !kept {
                self.job.run.remove_checkpoint(name)?;
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
        Progress {
            epoch,
            epochs: self.job.train.epochs,
            step: self.state.step,
            steps,
            loss: self.totals.loss(),
            quality: (T::Row::QUALITY)(self.totals.quality()),
            images_per_second: self.totals.images_per_second(),
        }
    }
}

/// Returns the time after `minutes`; `None` if there is no limit.
fn deadline(minutes: f64) -> Option<Instant> {
    const SECONDS: f64 = 60.0;
    let limit = Duration::try_from_secs_f64(minutes * SECONDS).ok()?;
    (minutes > 0.0).then(|| Instant::now().checked_add(limit))?
}

/// Returns the training before its first step.
fn start<T: Task>(job: &Job<'_>, task: &T) -> InTraining<T::Network> {
    let latest = build_network(job, task);
    InTraining {
        average: (job.train.weight_average > 0.0).then(|| average::copy(&latest)),
        latest,
        optimizer: optimizer(job.train),
    }
}

/// Weights are drawn on the CPU for any device, so a seed gives the same network everywhere.
fn build_network<T: Task>(job: &Job<'_>, task: &T) -> T::Network {
    let seed = stream(job.run.seed(), "weights", 0).next_u64();
    let network = numbered(task.build(seed, &cpu().autodiff()));
    match is_gpu(job.device) {
        true => network.fork(&job.device.clone().autodiff()),
        false => network,
    }
}
