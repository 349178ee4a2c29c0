//! `export-runs`: the store that it writes, and MLflow reading it.

mod support;
#[path = "support/trained.rs"]
mod trained_run;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use camtrail::run::{EpochRow, TableRow};
use support::{done_in, run_in};
use trained_run::{train, trained};

/// A folder with the seeds 0 and 1 of a small trial, made once for all tests.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = trained("export runs");
        train(&folder, "1");
        folder
    })
}

/// Returns every file below `folder` by its path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("listed") {
            let path = entry.expect("listed").path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder).expect("below it");
                    let name = name.to_str().expect("UTF-8").to_string();
                    found.insert(name, fs::read(&path).expect("read"));
                }
            }
        }
    }
    found
}

/// Returns the text of the one file whose path ends with `ending`.
fn text(files: &BTreeMap<String, Vec<u8>>, ending: &str) -> String {
    let mut own = files.iter().filter(|(name, _)| name.ends_with(ending));
    let (_, content) = own.next().unwrap_or_else(|| panic!("{ending}"));
    assert!(own.next().is_none(), "several {ending}");
    String::from_utf8(content.clone()).expect("UTF-8")
}

#[test]
fn a_run_is_parameters_metrics_tags_and_artifacts() {
    let shown = done_in(
        folder(),
        &["export-runs", "shapes/trial-b/seed-1", "--out", "one"],
    );
    assert!(
        shown.stdout.contains("shapes/trial-b seed 1"),
        "{}",
        shown.stdout
    );
    let found = files(&folder().join("one"));
    assert_eq!(text(&found, "params/model.filters"), "[4,8]");
    assert_eq!(text(&found, "params/data.dataset"), "shapes");
    assert_eq!(text(&found, "params/train.epochs"), "1");
    assert_eq!(text(&found, "params/seed"), "1");
    assert_eq!(text(&found, "tags/mlflow.runName"), "shapes/trial-b seed 1");
    let data = found.keys().filter(|name| name.contains("/tags/data."));
    assert_eq!(data.count(), 3, "the checksum of each split");
    assert!(text(&found, "artifacts/experiment.toml").contains("filters = [4"));
    assert!(found.keys().any(|name| name.contains("artifacts/curves-")));

    let run = folder().join("checkpoints/shapes/trial-b/seed-1");
    let epochs = EpochRow::read(&run.join("epochs.csv")).expect("a table");
    let lines = text(&found, "metrics/validation_loss");
    let lines: Vec<Vec<&str>> = lines
        .lines()
        .map(|line| line.split(' ').collect())
        .collect();
    assert_eq!(lines.len(), epochs.len());
    for (line, epoch) in lines.iter().zip(&epochs) {
        assert_eq!(line[1].parse(), Ok(epoch.validation_loss));
        assert_eq!(line[2].parse(), Ok(epoch.epoch));
    }
    // Epoch 0 has no training loss.
    assert!(text(&found, "metrics/train_loss").ends_with(" 1\n"));
    assert_eq!(text(&found, "metrics/train_loss").lines().count(), 1);
    let metas: Vec<&String> = found
        .keys()
        .filter(|name| name.ends_with("meta.yaml"))
        .collect();
    assert_eq!(metas.len(), 2, "of the experiment and of the run");
    let meta = found
        .iter()
        .find(|(name, _)| name.matches('/').count() == 2);
    let meta = meta.map(|(_, content)| String::from_utf8_lossy(content).into_owned());
    let meta = meta.expect("of the run");
    assert!(
        meta.contains("status: 3\n") && meta.contains("export%20runs/one/"),
        "{meta}"
    );
}

#[test]
fn exporting_twice_changes_nothing_and_other_files_stay() {
    let store = folder().join("twice");
    fs::create_dir_all(store.join("0")).expect("created");
    fs::write(store.join("0/meta.yaml"), "name: Default\n").expect("written");
    done_in(
        folder(),
        &["export-runs", "shapes/trial-b", "--out", "twice"],
    );
    let first = files(&store);
    assert!(first.contains_key("0/meta.yaml"));
    assert_eq!(
        first
            .keys()
            .filter(|name| name.ends_with("params/seed"))
            .count(),
        2
    );
    done_in(
        folder(),
        &[
            "export-runs",
            "checkpoints/shapes/trial-b/",
            "--out",
            "twice",
        ],
    );
    assert!(first == files(&store), "the same names and bytes");
}

