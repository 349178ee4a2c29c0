//! Scores of predicted frames, from `frame-scores.csv`.

use super::block::{Block, BlockKind, Place};
use super::error::ReportError;
use super::table::{Table, TableCell, numbers, texts, unique};
use crate::figure::network_title;
use crate::run::{FrameScoreRow, TableRow};

/// The score and horizon that the sentence states.
const FIRST: (&str, &str) = ("mse", "roll-out");

pub(super) const BLOCK: BlockKind = BlockKind {
    id: "frames",
    title: "How good are the predicted frames?",
    figures: &["frame-scores", "predicted-frames"],
    fill,
};

fn fill(place: &Place<'_>, block: &mut Block) -> Result<(), ReportError> {
    let mut rows = FrameScoreRow::read_if_present(&place.folder.join(FrameScoreRow::FILE))?;
    rows.retain(|row| row.frame.is_none());
    let Some(first) = rows.first() else {
        return Ok(());
    };
    block.sentences.extend(sentence(&rows));
    let scores = unique(rows.iter().map(|row| row.score.as_str()));
    let headings: Vec<String> = scores.iter().map(|score| score.to_uppercase()).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table {
        title: "Errors of predicted frames".to_string(),
        note: format!(
            "Means over frames 11 to 20 of {} clips, 95 % intervals; MSE, MAE and BCE are sums over pixels",
            first.n
        ),
        columns: texts(&["Forecast", "Horizon"])
            .chain(numbers(&headings))
            .collect(),
        ..Table::default()
    };
    let key = |row: &FrameScoreRow| (row.horizon.clone(), row.forecast.clone(), row.seed);
    for wanted in unique(rows.iter().map(key)) {
        let own: Vec<_> = rows.iter().filter(|row| key(row) == wanted).collect();
        let horizon = match own[0].horizon.as_str() {
            "one-step" => "one step ahead",
            "roll-out" => "rolled out",
            other => other,
        };
        let mut cells = vec![TableCell::text(title(own[0])), TableCell::text(horizon)];
        cells.extend(scores.iter().map(|score| {
            let row = own.iter().find(|row| row.score == *score);
            row.map_or(TableCell::number(None, 0), |row| {
                let decimals = if row.mean >= 10.0 { 1 } else { 3 };
                TableCell::interval(row.mean, Some((row.low, row.high)), decimals)
            })
        }));
        table.rows.push(cells);
    }
    place.add(block, FrameScoreRow::FILE, table);
    Ok(())
}

fn title(row: &FrameScoreRow) -> String {
    let title = network_title(&row.network_title, &row.forecast);
    match row.seed {
        Some(seed) => format!("{title}, seed {seed}"),
        None => title.replace('-', " "),
    }
}

/// Returns the best network's error next to the best baseline's.
fn sentence(rows: &[FrameScoreRow]) -> Option<String> {
    let least = |baseline: bool| {
        rows.iter()
            .filter(|row| (row.score.as_str(), row.horizon.as_str()) == FIRST)
            .filter(|row| row.is_baseline() == baseline)
            .min_by(|a, b| a.mean.total_cmp(&b.mean))
    };
    let (network, baseline) = (least(false)?, least(true)?);
    let better = match network.mean < baseline.mean {
        true => "better",
        false => "worse",
    };
    Some(format!(
        "Rolled out over ten frames, {} has a squared error of {:.1} per frame, {better} than the best baseline \
         without a network ({}, {:.1}).",
        title(network),
        network.mean,
        title(baseline),
        baseline.mean,
    ))
}
