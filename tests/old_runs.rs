//! Runs that an earlier version made still load, explain and go on.

use std::fs;
use std::path::Path;

use camtrail::device::{DeviceChoice, choose};
use camtrail::experiment::{Experiment, ForecastExperiment};
use camtrail::run::{EpochRecord, EpochRow, ForecastRow, RunDir, read_epoch_records};
use camtrail::study::training::{Trainable, train_run};
use camtrail::study::{Runs, Trained, Unwatched, Which, accuracy, measure, score};
use camtrail::train::{Outcome, StartMode};
use tempfile::TempDir;

/// What kernels of another instruction set may make of two epochs, as a share of the loss.
const ROUNDING: f64 = 1e-3;

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(from).expect("listed") {
        let path = entry.expect("listed").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy_folder(&path, &target),
            false => drop(fs::copy(&path, &target).expect("copied")),
        }
    }
}

/// Returns runs with a copy of the old run of `experiment` on `base`.
fn old_run(experiment: &str, base: &str) -> (TempDir, Runs) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/old-runs");
    copy_folder(
        &old.join(experiment),
        &folder.path().join(base).join(experiment),
    );
    let runs = Runs::new(folder.path(), choose(DeviceChoice::Cpu).expect("a CPU"));
    (folder, runs)
}

/// Removes the last epoch of `trained`, resumes it, and returns the last row before and after.
fn resumed<E: Trainable, R: EpochRecord>(runs: &Runs, trained: &Trained<E>) -> [R; 2] {
    let last = |run: &RunDir| -> R {
        let mut rows = read_epoch_records(&run.epochs()).expect("a table");
        rows.pop().expect("a row")
    };
    let before = last(&trained.run);
    let newest = trained
        .run
        .checkpoints()
        .expect("listed")
        .pop()
        .expect("one");
    fs::remove_dir_all(trained.run.checkpoint(newest)).expect("removed");
    let how = (trained.run.seed(), StartMode::Resume);
    let outcome = train_run(runs, &trained.experiment, how, &Unwatched);
    assert!(matches!(outcome, Ok(Outcome::Done { .. })), "{outcome:?}");
    [before, last(&trained.run)]
}

#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= ROUNDING * a.abs(), "{a} and {b}");
}

#[test]
fn an_old_classifier_is_evaluated_scored_and_resumed() {
    let (_folder, runs) = old_run("trial-a", "shapes");
    let request = accuracy::Request {
        trials: vec!["trial-a".to_string()],
        base: Some("shapes".to_string()),
        seeds: Vec::new(),
        which: Which::Last,
    };
    let rows = accuracy::measure(&runs, &request, &Unwatched).expect("measured");
    let [row] = &rows[..] else {
        panic!("{rows:?}");
    };
    let trained: Trained<Experiment> = runs.find("trial-a", Some("shapes"), 0).expect("found");
    let recorded: Vec<EpochRow> = read_epoch_records(&trained.run.epochs()).expect("a table");
    let recorded = recorded.last().expect("a row");
    close(recorded.validation_accuracy, row.validation_accuracy);

    let request = score::Request {
        measurement: measure::Request {
            base: Some("shapes".to_string()),
            methods: vec!["grad-cam".to_string()],
            ..measure::Request::of(&["trial-a"])
        },
        steps: None,
    };
    let scores = score::measure(&runs, &request, &Unwatched).expect("scored");
    assert!(!scores.tables.means.is_empty());

    let [before, after]: [EpochRow; 2] = resumed(&runs, &trained);
    assert_eq!(before.epoch, after.epoch);
    close(before.validation_loss, after.validation_loss);
}

#[test]
fn an_old_predictor_is_opened_and_resumed() {
    let (_folder, runs) = old_run("convlstm", "digits");
    let trained: Trained<ForecastExperiment> =
        runs.find("convlstm", Some("digits"), 0).expect("found");
    trained.open(Which::Best, &runs).expect("opened");
    let [before, after]: [ForecastRow; 2] = resumed(&runs, &trained);
    assert_eq!(before.epoch, after.epoch);
    close(before.validation_loss, after.validation_loss);
}
