//! What a run survives: kills, signals, damaged checkpoints, a full disk, a second process. Each
//! test runs the binary in a folder of its own; runs that end are compared bit by bit with one that
//! nothing happened to.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use camtrail::run::{
    CheckpointName, EpochRow, RunDir, RunManifest, RunStatus, read_epoch_records, sha256,
};
use tempfile::TempDir;

/// The file of the weights.
const MODEL: &str = "model.bpk";
/// A trial of four epochs that takes a fraction of a second, each epoch's checkpoint kept.
const SHORT: [&str; 10] = [
    "data.shapes.train_images=120",
    "data.shapes.validation_images=24",
    "data.shapes.test_images=24",
    "model.filters=[4, 8]",
    "model.block_dropout=0.1",
    "model.head_dropout=0.25",
    "train.batch_size=12",
    "train.epochs=4",
    "checkpoints.at=[0, 1, 2, 3, 4]",
    "checkpoints.every=1",
];
/// Epochs of a run that is still at work when a signal comes.
const LONG: &str = "train.epochs=60";
/// Longest wait for a process to get somewhere, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder in which the binary is run.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_camtrail"));
        command
            .current_dir(self.path())
            .args(arguments)
            .stdin(Stdio::null());
        command
            .env_remove("CARGO")
            .env_remove("CAMTRAIL_DATA")
            .env("CAMTRAIL_PUBLISHED", "")
            .env("NO_COLOR", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary starts")
    }

    /// The command that trains the short trial, with `more` at its end.
    fn train(&self, more: &[&str]) -> Command {
        let mut command =
            self.command(&["train", "trial-b", "--base", "shapes", "--name", "trial-b"]);
        for change in SHORT {
            command.args(["--set", change]);
        }
        command.args(more);
        command
    }

    fn trained(&self, more: &[&str]) -> Output {
        let output = self.train(more).output().expect("the binary starts");
        assert!(output.status.success(), "{}", stderr(&output));
        output
    }

    fn dir(&self) -> RunDir {
        RunDir::new(&self.path().join("checkpoints/shapes"), "trial-b", 0)
    }

    /// Starts the long trial, piped away from the test's own output.
    fn start(&self, more: &[&str]) -> Child {
        let mut command = self.train(&["--set", LONG]);
        command
            .args(more)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        command.spawn().expect("the binary starts")
    }

    /// Waits until the run has `epochs` rows.
    fn wait_for_rows(&self, epochs: usize) {
        let deadline = Instant::now() + PATIENCE;
        while read_epoch_records::<EpochRow>(&self.dir().epochs())
            .expect("a table")
            .len()
            < epochs
        {
            assert!(
                Instant::now() < deadline,
                "no {epochs} epochs within {PATIENCE:?}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn checkpoint(&self, epoch: u32) -> PathBuf {
        self.dir().checkpoint(CheckpointName::epoch(epoch))
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Sends the signal `name` ("INT") to `child`.
fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &child.id().to_string()])
        .status();
    assert!(sent.expect("kill is there").success());
}

/// What must not depend on what happened on the way.
#[derive(Debug, PartialEq)]
struct Remains {
    status: RunStatus,
    checkpoints: Vec<(CheckpointName, String)>,
    rows: Vec<EpochRow>,
    best: String,
}

fn remains(place: &Place) -> Remains {
    let run = place.dir();
    let weights = |name: CheckpointName| {
        (
            name,
            sha256(&fs::read(run.checkpoint(name).join(MODEL)).expect("weights")),
        )
    };
    let rows = read_epoch_records::<EpochRow>(&run.epochs()).expect("a table");
    let without_times = |row| EpochRow {
        images_per_second: None,
        seconds: 0.0,
        ..row
    };
    Remains {
        status: RunManifest::read(&run.manifest())
            .expect("a manifest")
            .status,
        checkpoints: run
            .checkpoints()
            .expect("listed")
            .into_iter()
            .map(weights)
            .collect(),
        rows: rows.into_iter().map(without_times).collect(),
        best: fs::read_to_string(run.best()).expect("a best epoch"),
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder to copy") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a copy");
        }
    }
}

