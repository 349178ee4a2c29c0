//! A sweep on a real Slurm of two nodes on this machine, with a cell that fails, one that is queued
//! again, and a node that dies: the merged tables are those of a serial run, byte for byte.
//!
//! `CAMTRAIL_SLURM` names a folder with Slurm's unpacked packages; `.ci/run` fetches them.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{done_in, new_folder, run_in};

const SWEEP: &str = "\
experiments = [\"trial-b\"]
base = \"shapes\"
seeds = [0, 1]

[set]
model.filters = [4, 8]
data.shapes.train_images = 240
data.shapes.validation_images = 24
data.shapes.test_images = 24
train.batch_size = 12
train.epochs = 60
checkpoints.at = []
checkpoints.every = 20

[grid]
# At the last rate every training fails: its loss is no number.
train.learning_rate = [1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e30]
";
/// Number of cells.
const CELLS: usize = 12;
/// Longest time until every job has ended.
const PATIENCE: Duration = Duration::from_secs(400);
const LOOK: Duration = Duration::from_secs(1);

/// Slurm's daemons, which end with the value.
struct Slurm {
    folder: PathBuf,
    packages: PathBuf,
    controller: Child,
    nodes: [Child; 2],
}

impl Slurm {
    fn start(packages: PathBuf, folder: PathBuf) -> Self {
        let host = fs::read_to_string("/proc/sys/kernel/hostname").expect("a host name");
        for name in ["state", "log", "n1", "n2"] {
            fs::create_dir(folder.join(name)).expect("created");
        }
        let conf = include_str!("slurm/slurm.conf");
        let conf = conf
            .replace("HOST", host.trim())
            .replace("FOLDER", folder.to_str().expect("UTF-8"))
            .replace("PACKAGES", packages.to_str().expect("UTF-8"));
        fs::write(folder.join("slurm.conf"), conf).expect("written");
        let controller = Self::command(&packages, &folder, "usr/sbin/slurmctld-wlm")
            .arg("-D")
            .spawn()
            .expect("started");
        std::thread::sleep(Duration::from_secs(2));
        let nodes = ["n1", "n2"].map(|node| {
            let step = packages.join("usr/sbin/slurmstepd-wlm");
            Self::command(&packages, &folder, "usr/sbin/slurmd-wlm")
                .args(["-D", "-N", node, "-d"])
                .arg(step)
                .spawn()
                .expect("started")
        });
        let slurm = Self {
            folder,
            packages,
            controller,
            nodes,
        };
        slurm.wait("two idle nodes", || {
            slurm.run("sinfo", &["-h", "-o", "%D %t"]).trim() == "2 idle"
        });
        slurm
    }

    fn command(packages: &Path, folder: &Path, program: &str) -> Command {
        let mut command = Command::new(packages.join(program));
        let log = || {
            fs::File::options()
                .create(true)
                .append(true)
                .open(folder.join("log/daemons"))
        };
        command
            .stdin(Stdio::null())
            .stdout(log().expect("a log"))
            .stderr(log().expect("a log"));
        Self::environment(packages, folder, &mut command);
        command
    }

    /// Lets `command` find Slurm.
    fn environment(packages: &Path, folder: &Path, command: &mut Command) {
        let library = packages.join("usr/lib/x86_64-linux-gnu");
        let libraries = format!(
            "{}:{}",
            library.display(),
            library.join("slurm-wlm").display()
        );
        let path = format!(
            "{}:{}",
            packages.join("usr/bin").display(),
            std::env::var("PATH").expect("a path")
        );
        command
            .env("SLURM_CONF", folder.join("slurm.conf"))
            .env("LD_LIBRARY_PATH", libraries)
            .env("PATH", path);
    }

    fn lend(&self, command: &mut Command) {
        Self::environment(&self.packages, &self.folder, command);
    }

    /// Returns what one of Slurm's commands prints.
    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let program = format!("usr/bin/{program}");
        let output = Self::command(&self.packages, &self.folder, &program)
            .args(arguments)
            .stdout(Stdio::piped())
            .output()
            .expect("started");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Returns the state of each job that is not over, by the number of its cell.
    fn states(&self) -> Vec<(String, String)> {
        let listed = self.run("squeue", &["-h", "-r", "-o", "%K %T %N"]);
        let state = |line: &str| {
            let (cell, state) = line.split_once(' ')?;
            Some((cell.to_string(), state.to_string()))
        };
        listed.lines().filter_map(state).collect()
    }

