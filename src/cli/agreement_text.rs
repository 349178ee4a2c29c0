//! The table of agreement between networks, as text.

use crate::run::ConsistencyRow;
use crate::study::agreement::{Agreement, MEASURES};

use super::output::{result, result_table};

/// Prints the table of all networks, and an explanation of the numbers below it.
pub(super) fn print(agreement: &Agreement) {
    let photographs = agreement.photographs;
    result(format!(
        "How much the maps of {} agree, over {photographs} pictures",
        agreement.networks.join(" and "),
    ));
    let rows: Vec<&ConsistencyRow> = agreement.of_all().collect();
    result_table(&cells(&rows));
    let percent = 100.0 * agreement.same_class as f64 / photographs as f64;
    result(format!(
        "in brackets 95 % bootstrap intervals over pictures; other pictures: one network's map of \
         a picture against the other's of the picture before: how much they agree whatever the \
         picture; *: a baseline that ignores the networks: agreement alone is no merit; the networks \
         explain the same class on {percent:.1} % of the pictures"
    ));
    result("");
}

/// Returns the cells of the table, its header first.
fn cells(rows: &[&ConsistencyRow]) -> Vec<Vec<String>> {
    let mut header = vec!["method".to_string()];
    for (_, title) in MEASURES {
        header.extend([title.to_string(), "other pictures".to_string()]);
    }
    header.push("pairs omitted".to_string());
    let mut lines = vec![header];
    for method in rows.chunk_by(|a, b| a.method == b.method) {
        let first = method[0];
        let mark = if first.baseline { " *" } else { "" };
        let mut line = vec![format!("{}{mark}", first.title)];
        for row in method {
            line.push(interval(row.mean, row.low, row.high));
            line.push(interval(row.other, row.other_low, row.other_high));
        }
        line.push(first.left_out.to_string());
        lines.push(line);
    }
    lines
}

fn interval(mean: f64, low: f64, high: f64) -> String {
    if mean.is_nan() {
        return "none".to_string();
    }
    format!("{mean:.3} [{low:.3}, {high:.3}]")
}