/// Path and content of every file below `folder`, in order, but for the lock's: it names the last
/// process that asked.
fn contents(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else if path.file_name().is_some_and(|name| name != ".lock") {
            let content = sha256(&fs::read(&path).expect("a file"));
            found.push((path, content));
        }
    }
    found.sort();
    found
}

/// A copy of the run in `from` that stands at the end of epoch 3, damaged, resumed.
fn resumed_after(from: &Place, damage: impl Fn(&Place)) -> (Place, String) {
    let place = Place::new();
    copy_folder(
        &from.path().join("checkpoints"),
        &place.path().join("checkpoints"),
    );
    fs::remove_dir_all(place.checkpoint(4)).expect("removed");
    damage(&place);
    let output = place.trained(&["--resume"]);
    (place, stderr(&output))
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_it_is_taken() {
    let whole = Place::new();
    whole.trained(&[]);
    let expected = remains(&whole);
    assert_eq!(expected.checkpoints.len(), 5);
    assert_eq!(expected.status, RunStatus::Done);

    for file in [MODEL, "optimizer.bpk", "state.json"] {
        let content = fs::read(whole.checkpoint(3).join(file)).expect("a file");
        let length = content.len();
        let cuts = [0, 1, length / 2, length - 1].map(|length| content[..length].to_vec());
        let flips = [0, length / 3, length - 1].map(|byte| {
            let mut flipped = content.clone();
            flipped[byte] ^= 0b100;
            flipped
        });
        for damaged in cuts.iter().chain(&flips) {
            let (place, told) = resumed_after(&whole, |place| {
                fs::write(place.checkpoint(3).join(file), damaged).expect("damaged");
            });
            assert!(
                told.contains("warning: skipped checkpoint epoch-003: "),
                "{told}"
            );
            assert!(
                told.contains(&format!("epoch-003/{file}\" is damaged: ")),
                "{told}"
            );
            assert!(
                told.contains("trial-b seed 0: resumed from epoch-002"),
                "{told}"
            );
            assert_eq!(remains(&place), expected, "{file}, {} bytes", damaged.len());
        }
    }

    let (place, told) = resumed_after(&whole, |place| {
        fs::remove_file(place.checkpoint(3).join("optimizer.bpk")).expect("removed");
    });
    assert!(told.contains("optimizer.bpk"), "{told}");
    assert_eq!(remains(&place), expected, "a missing file");

    let (place, told) = resumed_after(&whole, |place| {
        let other = place.checkpoint(2).join("optimizer.bpk");
        fs::copy(other, place.checkpoint(3).join("optimizer.bpk")).expect("copied");
    });
    assert!(
        told.contains("epoch-003/optimizer.bpk\" is damaged: expected sha-256 "),
        "{told}"
    );
    assert_eq!(remains(&place), expected, "the optimizer of another epoch");
}

#[test]
fn where_every_checkpoint_is_damaged_the_run_says_so_and_stays() {
    let place = Place::new();
    place.trained(&["--set", "train.epochs=1"]);
    for epoch in [0, 1] {
        fs::write(place.checkpoint(epoch).join(MODEL), "").expect("damaged");
    }
    let before = contents(place.path());
    let output = place
        .train(&["--set", "train.epochs=1", "--resume"])
        .output()
        .expect("started");
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(told.contains("error: no checkpoint in "), "{told}");
    assert!(
        told.contains("epoch-000/model.bpk") && told.contains("epoch-001/model.bpk"),
        "{told}"
    );
    assert!(told.contains("hint: start over with --force"), "{told}");
    assert_eq!(contents(place.path()), before);

    let output = place.run(&[
        "explain",
        "trial-b",
        "--base",
        "shapes",
        "--test-index",
        "0",
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("model.bpk\" is damaged: expected sha-256"),
        "{output:?}"
    );
}

#[test]
fn weights_of_another_network_are_refused_by_tensor_and_name() {
    let place = Place::new();
    let short = [
        "data.shapes.train_images=60",
        "train.epochs=1",
        "train.batch_size=30",
    ];
    let train = |trial: &str, more: &[&str]| {
        let mut command = place.command(&["train", trial, "--base", "shapes", "--name", trial]);
        for change in short {
            command.args(["--set", change]);
        }
        command.args(more).output().expect("the binary starts")
    };
    assert!(train("trial-a", &[]).status.success());
    let runs = place.path().join("checkpoints/shapes");
    copy_folder(&runs.join("trial-a"), &runs.join("trial-b"));
    let before = contents(place.path());

    // Its record says so already.
    let all = ["--resume", "--accept-changes"];
    for flags in [&all[..1], &all[..]] {
        let output = train("trial-b", flags);
        assert_eq!(output.status.code(), Some(1));
        let told = stderr(&output);
        let expected = "cannot change when a run is resumed: model.filters was [32], is [32,64]\n";
        assert!(told.contains(expected), "{told}");
        assert!(told.contains("hint: start over with --force"), "{told}");
    }
    assert_eq!(
        contents(place.path()),
        before,
        "a refused resume changes nothing"
    );

    // A checkpoint among those of another run: the weights themselves tell.
    let place = Place::new();
    let train = |seed: &str, filters: &str| {
        let filters = format!("model.filters={filters}");
        place.trained(&["--seed", seed, "--set", &filters, "--set", "train.epochs=2"]);
    };
    train("0", "[4]");
    for (seed, filters, expected) in [
        (
            "1",
            "[4, 8]",
            "holds another network: tensor \"dense.weight\" has shape [512, 12], expected [1024, 12]",
        ),
        (
            "2",
            "[6]",
            "holds another network: tensor \"blocks.0.convolution.weight\" has shape [6, 3, 3, 3], \
             expected [4, 3, 3, 3]",
        ),
    ] {
        train(seed, filters);
        let of = |seed: &str| {
            let runs = place.path().join("checkpoints/shapes");
            RunDir::new(&runs, "trial-b", seed.parse().expect("a seed"))
        };
        let name = CheckpointName::epoch(1);
        // The same seed, so that only the network differs.
        let mut state = of(seed).read_state(name).expect("a state");
        state.seed = 0;
        let files = ["model.bpk", "optimizer.bpk"].map(|file| {
            let content = fs::read(of(seed).checkpoint(name).join(file));
            (file, content.expect("there"))
        });
        let files = files
            .each_ref()
            .map(|(file, content)| (*file, &content[..]));
        of("0").write_checkpoint(state, &files).expect("written");
        let output = place.run(&[
            "evaluate",
            "trial-b",
            "--base",
            "shapes",
            "--seeds",
            "0",
            "--checkpoint",
            "1",
        ]);
        assert_eq!(output.status.code(), Some(1));
        let told = stderr(&output);
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn a_resume_with_other_values_lists_them_and_needs_a_flag() {
    let place = Place::new();
    let start = [
        "--set",
        "train.schedule=constant",
        "--set",
        "train.epochs=2",
    ];
    place.trained(&start);
    let changes = [
        "--set",
        "train.schedule=constant",
        "--set",
        "train.epochs=3",
        "--set",
        "train.learning_rate=0.002",
        "--resume",
    ];
    let output = place.train(&changes).output().expect("started");
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    let list = "train.epochs was 2, is 3; train.learning_rate was 0.001, is 0.002; the learning rate \
                goes from 1.0e-3 to 2.0e-3";
    assert!(told.contains(list), "{told}");
    assert_eq!(
        read_epoch_records::<EpochRow>(&place.dir().epochs())
            .expect("a table")
            .len(),
        3
    );

    place.trained(&[&changes[..], &["--accept-changes"]].concat());
    let rows = read_epoch_records::<EpochRow>(&place.dir().epochs()).expect("a table");
    assert_eq!(
        rows.iter().map(|row| row.epoch).collect::<Vec<_>>(),
        [0, 1, 2, 3]
    );
    assert_eq!(rows[2].learning_rate, Some(0.001));
    assert_eq!(rows[3].learning_rate, Some(0.002));
}

#[test]
fn a_run_that_is_there_is_kept_unless_forced() {
    let place = Place::new();
    place.trained(&[]);
    let before = contents(place.path());
    let output = place.train(&[]).output().expect("started");
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    assert!(
        told.contains("trial-b/seed-0\" holds a run already (done)\n"),
        "{told}"
    );
    assert!(
        told.contains("hint: go on with --resume, or start over with --force\n"),
        "{told}"
    );
    assert_eq!(contents(place.path()), before);

    place.trained(&["--set", "train.epochs=1", "--force"]);
    let kept: Vec<u32> = remains(&place)
        .checkpoints
        .iter()
        .map(|(name, _)| name.epoch)
        .collect();
    assert_eq!(kept, [0, 1], "nothing of the old run is left");
}

#[test]
fn a_second_run_in_the_same_folder_is_refused_by_name() {
    let place = Place::new();
    let mut first = place.start(&[]);
    place.wait_for_rows(2);
    for mode in [None, Some("--resume"), Some("--force")] {
        let more: Vec<&str> = ["--set", LONG].into_iter().chain(mode).collect();
        let output = place.train(&more).output().expect("started");
        assert_eq!(output.status.code(), Some(1), "{mode:?}");
        let told = stderr(&output);
        let owner = format!("is in use by process {} on ", first.id());
        assert!(told.contains(&owner), "{mode:?}: {told}");
        assert!(
            told.contains("hint: wait for it, or train another seed"),
            "{told}"
        );
    }
    // The lock of a killed process frees itself.
    signal(&first, "KILL");
    assert_eq!(first.wait().expect("ended").signal(), Some(9));
    let rows = read_epoch_records::<EpochRow>(&place.dir().epochs())
        .expect("a table")
        .len();
    let mut second = place.start(&["--resume"]);
    place.wait_for_rows(rows + 1);
    signal(&second, "INT");
    assert_eq!(second.wait().expect("ended").code(), Some(130));
}

/// Stops the long trial with `name`, and returns the command that it prints to go on.
fn stopped_by(place: &Place, name: &str, code: i32) -> String {
    let child = place.start(&[]);
    place.wait_for_rows(3);
    signal(&child, name);
    let output = child.wait_with_output().expect("ended");
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    let saved = place
        .dir()
        .checkpoints()
        .expect("listed")
        .pop()
        .expect("saved")
        .to_string();
    assert!(
        told.contains(&format!("stopped; saved as {saved} in ")),
        "{told}"
    );
    let status = RunManifest::read(&place.dir().manifest())
        .expect("a manifest")
        .status;
    assert_eq!(status, RunStatus::Interrupted);
    let command = told
        .lines()
        .find_map(|line| line.strip_prefix("to go on: "));
    command
        .unwrap_or_else(|| panic!("no command in {told}"))
        .to_string()
}

/// Runs a printed command in a shell.
fn paste(place: &Place, command: &str) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_camtrail"));
    let folder = binary.parent().expect("a folder").to_str().expect("UTF-8");
    let path = std::env::var("PATH").expect("a search path");
    Command::new("sh")
        .args(["-c", command])
        .current_dir(place.path())
        .env("PATH", format!("{folder}:{path}"))
        .env_remove("CARGO")
        .output()
        .expect("a shell")
}

#[test]
fn one_signal_saves_and_the_printed_command_ends_with_the_same_bits() {
    let whole = Place::new();
    whole.trained(&["--set", LONG]);
    let expected = remains(&whole);
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let place = Place::new();
        let command = stopped_by(&place, name, code);
        assert!(
            command.starts_with("camtrail train trial-b --base shapes --set data"),
            "{command}"
        );
        assert!(command.ends_with(" --seed 0 --resume"), "{command}");
        let output = paste(&place, &command);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(remains(&place), expected, "after SIG{name}");
    }
}

/// Stops a study while it measures, and checks that it says so and leaves no file half written.
fn stopped_while_measuring(place: &Place, arguments: &[&str]) {
    let out = place.path().join("stopped");
    // A signal before the program listens ends it without a code; then the next one comes later.
    for wait in [300, 600, 1200, 2400, 4800, 9600] {
        let mut command = place.command(arguments);
        command.args(["--out", "stopped"]).stdout(Stdio::null());
        let child = command.stderr(Stdio::piped()).spawn();
        let child = child.expect("the binary starts");
        std::thread::sleep(Duration::from_millis(wait));
        signal(&child, "TERM");
        let output = child.wait_with_output().expect("ended");
        let told = stderr(&output);
        if output.status.code().is_none() {
            continue;
        }
        assert_eq!(output.status.code(), Some(143), "{arguments:?}: {told}");
        assert!(
            told.contains("error: stopped by a signal\n"),
            "{arguments:?}: {told}"
        );
        if out.exists() {
            for (path, _) in contents(&out) {
                let name = path.file_name().expect("a name").to_string_lossy();
                let table = name.ends_with(".csv") || name.starts_with('.');
                assert!(!table, "{arguments:?} left {path:?}");
            }
        }
        return;
    }
    panic!("{arguments:?} never listened to a signal");
}

#[test]
fn a_signal_stops_every_study_without_a_half_written_file() {
    let place = Place::new();
    let images = "data.shapes.test_images=6000";
    place.trained(&["--set", images, "--set", "train.epochs=1"]);
    let clips = place.run(&[
        "train",
        "convlstm",
        "--base",
        "digits",
        "--name",
        "convlstm",
        "--set",
        "forecast.hidden=[4]",
        "--set",
        "clips.train_clips=8",
        "--set",
        "clips.validation_clips=4",
        "--set",
        "clips.test_clips=400",
        "--set",
        "train.batch_size=4",
        "--set",
        "train.epochs=1",
    ]);
    assert!(clips.status.success(), "{}", stderr(&clips));
    for study in [
        "score trial-b --base shapes --insertion-deletion --steps 512",
        "localize trial-b --base shapes --methods score-cam,ablation-cam",
        "sanity trial-b --base shapes --limit 6000 --draws 20",
        "explain-seq convlstm --base digits --capacity-clips 400",
    ] {
        let arguments: Vec<&str> = study.split(' ').collect();
        stopped_while_measuring(&place, &arguments);
    }
}

#[test]
fn kills_at_random_moments_cost_no_bit() {
    /// Kills of the one run.
    const KILLS: u64 = 8;
    /// Shortest and longest time before a kill, milliseconds; starting takes some 60 of them.
    const DELAYS: (u64, u64) = (70, 400);

    let whole = Place::new();
    whole.trained(&["--set", LONG]);
    let expected = remains(&whole);

    let place = Place::new();
    let mut landed = 0;
    let mut more: &[&str] = &[];
    for kill in 0..KILLS {
        let mut child = place.start(more);
        // A golden-ratio sequence: spread over the range, and the same every time.
        let share = (kill * 618) % 1000;
        std::thread::sleep(Duration::from_millis(
            DELAYS.0 + (DELAYS.1 - DELAYS.0) * share / 1000,
        ));
        signal(&child, "KILL");
        landed += u64::from(child.wait().expect("ended").signal() == Some(9));
        for name in place.dir().checkpoints().expect("listed") {
            let state = place.dir().read_state(name).expect("complete or absent");
            place
                .dir()
                .read_checked(&state, MODEL)
                .expect("complete or absent");
        }
        // Before its manifest is written there is nothing to resume.
        more = if place.dir().manifest().exists() {
            &["--resume"]
        } else {
            &[]
        };
    }
    assert!(landed > KILLS / 2, "only {landed} kills came in time");
    place.trained(&[&["--set", LONG], more].concat());
    assert_eq!(remains(&place), expected);
    let names = fs::read_dir(place.dir().path()).expect("a run folder");
    let names: Vec<_> = names
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    let strays = names
        .iter()
        .filter(|name| name.to_string_lossy().starts_with(".writing-"));
    assert_eq!(strays.count(), 0, "{names:?}");
}

#[test]
fn leftovers_of_a_killed_process_are_removed_and_told() {
    let whole = Place::new();
    whole.trained(&[]);
    let names = [".writing-1-epoch-004", ".writing-1-run.json"];
    let (place, told) = resumed_after(&whole, |place| {
        let run = place.dir().path();
        fs::create_dir(run.join(names[0])).expect("a leftover");
        fs::write(run.join(names[0]).join(MODEL), "half").expect("a leftover");
        fs::write(run.join(names[1]), "{").expect("a leftover");
    });
    for name in names {
        let warning = format!("removed \"{name}\", left half-written by a stopped run");
        assert!(told.contains(&warning), "{told}");
        assert!(!place.dir().path().join(name).exists());
        let kept = RunManifest::read(&place.dir().manifest())
            .expect("a manifest")
            .warnings;
        assert!(kept.contains(&warning), "{kept:?}");
    }
    assert_eq!(remains(&place), remains(&whole));
}

#[test]
fn a_folder_that_cannot_be_is_refused_before_training() {
    let place = Place::new();
    fs::write(place.path().join("blocker"), "a file").expect("written");
    let output = place
        .train(&["--runs", "blocker/runs"])
        .output()
        .expect("started");
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    let expected = "error: cannot create \"blocker/runs/shapes/trial-b/seed-0\": ";
    assert!(told.contains(expected), "{told}");
    assert!(output.stdout.is_empty(), "no epoch was trained");
}

#[test]
fn a_loss_that_is_no_number_fails_and_leaves_the_checkpoints_whole() {
    let place = Place::new();
    let output = place
        .train(&["--set", "train.learning_rate=1e30"])
        .output()
        .expect("started");
    assert_eq!(output.status.code(), Some(1));
    let told = stderr(&output);
    let expected = "in epoch 1, batch 2 of 10; last good checkpoint: epoch-000\n";
    assert!(
        told.contains("error: the loss became ") && told.contains(expected),
        "{told}"
    );
    assert!(told.contains("hint: lower the learning rate"), "{told}");
    let status = RunManifest::read(&place.dir().manifest())
        .expect("a manifest")
        .status;
    assert!(matches!(status, RunStatus::Failed { .. }), "{status:?}");
    let evaluated = place.run(&["evaluate", "trial-b", "--base", "shapes"]);
    assert!(evaluated.status.success(), "{}", stderr(&evaluated));
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let place = Place::new();
    place.trained(&[]);
    for command in [
        "camtrail list | head -1; exit ${PIPESTATUS[0]}",
        "camtrail show trial-d | true; exit ${PIPESTATUS[0]}",
        "camtrail --help | true; exit ${PIPESTATUS[0]}",
        "camtrail evaluate trial-b --base shapes | true; exit ${PIPESTATUS[0]}",
        "camtrail train trial-b --base shapes --set data.shapes.train_images=24 \
         --set train.batch_size=12 --set train.epochs=1 --seed 5 2>&1 | head -1; \
         exit ${PIPESTATUS[0]}",
    ] {
        let output = paste(&place, &format!("bash -c '{command}'"));
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command}: {}",
            stderr(&output)
        );
        let told = stderr(&output);
        assert!(
            !told.contains("panicked") && !told.contains("internal error"),
            "{told}"
        );
        assert!(!told.contains("Broken pipe"), "{told}");
    }
}

