//! `sweep submit`: the cells of a sweep as jobs of a cluster.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};

use crate::run::{SweepDir, write_atomically};
use crate::study::sweep::engine::{Job, arrays, kubernetes, slurm_array, slurm_merge};

use super::commands::quoted;
use super::context::Context;
use super::failure::Complaint;
use super::modes::Mode;
use super::output::{DONE, note, result, result_file};
use super::sweep_described::Described;

/// Arguments of `sweep submit`.
#[derive(Debug, Clone, Args)]
pub(super) struct SubmitArguments {
    #[command(flatten)]
    described: Described,
    /// Cluster to submit to
    #[arg(long, value_enum)]
    engine: Engine,
    /// Maximum number of cells that run at once [default: no limit]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    throttle: u64,
    /// Option passed to every Slurm job, such as --option=--partition=gpu or --option=--time=2:00:00
    #[arg(long = "option", value_name = "OPTION", allow_hyphen_values = true, value_parser = job_option)]
    options: Vec<String>,
    /// Kubernetes: the image of the container, with camtrail on its PATH
    #[arg(long, value_name = "IMAGE", required_if_eq("engine", "kubernetes"))]
    image: Option<String>,
    /// Kubernetes: the claim of the volume that is mounted at the current folder
    #[arg(long, value_name = "NAME", required_if_eq("engine", "kubernetes"))]
    claim: Option<String>,
    /// Print the scripts and submit nothing
    #[arg(long)]
    dry_run: bool,
}

/// An engine that runs jobs on a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// Slurm: submits an array and a job that merges
    Slurm,
    /// Kubernetes: prints an Indexed Job for `kubectl create -f -`
    Kubernetes,
}

impl SubmitArguments {
    /// Returns the mode: that of the engine.
    pub(super) fn mode(&self) -> Mode {
        match self.engine {
            Engine::Slurm => Mode::Slurm,
            Engine::Kubernetes => Mode::Kubernetes,
        }
    }
}

/// Returns the option of a Slurm job in `text`, which is one argument on one line.
fn job_option(text: &str) -> Result<String, String> {
    let name = text.split('=').next().unwrap_or_default();
    let problem = match text {
        _ if text.contains(char::is_control) => {
            "contains a line break or another control character"
        }
        _ if !text.starts_with('-') => "does not begin with -",
        _ if name.contains(' ') => "has a space in place of =",
        _ => return Ok(text.to_string()),
    };
    Err(format!(
        "it {problem}; give NAME=VALUE, such as --option=--partition=gpu"
    ))
}

/// Submits the sweep.
pub(super) fn submit(context: &Context, arguments: &SubmitArguments) -> anyhow::Result<u8> {
    let name = &arguments.described.name;
    let dir = SweepDir::new(&context.runs.checkpoints, name);
    if arguments.engine == Engine::Slurm {
        check_path(dir.path())?;
    }
    let cells = arguments.described.cells(context, false)?;
    let program = match arguments.engine {
        Engine::Slurm => std::env::current_exe()?.display().to_string(),
        Engine::Kubernetes => "camtrail".to_string(),
    };
    let words = [program]
        .into_iter()
        .chain(context.commands.shared().to_vec());
    let words: Vec<String> = words.map(|word| quoted(&word)).collect();
    let job = Job {
        name: name.clone(),
        cells: cells.len() as u64,
        throttle: arguments.throttle,
        program: words.join(" "),
        folder: std::env::current_dir()?.display().to_string(),
        logs: dir.path().display().to_string(),
        options: arguments.options.clone(),
    };
    match (arguments.engine, &arguments.image, &arguments.claim) {
        (Engine::Kubernetes, Some(image), Some(claim)) => {
            let manifest = kubernetes(&job, image, claim);
            let text = serde_json::to_string_pretty(&manifest)?;
            result_file(&text);
            note("to submit it: pipe this into kubectl create -f -");
            Ok(DONE)
        }
        _ => slurm(context, &job, &dir, arguments.dry_run),
    }
}

