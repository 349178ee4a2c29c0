//! A running count of multiply-adds, shared by the layers of a network that only counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Adds the cost of one layer at each forward pass through it.
#[derive(Debug, Clone)]
pub(super) struct Count {
    multiply_adds: Arc<AtomicU64>,
    /// Number of weights of the layer.
    weights: u64,
}

impl Count {
    /// Returns the counter of a layer with `weights` weights that adds to `multiply_adds`.
    pub(super) fn new(multiply_adds: &Arc<AtomicU64>, weights: usize) -> Self {
        Self {
            multiply_adds: Arc::clone(multiply_adds),
            weights: weights as u64,
        }
    }

    /// Adds the cost of a convolution with `cells` output cells.
    pub(super) fn convolution(&self, cells: usize) {
        let cost = self.weights * cells as u64;
        self.multiply_adds.fetch_add(cost, Ordering::Relaxed);
    }

    /// Adds the cost of a dense layer.
    pub(super) fn dense(&self) {
        self.multiply_adds
            .fetch_add(self.weights, Ordering::Relaxed);
    }
}
