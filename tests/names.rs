//! Runs of changed experiments have folders and names of their own, which every verb takes.

mod support;
#[path = "support/train.rs"]
mod training;

use std::fs;
use std::path::Path;

use support::{done_in, new_folder, run_in};

const TINY: [&str; 6] = [
    "model.filters=[4,8]",
    "data.shapes.train_images=96",
    "data.shapes.validation_images=24",
    "data.shapes.test_images=36",
    "train.batch_size=24",
    "train.epochs=1",
];

/// Writes the experiment "tiny", so that few changes make a name.
fn with_tiny(name: &str) -> std::path::PathBuf {
    let folder = new_folder(name);
    let text = "extends = \"base/shapes\"\n[model]\nfilters = [4, 8]\n[train]\nbatch_size = 24\n\
                epochs = 1\n[data.shapes]\ntrain_images = 96\nvalidation_images = 24\n\
                test_images = 36\n";
    fs::create_dir(folder.join("experiments")).expect("created");
    fs::write(folder.join("experiments/tiny.toml"), text).expect("written");
    folder
}

fn runs_in(folder: &Path) -> Vec<String> {
    let runs = camtrail::run::list_runs(&folder.join("checkpoints")).expect("listed");
    runs.iter()
        .map(|run| format!("{}/{}", run.trial(), run.seed()))
        .collect()
}

#[test]
fn a_changed_experiment_has_a_folder_of_its_own() {
    let folder = with_tiny("names-changed");
    let changed = ["train", "tiny", "--set", "train.learning_rate=0.003"];
    done_in(&folder, &changed);
    done_in(&folder, &["train", "tiny"]);
    let gelu = [
        "train",
        "tiny",
        "--set",
        "model.activation=gelu",
        "--name",
        "g",
    ];
    done_in(&folder, &gelu);
    let expected = ["g/0", "tiny/0", "tiny+train.learning_rate=3e-3/0"];
    assert_eq!(runs_in(&folder), expected);
    // In another notation it is the same run, which exists.
    let again = ["train", "tiny", "--set", "train.learning_rate=3e-3"];
    let again = run_in(&folder, &again);
    assert_eq!(again.code, 1, "{}", again.stderr);
    let place = "checkpoints/tiny+train.learning_rate=3e-3/seed-0";
    assert!(again.stderr.contains(place), "{}", again.stderr);
}

#[test]
fn the_name_of_a_run_stands_for_its_experiment() {
    let folder = with_tiny("names-verbs");
    let name = "tiny+train.learning_rate=3e-3";
    done_in(
        &folder,
        &["train", "tiny", "--set", "train.learning_rate=3e-3"],
    );
    // Another seed of the same experiment, which is written in the run alone.
    done_in(&folder, &["train", name, "--seed", "1"]);
    let record = |seed: u64| {
        let path = format!("checkpoints/{name}/seed-{seed}/experiment.toml");
        fs::read_to_string(folder.join(path)).expect("a record")
    };
    assert_eq!(record(0), record(1));
    assert!(record(1).contains("learning_rate = 3e-3"), "{}", record(1));
    let shown = done_in(&folder, &["evaluate", name]);
    assert!(shown.stdout.matches(name).count() >= 2, "{}", shown.stdout);
    done_in(&folder, &["explain", name, "--test-index", "0"]);
    done_in(&folder, &["ablate", name, "--images", "1"]);
    let shown = done_in(&folder, &["show", name]);
    assert!(
        shown.stdout.contains("learning_rate = 3e-3"),
        "{}",
        shown.stdout
    );
    let shown = done_in(&folder, &["diff", "tiny", name]);
    assert!(
        shown.stdout.contains("train.learning_rate"),
        "{}",
        shown.stdout
    );
    // A change of a changed experiment.
    done_in(&folder, &["train", name, "--set", "train.epochs=2"]);
    let more = format!("{name}+train.epochs=2/0");
    assert!(runs_in(&folder).contains(&more), "{:?}", runs_in(&folder));
    let absent = run_in(&folder, &["evaluate", name, "--seeds", "7"]);
    let hint = format!("camtrail train {name} --seed 7");
    assert!(absent.stderr.contains(&hint), "{}", absent.stderr);
}

#[test]
fn a_changed_run_in_the_experiments_own_folder_can_be_resumed() {
    let folder = new_folder("names-resumed");
    training::train(&folder, "trial-b", "shapes", &TINY);
    let mut more = vec!["train", "trial-b", "--base", "shapes", "--resume"];
    for change in &TINY[..5] {
        more.extend(["--set", change]);
    }
    let longer = [&more[..], &["--set", "train.epochs=2", "--accept-changes"]].concat();
    done_in(&folder, &longer);
    let table = folder.join("checkpoints/shapes/trial-b/seed-0/epochs.csv");
    let table = fs::read_to_string(table).expect("a table");
    assert_eq!(table.lines().count(), 4, "{table}");
    assert_eq!(runs_in(&folder), ["shapes/trial-b/0"]);
}

#[test]
fn names_that_cannot_be_are_refused() {
    let folder = with_tiny("names-refused");
    for (name, problem) in [
        (
            "a/b",
            "it contains characters other than ASCII letters, digits and . _ + = -",
        ),
        ("shapes", "it is the name of a base"),
        ("trial-a", "it is the name of another experiment"),
        ("seed-1", "it is the name of a seed's folder"),
    ] {
        let shown = run_in(&folder, &["train", "tiny", "--name", name]);
        assert_eq!(shown.code, 2, "{}", shown.stderr);
        let message = format!("error: \"{name}\" cannot be the name of a run: {problem}\n");
        assert!(shown.stderr.contains(&message), "{}", shown.stderr);
        assert!(!folder.join("checkpoints").exists());
    }
}

#[test]
fn a_run_with_the_settings_of_another_one_is_reported() {
    let folder = with_tiny("names-same");
    let change = ["train", "tiny", "--set", "train.learning_rate=3e-3"];
    let first = done_in(&folder, &change);
    assert!(!first.stderr.contains("warning"), "{}", first.stderr);
    let same = "warning: tiny+train.learning_rate=3e-3 seed 0 has the same settings: \
                \"checkpoints/tiny+train.learning_rate=3e-3/seed-0\"\n";
    // What is kept of a run changes no result; another seed is another run.
    let named = [
        &change[..],
        &["--set", "checkpoints.every=1", "--name", "fast"],
    ]
    .concat();
    let again = done_in(&folder, &named);
    assert!(again.stderr.contains(same), "{}", again.stderr);
    let other_seed = done_in(&folder, &[&named[..], &["--seed", "1"]].concat());
    let plain = done_in(&folder, &["train", "tiny"]);
    for shown in [other_seed, plain] {
        assert!(!shown.stderr.contains("same settings"), "{}", shown.stderr);
    }
}
