//! Accuracy of the networks of an ablation, from `depth.csv`.

use super::block::{Block, BlockKind, Place};
use super::error::ReportError;
use super::table::{Table, TableCell, numbers, texts, unique};
use crate::figure::network_title;
use crate::run::{DepthRow, DepthSeedsRow, TableRow};

pub(super) const BLOCK: BlockKind = BlockKind {
    id: "accuracy",
    title: "How accurate are the networks?",
    figures: &[
        "depth",
        "curves",
        "compared",
        "calibration",
        "confusion",
        "sweep",
    ],
    fill,
};

fn fill(place: &Place<'_>, block: &mut Block) -> Result<(), ReportError> {
    let rows = DepthRow::read_if_present(&place.folder.join(DepthRow::FILE))?;
    let mut table = Table {
        title: "Accuracy of each network at its best checkpoint".to_string(),
        columns: texts(&["Network"])
            .chain(numbers(&[
                "Blocks",
                "Parameters",
                "Multiply-adds",
                "Test accuracy %",
                "Top 5 %",
                "Validation %",
            ]))
            .chain(texts(&["Seeds"]))
            .collect(),
        ..Table::default()
    };
    let seeds = DepthSeedsRow::all(&rows);
    let mut named: Vec<(String, f64)> = Vec::new();
    for trial in unique(rows.iter().map(|row| row.trial.as_str())) {
        let own: Vec<&DepthRow> = rows.iter().filter(|row| row.trial == trial).collect();
        let first = own[0];
        let percent = |of: fn(&DepthRow) -> f64| {
            100.0 * own.iter().map(|row| of(row)).sum::<f64>() / own.len() as f64
        };
        let ends = seeds
            .iter()
            .find(|row| row.trial == trial && row.split == "test")
            .and_then(|row| Some((100.0 * row.low?, 100.0 * row.high?)));
        let test = percent(|row| row.test_accuracy);
        let title = network_title(&first.network_title, trial);
        named.push((title.clone(), test));
        table.rows.push(vec![
            TableCell::text(title),
            TableCell::count(first.blocks as u64),
            TableCell::count(first.parameters),
            TableCell::count(first.multiply_adds),
            TableCell::interval(test, ends, 1),
            TableCell::number(Some(percent(|row| row.test_top5_accuracy)), 1),
            TableCell::number(Some(percent(|row| row.validation_accuracy)), 1),
            TableCell::text(joined(own.iter().map(|row| row.seed.to_string()))),
        ]);
    }
    let (Some(first), Some(row)) = (named.first(), rows.first()) else {
        return Ok(());
    };
    let best = named
        .iter()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .unwrap_or(first);
    block.sentences.push(format!(
        "{} has the highest test accuracy, {:.1} % of {} images of {}.",
        best.0, best.1, row.test_images, row.dataset
    ));
    if own_seeds(&rows) > 1 {
        table.note = "Means over seeds, with Student's 95 % interval".to_string();
    }
    place.add(block, DepthRow::FILE, table);
    Ok(())
}

fn own_seeds(rows: &[DepthRow]) -> usize {
    unique(rows.iter().map(|row| row.seed)).len()
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(", ")
}
