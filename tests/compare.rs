//! `list` and `compare` from the command line, on networks that were trained for seconds.

mod support;
#[path = "support/train.rs"]
mod training;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use camtrail::run::{ComparedRow, ConsistencyRow, DifferenceRow, PairedRow, TableRow};
use serde_json::Value;
use support::{done_in, new_folder, run_in};
use training::train;

const IMAGES: [&str; 6] = [
    "data.shapes.train_images=48",
    "data.shapes.validation_images=24",
    "data.shapes.test_images=40",
    "model.filters=[4,8]",
    "train.batch_size=24",
    "train.epochs=1",
];
const CLIPS: [&str; 6] = [
    "forecast.hidden=[4,3]",
    "clips.train_clips=16",
    "clips.validation_clips=4",
    "clips.test_clips=12",
    "train.batch_size=4",
    "train.epochs=1",
];

/// A folder with two seeds of trial-b, one of trial-c and trial-d, two predictors, and a run on other
/// images.
fn trained() -> &'static Path {
    static TRAINED: OnceLock<PathBuf> = OnceLock::new();
    TRAINED.get_or_init(|| {
        let folder = new_folder("compare-trained");
        let seeds = [&IMAGES[..], &["train.learning_rate=2e-3"]].concat();
        train(&folder, "trial-b", "shapes", &seeds);
        let mut again = vec![
            "train", "trial-b", "--base", "shapes", "--name", "trial-b", "--seed", "1",
        ];
        seeds
            .iter()
            .for_each(|change| again.extend(["--set", change]));
        done_in(&folder, &again);
        train(&folder, "trial-c", "shapes", &IMAGES);
        let other = [&IMAGES[..5], &["train.epochs=1", "data.shapes.seed=99"]].concat();
        train(&folder, "trial-d", "shapes", &other);
        for name in ["convlstm", "convgru"] {
            train(&folder, name, "digits", &CLIPS);
        }
        folder
    })
}

/// The message and hint of a refusal, and its code.
fn refused(arguments: &[&str]) -> String {
    let shown = run_in(trained(), arguments);
    assert_eq!(shown.stdout, "", "{}", shown.stderr);
    format!("{} {}", shown.code, shown.stderr.trim_end())
}

fn rows<R: TableRow>(folder: &Path) -> Vec<R> {
    R::read(&folder.join(R::FILE)).expect("a table")
}

#[test]
fn runs_are_listed_best_first_in_80_columns_and_seeds_in_one_row() {
    let shown = done_in(trained(), &["list", "runs"]).stdout;
    assert!(
        shown.lines().all(|line| line.chars().count() <= 80),
        "{shown}"
    );
    let sections: Vec<&str> = shown.split("\n\n").collect();
    assert!(
        sections[0].starts_with("digits (generated data)\nval loss"),
        "{shown}"
    );
    assert!(
        sections[1].starts_with("shapes (generated data)\nval %"),
        "{shown}"
    );
    let names = |section: &str| -> Vec<String> {
        let last = |line: &str| line.split(' ').next_back().map(str::to_string);
        section.lines().skip(2).filter_map(last).collect()
    };
    let mut images = names(sections[1]);
    let first = |line: &str| line.trim_start().split(' ').next().map(str::parse::<f64>);
    let values: Vec<f64> = (sections[1].lines().skip(2))
        .filter_map(first)
        .collect::<Result<_, _>>()
        .expect("numbers");
    assert!(values.is_sorted_by(|a, b| a >= b), "{shown}");
    images.sort();
    assert_eq!(
        images,
        ["shapes/trial-b", "shapes/trial-c", "shapes/trial-d"]
    );
    let each = done_in(trained(), &["list", "--each", "--where", "name=trial-b"]).stdout;
    assert!(each.contains("shapes/trial-b/seed-0") && each.contains("shapes/trial-b/seed-1"));
    assert!(!each.contains("trial-c") && !each.contains('±'), "{each}");
    let filtered = [
        "list",
        "--dataset",
        "shapes",
        "--where",
        "train.learning_rate<2e-3",
    ];
    let filtered = done_in(trained(), &filtered).stdout;
    assert!(
        filtered.contains("trial-c") && !filtered.contains("trial-b"),
        "{filtered}"
    );
}

