//! Campaigns: kills at random moments and at chosen system calls, changed bits and cuts of every
//! file of a run, and mutants of every input file. Each is bounded; `CAMTRAIL_CAMPAIGN=N` makes it N
//! times as long, and prints what it counted:
//!
//!     CAMTRAIL_CAMPAIGN=100 cargo test --test campaigns -- --include-ignored --nocapture
//!
//! `docs/results/reliability.md` has the figures of one long run.

#[path = "support/folder.rs"]
mod folder;

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use camtrail::run::{EpochRow, RunDir, read_epoch_records};
use folder::new_folder;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A training of a fraction of a second with a checkpoint at every epoch.
const TRAIN: &str = "train trial-b --base shapes --name trial-b --set model.filters=[4,8] \
                     --set data.shapes.train_images=120 --set data.shapes.validation_images=24 \
                     --set data.shapes.test_images=24 --set train.batch_size=12 \
                     --set train.epochs=6 --set checkpoints.every=2";
/// The run of that training.
const RUN: &str = "checkpoints/shapes/trial-b/seed-0";
/// Longest time of a single command, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Returns the length of a campaign: `short` times `CAMTRAIL_CAMPAIGN`.
fn length(short: usize) -> usize {
    let times = std::env::var("CAMTRAIL_CAMPAIGN").map(|text| text.parse::<usize>());
    short
        * times
            .unwrap_or(Ok(1))
            .expect("CAMTRAIL_CAMPAIGN is a number")
}

fn command(program: &str, folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .args(arguments.split_whitespace())
        .env("NO_COLOR", "1")
        .env_remove("CARGO")
        .env_remove("CAMTRAIL_DATA")
        .env("CAMTRAIL_PUBLISHED", "")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn camtrail(folder: &Path, arguments: &str) -> Command {
    command(env!("CARGO_BIN_EXE_camtrail"), folder, arguments)
}

/// Runs to the end, which must come in time and without a panic.
fn finished(mut command: Command) -> Output {
    let started = Instant::now();
    let output = command.output().expect("started");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(started.elapsed() < PATIENCE, "{command:?}");
    assert!(!stderr.contains("internal error"), "{command:?}\n{stderr}");
    assert!(!stderr.contains("panicked"), "{command:?}\n{stderr}");
    output
}

/// What a training ends with, without times: the rows, and weights and optimizer of each checkpoint.
fn ended(folder: &Path) -> (Vec<EpochRow>, Vec<(String, Vec<u8>)>) {
    let run = RunDir::at(&folder.join(RUN)).expect("a run's folder");
    let rows = read_epoch_records::<EpochRow>(&run.epochs()).expect("a table");
    let rows = rows.into_iter().map(|row| EpochRow {
        images_per_second: None,
        seconds: 0.0,
        ..row
    });
    let mut files = vec![(
        "best.json".to_string(),
        fs::read(run.best()).expect("there"),
    )];
    for name in run.checkpoint_folders().expect("listed") {
        for file in ["model.bpk", "optimizer.bpk"] {
            let content = fs::read(run.checkpoint(name).join(file)).expect("complete");
            files.push((format!("{name}/{file}"), content));
        }
    }
    (rows.collect(), files)
}

/// Returns a folder with a finished training that nothing happened to.
fn undisturbed(name: &str) -> PathBuf {
    let folder = new_folder(name);
    let output = finished(camtrail(&folder, TRAIN));
    assert!(output.status.success(), "{output:?}");
    folder
}

/// Returns the command that starts or continues the training in `folder`.
fn onwards(folder: &Path) -> String {
    match folder.join(RUN).join("run.json").exists() {
        true => format!("{TRAIN} --resume"),
        false => TRAIN.to_string(),
    }
}

/// Asserts that the training in `folder`, continued to its end, gives what `expected` holds, and
/// leaves nothing half-written.
fn assert_ends_alike(folder: &Path, expected: &(Vec<EpochRow>, Vec<(String, Vec<u8>)>)) {
    let output = finished(camtrail(folder, &onwards(folder)));
    assert!(output.status.success(), "{output:?}");
    let found = ended(folder);
    assert_eq!(found.0, expected.0);
    let names = |files: &[(String, Vec<u8>)]| {
        files
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&found.1), names(&expected.1));
    for ((name, found), (_, expected)) in found.1.iter().zip(&expected.1) {
        assert!(found == expected, "{name} has other bits");
    }
    for entry in fs::read_dir(folder.join(RUN)).expect("listed") {
        let name = entry.expect("listed").file_name();
        assert!(!name.to_string_lossy().starts_with(".writing"), "{name:?}");
    }
}

