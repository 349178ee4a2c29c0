//! Scores of a trained network on data that it was not trained on.
//!
//! `accuracy` scores classifiers; `forecast` scores next-frame predictors, with the measures in
//! `frames`.

mod accuracy;
mod forecast;
mod frames;

pub use accuracy::{Accuracy, measure};
pub use forecast::{
    BASELINES, Baseline, FIRST_SCORED, ForecastScores, FrameSummary, Horizon, SCORED_FRAMES,
    baseline_scores, mean_image, network_scores,
};
pub use frames::{FrameMeasure, MOST_PSNR, PROBABILITY_FLOOR, frame_scores, ssim};
