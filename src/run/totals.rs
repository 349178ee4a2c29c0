//! Sums over an epoch's training steps: the loss, and the quality of one kind of network.

use serde::{Deserialize, Serialize};

/// The measure next to the loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quality {
    /// Share of images predicted correctly, 0 to 1, for classifiers.
    Accuracy(f64),
    /// Squared error of a frame, summed over its pixels, for predicted frames.
    FrameError(f64),
}

/// Sums over the images or clips of an epoch so far. The row type of the run's table determines
/// which [`Quality`] is summed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EpochTotals {
    /// Sum of the losses.
    pub loss_sum: f64,
    /// Sum of the quality: images predicted correctly, or squared errors of a frame.
    pub quality_sum: f64,
    /// Number of images or clips seen.
    pub images: u64,
    /// Seconds spent in training steps.
    pub seconds: f64,
}

impl EpochTotals {
    /// Returns the mean loss.
    pub fn loss(&self) -> f64 {
        self.loss_sum / self.images as f64
    }

    /// Returns the mean quality.
    pub fn quality(&self) -> f64 {
        self.quality_sum / self.images as f64
    }

    /// Returns the images or clips per second.
    pub fn images_per_second(&self) -> f64 {
        self.images as f64 / self.seconds
    }
}

/// [`EpochTotals`] as in `state.json`: one key per quality, 0 for the other one. An interrupted
/// epoch resumes from them and ends with the same row as an uninterrupted one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct TotalsRecord {
    /// Sum of the losses.
    pub loss_sum: f64,
    /// Number of images predicted correctly.
    pub correct: u64,
    /// Number of images or clips seen.
    pub images: u64,
    /// Sum over clips of the mean squared error of a frame, summed over its pixels.
    #[serde(default)]
    pub squared_error: f64,
    /// Seconds spent in training steps.
    pub seconds: f64,
}

impl TotalsRecord {
    /// Returns `totals`, whose quality is the one that `quality` constructs.
    pub fn new(totals: &EpochTotals, quality: fn(f64) -> Quality) -> Self {
        let (correct, squared_error) = match quality(totals.quality_sum) {
            // A count: exact in 64 bits of float up to 2^53 images.
            Quality::Accuracy(correct) => (correct as u64, 0.0),
            Quality::FrameError(sum) => (0, sum),
        };
        Self {
            loss_sum: totals.loss_sum,
            correct,
            images: totals.images,
            squared_error,
            seconds: totals.seconds,
        }
    }

    /// Returns the sums, with the quality that `quality` constructs.
    pub fn totals(&self, quality: fn(f64) -> Quality) -> EpochTotals {
        EpochTotals {
            loss_sum: self.loss_sum,
            quality_sum: match quality(0.0) {
                Quality::Accuracy(_) => self.correct as f64,
                Quality::FrameError(_) => self.squared_error,
            },
            images: self.images,
            seconds: self.seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_of_either_kind_survive_the_record_and_the_json_keeps_its_keys() {
        let totals = EpochTotals {
            loss_sum: 0.1 + 0.2,
            quality_sum: 7.0,
            images: 12,
            seconds: 0.5,
        };
        for (kind, json) in [
            (
                Quality::Accuracy as fn(f64) -> Quality,
                r#"{"loss_sum":0.30000000000000004,"correct":7,"images":12,"squared_error":0.0,"seconds":0.5}"#,
            ),
            (
                Quality::FrameError,
                r#"{"loss_sum":0.30000000000000004,"correct":0,"images":12,"squared_error":7.0,"seconds":0.5}"#,
            ),
        ] {
            let record = TotalsRecord::new(&totals, kind);
            assert_eq!(record.totals(kind), totals);
            assert_eq!(serde_json::to_string(&record).expect("finite"), json);
            let read: TotalsRecord = serde_json::from_str(json).expect("a record");
            assert_eq!(read, record);
        }
        // The first runs had only classifiers.
        let old = r#"{"loss_sum":1.5,"correct":3,"images":4,"seconds":2.0}"#;
        let read: TotalsRecord = serde_json::from_str(old).expect("a record");
        assert_eq!(read.totals(Quality::Accuracy).quality(), 0.75);
    }
}