#[test]
fn json_and_csv_hold_every_field_and_the_test_accuracy_once_it_is_measured() {
    // Of its own, since it is measured here.
    let folder = new_folder("compare-measured");
    train(&folder, "trial-c", "shapes", &IMAGES);
    let json = || -> Value {
        let shown = done_in(&folder, &["list", "--json"]).stdout;
        serde_json::from_str(&shown).expect("JSON")
    };
    let before = json();
    assert_eq!(before[0]["run"], "shapes/trial-c");
    assert_eq!(
        before[0]["experiment"]["model"]["filters"],
        serde_json::json!([4, 8])
    );
    assert_eq!(
        (&before[0]["state"], &before[0]["test_accuracy"]),
        (&"done".into(), &Value::Null)
    );
    let evaluate = ["evaluate", "trial-c", "--base", "shapes", "--csv", "t.csv"];
    done_in(&folder, &evaluate);
    let table = fs::read_to_string(folder.join("t.csv")).expect("a table");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let row: camtrail::run::DepthRow = reader.deserialize().next().expect("a row").expect("read");
    let after = json();
    assert_eq!(after[0]["test_accuracy"].as_f64(), Some(row.test_accuracy));
    assert_eq!(after[0]["test_images"], 40);
    let shown = done_in(&folder, &["list", "--csv"]).stdout;
    let mut reader = csv::Reader::from_reader(shown.as_bytes());
    let header = reader.headers().expect("a header").clone();
    let record = reader.records().next().expect("a row").expect("read");
    let cell = |name: &str| &record[header.iter().position(|found| found == name).expect(name)];
    assert_eq!(cell("model.filters"), "[4,8]");
    assert_eq!(cell("train.learning_rate").parse(), Ok(0.001));
    assert_eq!(cell("test_accuracy").parse(), Ok(row.test_accuracy));
    // Trained again, it is another network.
    let mut again = vec![
        "train", "trial-c", "--base", "shapes", "--name", "trial-c", "--force",
    ];
    IMAGES
        .iter()
        .for_each(|change| again.extend(["--set", change]));
    done_in(&folder, &again);
    assert_eq!(json()[0]["test_accuracy"], Value::Null);
    // Where nothing can be recorded, the measurement holds all the same.
    let run = folder.join("checkpoints/shapes/trial-c/seed-0");
    fs::write(run.join("measured"), "in the way").expect("written");
    let shown = done_in(&folder, &evaluate);
    assert!(
        shown
            .stderr
            .contains("warning: the accuracy is not recorded: "),
        "{}",
        shown.stderr
    );
}

#[test]
fn a_killed_run_is_not_a_running_one() {
    let folder = new_folder("compare-killed");
    train(&folder, "trial-c", "shapes", &IMAGES);
    let run = folder.join("checkpoints/shapes/trial-c/seed-0");
    let place = run.join("run.json");
    let mut manifest = camtrail::run::RunManifest::read(&place).expect("a record");
    manifest.status = camtrail::run::RunStatus::Running;
    manifest.write(&place).expect("written");
    let killed = |state: &str| {
        let condition = format!("state={state}");
        let shown = run_in(&folder, &["list", "--where", &condition]);
        shown.stdout.contains("trial-c")
    };
    assert!(killed("killed") && !killed("running"));
    let _held = camtrail::run::RunLock::take(&run).expect("free");
    assert!(killed("running") && !killed("killed"));
}

#[test]
fn a_comparison_writes_tables_and_figures_that_can_be_drawn_again() {
    let shown = done_in(
        trained(),
        &[
            "compare", "trial-b", "trial-c", "--base", "shapes", "--images", "2", "--out", "both",
        ],
    );
    assert!(shown.stdout.starts_with("accuracy: "), "{}", shown.stdout);
    let folder = trained().join("both");
    let keys: Vec<String> = rows::<DifferenceRow>(&folder)
        .into_iter()
        .map(|row| row.key)
        .collect();
    assert!(
        keys.contains(&"train.learning_rate".to_string()),
        "{keys:?}"
    );
    assert!(!keys.contains(&"model.filters".to_string()), "{keys:?}");
    let scores: Vec<ComparedRow> = rows(&folder);
    assert_eq!(
        (scores[0].seeds.as_str(), scores[1].seeds.as_str()),
        ("0 1", "0")
    );
    assert!(
        scores
            .iter()
            .all(|row| row.low <= row.test && row.test <= row.high)
    );
    let [pair] = &rows::<PairedRow>(&folder)[..] else {
        panic!("one pair");
    };
    assert!((pair.difference - (scores[1].test - scores[0].test)).abs() < 1e-12);
    assert_eq!((pair.items, pair.mcnemar_p), (40, None));
    let agreement: Vec<ConsistencyRow> = rows(&folder);
    let of: Vec<&str> = agreement.iter().map(|row| row.networks.as_str()).collect();
    assert_eq!(
        of,
        [
            "trial-b trial-c",
            "trial-b trial-c",
            "seeds of trial-b",
            "seeds of trial-b"
        ]
    );
    let figures = ["compared.png", "curves.svg", "maps-grad-cam.png"];
    let bytes = figures.map(|file| fs::read(folder.join(file)).expect("a figure"));
    figures
        .iter()
        .for_each(|file| fs::remove_file(folder.join(file)).expect("removed"));
    done_in(trained(), &["draw", "both"]);
    assert_eq!(
        figures.map(|file| fs::read(folder.join(file)).expect("drawn")),
        bytes
    );
}

