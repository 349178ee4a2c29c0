//! Whether maps lie on the objects, from `localization-summary.csv`.

use super::block::{Block, BlockKind, Place};
use super::error::ReportError;
use super::table::{Table, TableCell, numbers, of_maps, texts, unique};
use crate::figure::network_title;
use crate::run::{LocalizationSummaryRow, TableRow};

/// The score that the sentence states.
const FIRST: &str = "box_iou_best";
/// Pictures with any number of objects.
const ALL: &str = "all";

pub(super) const BLOCK: BlockKind = BlockKind {
    id: "localization",
    title: "Are the maps on the object?",
    figures: &["iou-", "objects-covered", "boxes"],
    fill,
};

fn fill(place: &Place<'_>, block: &mut Block) -> Result<(), ReportError> {
    let file = LocalizationSummaryRow::FILE;
    let mut rows = LocalizationSummaryRow::read_if_present(&place.folder.join(file))?;
    rows.retain(|row| row.instances == ALL);
    let Some(first) = rows.first() else {
        return Ok(());
    };
    block.sentences.extend(sentence(&rows));
    let scores = unique(rows.iter().map(|row| row.score.as_str()));
    let headings: Vec<String> = scores.iter().map(|score| heading(score)).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table {
        title: "Localisation by every method".to_string(),
        note: format!("{} pictures, 95 % intervals", first.pictures),
        folded: true,
        columns: texts(&["Method", "Network", "Layer"])
            .chain(numbers(&headings))
            .collect(),
        ..Table::default()
    };
    let key =
        |row: &LocalizationSummaryRow| (row.trial.clone(), row.layer.clone(), row.method.clone());
    for wanted in unique(rows.iter().map(key)) {
        let own: Vec<_> = rows.iter().filter(|row| key(row) == wanted).collect();
        let first = own[0];
        let mut cells = of_maps(
            format!("{}{}", first.title, first.caveat),
            network_title(&first.network_title, &first.trial),
            (&first.layer, [first.native_height, first.native_width]),
        );
        cells.extend(scores.iter().map(|score| {
            let row = own.iter().find(|row| row.score == *score);
            row.map_or(TableCell::number(None, 0), |row| {
                TableCell::interval(row.mean, Some((row.low, row.high)), 3)
            })
        }));
        table.rows.push(cells);
    }
    place.add(block, file, table);
    Ok(())
}

/// Returns the name of a score in words.
fn heading(score: &str) -> String {
    match score {
        "pointing_box" => "Maximum in the box".to_string(),
        "pointing_mask" => "Maximum on the object".to_string(),
        FIRST => "Box IoU, best threshold".to_string(),
        other => {
            let words = other.replace('_', " ").replace("iou", "IoU");
            let mut letters = words.chars();
            letters.next().map_or(String::new(), |first| {
                first.to_uppercase().chain(letters).collect()
            })
        }
    }
}

/// Returns which method fits the boxes best at the deepest network, next to the baselines.
fn sentence(rows: &[LocalizationSummaryRow]) -> Option<String> {
    let scored = || rows.iter().filter(|row| row.score == FIRST);
    let last = scored().next_back()?;
    let here = || scored().filter(|row| row.trial == last.trial);
    let most = |baseline: bool| {
        here()
            .filter(|row| row.baseline == baseline)
            .max_by(|a, b| a.mean.total_cmp(&b.mean))
    };
    let (method, baseline) = (most(false)?, most(true));
    let stated = |row: &LocalizationSummaryRow| {
        format!(
            "{} at {} ({:.2} [{:.2}, {:.2}])",
            row.title, row.layer, row.mean, row.low, row.high
        )
    };
    let beside = baseline.map_or(String::new(), |row| {
        format!(
            "; of the baselines, which ignore the network, {}",
            stated(row)
        )
    });
    Some(format!(
        "On {}, the best box IoU is that of {}{beside}.",
        network_title(&last.network_title, &last.trial),
        stated(method),
    ))
}
