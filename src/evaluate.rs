//! Scores of a trained network on data that it was not trained on.
//!
//! `accuracy` and `calibration` score classifiers; `forecast` scores next-frame predictors, with the measures in
//! `frames`.

mod accuracy;
mod calibration;
mod forecast;
mod frames;

pub use accuracy::{Accuracy, measure};
pub use calibration::{CALIBRATION_BINS, Calibration, CalibrationBin, calibration};
pub use forecast::{
    BASELINES, Baseline, FIRST_SCORED, ForecastScores, FrameSummary, Horizon, SCORED_FRAMES,
    baseline_scores, mean_image, network_scores,
};
pub use frames::{FrameMeasure, MOST_PSNR, PROBABILITY_FLOOR, frame_scores, ssim};
