//! `[train]` and `[checkpoints]` of an experiment.

use serde::{Deserialize, Serialize};

/// Prefixes of the keys that cannot change in a resumed run. They define what a step is, and a
/// checkpoint counts steps and holds the weights of one network. All other keys may change if the
/// user accepts it.
pub const FIXED_ON_RESUME: [&str; 6] = [
    "data.",
    "clips.",
    "model.",
    "forecast.",
    "train.batch_size",
    "train.optimizer",
];

/// An optimizer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptimizerName {
    /// Adam (Kingma and Ba 2015, algorithm 1); the decay is the gradient of an L2 penalty.
    #[default]
    Adam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).
    Adamw,
    /// Stochastic gradient descent with momentum (Sutskever et al. 2013); the decay is the gradient of
    /// an L2 penalty.
    Sgd,
}

impl OptimizerName {
    /// Returns the name in an experiment.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::Adamw => "adamw",
            Self::Sgd => "sgd",
        }
    }
}

/// Schedule of the learning rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Constant.
    #[default]
    Constant,
    /// Decay to 0 along half a cosine over all steps after the warm-up (Loshchilov and Hutter 2017,
    /// eq. 5, without restarts).
    Cosine,
    /// A rise along half a cosine, then a fall to almost 0 along another one (Smith and Topin 2019,
    /// in PyTorch's form, with a constant momentum).
    OneCycle,
    /// Constant, lowered by a factor after some epochs.
    Step,
}

impl Schedule {
    /// Returns the name in an experiment.
    pub fn name(self) -> &'static str {
        match self {
            Self::Constant => "constant",
            Self::Cosine => "cosine",
            Self::OneCycle => "one-cycle",
            Self::Step => "step",
        }
    }
}

/// Training options. Fields that older runs omit are 0, which means "none".
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainSpec {
    /// Number of passes over the training images.
    pub epochs: u32,
    /// Number of images per step.
    pub batch_size: usize,
    /// The optimizer.
    #[serde(default)]
    pub optimizer: OptimizerName,
    /// The largest learning rate of the schedule.
    pub learning_rate: f64,
    /// Adam's and AdamW's decay of the first moment.
    pub beta_1: f64,
    /// Adam's and AdamW's decay of the second moment.
    pub beta_2: f64,
    /// Adam's and AdamW's guard against division by zero.
    pub epsilon: f64,
    /// SGD's share of the velocity that remains after a step.
    #[serde(default)]
    pub momentum: f64,
    /// Whether SGD's momentum is Nesterov's.
    #[serde(default)]
    pub nesterov: bool,
    /// Decay of the weights of convolutions and dense layers; biases and normalisations have none.
    #[serde(default)]
    pub weight_decay: f64,
    /// Schedule of the learning rate.
    pub schedule: Schedule,
    /// Epochs over which the learning rate rises; in a one-cycle schedule, 0 means three tenths of
    /// all.
    #[serde(default)]
    pub warmup_epochs: u32,
    /// Epochs after which the step schedule lowers the learning rate.
    #[serde(default)]
    pub milestones: Vec<u32>,
    /// The factor by which it does so.
    #[serde(default)]
    pub step_factor: f64,
    /// Share of the target that is spread evenly over all classes.
    #[serde(default)]
    pub label_smoothing: f64,
    /// Largest norm of all gradients together; 0 means that they are not clipped.
    #[serde(default)]
    pub gradient_norm: f64,
    /// Share of the averaged weights that remains after a step; 0 means that they are not averaged.
    #[serde(default)]
    pub weight_average: f64,
    /// Epochs without a better validation after which the training ends; 0 means that it does not.
    #[serde(default)]
    pub early_stopping: u32,
    /// Minutes after which a call saves and stops; 0 means that it does not.
    #[serde(default)]
    pub max_minutes: f64,
}

impl TrainSpec {
    /// Returns why a training does not read `key` of this section; `None` if it does.
    pub fn unread(&self, key: &str) -> Option<String> {
        let optimizer = format!("train.optimizer is {:?}", self.optimizer.name());
        let schedule = format!("train.schedule is {:?}", self.schedule.name());
        match key {
            "beta_1" | "beta_2" | "epsilon" if self.optimizer == OptimizerName::Sgd => {
                Some(optimizer)
            }
            "momentum" | "nesterov" if self.optimizer != OptimizerName::Sgd => Some(optimizer),
            "milestones" | "step_factor" if self.schedule != Schedule::Step => Some(schedule),
            _ => None,
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
}
