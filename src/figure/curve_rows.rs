//! The curves that are drawn of a row of `epochs.csv`, by kind of network.

use crate::run::{EpochRecord, EpochRow, ForecastRow};

/// One of the two panels.
pub(super) struct Panel<R> {
    pub(super) heading: &'static str,
    pub(super) train: fn(&R) -> Option<f64>,
    pub(super) validation: fn(&R) -> f64,
}

const PERCENT: f64 = 100.0;

/// A row of a run's table, with the two curves that are drawn of it.
pub(super) trait Curved: EpochRecord {
    /// What the best epoch is the best by.
    const BEST: &'static str;

    /// The panels.
    fn panels() -> [Panel<Self>; 2];

    /// The value of the best epoch, with its unit.
    fn best_value(&self) -> String;
}

impl Curved for EpochRow {
    const BEST: &'static str = "of the highest validation accuracy";

    fn panels() -> [Panel<Self>; 2] {
        [
            Panel {
                heading: "Cross-entropy in nats",
                train: |row| row.train_loss,
                validation: |row| row.validation_loss,
            },
            Panel {
                heading: "Accuracy in %",
                train: |row| row.train_accuracy.map(|share| share * PERCENT),
                validation: |row| row.validation_accuracy * PERCENT,
            },
        ]
    }

    fn best_value(&self) -> String {
        format!("{:.1} %", self.validation_accuracy * PERCENT)
    }
}

impl Curved for ForecastRow {
    const BEST: &'static str = "of the lowest validation loss";

    fn panels() -> [Panel<Self>; 2] {
        [
            Panel {
                heading: "Loss, mean over pixels",
                train: |row| row.train_loss,
                validation: |row| row.validation_loss,
            },
            Panel {
                heading: "Squared error of a frame",
                train: |row| row.train_frame_error,
                validation: |row| row.validation_frame_error,
            },
        ]
    }

    fn best_value(&self) -> String {
        format!("squared error {:.1}", self.validation_frame_error)
    }
}