/// The law of a paired comparison: between a run and its copy nothing differs.
#[test]
fn a_run_and_its_copy_do_not_differ() {
    let from = trained().join("checkpoints/shapes/trial-c/seed-0");
    let folder = new_folder("compare-copy");
    let copy = folder.join("trial-c/seed-0");
    copied(&from, &copy);
    let out = folder.join("out");
    let [from, copy, out] = [&from, &copy, &out].map(|path| path.to_str().expect("UTF-8"));
    done_in(
        trained(),
        &["compare", from, copy, "--images", "1", "--out", out],
    );
    let [pair] = &rows::<PairedRow>(Path::new(out))[..] else {
        panic!("one pair");
    };
    assert_eq!((pair.difference, pair.low, pair.high), (0.0, 0.0, 0.0));
    assert_eq!((pair.only_first, pair.only_second), (Some(0), Some(0)));
    assert_eq!(pair.mcnemar_p_holm, Some(1.0));
    assert!(rows::<DifferenceRow>(Path::new(out)).is_empty());
    for row in rows::<ConsistencyRow>(Path::new(out)) {
        assert!((row.mean - 1.0).abs() < 1e-9, "{row:?}");
    }
}

/// A run whose training has not ended is compared and marked; a seed without a checkpoint is skipped.
#[test]
fn unfinished_runs_are_marked() {
    let folder = new_folder("compare-unfinished");
    let runs = folder.join("checkpoints");
    let shapes = trained().join("checkpoints/shapes");
    for name in ["trial-b", "trial-c"] {
        copied(&shapes.join(name), &runs.join("shapes").join(name));
    }
    let open = runs.join("shapes/trial-b/seed-0/run.json");
    let mut manifest = camtrail::run::RunManifest::read(&open).expect("a record");
    manifest.status = camtrail::run::RunStatus::Interrupted;
    manifest.write(&open).expect("written");
    // As it was before its first epoch ended.
    let begun = runs.join("shapes/trial-b/seed-1");
    fs::remove_file(begun.join("best.json")).expect("removed");
    for entry in fs::read_dir(&begun).expect("listed") {
        let path = entry.expect("listed").path();
        if path.is_dir() {
            fs::remove_dir_all(path).expect("removed");
        }
    }
    let compare = [
        "compare", "trial-b", "trial-c", "--base", "shapes", "--maps", "0", "--images", "1",
        "--out", "out",
    ];
    let shown = done_in(&folder, &compare);
    let expected = "\
        warning: the training of trial-b has not ended, seeds: 0; its checkpoints so far are compared\n\
        warning: seeds of trial-b without a complete epoch are skipped: 1\n";
    assert!(shown.stderr.starts_with(expected), "{}", shown.stderr);
    let mut seeds = shown.stdout.lines().filter_map(|line| {
        let mut cells = line.split_whitespace();
        (cells.next() == Some("trial-b")).then(|| cells.next())?
    });
    assert_eq!(seeds.next(), Some("0*"), "{}", shown.stdout);
    assert!(
        shown.stdout.contains("\n* the training has not ended\n"),
        "{}",
        shown.stdout
    );
    let out = folder.join("out");
    let rows: Vec<ComparedRow> = rows(&out);
    let unfinished = rows
        .iter()
        .map(|row| (&*row.run, &*row.seeds, &*row.unfinished));
    let expected = [("trial-b", "0", "0"), ("trial-c", "0", "")];
    assert_eq!(unfinished.collect::<Vec<_>>(), expected);
    // A table of before has no such column.
    let table = out.join(ComparedRow::FILE);
    let mut reader = csv::Reader::from_path(&table).expect("a table");
    let records: Vec<csv::StringRecord> = std::iter::once(reader.headers().cloned())
        .chain(reader.records())
        .collect::<Result<_, _>>()
        .expect("rows");
    let place = records[0].iter().position(|name| name == "unfinished");
    let mut writer = csv::Writer::from_path(&table).expect("a table");
    for record in &records {
        let cells = record.iter().enumerate();
        let kept = cells.filter(|(index, _)| Some(*index) != place);
        writer
            .write_record(kept.map(|(_, cell)| cell))
            .expect("written");
    }
    drop(writer);
    done_in(&folder, &["draw", "out"]);
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(from).expect("listed") {
        let path = entry.expect("listed").path();
        let place = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copied(&path, &place),
            false => drop(fs::copy(&path, &place).expect("copied")),
        }
    }
}

