//! How good a trained network is: its scores on data that it was not trained on.
//!
//! `accuracy` measures what classifies images; `forecast` measures what predicts frames, by the
//! scores in `frames`.

mod accuracy;
mod forecast;
mod frames;

pub use accuracy::{Accuracy, measure};
pub use forecast::{
    BASELINES, Baseline, FIRST_SCORED, ForecastScores, FrameSummary, Horizon, SCORED_FRAMES,
    baseline_scores, mean_image, network_scores,
};
pub use frames::{FrameMeasure, MOST_PSNR, PROBABILITY_FLOOR, frame_scores, ssim};
