//! `--json`: what a command measured, as one object on standard output in place of all text.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::run::{
    CalibrationRow, CascadeRow, ConsistencyRow, EvaluationRow, FrameScoreRow, IdentityRow,
    LocalizationSummaryRow, MAPS_JSON, PerClassRow, RunError, ScorePair, ScoreSummary,
    StabilitySummaryRow, TableRow, VerdictRow, read_regular,
};

/// The tables that the object holds; those with a row per image are only listed.
const SUMMARIES: [&str; 12] = [
    EvaluationRow::FILE,
    PerClassRow::FILE,
    CalibrationRow::FILE,
    FrameScoreRow::FILE,
    ScoreSummary::FILE,
    ScorePair::FILE,
    LocalizationSummaryRow::FILE,
    StabilitySummaryRow::FILE,
    CascadeRow::FILE,
    IdentityRow::FILE,
    VerdictRow::FILE,
    ConsistencyRow::FILE,
];

/// Returns the object of a command that wrote `listed`, files or folders: `files` and `tables`, each table
/// with its file and its rows. The maps of `explain` are a table too.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn of_files(listed: &[PathBuf]) -> Result<Value, RunError> {
    let mut files = Vec::new();
    for path in listed {
        match path.is_dir() {
            true => files.extend(files_in(path)?),
            false => files.push(path.clone()),
        }
    }
    // Tables of a listed figure stand next to it.
    let mut tables: Vec<PathBuf> = Vec::new();
    for folder in files.iter().filter_map(|file| file.parent()) {
        let known = SUMMARIES.iter().chain([&MAPS_JSON]);
        for table in known.map(|name| folder.join(name)) {
            if table.is_file() && !tables.contains(&table) {
                tables.push(table);
            }
        }
    }
    for table in &tables {
        if !files.contains(table) {
            files.push(table.clone());
        }
    }
    let tables = tables.iter().map(|file| {
        let rows = rows(file)?;
        Ok(json!({"file": file.display().to_string(), "rows": rows}))
    });
    let tables: Vec<Value> = tables.collect::<Result<_, RunError>>()?;
    let files: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    Ok(json!({"files": files, "tables": tables}))
}

fn files_in(folder: &Path) -> Result<Vec<PathBuf>, RunError> {
    let failed = |source| RunError::io("list", folder, source);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the rows of a table.
fn rows(file: &Path) -> Result<Value, RunError> {
    let content = read_regular(file).map_err(|source| RunError::io("read", file, source))?;
    if file.file_name().is_some_and(|name| name == MAPS_JSON) {
        let mut manifest: Value =
            serde_json::from_slice(&content).map_err(|reason| RunError::damaged(file, reason))?;
        return Ok(manifest["records"].take());
    }
    let damaged = |reason| RunError::damaged(file, reason);
    let mut reader = csv::Reader::from_reader(content.as_slice());
    let header = reader.headers().map_err(damaged)?.clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(damaged)?;
        let cells = header.iter().zip(&record);
        let row: Map<String, Value> = cells
            .map(|(name, cell)| (name.to_string(), value(name, cell)))
            .collect();
        rows.push(Value::Object(row));
    }
    Ok(Value::Array(rows))
}

/// Returns a cell as JSON: a number, true or false, null where it is empty, otherwise text. Lists of seeds
/// and of their values stay lists, also with one member.
fn value(name: &str, cell: &str) -> Value {
    if ["seeds", "seed_means", "accuracies"].contains(&name) {
        return cell.split_whitespace().map(plain).collect();
    }
    plain(cell)
}

fn plain(cell: &str) -> Value {
    match cell {
        "" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        text => match text.parse::<serde_json::Number>() {
            Ok(number) => Value::Number(number),
            Err(_) => Value::String(text.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_their_types() {
        for (cell, expected) in [
            ("", json!(null)),
            ("true", json!(true)),
            ("12", json!(12)),
            ("-0.125", json!(-0.125)),
            ("1e-5", json!(1e-5)),
            ("block-5", json!("block-5")),
            ("NaN", json!("NaN")),
            ("007x", json!("007x")),
        ] {
            assert_eq!(value("mean", cell), expected, "{cell}");
        }
        assert_eq!(value("seeds", "0"), json!([0]));
        assert_eq!(value("seed_means", "0.5 1"), json!([0.5, 1]));
    }
}
