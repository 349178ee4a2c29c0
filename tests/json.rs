//! `--json`: one object with the values of the tables.

mod support;
#[path = "support/trained.rs"]
mod trained_run;

use std::path::Path;

use camtrail::run::{EvaluationRow, ScoreSummary, TableRow};
use serde_json::Value;
use support::{done_in, run_in};
use trained_run::trained;

const ON_SHAPES: [&str; 5] = ["trial-b", "--base", "shapes", "--device", "cpu"];

/// Runs `verb` with `--json` and returns the object.
fn object(folder: &Path, verb: &str, more: &[&str]) -> Value {
    let arguments = [&[verb], &ON_SHAPES[..], more, &["--json"]].concat();
    let text = done_in(folder, &arguments).stdout;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Returns the rows of the table with this file name.
fn rows<'a>(object: &'a Value, file: &str) -> &'a [Value] {
    let tables = object["tables"].as_array().expect("tables");
    let is_it = |table: &&Value| {
        table["file"]
            .as_str()
            .is_some_and(|name| name.ends_with(file))
    };
    let table = tables.iter().find(is_it);
    let table = table.unwrap_or_else(|| panic!("no {file} in {tables:?}"));
    table["rows"].as_array().expect("rows")
}

#[test]
fn objects_have_the_values_of_the_tables() {
    let folder = trained("json");
    let evaluated = object(&folder, "evaluate", &[]);
    let files = evaluated["files"].as_array().expect("files");
    for file in files {
        let path = folder.join(file.as_str().expect("a path"));
        assert!(path.is_file(), "{file}");
    }
    let table = evaluated["tables"][0]["file"].as_str().expect("a path");
    let expected = EvaluationRow::read(&folder.join(table)).expect("a table");
    let found = rows(&evaluated, "evaluation.csv");
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found["accuracy"].as_f64(), Some(expected.accuracy));
        assert_eq!(found["split"].as_str(), Some(expected.split.as_str()));
        assert_eq!(found["generated"], Value::Bool(true));
    }
    // A row per image is too much.
    assert!(files.iter().any(|file| {
        file.as_str()
            .is_some_and(|name| name.ends_with("predictions.csv"))
    }));
    assert!(!evaluated["tables"].to_string().contains("predictions.csv"));

    let few = ["--limit", "6", "--methods", "grad-cam,random"];
    let scored = object(&folder, "score", &few);
    let expected =
        ScoreSummary::read(&folder.join("figures/shapes/scores/score-table.csv")).expect("a table");
    let found = rows(&scored, "score-table.csv");
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found["mean"].as_f64(), Some(expected.mean), "{found}");
        assert_eq!(found["seeds"], serde_json::json!([0]));
    }

    let explained = object(
        &folder,
        "explain",
        &["--test-index", "0", "--method", "grad-cam"],
    );
    let records = rows(&explained, "maps.json");
    assert_eq!(records[0]["image"], "shapes/test/0");
    assert!(
        records[0]["confidence"]
            .as_f64()
            .is_some_and(|share| share > 0.0 && share < 1.0)
    );

    for verb in ["sanity", "localize"] {
        let more = match verb {
            "sanity" => [&few[..], &["--draws", "1", "--pictures", "1"]].concat(),
            _ => few.to_vec(),
        };
        let object = object(&folder, verb, &more);
        assert!(
            !object["tables"].as_array().expect("tables").is_empty(),
            "{verb}"
        );
    }
}

#[test]
fn a_data_set_is_an_object_and_a_failure_prints_none() {
    let folder = support::new_folder("json-data");
    let text = done_in(&folder, &["data", "check", "shapes", "--json"]).stdout;
    let report: Value = serde_json::from_str(&text).expect("JSON");
    let images: Vec<_> = report["parts"]
        .as_array()
        .expect("parts")
        .iter()
        .map(|part| part["classes"].as_u64())
        .collect();
    assert!(
        !images.is_empty() && images.iter().all(|classes| *classes == Some(12)),
        "{report}"
    );
    let failed = run_in(
        &folder,
        &["evaluate", "trial-b", "--base", "shapes", "--json"],
    );
    assert_eq!(failed.code, 1);
    assert_eq!(failed.stdout, "");
    assert!(failed.stderr.contains("error: "), "{}", failed.stderr);
}
