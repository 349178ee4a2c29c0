//! How far back a predictor remembers, from `capacity.csv`.

use super::block::{Block, BlockKind, Place};
use super::error::ReportError;
use super::table::{Table, TableCell, numbers, texts, unique};
use crate::figure::network_title;
use crate::run::{CapacityRow, TableRow, claimed_lags};

/// The measure of a state's own map that decides.
const OWN_MINUS_OTHER: &str = "own-minus-other";

pub(super) const BLOCK: BlockKind = BlockKind {
    id: "memory",
    title: "What does the predictor remember?",
    figures: &["trajectory", "capacity"],
    fill,
};

fn fill(place: &Place<'_>, block: &mut Block) -> Result<(), ReportError> {
    let rows = CapacityRow::read_if_present(&place.folder.join(CapacityRow::FILE))?;
    let Some(first) = rows.first() else {
        return Ok(());
    };
    block.sentences.push(
        "A network remembers the explained digit at a lag if more of the map of its state at that time lies on \
         the digit's past track than on the other digit's, more so than before training and than on frames in \
         random order."
            .to_string(),
    );
    let mut table = Table {
        title: "Frames before the newest at which the first digit is remembered".to_string(),
        note: format!("{} clips of {}", first.n, first.clips),
        columns: texts(&["Network", "Layer", "Method", "Remembered at"])
            .chain(numbers(&["Longest lag"]))
            .collect(),
        ..Table::default()
    };
    let network = |row: &CapacityRow| (row.experiment.clone(), row.seed);
    for wanted in unique(rows.iter().map(network)) {
        let own: Vec<CapacityRow> = rows
            .iter()
            .filter(|row| network(row) == wanted)
            .cloned()
            .collect();
        let title = network_title(&own[0].network_title, &own[0].experiment);
        let maps = own
            .iter()
            .filter_map(|row| Some((row.layer?, row.method.clone()?)));
        for (layer, method) in unique(maps) {
            let lags = claimed_lags(&own, layer, &method, OWN_MINUS_OTHER);
            let named = own
                .iter()
                .find(|row| row.method.as_deref() == Some(&method))
                .and_then(|row| row.title.clone())
                .filter(|title| !title.is_empty());
            let listed: Vec<String> = lags.iter().map(ToString::to_string).collect();
            table.rows.push(vec![
                TableCell::text(format!("{title}, seed {}", own[0].seed)),
                TableCell::text(layer.to_string()),
                TableCell::text(named.unwrap_or(method)),
                TableCell::text(match listed.is_empty() {
                    true => "no lag".to_string(),
                    false => listed.join(", "),
                }),
                TableCell::number(lags.iter().max().map(|&lag| lag as f64), 0),
            ]);
        }
    }
    place.add(block, CapacityRow::FILE, table);
    Ok(())
}