#[test]
fn a_file_size_limit_is_an_ordinary_error() {
    let place = Place::new();
    let mut changes = String::new();
    for change in SHORT {
        changes.push_str(&format!(" --set \"{change}\""));
    }
    // In units of 1,024 bytes: the weights alone are more.
    let script = format!(
        "ulimit -f 20; camtrail train trial-b --base shapes --name trial-b{changes}; exit $?"
    );
    fs::write(place.path().join("script"), script).expect("written");
    let output = paste(&place, "bash script");
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("error: cannot write \"") && told.contains("epoch-000"),
        "{told}"
    );
    assert!(told.contains("File too large"), "{told}");
    assert_eq!(place.dir().checkpoints().expect("listed"), []);
}

/// Runs `script` where `small` is a file system of `size`; returns what it printed on both outputs.
fn on_a_small_disk(place: &Place, size: &str, script: &str) -> (String, String) {
    fs::create_dir(place.path().join("small")).expect("created");
    let script = format!("mount -t tmpfs -o size={size} none small && cd small && {script}");
    fs::write(place.path().join("script"), script).expect("written");
    let output = paste(place, "unshare -rm sh script");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    (printed, stderr(&output))
}

/// The command that trains the short trial, with `more` changes.
fn train_command(more: &[&str]) -> String {
    let changes = SHORT.iter().chain(more);
    let changes: String = changes
        .map(|change| format!(" --set \"{change}\""))
        .collect();
    format!("camtrail train trial-b --base shapes --name trial-b{changes}")
}

