//! `sweep`: the same tables whoever runs the cells, however often they are interrupted; bad sweeps.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use camtrail::run::RunLock;
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

/// Cells of a moment each, none of them measured on the test split.
fn brief(name: &str) -> PathBuf {
    let folder = with_sweep(name, &SWEEP.replace("test = true\n", ""));
    let tiny = TINY.replace("epochs = 25", "epochs = 1");
    fs::write(folder.join("experiments/tiny.toml"), tiny).expect("written");
    folder
}

/// One damaged record costs one cell, and one bad file one line of the list.
#[test]
fn what_cannot_be_read_is_reported_and_hides_nothing_else() {
    let folder = brief("sweep-damaged");
    done_in(&folder, &["sweep", "run", "rates"]);
    let expected = tables(&folder);
    let best = folder.join("checkpoints/tiny/seed-1/best.json");
    fs::write(&best, "{").expect("written");
    let parts = [
        "3 of 4 cells are done; not done:\n  cell 1, tiny seed 1: unreadable: \
         \"checkpoints/tiny/seed-1/best.json\" is damaged",
        "error: cell 1: \"checkpoints/tiny/seed-1/best.json\" is damaged",
        "\nhint: remove that file: the latest checkpoint names the best epoch too\n",
    ];
    refused(&folder, &["sweep", "merge", "rates"], 1, &parts);
    let table = |name: &str| {
        let path = folder.join("figures/sweeps/rates").join(name);
        fs::read_to_string(path).expect("a table")
    };
    let others = |line: &&str| !line.starts_with("1,");
    let kept: Vec<&str> = expected[0].lines().filter(others).collect();
    assert_eq!(table("sweep.csv").lines().collect::<Vec<_>>(), kept);
    let undone = table("sweep-undone.csv");
    let row = undone.lines().nth(1).expect("a row");
    assert!(row.starts_with("1,tiny,1,unreadable,"), "{undone}");
    let parts = [
        "0 cells done, 1 failed, 0 stopped",
        "tiny seed 1 failed: \"checkpoints",
    ];
    refused(&folder, &["sweep", "run", "rates"], 1, &parts);

    let sweeps = folder.join("experiments/sweeps");
    fs::write(sweeps.join("bad.toml"), "# A question.\nsead = [1]\n").expect("written");
    fs::create_dir_all(folder.join("checkpoints/sweeps/old")).expect("created");
    fs::write(folder.join("checkpoints/sweeps/old/plan.jsonl"), "{").expect("written");
    let parts = [
        "error: unknown key \"sead\"\nexperiments/sweeps/bad.toml, line 2, column 1\n",
        "error: \"checkpoints/sweeps/old/plan.jsonl\" is damaged",
    ];
    let listed = refused(&folder, &["sweep", "list"], 1, &parts).stdout;
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = listed.lines().map(words).collect();
    for line in [
        "bad not planned - its file cannot be read",
        "old unreadable -",
        "rates 4 3 which rate?",
    ] {
        assert!(lines.contains(&line.to_string()), "{line} in {listed}");
    }

    fs::remove_file(best).expect("removed");
    done_in(&folder, &["sweep", "run", "rates"]);
    assert_eq!(tables(&folder), expected);
}

#[test]
fn a_cell_that_another_process_trains_is_neither_stopped_nor_failed() {
    let folder = brief("sweep-elsewhere");
    let run = folder.join("checkpoints/tiny/seed-0");
    fs::create_dir_all(&run).expect("created");
    let held = RunLock::take(&run).expect("free");
    let parts = [
        "cell 0: tiny seed 0 is running in another process\n",
        "3 cells done, 0 failed, 0 stopped, 0 not started, 1 running in another process\n",
    ];
    refused(&folder, &["sweep", "run", "rates"], TRY_AGAIN, &parts);
    // A plan is not replaced under a running cell, unless it stays as it is.
    done_in(&folder, &["sweep", "plan", "rates", "--replace"]);
    let plan = folder.join("checkpoints/sweeps/rates/plan.jsonl");
    let before = fs::read_to_string(&plan).expect("a plan");
    let file = folder.join("experiments/sweeps/rates.toml");
    let longer = fs::read_to_string(&file).expect("text") + "\"model.kernel\" = [3, 5]\n";
    fs::write(&file, longer).expect("written");
    let parts = [
        "error: cells of sweep \"rates\" are running: 0\n",
        "hint: wait for them or stop them, then plan it again: camtrail sweep plan rates --replace",
    ];
    let replace = ["sweep", "plan", "rates", "--replace"];
    refused(&folder, &replace, 1, &parts);
    assert_eq!(fs::read_to_string(&plan).expect("a plan"), before);
    drop(held);
    assert_eq!(done_in(&folder, &replace).stdout.lines().count(), 8);
}

