//! `evaluate` from the command line: what it writes of a classifier agrees with itself, is drawn again
//! from the tables alone, and is not left half-written.

mod support;
#[path = "support/train.rs"]
mod training;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use camtrail::run::{
    CalibrationRow, Confusion, EvaluationRow, PerClassRow, PredictionRow, TableRow,
};
use support::{done_in, new_folder, run_in};
use training::train;

/// Changes that make a training of seconds.
const SMALL: [&str; 6] = [
    "model.filters=[4,8]",
    "data.shapes.train_images=96",
    "data.shapes.validation_images=24",
    "data.shapes.test_images=48",
    "train.batch_size=24",
    "train.epochs=2",
];
/// Rounding of sums of a few float64 numbers.
const ROUNDING: f64 = 1e-12;
/// Where `evaluate` writes by default.
const PLACE: &str = "figures/shapes/evaluation/trial-b-seed-0-epoch-";

fn evaluated(name: &str) -> (PathBuf, PathBuf, String) {
    let folder = new_folder(name);
    train(&folder, "trial-b", "shapes", &SMALL);
    let arguments = [
        "evaluate",
        "trial-b",
        "--base",
        "shapes",
        "--checkpoint",
        "2",
    ];
    let stdout = done_in(&folder, &arguments).stdout;
    let place = folder.join(format!("{PLACE}2"));
    (folder, place, stdout)
}

/// Returns the content of every file of `folder` by its name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder");
    let files = entries.map(|entry| {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("ASCII");
        (name, fs::read(entry.path()).expect("a file"))
    });
    files.collect()
}

#[track_caller]
fn close(a: f64, b: f64) {
    assert!((a - b).abs() <= ROUNDING, "{a} and {b}");
}

/// Every table is computed again from the predictions alone.
#[test]
fn the_tables_follow_from_the_predictions() {
    let (_, place, stdout) = evaluated("evaluation-tables");
    let rows: Vec<EvaluationRow> = EvaluationRow::read(&place.join(EvaluationRow::FILE)).unwrap();
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((row.trial.as_str(), row.seed, row.epoch), ("trial-b", 0, 2));
    assert_eq!((row.split.as_str(), row.images), ("test", 48));
    assert!(row.generated && row.checkpoint == "epoch 2", "{row:?}");

    let predictions = PredictionRow::read(&place.join(PredictionRow::FILE)).unwrap();
    assert_eq!(predictions.len(), 48);
    assert_eq!(predictions[0].image, "shapes/test/0");
    let right = |row: &&PredictionRow| row.truth == row.predicted;
    let correct = predictions.iter().filter(right).count();
    close(correct as f64 / 48.0, row.accuracy);
    let (mut within, mut loss) = (0, 0.0);
    for found in &predictions {
        let top = [
            Some(&found.predicted),
            found.class_2.as_ref(),
            found.class_3.as_ref(),
            found.class_4.as_ref(),
            found.class_5.as_ref(),
        ];
        within += usize::from(top.contains(&Some(&found.truth)));
        loss -= f64::from(found.true_confidence).ln();
        let falling = [
            Some(found.confidence),
            found.confidence_2,
            found.confidence_3,
            found.confidence_4,
            found.confidence_5,
        ];
        assert!(falling.is_sorted_by(|a, b| a >= b), "{found:?}");
    }
    close(within as f64 / 48.0, row.top5_accuracy);
    // The probabilities are float32.
    assert!((loss / 48.0 - row.loss).abs() < 1e-5, "{loss} {}", row.loss);

    let confusion = Confusion::read(&place.join(Confusion::FILE)).unwrap();
    let classes = PerClassRow::read(&place.join(PerClassRow::FILE)).unwrap();
    assert_eq!((confusion.classes().len(), classes.len()), (12, 12));
    for (truth, class) in classes.iter().enumerate() {
        assert_eq!(
            (class.number, &class.class),
            (truth, &confusion.classes()[truth])
        );
        for (predicted, name) in confusion.classes().iter().enumerate() {
            let pair = |row: &&PredictionRow| row.truth == class.class && row.predicted == *name;
            let count = predictions.iter().filter(pair).count();
            assert_eq!(confusion.count(truth, predicted), count as u64);
        }
        assert_eq!(class.images, 4, "the classes are balanced");
        close(class.correct as f64 / 4.0, class.accuracy.unwrap());
        let precision = class.correct as f64 / class.predicted as f64;
        assert!(
            class
                .precision
                .is_none_or(|found| (found - precision).abs() < ROUNDING)
        );
        assert!(class.group.is_empty());
    }

    let bins = CalibrationRow::read(&place.join(CalibrationRow::FILE)).unwrap();
    assert_eq!(bins.len(), 15);
    let mut error = 0.0;
    for bin in &bins {
        let inside = |row: &&PredictionRow| {
            let confidence = f64::from(row.confidence);
            confidence > bin.above && confidence <= bin.to
        };
        let inside: Vec<&PredictionRow> = predictions.iter().filter(inside).collect();
        assert_eq!(inside.len(), bin.images);
        let share = inside.len() as f64 / 48.0;
        let mean = |sum: f64| sum / inside.len() as f64;
        if let Some((confidence, accuracy)) = bin.confidence.zip(bin.accuracy) {
            let sure = inside.iter().map(|row| f64::from(row.confidence)).sum();
            close(mean(sure), confidence);
            close(
                mean(inside.iter().copied().filter(right).count() as f64),
                accuracy,
            );
            error += share * (confidence - accuracy).abs();
        }
    }
    close(error, row.calibration_error);

    let said = format!("expected calibration error {:.1} %", 100.0 * error);
    assert!(stdout.contains(&said), "{stdout}");
    assert!(stdout.contains("confused most: ") && stdout.contains("lowest accuracy: "));
    assert!(stdout.contains("trial-b-seed-0-epoch-2"), "{stdout}");
}