#[test]
fn a_run_keeps_its_id_however_it_is_named() {
    let id = |arguments: &[&str]| {
        let shown = done_in(
            folder(),
            &[&["export-runs", "--out", "ids"], arguments].concat(),
        );
        let last = shown.stdout.lines().nth(1).expect("a row").to_string();
        last.split_whitespace().last().expect("an id").to_string()
    };
    let first = id(&["shapes/trial-b/seed-0"]);
    let path = folder().join("checkpoints/shapes/../shapes/trial-b/seed-0");
    assert_eq!(id(&[path.to_str().expect("UTF-8")]), first);
    assert_eq!(
        id(&["--runs", "checkpoints/shapes", "trial-b/seed-0"]),
        first
    );
    assert_ne!(id(&["shapes/trial-b/seed-1"]), first);
}

#[test]
fn what_cannot_be_exported_is_named() {
    fs::write(folder().join("a-file"), "").expect("written");
    for (arguments, code, message, hint) in [
        (
            &["shapes/trail-b"][..],
            1,
            "there is no run \"shapes/trail-b\"",
            "did you mean \"shapes/trial-b\"?",
        ),
        (&["--out", "a-file"], 1, "it is a file, not a folder", ""),
        (
            &["--runs", "elsewhere"],
            1,
            "there is no run in \"elsewhere\"",
            "train trial-a",
        ),
        (&["--format", "wandb"], 2, "invalid value 'wandb'", "mlflow"),
    ] {
        let shown = run_in(folder(), &[&["export-runs"], arguments].concat());
        assert_eq!(
            (shown.code, shown.stdout.as_str()),
            (code, ""),
            "{arguments:?}"
        );
        for part in [message, hint] {
            assert!(shown.stderr.contains(part), "{part} in {}", shown.stderr);
        }
    }
    assert!(!folder().join("mlruns").exists(), "nothing is left");
}

/// A damaged record of one run: the others are not exported either, so that nothing is missed.
#[test]
fn a_damaged_run_is_named_and_nothing_is_written() {
    let runs = trained("export-runs-damaged");
    let manifest = runs.join("checkpoints/shapes/trial-b/seed-0/run.json");
    let damaged = fs::read_to_string(&manifest)
        .expect("text")
        .replace("trial-b", "trial-x");
    fs::write(&manifest, damaged).expect("written");
    let shown = run_in(&runs, &["export-runs"]);
    assert_eq!(shown.code, 1);
    assert!(shown.stderr.contains("run.json"), "{}", shown.stderr);
    assert!(!runs.join("mlruns").exists());
}

/// Reads the store with the client of MLflow.
const READ: &str = r#"
import sys
from mlflow.tracking import MlflowClient
client = MlflowClient(tracking_uri="file://" + sys.argv[1])
[experiment] = [e for e in client.search_experiments() if e.name == "camtrail/shapes"]
runs = client.search_runs([experiment.experiment_id], "params.`train.epochs` = '1' and tags.seed = '1'")
[run] = runs
history = client.get_metric_history(run.info.run_id, "validation_loss")
print(run.info.run_name, run.info.status, run.data.params["model.filters"])
print([metric.step for metric in history], repr(history[-1].value))
print(sorted(file.path for file in client.list_artifacts(run.info.run_id))[-1])
print(open(client.download_artifacts(run.info.run_id, "experiment.toml")).read().count("[model]"))
"#;

#[test]
#[ignore = "needs a Python with MLflow, named by $CAMTRAIL_MLFLOW"]
fn mlflow_reads_the_store() {
    let python = std::env::var_os("CAMTRAIL_MLFLOW");
    let python = python.expect("set CAMTRAIL_MLFLOW to a Python that has MLflow to run this test");
    done_in(folder(), &["export-runs", "--out", "read"]);
    let store = folder().join("read").canonicalize().expect("there");
    let output = Command::new(python)
        .args(["-c", READ])
        .arg(store.to_str().expect("UTF-8").replace(' ', "%20"))
        .env("MLFLOW_ALLOW_FILE_STORE", "true")
        .output()
        .expect("Python starts");
    let shown = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let run = folder().join("checkpoints/shapes/trial-b/seed-1");
    let epochs = EpochRow::read(&run.join("epochs.csv")).expect("a table");
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[0], "shapes/trial-b seed 1 FINISHED [4,8]");
    assert_eq!(lines[1], format!("[0, 1] {}", epochs[1].validation_loss));
    assert_eq!(lines[2..], ["experiment.toml", "1"]);
}
