//! The tables of a localisation as text: one block per trial and layer.

use crate::run::LocalizationSummaryRow;
use crate::study::PICTURES;
use crate::study::localize::{ALL, DeltaRule, REFERENCE};

use super::output::{result, result_table};

/// The threshold of the printed coverage by number of objects.
const COVERAGE_DELTA: f32 = 0.15;

/// Minimum number of images for a printed interval: resampling fewer is not meaningful.
const FEWEST: usize = 10;

/// Names the line of a method's spread over seeds.
const OVER_SEEDS: &str = "  over seeds";

/// A column: its heading, and the score and threshold that it shows.
type Column = (&'static str, &'static str, Option<f32>);

/// Columns of the position of maps, over all pictures.
const PLACES: [Column; 11] = [
    ("Loc(0)", "box_iou", Some(0.0)),
    ("Loc(.15)", "box_iou", Some(0.15)),
    ("Loc(.5)", "box_iou", Some(0.5)),
    ("Loc(best)", "box_iou_best", None),
    ("mask IoU(.5)", "mask_iou", Some(0.5)),
    ("mask IoU(best)", "mask_iou_best", None),
    ("pointing, box", "pointing_box", None),
    ("pointing, mask", "pointing_mask", None),
    ("energy, box", "energy_box", None),
    ("implied box(.15)", "implied_box_iou", Some(0.15)),
    ("implied box(.5)", "implied_box_iou", Some(0.5)),
];

/// Columns of the objects that maps cover, by number of objects.
const OBJECTS: [Column; 7] = [
    ("covered(.15)", "covered", Some(COVERAGE_DELTA)),
    ("all covered(.15)", "all_covered", Some(COVERAGE_DELTA)),
    ("touched(.15)", "touched", Some(COVERAGE_DELTA)),
    ("map area(.15)", "area", Some(COVERAGE_DELTA)),
    ("covered, equal area", "equal_area_covered", None),
    ("all covered, equal area", "equal_area_all_covered", None),
    ("recall, equal area", "equal_area_recall", None),
];

/// Prints the rows of one trial, layer by layer.
pub(super) fn print(rows: &[LocalizationSummaryRow], delta_rule: DeltaRule) {
    for layer in rows.chunk_by(|a, b| a.layer == b.layer) {
        let all: Vec<&LocalizationSummaryRow> =
            layer.iter().filter(|row| row.instances == ALL).collect();
        let Some(first) = all.first() else { continue };
        result("");
        result(heading(first));
        let masks = all.iter().any(|row| row.score == "mask_iou");
        let what = if masks { "Loc and mask IoU" } else { "Loc" };
        result(format!(
            "Where the maps lie; {what} at the delta in brackets, and at each method's best delta, {}.",
            chosen(delta_rule, &first.split)
        ));
        result_table(&places(&all));
        result("");
        result(format!(
            "Which objects they cover, by number of objects; at delta {COVERAGE_DELTA} beside the \
             share of the picture that is marked, and at equal area, the objects' own."
        ));
        result_table(&objects(layer));
    }
}

/// Prints the legend below all tables; `seeds`: whether any row has several.
pub(super) fn print_legend(seeds: bool) {
    result("");
    result(format!(
        "Each ± is half a 95 % bootstrap interval over images and seeds, omitted under {FEWEST} images; a \
         star marks a paired difference whose interval leaves out 0."
    ));
    if seeds {
        result(format!(
            "Rows \"{}\": ± is half the 95 % t-interval over the seeds, the spread of another training.",
            OVER_SEEDS.trim()
        ));
    }
}

/// Returns how each method's best delta was selected, as the end of a sentence.
fn chosen(rule: DeltaRule, split: &str) -> String {
    match rule {
        DeltaRule::Validation(images) => format!("chosen on {images} validation images"),
        DeltaRule::Own => {
            let which = if split == PICTURES {
                "pictures"
            } else {
                "images"
            };
            format!("the highest on these {which} themselves, so it flatters")
        }
    }
}

fn heading(row: &LocalizationSummaryRow) -> String {
    let plural = if row.pictures == 1 { "" } else { "s" };
    let (count, dataset) = (row.pictures, &row.dataset);
    let images = match row.split == PICTURES {
        true => format!("{count} picture{plural} with the boxes of {dataset}"),
        false => format!("{count} {dataset} {} image{plural}", row.split),
    };
    format!(
        "{}, {} ({}), maps of {} x {} cells: {images}{}{}, maps of the {} class",
        row.trial,
        row.layer,
        row.layer_rule,
        row.native_height,
        row.native_width,
        if row.generated { " (generated)" } else { "" },
        match row.seeds.as_str() {
            "" => String::new(),
            seeds => format!(", seeds {}", seeds.replace(' ', ", ")),
        },
        row.target_rule,
    )
}