/// Refuses a folder of logs whose path Slurm would change.
fn check_path(folder: &Path) -> anyhow::Result<()> {
    let path = folder.to_string_lossy();
    match path.contains(|c: char| c.is_control() || c == '\\') {
        true => Err(Complaint::failed(
            format!("Slurm cannot write logs to {folder:?}: the path contains a backslash or a line break"),
            "name another folder of runs with --runs DIR",
        )
        .into()),
        false => Ok(()),
    }
}

/// Refuses to replace the plan of the sweep `name` while jobs of it are queued or running: they refer to
/// cells by number.
pub(super) fn check_queue(context: &Context, name: &str) -> anyhow::Result<()> {
    let dir = SweepDir::new(&context.runs.checkpoints, name);
    let jobs = dir.read_jobs()?;
    if jobs.is_empty() {
        return Ok(());
    }
    let squeue = Command::new("squeue")
        .args(["--noheader", "--format=%F"])
        .stdin(Stdio::null())
        .output();
    let stop = |jobs: &[String]| {
        let again = context.command(["sweep", "plan", name, "--replace"]);
        format!(
            "wait for them, or stop them: scancel {}; then {again}",
            jobs.join(" ")
        )
    };
    let Some(output) = squeue.ok().filter(|output| output.status.success()) else {
        note(format!(
            "warning: squeue does not answer, so jobs of the old plan may still be queued: {}",
            jobs.join(", ")
        ));
        note(format!("hint: if they are, {}", stop(&jobs)));
        return Ok(());
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let queue: Vec<&str> = text.split_whitespace().collect();
    let mut queued = jobs;
    queued.retain(|job| queue.contains(&job.as_str()));
    if queued.is_empty() {
        return Ok(dir.write_jobs(&[])?);
    }
    Err(Complaint::failed(
        format!(
            "jobs of sweep {name:?} are queued or running: {}",
            queued.join(", ")
        ),
        stop(&queued),
    )
    .into())
}

fn slurm(context: &Context, job: &Job, dir: &SweepDir, dry_run: bool) -> anyhow::Result<u8> {
    let quoted_folder = Job {
        folder: quoted(&job.folder),
        ..job.clone()
    };
    let arrays = arrays(job.cells)
        .into_iter()
        .map(|array| slurm_array(&quoted_folder, array));
    let merge = slurm_merge(&quoted_folder);
    if dry_run {
        for script in arrays.chain([merge]) {
            result_file(&script);
            result("");
        }
        return Ok(DONE);
    }
    let mut known = dir.read_jobs()?;
    let mut numbers = Vec::new();
    for (index, script) in arrays.enumerate() {
        let path = dir.path().join(format!("slurm-{index}.sh"));
        write_atomically(&path, script.as_bytes())?;
        let number = sbatch(&[], &script)?;
        known.push(number.clone());
        dir.write_jobs(&known)?;
        result(format!("array {number}: \"{}\"", path.display()));
        numbers.push(number);
    }
    let path = dir.path().join("slurm-merge.sh");
    write_atomically(&path, merge.as_bytes())?;
    let after = format!("--dependency=afterany:{}", numbers.join(":"));
    let number = sbatch(&[&after], &merge)?;
    result(format!("merge {number}: \"{}\"", path.display()));
    let all = numbers.join(",");
    note(format!("to watch: squeue --jobs={all},{number}"));
    note(format!("to stop: scancel {} {number}", numbers.join(" ")));
    note(format!(
        "for what is done so far: {}",
        context.command(["sweep", "merge", &job.name])
    ));
    Ok(DONE)
}

/// Submits a script, and returns the number of its job.
fn sbatch(options: &[&str], script: &str) -> anyhow::Result<String> {
    let failed = |reason: String| {
        Complaint::failed(
            format!("sbatch: {reason}"),
            "submit on a machine with Slurm's commands, or print the scripts with --dry-run",
        )
    };
    let mut child = Command::new("sbatch")
        .arg("--parsable")
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not read says why below.
        let _ = input.write_all(script.as_bytes());
    }
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    // "NUMBER" or "NUMBER;CLUSTER".
    let number = text.trim().split(';').next().unwrap_or_default();
    match output.status.success() && !number.is_empty() {
        true => Ok(number.to_string()),
        false => Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_string()).into()),
    }
}