/// Runs the binary with the programs `sbatch` and `squeue`, in which the queue is a file.
#[cfg(unix)]
fn with_queue(folder: &Path, arguments: &[&str]) -> (i32, String) {
    use std::os::unix::fs::PermissionsExt as _;
    let programs = folder.join("programs");
    fs::create_dir_all(&programs).expect("created");
    for (name, script) in [
        ("sbatch", "cat > /dev/null; echo 41"),
        (
            "squeue",
            "test \"$*\" = '--noheader --format=%F' && cat queue",
        ),
    ] {
        let path = programs.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
    }
    let path = std::env::var("PATH").expect("a path");
    let output = Command::new(env!("CARGO_BIN_EXE_camtrail"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("CARGO")
        .env("PATH", format!("{}:{path}", programs.display()))
        .output()
        .expect("started");
    let shown = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().expect("ended"), shown)
}

#[cfg(unix)]
#[test]
fn a_plan_is_not_replaced_while_its_jobs_are_queued() {
    let folder = brief("sweep-queued");
    let (code, shown) = with_queue(&folder, &["sweep", "submit", "rates", "--engine", "slurm"]);
    assert_eq!(code, 0, "{shown}");
    let replace = ["sweep", "plan", "rates", "--replace"];
    fs::write(folder.join("queue"), "7\n41\n41\n").expect("written");
    let (code, shown) = with_queue(&folder, &replace);
    let expected = "error: jobs of sweep \"rates\" are queued or running: 41\nhint: wait for them, or \
                    stop them: scancel 41; then camtrail sweep plan rates --replace\n";
    assert_eq!((code, shown.as_str()), (1, expected));
    // Without a queue to ask, it is replaced with a warning.
    fs::remove_file(folder.join("queue")).expect("removed");
    let (code, shown) = with_queue(&folder, &replace);
    let expected = "warning: squeue does not answer, so jobs of the old plan may still be queued: 41\n\
                    hint: if they are, wait for them, or stop them: scancel 41; then ";
    assert!(code == 0 && shown.starts_with(expected), "{code} {shown}");
    fs::write(folder.join("queue"), "7\n").expect("written");
    let (code, shown) = with_queue(&folder, &replace);
    assert!(
        code == 0 && shown.starts_with("4 of 4 cells"),
        "{code} {shown}"
    );
}

/// A fault of a sweep's file is shown at its line; one of an option is said to be given with it.
#[test]
fn faults_are_named_where_they_are() {
    let of_file = |sweep: &str| {
        let folder = with_sweep("sweep-places", sweep);
        let shown = run_in(&folder, &["sweep", "plan", "rates"]);
        assert_eq!((shown.code, shown.stdout.as_str()), (2, ""), "{sweep}");
        shown.stderr
    };
    let head = "experiments = [\"tiny\"]\n";
    let shown = of_file(&format!("{head}[grid]\ntrain.epochs = [2, -1]\n"));
    let expected = "error: tiny with train.epochs=-1: \"train.epochs\" is -1: ";
    assert!(shown.starts_with(expected), "{shown}");
    let place = "\nexperiments/sweeps/rates.toml, line 3, column 20\n  |\n3 | train.epochs = [2, -1]\n  \
                 |                    ^^\n";
    assert!(shown.ends_with(place), "{shown}");
    let shown = of_file(&format!("{head}set = {{ train.lerning_rate = 1 }}\n"));
    let place = "error: tiny with train.lerning_rate=1: unknown key \"train.lerning_rate\"\n\
                 experiments/sweeps/rates.toml, line 2, column 15\n";
    assert!(shown.starts_with(place), "{shown}");
    assert!(
        shown.contains("\nhint: did you mean \"train.learning_rate\"?"),
        "{shown}"
    );
    let shown = of_file(&format!("{head}[grid]\ntrain.optimizer = [\"\"]\n"));
    assert!(shown.contains("rates.toml, line 3, column 20\n"), "{shown}");
    assert!(shown.ends_with("\nhint: give the key a value\n"), "{shown}");
    let shown = of_file("experiments = [\"tiny\", \"trial-x\"]\n");
    assert!(
        shown.starts_with("error: no experiment \"trial-x\"\n"),
        "{shown}"
    );
    assert!(shown.contains("rates.toml, line 1, column 24\n"), "{shown}");
    let shown = of_file(&format!("{head}base = \"shape\"\n"));
    assert!(shown.contains("rates.toml, line 2, column 8\n"), "{shown}");

    let folder = with_sweep("sweep-places", SWEEP);
    for (words, parts) in [
        (
            "sweep plan q --experiment tiny --grid train.epochs=2,-1",
            [
                "\"train.epochs\" is -1: ",
                "hint: the value was given with --grid or --set\n",
            ],
        ),
        (
            "sweep plan q --experiment tiny --grid train.epochs",
            [
                "error: --grid \"train.epochs\" is not KEY=VALUE,VALUE\n",
                "hint: for example --grid train.learning_rate=1e-3,3e-3\n",
            ],
        ),
        (
            "sweep plan a/b",
            [
                "error: \"a/b\" cannot be the name of a sweep: it contains characters other",
                "such as learning-rate; a sweep's file is experiments/sweeps/NAME.toml\n",
            ],
        ),
    ] {
        let words: Vec<&str> = words.split(' ').collect();
        refused(&folder, &words, 2, &parts);
    }
    // A training that fails for a value of the sweep.
    let diverging = SWEEP.replace("3e-3", "1e30");
    let folder = with_sweep("sweep-places", &diverging);
    let hint = "hint: lower train.learning_rate under [grid] in \"experiments/sweeps/rates.toml\", then \
                plan it again: camtrail sweep plan rates --replace; runs that are done are kept\n";
    refused(
        &folder,
        &["sweep", "run", "rates", "--cell", "2"],
        1,
        &[hint],
    );
    let flags = "sweep run q --cell 0 --experiment tiny --grid train.learning_rate=1e30";
    let flags: Vec<&str> = flags.split(' ').collect();
    let hint = "hint: lower train.learning_rate with --grid, then plan it again: ";
    refused(&folder, &flags, 1, &[hint]);
}

#[test]
fn options_of_a_job_are_checked_and_quoted() {
    let folder = with_sweep("sweep-options", SWEEP);
    let submit = |more: &[&str]| {
        let words = ["sweep", "submit", "rates", "--dry-run", "--engine"];
        run_in(&folder, &[&words[..], more].concat())
    };
    for (more, message) in [
        (
            &["slurm", "--image", "i"][..],
            "error: --image is for jobs of Kubernetes; --engine slurm submits to Slurm\nhint: leave \
             --image out, or give --engine kubernetes\n",
        ),
        (
            &[
                "kubernetes",
                "--image",
                "i",
                "--claim",
                "c",
                "--option=--time=1",
            ],
            "error: --option is for jobs of Slurm; --engine kubernetes writes a job of Kubernetes\n\
             hint: leave --option out, or give --engine slurm\n",
        ),
        (
            &["slurm", "--option=-p gpu"],
            "it has a space in place of =; give NAME=VALUE, such as --option=--partition=gpu",
        ),
        (
            &["slurm", "--option=gpu"],
            "it does not begin with -; give NAME=VALUE",
        ),
        (
            &["slurm", "--option=--comment=a\n#SBATCH --time=1"],
            "it contains a line break or another control character",
        ),
    ] {
        let shown = submit(more);
        assert_eq!(shown.code, 2, "{more:?}\n{}", shown.stderr);
        assert!(shown.stderr.contains(message), "{}", shown.stderr);
    }
    assert!(!folder.join("checkpoints").exists());
    let spaces = ["slurm", "--option=--comment=two words", "--runs", "my runs"];
    let script = submit(&spaces).stdout;
    let lines: Vec<&str> = script.lines().collect();
    assert_eq!(
        lines[2],
        "#SBATCH \"--output=my runs/sweeps/rates/slurm-%A_%a.log\""
    );
    assert!(
        lines.contains(&"#SBATCH \"--comment=two words\""),
        "{script}"
    );
    assert!(
        script.contains(" --runs 'my runs' sweep run rates --cell "),
        "{script}"
    );
    let shown = submit(&["slurm", "--runs", "my\nruns"]);
    let expected = "error: Slurm cannot write logs to \"my\\nruns/sweeps/rates\"";
    assert!(
        shown.code == 1 && shown.stderr.contains(expected),
        "{}",
        shown.stderr
    );
    assert!(!folder.join("my\nruns").exists(), "nothing is planned");
}
