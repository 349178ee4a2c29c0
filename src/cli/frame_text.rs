//! Scores of predicted frames as text tables.

use crate::evaluate::{FrameMeasure, Horizon};
use crate::run::FrameScoreRow;
use crate::study::grouped;

use super::output::{result, result_table};

/// Prints the means over frames with their intervals, then the means of each frame.
/// `mean_image_clips` is the number of training clips averaged for the mean image.
pub(super) fn print(rows: &[FrameScoreRow], mean_image_clips: usize) {
    for horizon in Horizon::ALL {
        let ours: Vec<&FrameScoreRow> = (rows.iter())
            .filter(|row| row.horizon == horizon.name())
            .collect();
        result(heading(horizon));
        result_table(&means(&ours));
        result("");
        result_table(&by_frame(&ours));
        result("");
    }
    let Some(first) = rows.first() else { return };
    let generated = if first.generated {
        " (generated data)"
    } else {
        ""
    };
    result(format!(
        "{}{generated}, {} clips; mse, mae, bce: sums over the pixels of a frame; in brackets: 95 % \
         bootstrap intervals over clips; mean-image: of {} training clips",
        first.clips,
        grouped(first.n as u64),
        grouped(mean_image_clips as u64)
    ));
}

fn heading(horizon: Horizon) -> &'static str {
    match horizon {
        Horizon::OneStep => "one step ahead: frames 11 to 20, each from all true frames before it",
        Horizon::RollOut => "rolled out: frames 11 to 20 from frames 1 to 10",
    }
}

/// Returns the forecast's name in a row, as the first cells of a table's row.
fn whose(row: &FrameScoreRow) -> [String; 3] {
    let text = |number: Option<u64>| number.map_or("-".to_string(), |number| number.to_string());
    [
        row.forecast.clone(),
        text(row.seed),
        text(row.epoch.map(u64::from)),
    ]
}

/// Returns the table of the means over frames: one row per forecast, one column per score.
fn means(rows: &[&FrameScoreRow]) -> Vec<Vec<String>> {
    let mut header = ["forecast", "seed", "epoch"].map(str::to_string).to_vec();
    header.extend(FrameMeasure::ALL.map(|measure| measure.to_string()));
    let mut cells = vec![header];
    let of_means = rows.iter().filter(|row| row.frame.is_none());
    for row in of_means {
        let decimals = decimals(&row.score);
        let cell = format!(
            "{:.decimals$} ({:.decimals$} to {:.decimals$})",
            row.mean, row.low, row.high
        );
        match cells.last_mut() {
            Some(last) if last[..3] == whose(row) => last.push(cell),
            _ => {
                let mut line = whose(row).to_vec();
                line.push(cell);
                cells.push(line);
            }
        }
    }
    cells
}

/// Returns the table of the means of each frame: one row per score and forecast, one column per
/// frame.
fn by_frame(rows: &[&FrameScoreRow]) -> Vec<Vec<String>> {
    let mut header = ["score", "forecast", "seed"].map(str::to_string).to_vec();
    let mut cells = Vec::new();
    for measure in FrameMeasure::ALL {
        let of_frames = (rows.iter())
            .filter(|row| row.score == measure.name())
            .filter_map(|row| Some((row, row.frame?)));
        let mut lines: Vec<Vec<String>> = Vec::new();
        for (row, frame) in of_frames {
            let [forecast, seed, _] = whose(row);
            let start = [measure.to_string(), forecast, seed];
            let frame = frame.to_string();
            if !header[3..].contains(&frame) {
                header.push(frame);
            }
            let cell = format!("{:.*}", decimals(&row.score), row.mean);
            match lines.last_mut() {
                Some(last) if last[..3] == start => last.push(cell),
                _ => lines.push([&start[..], &[cell]].concat()),
            }
        }
        cells.extend(lines);
    }
    cells.insert(0, header);
    cells
}

/// Returns the number of decimals of a printed score.
fn decimals(score: &str) -> usize {
    match score {
        "ssim" => 4,
        "psnr" => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(forecast: &str, score: &str, frame: Option<usize>, mean: f64) -> FrameScoreRow {
        FrameScoreRow {
            forecast: forecast.into(),
            network_title: String::new(),
            seed: (forecast == "convlstm").then_some(3),
            epoch: (forecast == "convlstm").then_some(20),
            checkpoint: None,
            clips: "digits/test".into(),
            generated: true,
            training_clips: None,
            horizon: "one-step".into(),
            score: score.into(),
            frame,
            mean,
            low: mean - 1.0,
            high: mean + 1.0,
            n: 4,
        }
    }

    #[test]
    fn scores_stand_beside_each_other_and_frames_too() {
        let mut rows = Vec::new();
        for forecast in ["convlstm", "zeros"] {
            for (score, mean) in [("mse", 100.0), ("ssim", 0.5)] {
                rows.push(row(forecast, score, None, mean));
                rows.push(row(forecast, score, Some(11), mean + 0.25));
                rows.push(row(forecast, score, Some(12), mean + 0.75));
            }
        }
        let rows: Vec<&FrameScoreRow> = rows.iter().collect();
        let means = means(&rows);
        assert_eq!(
            means[1],
            [
                "convlstm",
                "3",
                "20",
                "100.0 (99.0 to 101.0)",
                "0.5000 (-0.5000 to 1.5000)"
            ]
        );
        assert_eq!(means[2][..3], ["zeros", "-", "-"]);
        let frames = by_frame(&rows);
        assert_eq!(frames[0], ["score", "forecast", "seed", "11", "12"]);
        assert_eq!(frames[1], ["mse", "convlstm", "3", "100.2", "100.8"]);
        assert_eq!(frames[4], ["ssim", "zeros", "-", "0.7500", "1.2500"]);
        assert_eq!(frames.len(), 5);
    }
}
