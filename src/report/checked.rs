//! Verdicts of the sanity checks, from `verdicts.csv`.

use super::block::{Block, BlockKind, Place};
use super::error::ReportError;
use super::table::{Table, TableCell, texts, unique};
use crate::figure::network_title;
use crate::run::{CascadeRow, SanityTables, TableRow, Verdict, VerdictRow};

pub(super) const BLOCK: BlockKind = BlockKind {
    id: "sanity",
    title: "Do the maps depend on what was learned?",
    figures: &["sanity-trial", "sanity"],
    fill,
};

fn fill(place: &Place<'_>, block: &mut Block) -> Result<(), ReportError> {
    let tables = SanityTables::read(place.folder)?;
    let rows = &tables.verdicts;
    if rows.is_empty() {
        return Ok(());
    }
    let about = |method: &str| tables.cascade.iter().find(|row| row.method == method);
    let title = |method: &str| about(method).map_or(method.to_string(), |row| row.title.clone());
    let is_baseline = |method: &str| about(method).is_some_and(|row| row.baseline);
    let network = |trial: &str| {
        let known = tables.cascade.iter().find(|row| row.trial == trial);
        network_title(
            known.map_or("", |row: &CascadeRow| &row.network_title),
            trial,
        )
    };
    block.sentences.push(
        "A map that explains a network must change when the network's weights are re-initialised, and differ \
         between classes. Baselines ignore the network, so they must fail."
            .to_string(),
    );
    block.sentences.push(sentence(rows, &title, &is_baseline));
    let places = unique(
        rows.iter()
            .map(|row| (row.trial.as_str(), row.layer.as_str())),
    );
    let headings: Vec<String> = places
        .iter()
        .map(|(trial, layer)| format!("{} {layer}", network(trial)))
        .collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let methods = unique(rows.iter().map(|row| row.method.as_str()));
    let of = |method: &str, (trial, layer): (&str, &str)| -> Vec<&VerdictRow> {
        let is_it =
            |row: &&VerdictRow| row.method == method && row.trial == trial && row.layer == layer;
        rows.iter().filter(is_it).collect()
    };
    let row_of = |method: &&str| {
        let verdicts = places.iter().map(|place| cell(&of(method, *place)));
        std::iter::once(TableCell::text(title(method)))
            .chain(verdicts)
            .collect()
    };
    let verdicts = Table {
        title: "Verdict by method, network and layer".to_string(),
        columns: texts(&["Method"]).chain(texts(&headings)).collect(),
        rows: methods.iter().map(row_of).collect(),
        ..Table::default()
    };
    place.add(block, VerdictRow::FILE, verdicts);
    let reasons = Table {
        title: "The reason for each verdict".to_string(),
        folded: true,
        columns: texts(&["Method", "Network", "Layer", "Seed", "Verdict", "Reason"]).collect(),
        rows: rows
            .iter()
            .map(|row| {
                let (seed, verdict) = (row.seed.to_string(), row.verdict.to_string());
                let cells = [
                    title(&row.method),
                    network(&row.trial),
                    row.layer.clone(),
                    seed,
                    verdict,
                    row.reason.clone(),
                ];
                cells.map(TableCell::text).to_vec()
            })
            .collect(),
        ..Table::default()
    };
    place.add(block, VerdictRow::FILE, reasons);
    Ok(())
}

/// Returns the verdicts of the seeds in one cell, such as "pass" or "2 of 3 fail".
fn cell(rows: &[&VerdictRow]) -> TableCell {
    if rows.is_empty() {
        return TableCell::text("–");
    }
    let verdicts = unique(rows.iter().map(|row| row.verdict));
    let text = match verdicts[..] {
        [one] => one.to_string(),
        _ => {
            let count = |verdict| rows.iter().filter(|row| row.verdict == verdict).count();
            let parts = [Verdict::Pass, Verdict::Fail, Verdict::Undecided]
                .map(|verdict| (count(verdict), verdict));
            let parts = parts.iter().filter(|(count, _)| *count > 0);
            let parts: Vec<String> = parts
                .map(|(count, verdict)| format!("{count} {verdict}"))
                .collect();
            parts.join(", ")
        }
    };
    TableCell::text(text)
}

/// Returns which methods fail, and how often.
fn sentence(
    rows: &[VerdictRow],
    title: &dyn Fn(&str) -> String,
    is_baseline: &dyn Fn(&str) -> bool,
) -> String {
    let failing = rows.iter().filter(|row| row.verdict == Verdict::Fail);
    let methods = unique(failing.map(|row| row.method.as_str()));
    let stated: Vec<String> = methods
        .into_iter()
        .filter(|method| !is_baseline(method))
        .map(|method| {
            let own = || rows.iter().filter(|row| row.method == method);
            let failed = own().filter(|row| row.verdict == Verdict::Fail).count();
            format!("{} ({failed} of {} times)", title(method), own().count())
        })
        .collect();
    match stated.is_empty() {
        true => "No method fails.".to_string(),
        false => format!("Methods that fail: {}.", stated.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(method: &str, seed: u64, verdict: Verdict) -> VerdictRow {
        VerdictRow {
            trial: "trial-a".into(),
            seed,
            epoch: 1,
            weights: String::new(),
            layer: "block-1".into(),
            method: method.into(),
            verdict,
            reason: format!("reason {seed}"),
        }
    }

    #[test]
    fn seeds_that_disagree_are_counted() {
        let rows = [
            row("grad-cam", 0, Verdict::Pass),
            row("grad-cam-pp", 0, Verdict::Pass),
            row("grad-cam-pp", 1, Verdict::Fail),
        ];
        let both = cell(&[&rows[1], &rows[2]]);
        assert_eq!(both.text, "1 pass, 1 fail");
        assert_eq!(cell(&[&rows[0]]).text, "pass");
        let stated =
            |rows: &[VerdictRow]| sentence(rows, &str::to_uppercase, &|name| name == "random");
        assert_eq!(
            stated(&rows),
            "Methods that fail: GRAD-CAM-PP (1 of 2 times)."
        );
        assert_eq!(stated(&rows[..1]), "No method fails.");
        assert_eq!(
            stated(&[row("random", 0, Verdict::Fail)]),
            "No method fails."
        );
    }
}
