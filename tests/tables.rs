//! The tables of the README and of `docs/results` state what the CSV files behind them hold.
//!
//! A table is checked if a comment stands before it:
//!
//!     <!-- docs/results/NAME.csv, trial: test % = 100 test_accuracy, blocks = blocks -->
//!
//! `trial where split test` in place of `trial` takes only the rows whose column `split` is "test".
//! The first column of the table is compared with the column `trial` of the file to find the row, and
//! each named column with that of the file times the factor, to the decimals that the table shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A table and what it is to be compared with.
struct Checked {
    file: String,
    key: String,
    /// Title in the table, factor, and column of the file.
    columns: Vec<(String, f64, String)>,
    rows: Vec<Vec<String>>,
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_matches('|');
    inner
        .split('|')
        .map(|cell| cell.trim().trim_matches('*').to_string())
        .collect()
}

/// Returns the tables of a page that a comment says how to check.
fn checked(page: &str) -> Vec<Checked> {
    let mut found = Vec::new();
    let lines: Vec<&str> = page.lines().collect();
    for (place, line) in lines.iter().enumerate() {
        let Some(inner) = line
            .strip_prefix("<!-- docs/results/")
            .and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let (file, rest) = inner.split_once(", ").expect("a file, then a key");
        let (key, columns) = rest.split_once(": ").expect("a key, then columns");
        let column = |text: &str| {
            let (title, source) = text.split_once(" = ").expect("a title and its source");
            let (factor, name) = match source.split_once(' ') {
                Some((factor, name)) => (factor.parse().expect("a factor"), name),
                None => (1.0, source),
            };
            (title.to_string(), factor, name.to_string())
        };
        let rows = lines[place + 1..]
            .iter()
            .skip_while(|line| line.is_empty())
            .take_while(|line| line.starts_with('|'))
            .map(|line| cells(line));
        found.push(Checked {
            file: format!("docs/results/{file}"),
            key: key.to_string(),
            columns: columns.split(", ").map(column).collect(),
            rows: rows.collect(),
        });
    }
    found
}

/// Returns the rows of a CSV file, each by column, by the value of `key`.
fn records(path: &Path, key: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    let header = reader.headers().expect("a header").clone();
    let row = |record: csv::StringRecord| -> BTreeMap<String, String> {
        let pairs = header.iter().zip(record.iter());
        pairs.map(|(a, b)| (a.to_string(), b.to_string())).collect()
    };
    let (key, only) = match key.split_once(" where ") {
        Some((key, only)) => (key, only.split_once(' ')),
        None => (key, None),
    };
    let mut found = BTreeMap::new();
    for record in reader.records() {
        let row = row(record.expect("a row"));
        if only.is_none_or(|(column, value)| row[column] == value) {
            let again = found.insert(row[key].clone(), row);
            assert!(
                again.is_none(),
                "two rows of one key in {path:?}: {again:?}"
            );
        }
    }
    found
}

/// Compares a number as written, with a comma between thousands, with a value.
fn agrees(written: &str, value: f64) -> bool {
    let plain = written.replace(',', "");
    let decimals = plain
        .split_once('.')
        .map_or(0, |(_, decimals)| decimals.len());
    format!("{value:.decimals$}") == plain
}

/// The value of a key as a table may write it: "trial-d" as "D".
fn key_of(cell: &str) -> Vec<String> {
    let cell = cell.trim_matches('`');
    vec![cell.to_string(), format!("trial-{}", cell.to_lowercase())]
}

fn faults(root: &Path, page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for table in checked(page) {
        let records = records(&root.join(&table.file), &table.key);
        let titles = &table.rows[0];
        for row in &table.rows[2..] {
            let Some(record) = key_of(&row[0]).iter().find_map(|key| records.get(key)) else {
                faults.push(format!("{} has no row {:?}", table.file, row[0]));
                continue;
            };
            for (title, factor, name) in &table.columns {
                let place = titles.iter().position(|other| other == title);
                let place = place.unwrap_or_else(|| panic!("no column {title:?} in {titles:?}"));
                let value: f64 = record[name].parse().expect("a number");
                if !agrees(&row[place], factor * value) {
                    let (file, key, written) = (&table.file, &row[0], &row[place]);
                    let value = factor * value;
                    faults.push(format!("{title} of {key} is {written:?}, {file}: {value}"));
                }
            }
        }
    }
    faults
}

#[test]
fn tables_state_what_their_files_hold() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md"), root.join("docs/models.md")];
    let results = fs::read_dir(root.join("docs/results")).expect("listed");
    pages.extend(results.flatten().map(|entry| entry.path()));
    let mut count = 0;
    for page in pages
        .iter()
        .filter(|page| page.extension().is_some_and(|e| e == "md"))
    {
        let text = fs::read_to_string(page).expect("a page");
        count += checked(&text).len();
        assert_eq!(faults(&root, &text), Vec::<String>::new(), "{page:?}");
    }
    assert!(count >= 2, "{count} tables are checked");
}

#[test]
fn a_wrong_number_is_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(folder.path().join("docs/results")).expect("created");
    let file = "trial,test_accuracy,parameters\ntrial-d,0.64412,1004932\n";
    fs::write(folder.path().join("docs/results/a.csv"), file).expect("written");
    let page = |accuracy: &str| {
        format!(
            "<!-- docs/results/a.csv, trial: test % = 100 test_accuracy, size = parameters -->\n\n\
             | trial | size | test % |\n|---|--:|--:|\n| D | 1,004,932 | **{accuracy}** |\n"
        )
    };
    assert_eq!(faults(folder.path(), &page("64.41")), Vec::<String>::new());
    assert_eq!(faults(folder.path(), &page("64.4")), Vec::<String>::new());
    let found = faults(folder.path(), &page("64.42"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("test % of D is \"64.42\""),
        "{found:?}"
    );
}
