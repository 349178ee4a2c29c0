//! `[train]` and `[checkpoints]` of an experiment.

use serde::{Deserialize, Serialize};

/// Prefixes of the keys that cannot change in a resumed run. They define what a step is, and a
/// checkpoint counts steps and holds the weights of one network. All other keys may change if the
/// user accepts it.
pub const FIXED_ON_RESUME: [&str; 5] =
    ["data.", "clips.", "model.", "forecast.", "train.batch_size"];

/// Schedule of the learning rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Constant.
    Constant,
    /// Decay to 0 along half a cosine over all steps (Loshchilov and Hutter 2017, eq. 5, without
    /// restarts).
    Cosine,
}

/// Training options: Adam on the cross-entropy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainSpec {
    /// Number of passes over the training images.
    pub epochs: u32,
    /// Number of images per step.
    pub batch_size: usize,
    /// Adam's initial step size.
    pub learning_rate: f64,
    /// Adam's decay of the first moment.
    pub beta_1: f64,
    /// Adam's decay of the second moment.
    pub beta_2: f64,
    /// Adam's guard against division by zero.
    pub epsilon: f64,
    /// Schedule of the learning rate.
    pub schedule: Schedule,
}

impl TrainSpec {
    /// Returns the learning rate of step `step` (from 0) of `total_steps`.
    pub fn learning_rate_at(&self, step: u64, total_steps: u64) -> f64 {
        match self.schedule {
            Schedule::Constant => self.learning_rate,
            Schedule::Cosine => {
                let done = step as f64 / total_steps.max(1) as f64;
                self.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
        }
    }
}

/// The checkpoints to keep. The last and the best are always kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckpointSpec {
    /// Epochs to keep; 0 is the network before training.
    pub at: Vec<u32>,
    /// Interval in epochs after the last listed one that the run reaches; 0 means none.
    pub every: u32,
}

impl CheckpointSpec {
    /// Returns whether the schedule keeps the checkpoint of `epoch` in a run of `epochs`.
    pub fn keeps(&self, epoch: u32, epochs: u32) -> bool {
        self.at.contains(&epoch)
            || (self.every > 0
                && epoch > self.listed_until(epochs)
                && epoch.is_multiple_of(self.every))
    }

    /// Returns the number of checkpoints that the schedule keeps in a run of `epochs`.
    pub fn count(&self, epochs: u32) -> u64 {
        let mut listed: Vec<u32> = self.at.clone();
        listed.retain(|epoch| *epoch <= epochs);
        listed.sort_unstable();
        listed.dedup();
        let multiples = |until: u32| until.checked_div(self.every).unwrap_or(0);
        listed.len() as u64 + u64::from(multiples(epochs) - multiples(self.listed_until(epochs)))
    }

    /// Returns the last listed epoch that the run reaches, 0 if there is none.
    fn listed_until(&self, epochs: u32) -> u32 {
        let reached = self.at.iter().copied().filter(|epoch| *epoch <= epochs);
        reached.max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_schedule_by_hand() {
        let spec = CheckpointSpec {
            at: vec![0, 1, 2, 5, 10],
            every: 5,
        };
        assert_eq!(kept(&spec, 27), [0, 1, 2, 5, 10, 15, 20, 25]);
        let none = CheckpointSpec {
            at: vec![],
            every: 0,
        };
        assert_eq!(kept(&none, 50), [0; 0]);
    }

    /// Returns the kept epochs, and checks [`CheckpointSpec::count`].
    fn kept(spec: &CheckpointSpec, epochs: u32) -> Vec<u32> {
        let kept = (0..=epochs).filter(|epoch| spec.keeps(*epoch, epochs));
        let kept: Vec<u32> = kept.collect();
        assert_eq!(spec.count(epochs), kept.len() as u64, "{spec:?}");
        kept
    }

    #[test]
    fn an_epoch_that_is_never_reached_does_not_switch_every_off() {
        let spec = CheckpointSpec {
            at: vec![1000, 3, 3],
            every: 4,
        };
        assert_eq!(kept(&spec, 12), [3, 4, 8, 12]);
        let most = CheckpointSpec {
            at: vec![],
            every: 1,
        };
        assert_eq!(most.count(u32::MAX), u64::from(u32::MAX));
    }

    #[test]
    fn the_cosine_by_hand() {
        let spec = TrainSpec {
            epochs: 1,
            batch_size: 1,
            learning_rate: 0.4,
            beta_1: 0.9,
            beta_2: 0.999,
            epsilon: 1e-8,
            schedule: Schedule::Cosine,
        };
        let rate = |step| spec.learning_rate_at(step, 8);
        assert_eq!(rate(0), 0.4);
        assert!((rate(4) - 0.2).abs() < 1e-15, "half way down");
        assert!(rate(8).abs() < 1e-15, "0 at the end");
        // cos(pi / 4) = 0.7071..., so 0.4 * (1 + 0.70710678) / 2.
        assert!((rate(2) - 0.341_421_356_237_309_5).abs() < 1e-15);
    }
}
