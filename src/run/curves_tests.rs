//! Epochs of several runs over one table, and of one run from its folder.

use std::collections::BTreeMap;

use super::*;
use crate::run::{RunStatus, TableRow, append_epoch_record};

fn manifest(trial: &str, dataset: &str) -> RunManifest {
    RunManifest {
        trial: trial.into(),
        network_title: "VGG-16".into(),
        seed: 3,
        camtrail: String::new(),
        burn: String::new(),
        git_revision: None,
        device: String::new(),
        host: String::new(),
        dataset: dataset.into(),
        generated: true,
        data: BTreeMap::new(),
        statistics: None,
        images: None,
        blocks: 1,
        parameters: 0,
        multiply_adds: 0,
        started: 0,
        updated: 0,
        status: RunStatus::Done,
        warnings: Vec::new(),
        experiments: Vec::new(),
        sha256: String::new(),
    }
}

fn classified(epoch: u32) -> EpochRow {
    EpochRow {
        epoch,
        train_loss: (epoch > 0).then_some(1.0 / 3.0),
        train_accuracy: (epoch > 0).then_some(0.25),
        validation_loss: 2.25,
        validation_accuracy: 0.5,
        learning_rate: None,
        images_per_second: None,
        seconds: 1.5,
    }
}

fn predicted(epoch: u32) -> ForecastRow {
    ForecastRow {
        epoch,
        train_loss: None,
        train_frame_error: None,
        validation_loss: 0.5,
        validation_frame_error: 100.5,
        learning_rate: None,
        clips_per_second: None,
        seconds: 2.5,
    }
}

/// Writes a run of two epochs, and returns it.
fn run<R: EpochRecord>(root: &Path, trial: &str, row: fn(u32) -> R) -> RunDir {
    let run = RunDir::new(root, trial, 3);
    let mut about = manifest(trial, "shapes, \"small\"");
    about.write(&run.manifest()).expect("written");
    for epoch in 0..2 {
        append_epoch_record(&run, 10, row(epoch)).expect("appended");
    }
    run
}

fn expected<R>(trial: &str, row: fn(u32) -> R) -> CurveRun<R> {
    CurveRun {
        trial: trial.into(),
        network_title: "VGG-16".into(),
        seed: 3,
        dataset: "shapes, \"small\"".into(),
        generated: true,
        rows: vec![row(0), row(1)],
    }
}

#[test]
fn runs_of_either_kind_survive_the_table_and_are_told_apart_by_it() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let table = root.path().join(CURVES_FILE);
    let runs = ["trial-a", "trial-b"].map(|trial| run(root.path(), trial, classified));
    write_curves(&table, &runs).expect("written");
    let both = ["trial-a", "trial-b"].map(|trial| expected(trial, classified));
    let both = Some(RunTables::Classifiers(both.to_vec()));
    assert_eq!(read_curves(&table).expect("read"), both);
    assert_eq!(read_runs(&runs).expect("read"), both);

    let predictor = run(root.path(), "convlstm", predicted);
    let one = Some(RunTables::Predictors(vec![expected("convlstm", predicted)]));
    assert_eq!(read_run(&predictor.path()).expect("read"), one);

    let mixed = [runs[0].clone(), predictor];
    let error = read_runs(&mixed).expect_err("two kinds").to_string();
    assert!(error.contains("not those of the other runs"), "{error}");
}

#[test]
fn a_torn_row_is_dropped_and_a_run_without_epochs_is_nothing() {
    let root = tempfile::tempdir().expect("a temporary folder");
    let torn = run(root.path(), "trial-a", classified);
    let mut text = std::fs::read_to_string(torn.epochs()).expect("text");
    text.push_str("2,0.5,0.");
    std::fs::write(torn.epochs(), text).expect("torn");
    let read = read_run(&torn.path()).expect("read");
    let whole = RunTables::Classifiers(vec![expected("trial-a", classified)]);
    assert_eq!(read, Some(whole));

    EpochRow::write(&torn.epochs(), Vec::<EpochRow>::new()).expect("emptied");
    assert_eq!(read_run(&torn.path()).expect("read"), None);
    assert_eq!(read_runs(&[torn]).expect("read"), None);
    let table = root.path().join(CURVES_FILE);
    assert_eq!(read_curves(&table).expect("read"), None);
}