#[test]
fn random_kills_cost_no_bit() {
    let expected = ended(&undisturbed("campaign-kills-whole"));
    let whole = {
        let folder = new_folder("campaign-kills-timed");
        let started = Instant::now();
        finished(camtrail(&folder, TRAIN));
        started.elapsed()
    };
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let (mut kills, mut trainings) = (0, 0);
    while kills < length(12) {
        let folder = new_folder("campaign-kills");
        trainings += 1;
        // Several in one training, so that a resumed one is killed as well.
        for _ in 0..4 {
            let mut child = camtrail(&folder, &onwards(&folder))
                .spawn()
                .expect("started");
            let wait = whole.mul_f64(random.random_range(0.05..1.0));
            std::thread::sleep(wait);
            child.kill().expect("killed");
            kills += usize::from(child.wait().expect("ended").signal() == Some(9));
        }
        assert_ends_alike(&folder, &expected);
    }
    println!("{kills} kills in {trainings} trainings: the same bits");
}

/// Kills the training at the n-th call of each kind that changes the disk.
#[test]
#[ignore = "needs strace"]
fn kills_at_system_calls_cost_no_bit() {
    const CALLS: [&str; 7] = [
        "openat",
        "write",
        "fsync",
        "rename",
        "mkdir",
        "unlink,unlinkat,rmdir",
        "ftruncate",
    ];
    let expected = ended(&undisturbed("campaign-calls-whole"));
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let mut kills = 0;
    for calls in CALLS {
        for _ in 0..length(2) {
            let folder = new_folder("campaign-calls");
            let most = if calls == "openat" || calls == "write" {
                200
            } else {
                40
            };
            let number = random.random_range(1..most);
            let strace = format!(
                "-f -qq -o /dev/null -e trace={calls} -e inject={calls}:signal=KILL:when={number} {} {}",
                env!("CARGO_BIN_EXE_camtrail"),
                onwards(&folder)
            );
            let killed = command("strace", &folder, &strace)
                .output()
                .expect("strace is there");
            kills += usize::from(!killed.status.success());
            assert_ends_alike(&folder, &expected);
        }
    }
    println!("{kills} kills at system calls: the same bits");
}

/// Changes one bit, or cuts the file.
fn damaged(content: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut content = content.to_vec();
    let place = random.random_range(0..content.len().max(1));
    match random.random_range(0..4) {
        0 => content.truncate(place),
        _ if content.is_empty() => content.push(0),
        _ => content[place] ^= 1 << random.random_range(0..8),
    }
    content
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("listed") {
        let path = entry.expect("listed").path();
        match path.is_dir() {
            true => files_below(&path, found),
            false => found.push(path),
        }
    }
    found.sort();
}

