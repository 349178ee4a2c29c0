//! What a run's folder says of itself: records that were changed, copied, cut or lost are noticed,
//! and nothing but the experiment decides which runs are of one network.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use camtrail::run::BestCheckpoint;
use support::{Shown, done_in, new_folder, run_in};

const TINY: [&str; 6] = [
    "model.filters=[4,8]",
    "data.shapes.train_images=96",
    "data.shapes.validation_images=24",
    "data.shapes.test_images=36",
    "train.batch_size=24",
    "checkpoints.every=1",
];

/// Runs `train trial-b` on a few generated images with the values of `TINY` and `more`.
fn trained(folder: &Path, more: &[&str]) -> Shown {
    let mut arguments = vec!["train", "trial-b", "--base", "shapes", "--name", "trial-b"];
    for change in TINY {
        arguments.extend(["--set", change]);
    }
    arguments.extend(more);
    run_in(folder, &arguments)
}

/// Returns a new folder with such a run of `epochs` epochs, and the run's folder.
fn with_run(name: &str, epochs: u32) -> (PathBuf, PathBuf) {
    let folder = new_folder(name);
    let epochs = format!("train.epochs={epochs}");
    let shown = trained(&folder, &["--set", &epochs]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let run = folder.join("checkpoints/shapes/trial-b/seed-0");
    (folder, run)
}

/// Replaces `from` by `to` in a file, which has it.
fn change(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("text");
    assert!(text.contains(from), "{from:?} in {text}");
    fs::write(file, text.replacen(from, to, 1)).expect("written");
}

fn refused(shown: &Shown, code: i32, parts: &[&str]) {
    assert_eq!(shown.code, code, "{}\n{}", shown.stdout, shown.stderr);
    for part in parts {
        assert!(shown.stderr.contains(part), "{part:?} in {}", shown.stderr);
    }
}

fn evaluate(folder: &Path, more: &[&str]) -> Shown {
    let mut arguments = vec!["evaluate", "trial-b", "--base", "shapes"];
    arguments.extend(more);
    run_in(folder, &arguments)
}

#[test]
fn seeds_of_different_networks_are_not_averaged() {
    let (folder, _) = with_run("records-seeds", 1);
    let wider = [
        "--set",
        "model.filters=[6,8]",
        "--set",
        "train.epochs=1",
        "--seed",
        "5",
    ];
    assert_eq!(trained(&folder, &wider).code, 0);
    for verb in ["ablate", "score", "evaluate", "sanity", "localize"] {
        let shown = run_in(&folder, &[verb, "trial-b", "--base", "shapes"]);
        refused(
            &shown,
            1,
            &[
                "error: the runs of trial-b are not of one experiment: with seeds 0 and 5, \
                 model.filters is [4,8] and [6,8]",
                "hint: measure them apart: --seeds 0 or --seeds 5",
            ],
        );
    }
    let one = evaluate(&folder, &["--seeds", "5"]);
    assert_eq!(one.code, 0, "{}", one.stderr);
    let of_seed = |seed: u64| one.stdout.contains(&format!("trial-b seed {seed},"));
    assert!(of_seed(5) && !of_seed(0), "{}", one.stdout);
}

#[test]
fn a_record_that_was_changed_is_not_believed() {
    let (folder, run) = with_run("records-changed", 2);
    let whole = evaluate(&folder, &[]).stdout;

    let best = run.join("best.json");
    let kept = fs::read(&best).expect("there");
    let mut record = BestCheckpoint::read(&best).expect("read");
    let epoch = record.epoch;
    record.epoch = (epoch + 1) % 3;
    record.write(&best).expect("written");
    let parts = [
        format!(
            "best.json\" is damaged: it names epoch {} with",
            record.epoch
        ),
        format!("checkpoint epoch {epoch} with"),
    ];
    refused(
        &evaluate(&folder, &[]),
        1,
        &parts.each_ref().map(String::as_str),
    );
    fs::write(&best, &kept).expect("restored");

    let experiment = run.join("experiment.toml");
    let kept = fs::read(&experiment).expect("there");
    change(&experiment, "\nseed = 7", "\nseed = 5");
    refused(
        &evaluate(&folder, &[]),
        1,
        &[
            "experiment.toml\" is not what the run was trained with: data.shapes.seed was 7, is 5",
            "hint: change it back, or remove it",
        ],
    );
    // The checkpoints have a copy.
    fs::remove_file(&experiment).expect("removed");
    assert_eq!(evaluate(&folder, &[]).stdout, whole);
    fs::write(&experiment, &kept).expect("restored");

    let manifest = run.join("run.json");
    change(&manifest, "\"blocks\": 2", "\"blocks\": 3");
    refused(
        &trained(&folder, &["--set", "train.epochs=2", "--resume"]),
        1,
        &["run.json\" is damaged: expected sha-256"],
    );
}

#[test]
fn a_table_of_epochs_that_lost_rows_is_noticed() {
    let (folder, run) = with_run("records-table", 2);
    let table = run.join("epochs.csv");
    let kept = fs::read_to_string(&table).expect("there");
    let resume = |more: &[&str]| {
        let mut arguments = vec!["--set", "train.epochs=2", "--resume"];
        arguments.extend(more);
        trained(&folder, &arguments)
    };
    let hint = "hint: restore the file from a copy, or go on without those rows";
    let cut: String = kept
        .lines()
        .take(2)
        .map(|line| format!("{line}\n"))
        .collect();
    let column: String = kept
        .lines()
        .map(|line| format!("{}\n", line.rsplit_once(',').expect("columns").0))
        .collect();
    for other in [cut.as_str(), &column, ""] {
        fs::write(&table, other).expect("written");
        refused(
            &resume(&[]),
            1,
            &["epochs.csv\" is damaged: its rows up to epoch-002", hint],
        );
        assert_eq!(
            fs::read_to_string(&table).expect("there"),
            other,
            "as it was"
        );
    }
    fs::remove_file(&table).expect("removed");
    refused(&resume(&[]), 1, &["epochs.csv\" is damaged", hint]);
    let drawn = run_in(&folder, &["draw", "checkpoints/shapes/trial-b/seed-0"]);
    assert_ne!(drawn.code, 0, "nothing to draw: {}", drawn.stdout);
    let accepted = resume(&["--accept-changes"]);
    assert_eq!(accepted.code, 0, "{}", accepted.stderr);
    assert!(
        accepted.stderr.contains("the curves will lack them"),
        "{}",
        accepted.stderr
    );
}

/// The same architecture and seed, trained on other images.
#[test]
fn a_checkpoint_of_another_experiment_is_refused() {
    let (folder, run) = with_run("records-identity", 2);
    let other = new_folder("records-identity-other");
    let more = ["--set", "train.epochs=2", "--set", "data.shapes.seed=8"];
    assert_eq!(trained(&other, &more).code, 0);
    let other = other.join("checkpoints/shapes/trial-b/seed-0");
    fs::remove_dir_all(run.join("epoch-001")).expect("removed");
    fs::rename(other.join("epoch-001"), run.join("epoch-001")).expect("moved");
    let parts = [
        "checkpoint epoch-001 of",
        "is of another experiment than the run: data.shapes.seed was 8, is 7",
    ];
    let resumed = ["--set", "train.epochs=3", "--resume", "--accept-changes"];
    refused(&trained(&folder, &resumed), 1, &parts);
    refused(&evaluate(&folder, &["--checkpoint", "1"]), 1, &parts);
    // As the latest checkpoint it is compared with what is to be trained.
    fs::remove_dir_all(run.join("epoch-002")).expect("removed");
    fs::rename(other.join("epoch-002"), run.join("epoch-002")).expect("moved");
    refused(
        &trained(&folder, &resumed),
        1,
        &["data.shapes.seed was 8, is 7"],
    );
}

#[test]
fn fewer_epochs_than_are_done_are_refused_and_a_jump_of_the_rate_is_announced() {
    let (folder, run) = with_run("records-epochs", 4);
    let before = fs::read(run.join("run.json")).expect("there");
    let change = |epochs: &str, more: &[&str]| {
        let epochs = format!("train.epochs={epochs}");
        let changes = [
            "--set",
            &epochs,
            "--set",
            "train.schedule=cosine",
            "--resume",
        ];
        trained(&folder, &[&changes, more].concat())
    };
    let resume = |epochs: &str| change(epochs, &["--accept-changes"]);
    refused(
        &resume("3"),
        1,
        &[
            "is at epoch-004, so it cannot end after 3 epochs",
            "hint: give train.epochs at least",
        ],
    );
    assert_eq!(
        fs::read(run.join("run.json")).expect("there"),
        before,
        "unchanged"
    );
    // 4 steps of 4 epochs: the last step of the cosine is at 15/16 of its way, then 16/32.
    let rate = |done: f64| 1e-3 * 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
    let said = format!(
        "the learning rate goes from {:.1e} to {:.1e}",
        rate(15.0 / 16.0),
        rate(0.5)
    );
    // Before it is done, and when it is.
    refused(&change("8", &[]), 1, &["train.epochs was 4, is 8", &said]);
    let longer = resume("8");
    assert_eq!(longer.code, 0, "{}", longer.stderr);
    assert!(longer.stderr.contains(&said), "{said} in {}", longer.stderr);
    assert!(
        longer.stderr.contains("--set train.schedule=constant"),
        "{}",
        longer.stderr
    );
}

#[test]
fn a_checkpoint_that_was_half_removed_is_not_there_for_readers_and_goes_with_the_next_training() {
    let (folder, run) = with_run("records-torn", 2);
    let torn = run.join("epoch-003");
    fs::create_dir(&torn).expect("created");
    fs::copy(run.join("epoch-002/model.bpk"), torn.join("model.bpk")).expect("copied");
    fs::create_dir(run.join(".writing-1-epoch-004.removed")).expect("created");
    fs::write(run.join("epoch-002/.writing-1-head"), "").expect("written");
    let last = evaluate(&folder, &["--checkpoint", "last"]);
    assert_eq!(last.code, 0, "{}", last.stderr);
    fs::rename(&torn, run.join("epoch-000-step-00001")).expect("moved");
    let shown = trained(&folder, &["--set", "train.epochs=2", "--resume"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    let mut names: Vec<String> = fs::read_dir(&run)
        .expect("listed")
        .map(|entry| {
            entry
                .expect("listed")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.starts_with("epoch-") || name.starts_with(".writing"))
        .collect();
    names.sort();
    assert_eq!(names, ["epoch-000", "epoch-001", "epoch-002"]);
    assert!(!run.join("epoch-002/.writing-1-head").exists());
}

/// A checkpoint of the same network, trained with another rate: only the run's record
/// shows it.
#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let (folder, run) = with_run("records-training", 2);
    let other = new_folder("records-training-other");
    let more = [
        "--set",
        "train.epochs=2",
        "--set",
        "train.learning_rate=0.01",
    ];
    assert_eq!(trained(&other, &more).code, 0);
    let other = other.join("checkpoints/shapes/trial-b/seed-0");
    let parts = [
        "checkpoint epoch-002 of",
        "is of another experiment than the run: train.learning_rate was 0.01, is 0.001",
    ];
    fs::remove_dir_all(run.join("epoch-002")).expect("removed");
    fs::rename(other.join("epoch-002"), run.join("epoch-002")).expect("moved");
    refused(&evaluate(&folder, &["--checkpoint", "last"]), 1, &parts);
    let resumed = ["--set", "train.epochs=3", "--resume", "--accept-changes"];
    refused(&trained(&folder, &resumed), 1, &parts);
    // A whole run under another name.
    let renamed = folder.join("checkpoints/shapes/trial-a/seed-0");
    fs::create_dir_all(renamed.parent().expect("a folder")).expect("created");
    fs::rename(&run, &renamed).expect("moved");
    let shown = run_in(&folder, &["evaluate", "trial-a", "--base", "shapes"]);
    refused(&shown, 1, &["of trial-b of seed 0, copied or renamed"]);
}

/// What the latest checkpoint holds as well is not missed.
#[test]
fn a_lost_best_json_is_read_from_the_latest_checkpoint() {
    let (folder, run) = with_run("records-best", 2);
    let whole = evaluate(&folder, &[]).stdout;
    fs::remove_file(run.join("best.json")).expect("removed");
    assert_eq!(evaluate(&folder, &[]).stdout, whole);
    fs::remove_file(run.join("epochs.csv")).expect("removed");
    let shown = run_in(&folder, &["ablate", "trial-b", "--base", "shapes"]);
    refused(
        &shown,
        1,
        &["epochs.csv\" is damaged: its rows up to epoch-002"],
    );
    let twice = evaluate(&folder, &["--seeds", "0,0"]);
    refused(&twice, 2, &["seed 0 is named twice"]);
}

/// Retrained heads are cached, and the checkpoints that are read come and go.
#[test]
fn measuring_beside_a_training_disturbs_neither() {
    let (folder, run) = with_run("records-beside", 1);
    let mut training = std::process::Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .args([
            "train",
            "trial-b",
            "--base",
            "shapes",
            "--resume",
            "--accept-changes",
        ])
        .args(TINY.iter().flat_map(|change| ["--set", *change]))
        .args(["--set", "train.epochs=400", "--set", "checkpoints.every=0"])
        .current_dir(&folder)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("started");
    let mut measured = 0;
    while measured < 4 || fs::read_dir(run.join("heads")).is_err() {
        for verb in [
            "explain trial-b --test-index 0 --method cam --retrain-head --checkpoint last",
            "ablate trial-b --test-index 0",
            "evaluate trial-b --checkpoint last",
        ] {
            let arguments: Vec<&str> = verb.split(' ').chain(["--base", "shapes"]).collect();
            let shown = run_in(&folder, &arguments);
            assert_eq!(shown.code, 0, "{verb}: {}", shown.stderr);
        }
        measured += 1;
    }
    if let Some(status) = training.try_wait().expect("asked") {
        assert!(status.success(), "the training ended: {status:?}");
    }
    training.kill().expect("ended");
    training.wait().expect("ended");
    let resumed = [
        "--set",
        "train.epochs=400",
        "--set",
        "checkpoints.every=0",
        "--resume",
    ];
    let shown = trained(&folder, &resumed);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
}

#[test]
fn a_file_that_does_not_parse_leaves_the_list_of_the_others() {
    let (folder, _) = with_run("records-list", 1);
    fs::create_dir_all(folder.join("experiments/mine")).expect("created");
    let half = "extends = \"base/shapes\"\n[model]\nfilter = [8]\n";
    fs::write(folder.join("experiments/half.toml"), half).expect("written");
    let good = "extends = \"base/shapes\"\n[model]\nfilters = [4]\n";
    fs::write(folder.join("experiments/mine/small.toml"), good).expect("written");
    let mut arguments = vec![
        "train",
        "mine/small",
        "--name",
        "mine/small",
        "--set",
        "train.epochs=1",
    ];
    for change in &TINY[1..5] {
        arguments.extend(["--set", change]);
    }
    done_in(&folder, &arguments);
    let shown = run_in(&folder, &["list"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(
        shown.stderr.contains("unknown key \"model.filter\""),
        "{}",
        shown.stderr
    );
    for row in [
        "half",
        "mine/small",
        "trial-d",
        "  mine/small\n",
        "  shapes/trial-b\n",
    ] {
        assert!(shown.stdout.contains(row), "{row} in {}", shown.stdout);
    }
    done_in(&folder, &["evaluate", "mine/small"]);
}

/// Everything but times is the same, byte for byte.
#[test]
fn the_same_training_and_the_same_export_give_the_same_files() {
    let runs = ["records-same-1", "records-same-2"].map(|name| {
        let (folder, run) = with_run(name, 1);
        let exports = ["a", "b"].map(|name| {
            let file = format!("{name}.safetensors");
            done_in(
                &folder,
                &["export", "trial-b", "--base", "shapes", "--out", &file],
            );
            fs::read(folder.join(file)).expect("written")
        });
        assert_eq!(exports[0], exports[1]);
        let read = |name: &str| fs::read(run.join("epoch-001").join(name)).expect("there");
        (read("model.bpk"), read("optimizer.bpk"), exports[0].clone())
    });
    assert!(runs[0].0 == runs[1].0, "model.bpk");
    assert!(runs[0].1 == runs[1].1, "optimizer.bpk");
    assert!(runs[0].2 == runs[1].2, "the export");
}

#[test]
#[cfg(target_os = "linux")]
fn too_little_memory_is_an_error_and_the_run_stays() {
    let (folder, run) = with_run("records-memory", 1);
    let program = env!("CARGO_BIN_EXE_camtrail");
    let command = format!(
        "ulimit -v 400000; exec '{program}' --device cpu train trial-d --base shapes \
         --set data.shapes.train_images=9600 --set train.batch_size=9600 --set train.epochs=1"
    );
    let output = std::process::Command::new("sh")
        .args(["-c", &command])
        .current_dir(&folder)
        .output()
        .expect("started");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("error: out of memory: "), "{stderr}");
    assert!(stderr.contains("hint: take smaller batches"), "{stderr}");
    assert!(run.join("epoch-001/state.json").exists());
    assert_eq!(evaluate(&folder, &[]).code, 0);
}