    fn wait(&self, what: &str, until: impl Fn() -> bool) {
        let started = Instant::now();
        while !until() {
            assert!(
                started.elapsed() < PATIENCE,
                "waiting for {what}: {}\n{}",
                self.run("squeue", &["-r"]),
                fs::read_to_string(self.folder.join("log/daemons")).unwrap_or_default()
            );
            std::thread::sleep(LOOK);
        }
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        self.run("scancel", &["--user=root"]);
        let daemons = self.nodes.iter_mut().chain([&mut self.controller]);
        for daemon in daemons {
            let _ = daemon.kill();
            let _ = daemon.wait();
        }
    }
}

/// Returns a folder with the description of the sweep.
fn with_sweep(name: &str) -> PathBuf {
    let folder = new_folder(name);
    fs::create_dir_all(folder.join("experiments/sweeps")).expect("created");
    fs::write(folder.join("experiments/sweeps/rates.toml"), SWEEP).expect("written");
    folder
}

fn table(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join("figures/sweeps/rates").join(name)).expect("a table")
}

fn epochs(folder: &Path, run: &str) -> usize {
    let path = folder
        .join("checkpoints/shapes")
        .join(run)
        .join("epochs.csv");
    fs::read_to_string(path).map_or(0, |table| table.lines().count())
}

#[test]
#[ignore = "needs Slurm's packages in CAMTRAIL_SLURM"]
fn a_sweep_on_slurm_equals_a_serial_one() {
    let packages = std::env::var_os("CAMTRAIL_SLURM").expect("set CAMTRAIL_SLURM to run this test");
    let serial = with_sweep("slurm-serial");
    let failed = run_in(&serial, &["sweep", "run", "rates"]);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    let counts = "10 cells done, 2 failed, 0 stopped, 0 not started";
    assert!(failed.stderr.contains(counts), "{}", failed.stderr);
    done_in(&serial, &["sweep", "merge", "rates"]);

    let folder = with_sweep("slurm-array");
    let mut slurm = Slurm::start(packages.into(), new_folder("slurm-daemons"));
    let mut submit = Command::new(env!("CARGO_BIN_EXE_camtrail"));
    slurm.lend(&mut submit);
    let output = submit
        .args([
            "sweep",
            "submit",
            "rates",
            "--engine",
            "slurm",
            "--throttle",
            "2",
            "--option=--comment=two words # 1",
        ])
        .current_dir(&folder)
        .env("NO_COLOR", "1")
        .env_remove("CAMTRAIL_DATA")
        .env("CAMTRAIL_PUBLISHED", "")
        .output()
        .expect("started");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("to watch: squeue --jobs="), "{told}");
    let shown = String::from_utf8_lossy(&output.stdout);
    let array = shown
        .split([' ', ':'])
        .nth(1)
        .expect("the number of the array")
        .to_string();

    let job = slurm.run("scontrol", &["show", "job", &array]);
    assert!(job.contains("Comment=two words # 1"), "{job}");

    // A cell in mid-training is queued again, and need not wait two minutes.
    let run = |cell: usize| {
        let plan =
            fs::read_to_string(folder.join("checkpoints/sweeps/rates/plan.jsonl")).expect("a plan");
        let line: serde_json::Value =
            serde_json::from_str(plan.lines().nth(cell).expect("a cell")).expect("JSON");
        format!(
            "{}/seed-{}",
            line["run"].as_str().expect("a run"),
            line["seed"]
        )
    };
    slurm.wait("cell 0 in mid-training", || epochs(&folder, &run(0)) > 3);
    let requeued = format!("{array}_0");
    slurm.run("scontrol", &["requeue", &requeued]);
    slurm.wait("cell 0 to be pending", || {
        let states = slurm.states();
        states
            .iter()
            .any(|(cell, state)| cell == "0" && state.starts_with("PENDING"))
    });
    let stopped = epochs(&folder, &run(0));
    assert!(stopped > 3 && stopped < 62, "{stopped}");
    slurm.run(
        "scontrol",
        &["update", &format!("JobId={requeued}"), "StartTime=now"],
    );

    // A node dies with the cell on it.
    slurm.wait("a cell on the second node", || {
        slurm
            .states()
            .iter()
            .any(|(_, state)| state == "RUNNING n2")
    });
    slurm.nodes[1].kill().expect("killed");
    slurm.wait("every cell to end", || {
        for (cell, state) in slurm.states() {
            if state.starts_with("PENDING") && cell != "N/A" {
                slurm.run(
                    "scontrol",
                    &["update", &format!("JobId={array}_{cell}"), "StartTime=now"],
                );
            }
        }
        slurm.states().is_empty()
    });
    for name in ["sweep.csv", "sweep-summary.csv", "sweep-undone.csv"] {
        assert_eq!(table(&folder, name), table(&serial, name), "{name}");
    }
    assert_eq!(table(&folder, "sweep.csv").lines().count(), CELLS - 2 + 1);
    let undone = table(&folder, "sweep-undone.csv");
    assert_eq!(undone.matches(",failed,").count(), 2, "{undone}");
}