#[test]
#[ignore = "needs `unshare -rm` and a tmpfs inside it"]
fn a_full_disk_keeps_the_checkpoint_before() {
    let place = Place::new();
    let train = train_command(&[LONG, "checkpoints.at=[0]", "checkpoints.every=0"]);
    // Another process fills the disk while the run is at work.
    let script = format!(
        "{{ {train} > /dev/null & }}
         until [ -e checkpoints/shapes/trial-b/seed-0/epoch-002 ]; do sleep 0.01; done
         cat /dev/zero > filler 2> /dev/null
         wait $!; echo code $?
         cd checkpoints/shapes/trial-b/seed-0 && ls -A && cd - > /dev/null &&
         camtrail evaluate trial-b --base shapes --checkpoint last --out ../evaluated > /dev/null
         echo code $?"
    );
    let (left, told) = on_a_small_disk(&place, "1m", &script);
    assert!(left.starts_with("code 1\n"), "{left}{told}");
    assert!(
        left.ends_with("code 0\n"),
        "the last checkpoint is whole: {left}{told}"
    );
    assert!(!left.contains(".writing-"), "no orphan: {left}");
    assert!(
        told.contains("error: cannot write \"checkpoints/shapes/trial-b/seed-0/"),
        "{told}"
    );
    assert!(told.contains("No space left on device"), "{told}");
}

#[test]
#[ignore = "needs `unshare -rm` and a tmpfs inside it"]
fn too_little_space_is_refused_before_the_first_epoch() {
    let place = Place::new();
    let train = train_command(&[LONG]);
    let script = format!("{train}; echo code $?; ls -A checkpoints/shapes/trial-b/seed-0");
    let (left, told) = on_a_small_disk(&place, "1m", &script);
    assert_eq!(left, "code 1\n.lock\n", "{told}");
    // 6,564 parameters of 12 bytes; epochs 0 to 60 and 3 more.
    let expected = format!("need about {} bytes, the file system has ", 6564 * 12 * 64);
    assert!(told.contains(&expected), "{told}");
    assert!(told.contains("hint: free some space"), "{told}");
}
