//! Results of steps that are still on the device.
//!
//! Reading a result waits for the device. A GPU works through a queue while the host continues, so
//! it stays busy if the results of many steps are read at once.

use std::time::Instant;

use burn::tensor::{Int, Tensor};

use crate::run::EpochTotals;

/// Results of the last steps, and the time since the last reading.
#[derive(Debug)]
pub(super) struct Unread<P> {
    steps: Vec<(usize, P)>,
    /// Maximum number of waiting steps.
    most: usize,
    since: Instant,
}

impl<P> Unread<P> {
    /// Returns an empty list for at most `most` steps, and starts the clock.
    pub(super) fn new(most: usize) -> Self {
        Self {
            steps: Vec::with_capacity(most),
            most,
            since: Instant::now(),
        }
    }

    /// Adds the pending results of a step; returns whether it is time to read.
    pub(super) fn push(&mut self, step: usize, pending: P) -> bool {
        self.steps.push((step, pending));
        self.steps.len() >= self.most
    }

    /// Takes the waiting results and reads them with `read`: the sums of each step, and the seconds
    /// since the last reading. `None` if nothing is waiting.
    pub(super) fn take(
        &mut self,
        read: impl FnOnce(Vec<P>) -> Vec<EpochTotals>,
    ) -> Option<(Vec<(usize, EpochTotals)>, f64)> {
        if self.steps.is_empty() {
            return None;
        }
        let (steps, waiting): (Vec<usize>, Vec<P>) = self.steps.drain(..).unzip();
        let brought = steps.into_iter().zip(read(waiting)).collect();
        let seconds = self.since.elapsed().as_secs_f64();
        self.since = Instant::now();
        Some((brought, seconds))
    }
}

/// Returns the values of tensors of one number each, with one reading.
///
/// # Shapes
/// - `numbers`: `[1]` each
///
/// # Panics
/// If the device lost them.
pub(super) fn read_floats(numbers: Vec<Tensor<1>>) -> Vec<f64> {
    let data = Tensor::cat(numbers, 0).into_data();
    data.iter::<f32>().map(f64::from).collect()
}

/// Returns whole numbers of at least 0, read like [`read_floats`].
pub(super) fn read_counts(numbers: Vec<Tensor<1, Int>>) -> Vec<u64> {
    let data = Tensor::cat(numbers, 0).into_data();
    data.iter::<i64>().map(i64::unsigned_abs).collect()
}