/// Whatever is damaged, a measurement gives the right result, or an error that names a file of the
/// run; so does a training that continues.
#[test]
fn a_damaged_run_folder_is_never_believed() {
    let folder = undisturbed("campaign-damage");
    let expected = ended(&folder);
    let evaluate = "evaluate trial-b --base shapes --seeds 0";
    let right = finished(camtrail(&folder, evaluate)).stdout;
    let whole = folder.join("whole");
    copy(&folder.join(RUN), &whole);
    let mut files = Vec::new();
    files_below(&folder.join(RUN), &mut files);
    files.retain(|path| path.file_name().is_some_and(|name| name != ".lock"));
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let (mut refused, mut unharmed) = (0, 0);
    for file in &files {
        for round in 0..length(3) {
            let content = fs::read(file).expect("there");
            fs::write(file, damaged(&content, &mut random)).expect("written");
            let measured = finished(camtrail(&folder, evaluate));
            let stderr = String::from_utf8_lossy(&measured.stderr).into_owned();
            match measured.status.code() {
                Some(0) => {
                    assert!(measured.stdout == right, "{file:?}: {measured:?}");
                    unharmed += 1;
                }
                Some(1 | 2) => {
                    assert!(stderr.contains("seed-0"), "{file:?}: {stderr}");
                    refused += 1;
                }
                other => panic!("{file:?}: {other:?} {stderr}"),
            }
            if round == 0 {
                let resumed = finished(camtrail(&folder, &format!("{TRAIN} --resume")));
                match resumed.status.code() {
                    Some(0) => {
                        let others = ended(&folder).1.into_iter().zip(&expected.1);
                        for ((name, content), (_, expected)) in others {
                            // An earlier checkpoint stays as it is, and is refused when it is read.
                            let same = content == *expected || file.ends_with(&name);
                            assert!(same, "{name} after {file:?}: {resumed:?}");
                        }
                    }
                    Some(1 | 2) => {
                        let stderr = String::from_utf8_lossy(&resumed.stderr);
                        assert!(stderr.contains("seed-0"), "{file:?}: {stderr}");
                    }
                    other => panic!("{file:?}: {other:?}"),
                }
            }
            fs::remove_dir_all(folder.join(RUN)).expect("removed");
            copy(&whole, &folder.join(RUN));
        }
    }
    println!("{refused} damaged files refused, {unharmed} unharmful, no wrong result");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(from).expect("listed") {
        let path = entry.expect("listed").path();
        let target = to.join(path.file_name().expect("a name"));
        match path.is_dir() {
            true => copy(&path, &target),
            false => drop(fs::copy(&path, &target).expect("copied")),
        }
    }
}

/// Every reader of a user's file ends with a result or an error, whatever the file holds.
#[test]
fn mutants_of_input_files_end_in_an_error_or_a_result() {
    let folder = undisturbed("campaign-mutants");
    fs::create_dir_all(folder.join("experiments")).expect("created");
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let file = |name: &str, content: &[u8]| (name.to_string(), content.to_vec());
    let from = |path: &str| fs::read(shared.join(path)).expect("there");
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_fn(9, 7, |x, y| image::Rgb([x as u8 * 20, y as u8 * 30, 90]))
        .write_to(&mut png, image::ImageFormat::Png)
        .expect("encoded");
    let explain = "explain trial-b --base shapes --method grad-cam --out out --image";
    let check = "weights check squeezenet1-0 --weights";
    let inputs = [
        (file("a.png", png.get_ref()), format!("{explain} a.png")),
        (
            file("a.jpg", &from("photos/cmyk.jpg")),
            format!("{explain} a.jpg"),
        ),
        (
            file(
                "boxes.csv",
                b"file,class,x0,y0,x1,y1\nb.png,circle,1,1,6,5\n",
            ),
            "localize trial-b --base shapes --boxes boxes.csv --methods grad-cam --out out".into(),
        ),
        (
            file("zip.pth", &from("weights/zip.pth")),
            format!("{check} zip.pth"),
        ),
        (
            file("old.pth", &from("weights/legacy.pth")),
            format!("{check} old.pth"),
        ),
        (
            file("calls.pth", &from("weights/calls.pth")),
            format!("{check} calls.pth"),
        ),
        (
            file(
                "experiments/mine.toml",
                b"extends = \"base/shapes\"\n[model]\nfilters = [4]\n",
            ),
            "show mine".into(),
        ),
    ];
    fs::write(folder.join("b.png"), png.get_ref()).expect("written");
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let (mut results, mut errors) = (0, 0);
    for ((name, content), arguments) in &inputs {
        for _ in 0..length(6) {
            let mut mutant = content.clone();
            for _ in 0..random.random_range(1..4) {
                mutant = damaged(&mutant, &mut random);
            }
            if random.random_bool(0.2) {
                let mut more = vec![0; random.random_range(1..64)];
                random.fill_bytes(&mut more);
                let place = random.random_range(0..=mutant.len());
                mutant.splice(place..place, more);
            }
            fs::write(folder.join(name), &mutant).expect("written");
            let output = finished(camtrail(&folder, arguments));
            match output.status.code() {
                Some(0) => results += 1,
                Some(1 | 2) => {
                    let stderr = String::from_utf8_lossy(&output.stderr);
                    assert!(stderr.contains("error: "), "{name}: {stderr}");
                    errors += 1;
                }
                other => panic!("{name}: {other:?} {output:?}"),
            }
        }
    }
    println!("{errors} mutants refused, {results} read, none else");
}
