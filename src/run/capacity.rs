//! `capacity.csv`: how far back a next-frame predictor's maps, gradient and error reach, one row
//! per mean.

use serde::{Deserialize, Serialize};

use super::TableRow;

/// One mean over clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacityRow {
    /// Experiment, such as "convlstm".
    pub experiment: String,
    /// The network's name in figures, such as "ConvLSTM"; if empty, they show the experiment's name.
    #[serde(default)]
    pub network_title: String,
    /// Training seed.
    pub seed: u64,
    /// Epoch of the checkpoint.
    pub epoch: u32,
    /// Rule that selected the checkpoint: "best", "last" or "epoch N".
    pub checkpoint: String,
    /// The clips, such as "moving-mnist/test".
    pub clips: String,
    /// Whether their digits are generated.
    pub generated: bool,
    /// The explained quantity, such as "digit-1".
    pub target: String,
    /// "trained", "untrained" (the same network before training), "shuffled" (the trained one on
    /// frames in random order), or the paired difference "trained-minus-untrained" or
    /// "trained-minus-shuffled".
    pub compared: String,
    /// What was measured, such as "own-track" or "gradient".
    pub measure: String,
    /// Layer, from 0 for the lowest; none for a measure of the whole network.
    pub layer: Option<usize>,
    /// Method name; none for a measure without maps.
    pub method: Option<String>,
    /// The method's name in figures, such as "Grad-CAM"; nothing where there is no method.
    #[serde(default)]
    pub title: Option<String>,
    /// Frames before the newest one; none for a measure with one value per clip.
    pub lag: Option<usize>,
    /// Mean over clips.
    pub mean: f64,
    /// Lower end of its 95 % bootstrap interval over clips.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// Number of clips.
    pub n: usize,
}

impl TableRow for CapacityRow {
    const FILE: &'static str = "capacity.csv";
}

/// Returns the lags at which a network remembers the explained digit; `rows` are all rows of the
/// network. At such a lag, more of its map lies on that digit's past track than on the other's,
/// more so than in the untrained network, and more so than on shuffled frames, each beyond its 95 %
/// interval.
///
/// `difference` is "own-minus-other" for the map of each lag's state, or "newest-own-minus-other"
/// for that of the newest state.
pub fn claimed_lags(
    rows: &[CapacityRow],
    layer: usize,
    method: &str,
    difference: &str,
) -> Vec<usize> {
    let above_zero = |compared: &str| -> Vec<usize> {
        let own = rows.iter().filter(|row| {
            row.compared == compared
                && row.measure == difference
                && (row.layer, row.method.as_deref()) == (Some(layer), Some(method))
                && row.low > 0.0
        });
        own.filter_map(|row| row.lag).collect()
    };
    let controls = ["trained-minus-untrained", "trained-minus-shuffled"].map(above_zero);
    let mut lags = above_zero("trained");
    lags.retain(|lag| controls.iter().all(|control| control.contains(lag)));
    lags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(compared: &str, lag: usize, low: f64) -> CapacityRow {
        CapacityRow {
            experiment: "convlstm".into(),
            network_title: "ConvLSTM".into(),
            seed: 0,
            epoch: 4,
            checkpoint: "best".into(),
            clips: "digits/test".into(),
            generated: true,
            target: "digit-1".into(),
            compared: compared.into(),
            measure: "own-minus-other".into(),
            layer: Some(1),
            method: Some("grad-cam".into()),
            title: Some("Grad-CAM".into()),
            lag: Some(lag),
            mean: low + 0.1,
            low,
            high: low + 0.2,
            n: 9,
        }
    }

    #[test]
    fn a_lag_is_claimed_where_all_three_comparisons_hold() {
        let mut rows = Vec::new();
        for (lag, lows) in [
            [0.1, 0.1, 0.1],
            [0.1, -0.1, 0.1],
            [-0.1, 0.1, 0.1],
            [0.2, 0.2, 0.0],
        ]
        .into_iter()
        .enumerate()
        {
            let whose = [
                "trained",
                "trained-minus-untrained",
                "trained-minus-shuffled",
            ];
            rows.extend(
                whose
                    .iter()
                    .zip(lows)
                    .map(|(whose, low)| row(whose, lag + 1, low)),
            );
        }
        let claimed =
            |layer: usize, method: &str| claimed_lags(&rows, layer, method, "own-minus-other");
        assert_eq!(claimed(1, "grad-cam"), [1]);
        assert!(claimed(0, "grad-cam").is_empty() && claimed(1, "layer-cam").is_empty());
        assert!(claimed_lags(&rows, 1, "grad-cam", "newest-own-minus-other").is_empty());
    }

    #[test]
    fn rows_with_and_without_lag_survive_the_disk() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(CapacityRow::FILE);
        let map = CapacityRow {
            measure: "own-track".into(),
            high: 1.0 / 3.0,
            n: 199,
            ..row("trained", 3, 0.125)
        };
        let error = CapacityRow {
            measure: "error".into(),
            layer: None,
            method: None,
            title: None,
            lag: None,
            ..map.clone()
        };
        let rows = [map, error];
        CapacityRow::write(&path, &rows).expect("written");
        assert_eq!(CapacityRow::read(&path).expect("read"), rows);
        let text = std::fs::read_to_string(&path).expect("text");
        std::fs::write(&path, text.replace("199", "some")).expect("damaged");
        let error = CapacityRow::read(&path).expect_err("damaged").to_string();
        assert!(error.contains("line: 2"), "{error}");
    }
}