/// Returns the columns with a score in `rows`: without masks, some have none.
fn shown<'a>(rows: &[&LocalizationSummaryRow], columns: &'a [Column]) -> Vec<&'a Column> {
    let has = |column: &&Column| rows.iter().any(|row| is(row, column));
    columns.iter().filter(has).collect()
}

fn is(row: &LocalizationSummaryRow, (_, score, delta): &Column) -> bool {
    row.score == *score && (delta.is_none() || row.delta == *delta)
}

fn places(rows: &[&LocalizationSummaryRow]) -> Vec<Vec<String>> {
    let columns = shown(rows, &PLACES);
    let mut header = vec!["method".to_string()];
    header.extend(columns.iter().map(|column| column.0.to_string()));
    header.extend(["empty", "ties"].map(String::from));
    let mut lines = vec![header];
    for method in rows.chunk_by(|a, b| a.method == b.method) {
        let mut line = vec![format!("{}{}", method[0].title, method[0].caveat)];
        for column in &columns {
            let row = method.iter().find(|row| is(row, column));
            line.push(row.map_or(String::new(), |row| {
                let at = row.delta.filter(|_| column.2.is_none());
                let at = at.map_or(String::new(), |delta| format!(" at {delta:.2}"));
                format!(
                    "{}{at}",
                    plus_minus(row.pictures, row.mean, row.low, row.high)
                )
            }));
        }
        line.push(format!("{} of {}", method[0].empty, method[0].maps));
        line.push(method[0].ties.to_string());
        lines.push(line);
        lines.extend(over_seeds(method, &columns, &[]));
        lines.extend(differences(method, &columns, &[]));
    }
    lines
}

fn objects(rows: &[LocalizationSummaryRow]) -> Vec<Vec<String>> {
    let every: Vec<&LocalizationSummaryRow> = rows.iter().collect();
    let columns = shown(&every, &OBJECTS);
    let mut header = vec![
        "objects".to_string(),
        "images".to_string(),
        "method".to_string(),
    ];
    header.extend(columns.iter().map(|column| column.0.to_string()));
    let mut lines = vec![header];
    let same = |a: &&LocalizationSummaryRow, b: &&LocalizationSummaryRow| {
        a.method == b.method && a.instances == b.instances
    };
    for method in every.chunk_by(same) {
        let before = [method[0].instances.clone(), method[0].pictures.to_string()];
        let mut line = before.to_vec();
        line.push(format!("{}{}", method[0].title, method[0].caveat));
        for column in &columns {
            let row = method.iter().find(|row| is(row, column));
            line.push(row.map_or(String::new(), |row| {
                plus_minus(row.pictures, row.mean, row.low, row.high)
            }));
        }
        lines.push(line);
        lines.extend(over_seeds(method, &columns, &before));
        lines.extend(differences(method, &columns, &before));
    }
    lines
}

/// Returns the line of a method's means with the interval over seeds; nothing for one seed.
fn over_seeds(
    method: &[&LocalizationSummaryRow],
    columns: &[&Column],
    before: &[String],
) -> Option<Vec<String>> {
    let mut line = before.to_vec();
    line.push(OVER_SEEDS.to_string());
    for column in columns {
        let row = method.iter().find(|row| is(row, column))?;
        let spread = row.seed_means.spread()?;
        let half = (spread.high - spread.low) / 2.0;
        line.push(format!("{:.3} ±{half:.3}", spread.mean));
    }
    Some(line)
}

/// Returns the line of a method's paired differences from the reference; a baseline has none.
fn differences(
    method: &[&LocalizationSummaryRow],
    columns: &[&Column],
    before: &[String],
) -> Option<Vec<String>> {
    if method[0].baseline || method[0].method == REFERENCE {
        return None;
    }
    let mut line = before.to_vec();
    line.push("  minus Grad-CAM".to_string());
    for column in columns {
        let row = method.iter().find(|row| is(row, column))?;
        let (mean, low, high) = (row.difference?, row.difference_low?, row.difference_high?);
        let sign = if mean < 0.0 { "" } else { "+" };
        // The leading sign distinguishes it from a score; a star means that 0 is outside the
        // interval.
        let sure = row.pictures >= FEWEST && (low > 0.0 || high < 0.0);
        let star = if sure { "*" } else { "" };
        let number = plus_minus(row.pictures, mean, low, high);
        line.push(format!("{sign}{number}{star}"));
    }
    Some(line)
}

/// Returns a mean with half the width of its interval, unless there are too few pictures.
fn plus_minus(pictures: usize, mean: f64, low: f64, high: f64) -> String {
    if pictures < FEWEST {
        return format!("{mean:.3}");
    }
    format!("{mean:.3} ±{:.3}", (high - low) / 2.0)
}
