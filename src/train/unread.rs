//! Results of steps that still lie on the device.
//!
//! Reading a result waits until the device has come so far. A GPU works through a queue while the
//! host goes on, so it is kept busy by reading the results of many steps at once.

use std::time::Instant;

use burn::tensor::{Int, Tensor};

use crate::run::EpochTotals;

/// Results of the last steps, and since when they wait.
#[derive(Debug)]
pub(super) struct Unread<P> {
    steps: Vec<(usize, P)>,
    /// How many may wait.
    most: usize,
    since: Instant,
}

impl<P> Unread<P> {
    /// Returns an empty list for at most `most` steps; the clock starts.
    pub(super) fn new(most: usize) -> Self {
        Self {
            steps: Vec::with_capacity(most),
            most,
            since: Instant::now(),
        }
    }

    /// Adds what a step left on the device; returns whether it is time to read.
    pub(super) fn push(&mut self, step: usize, pending: P) -> bool {
        self.steps.push((step, pending));
        self.steps.len() >= self.most
    }

    /// Takes what waits and reads it by `read`: the sums of each step, and the seconds since
    /// the last reading. Nothing where nothing waits.
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

/// The values of tensors of one number each, by one reading.
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

/// As [`read_floats`], of whole numbers that are no less than 0.
pub(super) fn read_counts(numbers: Vec<Tensor<1, Int>>) -> Vec<u64> {
    let data = Tensor::cat(numbers, 0).into_data();
    data.iter::<i64>().map(i64::unsigned_abs).collect()
}
