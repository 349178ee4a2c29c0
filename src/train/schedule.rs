//! Schedules of the learning rate: its value at every step.

use std::f64::consts::PI;
use std::fmt;

use super::spec::{Schedule, TrainSpec};

/// Share of the steps over which a one-cycle schedule rises, if no epochs are given.
const RISE: f64 = 0.3;
/// The highest learning rate of a one-cycle schedule, divided by its first one.
const FIRST_DIVISOR: f64 = 25.0;
/// Its first learning rate, divided by its last one.
const LAST_DIVISOR: f64 = 1e4;

/// A jump of the learning rate between the last step of a run and the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RateChange {
    /// Rate of the last step.
    pub before: f64,
    /// Rate of the next step.
    pub after: f64,
    /// Number of epochs that the schedule spanned, and spans now.
    pub epochs: [u32; 2],
}

impl fmt::Display for RateChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            before,
            after,
            epochs: [planned, now],
        } = self;
        write!(
            formatter,
            "the learning rate goes from {before:.1e} to {after:.1e}"
        )?;
        match planned == now {
            true => Ok(()),
            false => write!(
                formatter,
                ": the schedule now spans {now} epochs, the run so far was planned for {planned}"
            ),
        }
    }
}

impl TrainSpec {
    /// Returns the learning rate of step `step` (from 0) of `total_steps`.
    ///
    /// In a warm-up, which precedes every schedule but one-cycle, step n of N has the share n / N of
    /// the learning rate, counted from 1.
    pub fn learning_rate_at(&self, step: u64, total_steps: u64) -> f64 {
        let highest = self.learning_rate;
        let epoch_steps = total_steps as f64 / f64::from(self.epochs.max(1));
        let warmup = f64::from(self.warmup_epochs) * epoch_steps;
        let (step, total) = (step as f64, total_steps as f64);
        if self.schedule != Schedule::OneCycle && step < warmup {
            return highest * (step + 1.0) / warmup.max(1.0);
        }
        match self.schedule {
            Schedule::Constant => highest,
            Schedule::Cosine => {
                let done = (step - warmup) / (total - warmup).max(1.0);
                highest * 0.5 * (1.0 + (PI * done).cos())
            }
            Schedule::OneCycle => {
                let rise = match self.warmup_epochs {
                    0 => RISE * total,
                    _ => warmup,
                };
                let (top, end) = ((rise - 1.0).max(1.0), (total - 1.0).max(1.0));
                let first = highest / FIRST_DIVISOR;
                match step <= top {
                    true => between(first, highest, step / top),
                    false => {
                        let done = (step - top) / (end - top).max(1.0);
                        between(highest, first / LAST_DIVISOR, done.min(1.0))
                    }
                }
            }
            Schedule::Step => {
                let passed = |epoch: &&u32| f64::from(**epoch) * epoch_steps <= step;
                let count = self.milestones.iter().filter(passed).count();
                highest
                    * self
                        .step_factor
                        .powi(i32::try_from(count).unwrap_or(i32::MAX))
            }
        }
    }
}

/// Returns the value at the share `done` of half a cosine from `start` to `end`.
fn between(start: f64, end: f64, done: f64) -> f64 {
    end + (start - end) * 0.5 * (1.0 + (PI * done).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(schedule: Schedule, epochs: u32) -> TrainSpec {
        TrainSpec {
            epochs,
            batch_size: 1,
            learning_rate: 0.4,
            schedule,
            ..TrainSpec::default()
        }
    }

    fn assert_near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} for {expected}");
    }

    #[test]
    fn the_cosine_by_hand() {
        let spec = spec(Schedule::Cosine, 1);
        let rate = |step| spec.learning_rate_at(step, 8);
        assert_eq!(rate(0), 0.4);
        assert_near(rate(4), 0.2);
        assert_near(rate(8), 0.0);
        // cos(pi / 4) = 0.7071..., so 0.4 * (1 + 0.70710678) / 2.
        assert_near(rate(2), 0.341_421_356_237_309_5);
    }

    /// Two of four epochs of five steps: ten steps up, then the schedule over the other ten.
    #[test]
    fn a_warmup_by_hand() {
        for schedule in [Schedule::Constant, Schedule::Cosine, Schedule::Step] {
            let spec = TrainSpec {
                warmup_epochs: 2,
                milestones: vec![3],
                step_factor: 0.5,
                ..spec(schedule, 4)
            };
            let rate = |step| spec.learning_rate_at(step, 20);
            assert_near(rate(0), 0.04);
            assert_near(rate(4), 0.2);
            assert_near(rate(9), 0.4);
            assert_near(rate(10), 0.4);
            let [at_14, at_15] = match schedule {
                Schedule::Cosine => [0.2 * (1.0 + (0.4 * PI).cos()), 0.2],
                Schedule::Step => [0.4, 0.2],
                _ => [0.4; 2],
            };
            assert_near(rate(14), at_14);
            assert_near(rate(15), at_15);
        }
    }

    #[test]
    fn steps_by_hand() {
        let spec = TrainSpec {
            milestones: vec![1, 3],
            step_factor: 0.1,
            ..spec(Schedule::Step, 4)
        };
        let rates: Vec<f64> = (0..8).map(|step| spec.learning_rate_at(step, 8)).collect();
        for (found, expected) in rates
            .iter()
            .zip([0.4, 0.4, 0.04, 0.04, 0.04, 0.04, 4e-3, 4e-3])
        {
            assert_near(*found, expected);
        }
    }

    /// The values of PyTorch 2.15's `OneCycleLR(max_lr=0.4, total_steps=20)`, and of
    /// `pct_start=0.5`.
    #[test]
    fn one_cycle_is_as_in_pytorch() {
        let usual = spec(Schedule::OneCycle, 4);
        let slow = TrainSpec {
            warmup_epochs: 2,
            ..usual.clone()
        };
        for (spec, expected) in [(usual, USUAL), (slow, SLOW)] {
            for (step, expected) in [0, 3, 5, 6, 12, 19].into_iter().zip(expected) {
                assert_near(spec.learning_rate_at(step, 20), expected);
            }
        }
    }

    const USUAL: [f64; 6] = [
        0.016,
        0.267_331_262_919_989_9,
        0.4,
        0.394_985_602_494_034_97,
        0.200_000_8,
        1.6e-6,
    ];
    const SLOW: [f64; 6] = [
        0.016,
        0.112,
        0.241_340_450_112_050_63,
        0.304,
        0.317_557_380_230_292_8,
        1.6e-6,
    ];
}
