//! `sweep`: the same tables whoever runs the cells, however often they are interrupted; bad sweeps.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::{Shown, done_in, new_folder, run_in};

/// Four cells of a few seconds each.
const SWEEP: &str = "\
# Question: which rate?
experiments = [\"tiny\"]
seeds = [0, 1]
test = true

[grid]
train.learning_rate = [1e-3, 3e-3]
";
const TINY: &str = "\
extends = \"base/shapes\"
[model]
filters = [4, 8]
[train]
batch_size = 12
epochs = 25
[data.shapes]
train_images = 240
validation_images = 48
test_images = 48
[checkpoints]
at = []
every = 10
";
/// Exit code of what was stopped and can go on.
const TRY_AGAIN: i32 = 75;
const PATIENCE: Duration = Duration::from_secs(120);

fn with_sweep(name: &str, sweep: &str) -> PathBuf {
    let folder = new_folder(name);
    fs::create_dir_all(folder.join("experiments/sweeps")).expect("created");
    fs::write(folder.join("experiments/sweeps/rates.toml"), sweep).expect("written");
    fs::write(folder.join("experiments/tiny.toml"), TINY).expect("written");
    folder
}

fn tables(folder: &Path) -> Vec<String> {
    done_in(folder, &["sweep", "merge", "rates"]);
    let read = |name| fs::read_to_string(folder.join("figures/sweeps/rates").join(name));
    ["sweep.csv", "sweep-summary.csv", "sweep-undone.csv"]
        .map(|name| read(name).expect("a table"))
        .to_vec()
}

fn refused(folder: &Path, arguments: &[&str], code: i32, parts: &[&str]) -> Shown {
    let shown = run_in(folder, arguments);
    assert_eq!(shown.code, code, "{arguments:?}\n{}", shown.stderr);
    for part in parts {
        assert!(shown.stderr.contains(part), "{part:?} in {}", shown.stderr);
    }
    shown
}

/// Starts the sweep on two workers.
fn started(folder: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .args(["sweep", "run", "rates", "--workers", "2"])
        .current_dir(folder)
        .env_remove("CAMTRAIL_DATA")
        .env("CAMTRAIL_PUBLISHED", "")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started")
}

fn wait(what: &str, until: impl Fn() -> bool) {
    let started = Instant::now();
    while !until() {
        assert!(started.elapsed() < PATIENCE, "waiting for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

fn rows(folder: &Path, cell: &str) -> usize {
    let table = folder.join("checkpoints").join(cell).join("epochs.csv");
    fs::read_to_string(table).map_or(0, |table| table.lines().count())
}

#[cfg(unix)]
#[test]
fn two_workers_interrupted_twice_give_the_tables_of_a_serial_run() {
    let serial = with_sweep("sweep-serial", SWEEP);
    let shown = done_in(&serial, &["sweep", "run", "rates"]);
    let counts = "4 cells done, 0 failed, 0 stopped, 0 not started";
    assert!(shown.stderr.contains(counts), "{}", shown.stderr);
    let expected = tables(&serial);
    assert_eq!(expected[0].lines().count(), 5, "{}", expected[0]);
    assert!(
        !expected[0].contains(",,"),
        "every cell is tested: {}",
        expected[0]
    );

    let folder = with_sweep("sweep-interrupted", SWEEP);
    for cell in ["tiny/seed-0", "tiny/seed-1"] {
        let before = rows(&folder, cell);
        let mut sweep = started(&folder);
        wait("some epochs", || rows(&folder, cell) > before + 4);
        let merged = run_in(&folder, &["sweep", "merge", "rates"]);
        assert_eq!(merged.code, 0, "{}", merged.stderr);
        assert!(merged.stderr.contains(": running\n"), "{}", merged.stderr);
        let number = sweep.id().to_string();
        let kill = Command::new("kill").args(["-TERM", &number]).status();
        assert!(kill.expect("a kill command").success());
        assert_eq!(sweep.wait().expect("ended").code(), Some(TRY_AGAIN));
    }
    let shown = done_in(&folder, &["sweep", "run", "rates", "--workers", "2"]);
    assert!(
        shown.stderr.contains(" 0 failed, 0 stopped, 0 not started"),
        "{}",
        shown.stderr
    );
    assert_eq!(tables(&folder), expected);
    let again = done_in(&folder, &["sweep", "run", "rates", "--cell", "2"]);
    assert!(
        again.stderr.contains("cell 2 is done already"),
        "{}",
        again.stderr
    );
    assert!(folder.join("figures/sweeps/rates/sweep.png").exists());
}

#[test]
fn shares_and_numbers_from_an_engine_do_their_cells_alone() {
    let folder = with_sweep("sweep-shares", SWEEP);
    done_in(&folder, &["sweep", "run", "rates", "--shard", "2/2"]);
    let name = "tiny+train.learning_rate=3e-3";
    let done = |cell: &str| {
        folder
            .join("checkpoints")
            .join(cell)
            .join("best.json")
            .exists()
    };
    let cells = [
        "tiny/seed-0",
        "tiny/seed-1",
        &format!("{name}/seed-0"),
        &format!("{name}/seed-1"),
    ];
    assert_eq!(cells.map(done), [false, true, false, true]);
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .args(["sweep", "run", "rates"])
        .current_dir(&folder)
        .env("SLURM_ARRAY_TASK_ID", "2")
        .output()
        .expect("started");
    assert!(output.status.success());
    assert_eq!(cells.map(done), [false, true, true, true]);
    let listed = done_in(&folder, &["sweep", "list"]);
    assert!(
        listed
            .stdout
            .contains("rates                    4     3  which rate?"),
        "{}",
        listed.stdout
    );
}

#[test]
fn a_run_with_other_values_is_not_taken_for_a_cell() {
    let folder = with_sweep("sweep-other", SWEEP);
    let name = "tiny+train.learning_rate=3e-3";
    let other = [
        "train",
        "tiny",
        "--set",
        "train.learning_rate=9e-3",
        "--name",
        name,
    ];
    done_in(&folder, &other);
    // Trained before the sweep, and not measured on the test split.
    done_in(&folder, &["train", "tiny"]);
    let other = done_in(&folder, &["train", "tiny", "--name", name, "--seed", "4"]);
    let warning = "warning: seed 0 of tiny+train.learning_rate=3e-3 was trained with other values";
    assert!(other.stderr.contains(warning), "{}", other.stderr);
    let parts = [
        "3 cells done, 1 failed",
        "cell 2: tiny+train.learning_rate=3e-3 seed 0 failed",
    ];
    refused(&folder, &["sweep", "run", "rates"], 1, &parts);
    let [table, _, undone] = &tables(&folder)[..] else {
        panic!("three tables")
    };
    assert_eq!(table.lines().count(), 4, "{table}");
    assert!(!table.contains(",,"), "every cell is tested: {table}");
    assert!(undone.contains(",trained with other values,"), "{undone}");
}

#[test]
fn a_failed_cell_is_kept_apart_and_goes_on_when_its_cause_is_gone() {
    let folder = with_sweep("sweep-failed", SWEEP);
    let in_the_way = folder.join("checkpoints/tiny+train.learning_rate=3e-3");
    fs::create_dir(folder.join("checkpoints")).expect("created");
    fs::write(&in_the_way, "a file").expect("written");
    let parts = [
        "2 cells done, 2 failed, 0 stopped, 0 not started",
        "cell-0002.log",
    ];
    refused(
        &folder,
        &["sweep", "run", "rates", "--workers", "2"],
        1,
        &parts,
    );
    let undone = &tables(&folder)[2];
    assert_eq!(undone.matches(",failed,").count(), 2, "{undone}");
    fs::remove_file(&in_the_way).expect("removed");
    let shown = done_in(&folder, &["sweep", "run", "rates"]);
    assert!(
        shown.stderr.contains("2 of 4 cells to run"),
        "{}",
        shown.stderr
    );
    assert!(
        shown.stderr.contains("2 cells done, 0 failed"),
        "{}",
        shown.stderr
    );
    assert_eq!(tables(&folder)[2].lines().count(), 0, "nothing is undone");
}

#[test]
fn flags_describe_a_sweep_and_its_plan_is_kept() {
    let folder = with_sweep("sweep-flags", SWEEP);
    let flags = [
        "--experiment",
        "tiny",
        "--grid",
        "model.filters=[4,8],[8,8]",
        "--seeds",
        "3,4",
    ];
    let plan = [&["sweep", "plan", "widths"][..], &flags].concat();
    let shown = done_in(&folder, &plan);
    let cells: Vec<serde_json::Value> = shown
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let runs: Vec<_> = cells
        .iter()
        .map(|cell| format!("{} {}", cell["run"], cell["seed"]))
        .collect();
    let expected = [
        "\"tiny\" 3",
        "\"tiny\" 4",
        "\"tiny+model.filters=8_8\" 3",
        "\"tiny+model.filters=8_8\" 4",
    ];
    assert_eq!(runs, expected);
    let hashes: std::collections::BTreeSet<_> =
        cells.iter().map(|cell| cell["hash"].to_string()).collect();
    assert_eq!(hashes.len(), 4);
    assert!(
        shown.stderr.contains("4 of 4 cells to run: "),
        "{}",
        shown.stderr
    );
    // Another description under the same name is not run by mistake.
    let other = [
        "sweep",
        "run",
        "widths",
        "--experiment",
        "tiny",
        "--seeds",
        "3",
    ];
    let parts = [
        "error: cell 0 of sweep \"widths\" changed since it was planned",
        "hint: change it back, or plan it again: camtrail sweep plan widths --replace",
    ];
    refused(&folder, &other, 1, &parts);
    let kept =
        fs::read_to_string(folder.join("checkpoints/sweeps/widths/plan.jsonl")).expect("a plan");
    assert_eq!(kept, shown.stdout);
    assert!(!folder.join("checkpoints/tiny").exists());
}

#[test]
fn bad_sweeps_are_refused_before_anything_is_written() {
    let huge: String = (0..1000).map(|value| format!("{value}, ")).collect();
    let huge = format!(
        "experiments = [\"tiny\"]\n[grid]\ntrain.epochs = [{huge}]\ndata.split_seed = [{huge}]\n\
         checkpoints.every = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]\n"
    );
    let cases = [
        (
            &huge[..],
            "error: sweep \"rates\" has 10000000 cells; at most 1000 are allowed\n",
            "hint: leave values out, or allow more with most_cells = N",
        ),
        (
            "experiments = [\"tiny\"]\ngrid = { \"train.learning_rate\" = [1e-3, 0.001] }\n",
            "error: cells 0 and 1 are the same run, \"tiny seed 0\"\n",
            "hint: leave one of them out",
        ),
        (
            "experiments = [\"tiny\"]\ngrid = { \"train.learning_rat\" = [1e-3] }\n",
            "error: tiny with train.learning_rat=1e-3: unknown key \"train.learning_rat\"",
            "did you mean \"train.learning_rate\"?",
        ),
        (
            "experiments = [\"tiny\"]\ngrid = { \"train.epochs\" = [] }\n",
            "error: \"grid\" gives no value for \"train.epochs\"\n",
            "hint: give a list with a value",
        ),
        (
            "experiments = [\"tiny\"]\nsead = [1]\n",
            "error: unknown key \"sead\"",
            "did you mean \"set\"?",
        ),
        ("seeds = [1]\n", "error: no experiment is named", ""),
        (
            "experiments = [\"convlstm\"]\nbase = \"digits\"\ntest = true\n",
            "error: \"test\" is true, and convlstm predicts frames, which have no accuracy\n",
            "hint: leave \"test\" out",
        ),
        (
            "experiments = [\"tiny\", \"trial-b\"]\n",
            "error: trial-b is trained on cifar-100, others on shapes\n",
            "hint: plan a sweep per data set",
        ),
    ];
    for (text, error, hint) in cases {
        let folder = with_sweep("sweep-bad", text);
        refused(&folder, &["sweep", "run", "rates"], 2, &[error, hint]);
        assert!(!folder.join("checkpoints").exists(), "{error}");
    }
    let folder = with_sweep("sweep-bad", SWEEP);
    let twice = "sweep plan q --experiment tiny --grid train.epochs=1 --grid train.epochs=2";
    let twice: Vec<&str> = twice.split(' ').collect();
    refused(
        &folder,
        &twice,
        2,
        &["error: --grid gives train.epochs twice\n"],
    );
    let unknown = [
        "error: no sweep \"rate\"\n",
        "hint: did you mean \"rates\"?",
    ];
    refused(&folder, &["sweep", "run", "rate"], 2, &unknown);
    let parts = [
        "error: sweep \"rates\" has no plan",
        "hint: camtrail sweep plan rates",
    ];
    refused(&folder, &["sweep", "merge", "rates"], 1, &parts);
    let parts = ["error: sweep \"rates\" has no cell 4: it has cells 0 to 3\n"];
    refused(
        &folder,
        &["sweep", "run", "rates", "--cell", "4"],
        2,
        &parts,
    );
    refused(
        &folder,
        &["sweep", "submit", "rates", "--engine", "kubernetes"],
        2,
        &["--image"],
    );
}

/// The manifest of Kubernetes against the published schemas, by the Python package
/// kubernetes-validate, whose program `CAMTRAIL_KUBERNETES_VALIDATE` names.
#[test]
#[ignore = "needs kubernetes-validate in CAMTRAIL_KUBERNETES_VALIDATE"]
fn the_kubernetes_job_follows_the_published_schemas() {
    let program =
        std::env::var_os("CAMTRAIL_KUBERNETES_VALIDATE").expect("set it to run this test");
    let folder = with_sweep("sweep-kubernetes", SWEEP);
    let submit = "sweep submit rates --engine kubernetes --image r/c:1 --claim data --throttle 3";
    let words: Vec<&str> = submit.split(' ').collect();
    let shown = done_in(&folder, &words);
    let manifest = folder.join("job.json");
    let validated = |text: &str, version: &str| {
        fs::write(&manifest, text).expect("written");
        let status = Command::new(&program)
            .args(["-k", version, "--strict"])
            .arg(&manifest)
            .output();
        status.expect("started").status.success()
    };
    for version in ["1.29", "1.30", "1.31"] {
        assert!(
            validated(&shown.stdout, version),
            "{version}\n{}",
            shown.stdout
        );
    }
    let wrong = shown.stdout.replace("\"parallelism\"", "\"paralelism\"");
    assert!(
        !validated(&wrong, "1.31"),
        "the validator finds a misspelt field"
    );
}

#[test]
fn a_plan_of_another_version_or_with_a_damaged_line_is_named() {
    let folder = with_sweep("sweep-version", SWEEP);
    done_in(&folder, &["sweep", "plan", "rates"]);
    let path = folder.join("checkpoints/sweeps/rates/plan.jsonl");
    let plan = fs::read_to_string(&path).expect("a plan");
    let version = concat!("\"camtrail\":\"", env!("CARGO_PKG_VERSION"), "\"");
    fs::write(&path, plan.replace(version, "\"camtrail\":\"0.0.1\"")).expect("written");
    let parts = ["error: sweep \"rates\" was planned by camtrail 0.0.1, this is "];
    for verb in ["run", "merge"] {
        refused(&folder, &["sweep", verb, "rates"], 1, &parts);
    }
    for empty in ["", "{"] {
        fs::write(&path, empty).expect("written");
        refused(
            &folder,
            &["sweep", "run", "rates"],
            1,
            &["plan.jsonl\" is damaged"],
        );
    }
    done_in(&folder, &["sweep", "plan", "rates", "--replace"]);
    fs::write(&path, plan.replacen("\"cell\":1", "\"cell\":7", 1)).expect("written");
    refused(
        &folder,
        &["sweep", "merge", "rates"],
        1,
        &["plan.jsonl", "line 2 has cell 7"],
    );
    // An experiment that changed after planning is not trained under the old number.
    fs::write(&path, plan).expect("written");
    let longer = TINY.replace("epochs = 25", "epochs = 26");
    fs::write(folder.join("experiments/tiny.toml"), longer).expect("written");
    let parts = ["error: cell 0 of sweep \"rates\" changed since it was planned"];
    refused(
        &folder,
        &["sweep", "run", "rates", "--cell", "0"],
        1,
        &parts,
    );
    done_in(&folder, &["sweep", "plan", "rates", "--replace"]);
}

#[test]
fn a_full_disk_keeps_the_other_cells() {
    let folder = with_sweep("sweep-disk", SWEEP);
    fs::create_dir_all(folder.join("checkpoints/tiny")).expect("created");
    let binary = env!("CARGO_BIN_EXE_camtrail");
    let script = format!(
        "mount -t tmpfs -o size=40k none checkpoints/tiny && {binary} sweep run rates; exit $?"
    );
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", &script])
        .current_dir(&folder)
        .output()
        .expect("started");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("2 cells done, 2 failed"), "{told}");
    assert!(
        told.contains("failed: the checkpoints of \"checkpoints/tiny/seed-0\" need about"),
        "{told}"
    );
    let undone = &tables(&folder)[2];
    assert_eq!(undone.matches("tiny,").count(), 2, "{undone}");
}
