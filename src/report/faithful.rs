//! Scores of the maps, from `score-table.csv`.

use super::block::{Block, BlockKind, Place};
use super::error::ReportError;
use super::table::{Table, TableCell, numbers, of_maps, texts, unique};
use crate::figure::network_title;
use crate::run::{ScoreSummary, TableRow};

/// The score that the sentence states.
const FIRST: &str = "average-drop";

pub(super) const BLOCK: BlockKind = BlockKind {
    id: "scores",
    title: "How faithful are the maps?",
    figures: &["score-depth"],
    fill,
};

fn fill(place: &Place<'_>, block: &mut Block) -> Result<(), ReportError> {
    let rows = ScoreSummary::read_if_present(&place.folder.join(ScoreSummary::FILE))?;
    let Some(first) = rows.first() else {
        return Ok(());
    };
    block.sentences.extend(sentence(&rows));
    let metrics = unique(rows.iter().map(|row| row.metric.as_str()));
    let heading = |metric: &&str| {
        let row = rows.iter().find(|row| row.metric == **metric);
        row.map_or(metric.to_string(), |row| match row.better.is_empty() {
            true => row.heading().to_string(),
            false => format!("{} ({})", row.heading(), row.better),
        })
    };
    let headings: Vec<String> = metrics.iter().map(heading).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut table = Table {
        title: "Scores of every method".to_string(),
        note: format!("{} images, 95 % intervals", first.images),
        folded: true,
        columns: texts(&["Method", "Network", "Layer"])
            .chain(numbers(&headings))
            .collect(),
        ..Table::default()
    };
    let key = |row: &ScoreSummary| (row.trial.clone(), row.layer.clone(), row.method.clone());
    for wanted in unique(rows.iter().map(key)) {
        let own: Vec<&ScoreSummary> = rows.iter().filter(|row| key(row) == wanted).collect();
        let first = own[0];
        let mut cells = of_maps(
            format!("{}{}", first.title, first.caveat),
            network_title(&first.network_title, &first.trial),
            (&first.layer, [first.native_height, first.native_width]),
        );
        cells.extend(metrics.iter().map(|metric| {
            let row = own.iter().find(|row| row.metric == *metric);
            row.map_or(TableCell::number(None, 0), |row| {
                TableCell::interval(row.mean, Some((row.low, row.high)), row.decimals)
            })
        }));
        table.rows.push(cells);
    }
    place.add(block, ScoreSummary::FILE, table);
    Ok(())
}

/// Returns which method drops least at the deepest network's first layer, next to the baselines.
fn sentence(rows: &[ScoreSummary]) -> Option<String> {
    let scored = || rows.iter().filter(|row| row.metric == FIRST);
    let last = scored().next_back()?;
    let place = scored().find(|row| row.trial == last.trial)?;
    let here = || scored().filter(|row| row.trial == place.trial && row.layer == place.layer);
    let least = |baseline: bool| {
        here()
            .filter(|row| row.baseline == baseline)
            .min_by(|a, b| a.mean.total_cmp(&b.mean))
    };
    let method = least(false)?;
    let stated = |row: &ScoreSummary| {
        format!(
            "{} ({:.*} [{:.*}, {:.*}])",
            row.title, row.decimals, row.mean, row.decimals, row.low, row.decimals, row.high
        )
    };
    let beside = match least(true) {
        Some(baseline) => format!(
            "; of the baselines, which ignore the network, {}",
            stated(baseline)
        ),
        None => String::new(),
    };
    Some(format!(
        "At {} of {}, the method with the lowest {} is {}{beside}. Large maps drop less whatever they show, \
         so compare the mean area too.",
        place.layer,
        network_title(&place.network_title, &place.trial),
        place.heading(),
        stated(method),
    ))
}
