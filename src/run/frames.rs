//! `frame-scores.csv`: accuracy of predicted frames, one row per forecast, horizon, score and
//! frame.

use serde::{Deserialize, Serialize};

use super::TableRow;

/// One score's mean over clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrameScoreRow {
    /// Experiment, such as "convlstm", or baseline: "zeros", "mean-image" or "copy-last-frame".
    pub forecast: String,
    /// The network's name in figures, such as "ConvLSTM"; if empty, they show the forecast's name.
    #[serde(default)]
    pub network_title: String,
    /// Training seed; none for a baseline.
    pub seed: Option<u64>,
    /// Epoch of the checkpoint; none for a baseline.
    pub epoch: Option<u32>,
    /// Rule that selected the checkpoint: "best" (by validation loss), "last" or "epoch N".
    pub checkpoint: Option<String>,
    /// The clips, such as "moving-mnist/test" or the name of a file.
    pub clips: String,
    /// Whether their digits are generated.
    pub generated: bool,
    /// Training clips that the forecast is computed from, of the mean image alone.
    #[serde(default)]
    pub training_clips: Option<usize>,
    /// "one-step" (each frame from all true frames before it) or "roll-out" (all from the first
    /// ten).
    pub horizon: String,
    /// "mse", "mae" and "bce" (sums over pixels), "ssim" or "psnr" (decibels).
    pub score: String,
    /// The predicted frame, counted from 1; none for the mean over frames 11 to 20.
    pub frame: Option<usize>,
    /// Mean over clips.
    pub mean: f64,
    /// Lower end of its 95 % bootstrap interval over clips.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Number of clips.
    pub n: usize,
}

impl TableRow for FrameScoreRow {
    const FILE: &'static str = "frame-scores.csv";
}

impl FrameScoreRow {
    /// Returns whether the forecast needs no network.
    pub fn is_baseline(&self) -> bool {
        self.seed.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_networks_and_baselines_survive_the_disk() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(FrameScoreRow::FILE);
        let network = FrameScoreRow {
            forecast: "convlstm".into(),
            network_title: "ConvLSTM".into(),
            seed: Some(0),
            epoch: Some(4),
            checkpoint: Some("best".into()),
            clips: "digits/test".into(),
            generated: true,
            training_clips: None,
            horizon: "roll-out".into(),
            score: "mse".into(),
            frame: Some(11),
            mean: 120.5,
            low: 119.25,
            high: 121.0 + 1.0 / 3.0,
            n: 500,
        };
        let baseline = FrameScoreRow {
            forecast: "zeros".into(),
            network_title: String::new(),
            seed: None,
            epoch: None,
            checkpoint: None,
            frame: None,
            ..network.clone()
        };
        let rows = [network, baseline];
        FrameScoreRow::write(&path, &rows).expect("written");
        assert_eq!(FrameScoreRow::read(&path).expect("read"), rows);
        assert!(rows[1].is_baseline() && !rows[0].is_baseline());
        let text = std::fs::read_to_string(&path).expect("text");
        std::fs::write(&path, text.replace("120.5", "much")).expect("damaged");
        let error = FrameScoreRow::read(&path).expect_err("damaged").to_string();
        assert!(error.contains("line: 2"), "{error}");
    }
}