#[test]
fn the_figures_are_drawn_again_from_the_tables_and_checkpoints_stand_apart() {
    let (folder, place, _) = evaluated("evaluation-figures");
    let before = files(&place);
    let figures = [
        "confusion.png",
        "confusion.svg",
        "calibration.png",
        "calibration.svg",
    ];
    assert_eq!(before.len(), 5 + figures.len(), "{:?}", before.keys());
    for name in figures {
        fs::remove_file(place.join(name)).expect("drawn before");
    }
    done_in(&folder, &["draw", "figures/shapes/evaluation"]);
    assert!(files(&place) == before, "other bytes");

    let again = ["evaluate", "trial-b", "--base", "shapes", "--checkpoint"];
    done_in(&folder, &[&again[..], &["1"]].concat());
    assert!(files(&place) == before, "epoch 2 is left as it is");
    let other = folder.join(format!("{PLACE}1"));
    assert_ne!(files(&other)["predictions.csv"], before["predictions.csv"]);

    // Damaged tables are named by file and line.
    let table = place.join("confusion.csv");
    let text = fs::read_to_string(&table).expect("a table");
    fs::write(&table, text.replacen("disc,", "ring,", 2)).expect("damaged");
    let shown = run_in(&folder, &["draw", "figures/shapes/evaluation"]);
    assert_eq!(shown.code, 1, "{}", shown.stderr);
    assert!(shown.stderr.contains("confusion.csv"), "{}", shown.stderr);
}

#[test]
fn an_output_folder_that_cannot_be_written_is_refused_before_anything_is_measured() {
    let folder = new_folder("evaluation-refused");
    train(&folder, "trial-b", "shapes", &SMALL);
    fs::write(folder.join("a-file"), "").expect("written");
    let arguments = [
        "evaluate",
        "trial-b",
        "--base",
        "shapes",
        "--out",
        "a-file/in",
    ];
    let shown = run_in(&folder, &arguments);
    assert_eq!(shown.code, 1, "{}", shown.stderr);
    assert!(shown.stderr.contains("a-file"), "{}", shown.stderr);
    assert!(shown.stdout.is_empty(), "{}", shown.stdout);

    let arguments = ["evaluate", "trial-b", "--base", "shapes", "--out", "mine"];
    done_in(&folder, &arguments);
    assert!(folder.join("mine").is_dir() && !folder.join("figures").exists());
}

/// The rows of a killed and resumed training are in both files.
#[test]
fn metrics_hold_the_rows_of_the_table_after_a_resume() {
    let folder = new_folder("evaluation-metrics");
    let mut small = SMALL;
    small[5] = "train.epochs=1";
    train(&folder, "trial-b", "shapes", &small);
    let run = folder.join("checkpoints/shapes/trial-b/seed-0");
    // A row of an epoch whose checkpoint was never written.
    let torn = fs::read_to_string(run.join("metrics.jsonl")).expect("metrics");
    fs::write(run.join("metrics.jsonl"), torn.repeat(2)).expect("torn");
    let mut arguments = vec![
        "train",
        "trial-b",
        "--base",
        "shapes",
        "--resume",
        "--accept-changes",
    ];
    for change in &SMALL {
        arguments.extend(["--set", change]);
    }
    done_in(&folder, &arguments);
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).expect("metrics");
    let table = fs::read_to_string(run.join("epochs.csv")).expect("a table");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
    assert_eq!((rows.len(), metrics.lines().count()), (3, 3));
    for (row, line) in rows.iter().zip(metrics.lines()) {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(
            (&line["trial"], &line["seed"]),
            (&"trial-b".into(), &0.into())
        );
        // 96 images in batches of 24.
        assert_eq!(line["step"], 4 * line["epoch"].as_u64().expect("an epoch"));
        for (name, cell) in header.iter().zip(row) {
            let number = line[name].as_f64();
            assert_eq!(number, cell.parse().ok(), "{name}");
        }
    }
}