#[test]
fn predictors_are_compared_by_their_frames() {
    done_in(
        trained(),
        &["compare", "--base", "digits", "--out", "frames"],
    );
    let folder = trained().join("frames");
    let scores: Vec<ComparedRow> = rows(&folder);
    let names: Vec<&str> = scores.iter().map(|row| row.score.as_str()).collect();
    let expected = [
        "one-step mse",
        "one-step ssim",
        "roll-out mse",
        "roll-out ssim",
    ];
    assert_eq!(names, expected.map(|name| [name, name]).concat());
    assert_eq!(rows::<PairedRow>(&folder).len(), 4);
    assert!(folder.join("curves.png").is_file() && folder.join("compared.png").is_file());
    assert!(!folder.join("maps").exists() && !folder.join(ConsistencyRow::FILE).exists());
}

#[test]
fn what_cannot_be_compared_or_listed_is_refused_with_a_way_on() {
    let (b, c) = ("shapes/trial-b", "shapes/trial-c");
    for name in ["trial-x", "trial-y"] {
        let place = trained().join("lone").join(name).join("seed-0");
        fs::create_dir_all(place).expect("created");
    }
    for (arguments, expected) in [
        (
            &["compare", "trial-b", "trial-c"][..],
            "1 error: there is no run \"trial-b\"\nhint: did you mean \"shapes/trial-b\"?",
        ),
        (
            &["compare", c, "shapes/trial-x"],
            "1 error: there is no run \"shapes/trial-x\"\nhint: did you mean one of shapes/trial-b, \
             shapes/trial-c, shapes/trial-d?",
        ),
        (
            &["compare", c],
            "2 error: shapes/trial-c alone cannot be compared\nhint: name two or more: compare RUN RUN",
        ),
        (
            &["compare", b, "shapes/trial-b/seed-1"],
            "2 error: \"checkpoints/shapes/trial-b/seed-1\" is named twice\nhint: name each run once",
        ),
        (
            &["compare", c, "shapes/trial-d"],
            "2 error: shapes/trial-c and shapes/trial-d have different test data: data.shapes.seed is 7 and 99\nhint: \
             compare runs of one data set",
        ),
        (
            &["compare", c, "digits/convgru"],
            "2 error: shapes/trial-c classifies images, digits/convgru predicts frames\nhint: compare networks of one \
             kind",
        ),
        (
            &["compare", "trial-x", "trial-y", "--runs", "lone"],
            "1 error: \"lone/trial-x/seed-0\" has no best checkpoint yet\nhint: let its training complete an \
             epoch, or compare without it",
        ),
        (
            &["compare", "--base", "nowhere"],
            "1 error: there is no run on \"nowhere\"\nhint: list runs shows every run",
        ),
        (
            &["compare", "--base", "digits", "--images", "2"],
            "2 error: --images is for pictures chosen by class; convgru predicts frames\nhint: leave \
             --images out, or leave --test-index out",
        ),
        (
            &["compare", b, c, "--test-index", "40"],
            "2 error: there is no test image 40\nhint: shapes has test images 0 to 39",
        ),
        (
            &["list", "--where", "train.lerning_rate<1"],
            "2 error: no run has \"train.lerning_rate\"\nhint: did you mean train.learning_rate?",
        ),
        (
            &["list", "--where", "state=dome"],
            "2 error: \"dome\" is not the state of a run\nhint: did you mean done?",
        ),
        (
            &["list", "--where", "train.epochs"],
            "2 error: \"train.epochs\" is not a condition\nhint: give KEY, one of < <= > >= = !=, and \
             VALUE, such as --where 'train.learning_rate<1e-2'",
        ),
        (
            &["list", "--dataset", "cifar-100"],
            "1 error: there is no run on \"cifar-100\"\nhint: there are runs on digits, shapes",
        ),
        (
            &["list", "experiments", "--each"],
            "2 error: --each is for runs; experiments are listed\nhint: leave --each out, or name runs: \
             list runs",
        ),
    ] {
        assert_eq!(refused(arguments), expected);
    }
    assert!(!trained().join("figures/compare").exists());
}
