//! Several cells of a sweep at once, each in a process of its own.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::run::{PlannedCell, RunError, SweepDir, is_locked};
use crate::study::is_done;
use crate::study::sweep::engine::TRY_AGAIN;

use super::context::Context;
use super::output::{DONE, FAILED, note};
use super::progress::duration;

/// Time between two looks at the processes.
const LOOK: Duration = Duration::from_millis(100);
/// Sets the number of threads of a process that computes on the CPU.
const THREADS: &str = "RAYON_NUM_THREADS";
/// Most bytes of a log that are searched for its error.
const LOG_END: u64 = 4096;

/// The cells to run.
pub(super) struct Workers<'a> {
    /// Name of the sweep.
    pub(super) name: &'a str,
    /// All cells.
    pub(super) cells: &'a [PlannedCell],
    /// The numbers of those to run.
    pub(super) open: &'a [u64],
    /// The number of processes at once.
    pub(super) at_once: usize,
}

/// A cell that is running.
struct Running<'a> {
    cell: &'a PlannedCell,
    process: Child,
    started: Instant,
}

/// How many cells ended how.
#[derive(Default)]
struct Counts {
    done: usize,
    failed: usize,
    stopped: usize,
    /// Being trained by another process.
    elsewhere: usize,
}

/// Runs the cells, notes how each ended, and returns the exit code. On a signal, the processes are
/// asked to stop, and save what they have.
pub(super) fn run_all(context: &Context, workers: &Workers<'_>) -> anyhow::Result<u8> {
    let mut running: Vec<Running<'_>> = Vec::new();
    let result = run_each(context, workers, &mut running);
    // After an error, no process is left alone.
    running
        .iter()
        .for_each(|running| ask_to_stop(&running.process));
    for mut left in running {
        let _ = left.process.wait();
    }
    result
}

fn run_each<'a>(
    context: &Context,
    workers: &Workers<'a>,
    running: &mut Vec<Running<'a>>,
) -> anyhow::Result<u8> {
    let dir = SweepDir::new(&context.runs.checkpoints, workers.name);
    let mut open = workers.open.iter();
    let mut counts = Counts::default();
    let mut asked = false;
    loop {
        let stop = context.signals.stop();
        while !stop && running.len() < workers.at_once {
            let Some(&index) = open.next() else { break };
            let cell = &workers.cells[index as usize];
            note(format!("cell {index}: {} begins", cell.label()));
            running.push(Running {
                cell,
                process: start(context, &dir, workers, cell)?,
                started: Instant::now(),
            });
        }
        if running.is_empty() {
            break;
        }
        if stop && !asked {
            asked = true;
            running
                .iter()
                .for_each(|running| ask_to_stop(&running.process));
        }
        let mut index = 0;
        while index < running.len() {
            match running[index].process.try_wait()? {
                Some(status) => {
                    let ended = running.swap_remove(index);
                    note_end(context, &dir, &ended, status.code(), &mut counts)?;
                }
                None => index += 1,
            }
        }
        thread::sleep(LOOK);
    }
    let Counts {
        done,
        failed,
        stopped,
        elsewhere,
    } = counts;
    let left = workers.open.len() - done - failed - stopped - elsewhere;
    let others = match elsewhere {
        0 => String::new(),
        count => format!(", {count} running in another process"),
    };
    note(format!(
        "{done} cells done, {failed} failed, {stopped} stopped, {left} not started{others}"
    ));
    Ok(match (failed, stopped + elsewhere + left) {
        (0, 0) => DONE,
        (0, _) => TRY_AGAIN,
        _ => FAILED,
    })
}

/// Starts the process of a cell, whose messages go to its log.
fn start(
    context: &Context,
    dir: &SweepDir,
    workers: &Workers<'_>,
    cell: &PlannedCell,
) -> anyhow::Result<Child> {
    let path = dir.log(cell.cell);
    let log = File::options().create(true).append(true).open(&path);
    let log = log.map_err(|source| RunError::io("create", &path, source))?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args([
            "sweep",
            "run",
            workers.name,
            "--cell",
            &cell.cell.to_string(),
        ])
        .args(context.commands.shared())
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    if std::env::var_os(THREADS).is_none() {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let share = (cores / workers.at_once).max(1);
        command.env(THREADS, share.to_string());
    }
    // Ctrl-C reaches every process of a terminal's group; these are asked once, by this one.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok(command.spawn()?)
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "the standard library only kills")]
fn ask_to_stop(process: &Child) {
    // SAFETY: the process is a child that was not waited for, so the number is still its own.
    unsafe {
        libc::kill(process.id() as libc::pid_t, libc::SIGTERM);
    }
}

#[cfg(not(unix))]
fn ask_to_stop(_process: &Child) {}

fn note_end(
    context: &Context,
    dir: &SweepDir,
    ended: &Running<'_>,
    code: Option<i32>,
    counts: &mut Counts,
) -> anyhow::Result<()> {
    let Running { cell, started, .. } = ended;
    let (index, label) = (cell.cell, cell.label());
    let run = cell.dir(&context.runs.checkpoints);
    let took = duration(started.elapsed().as_secs_f64());
    let log = dir.log(index);
    // Its process has ended, so that a lock is another one's.
    let is_elsewhere = is_locked(&run.path());
    let best = run.read_best().ok().filter(|_| is_done(&run));
    match (code, best) {
        (Some(0), Some(best)) => {
            counts.done += 1;
            note(format!(
                "cell {index}: {label} done in {took}, best validation {} after epoch {}",
                best.in_words(),
                best.epoch
            ));
        }
        (Some(code), _) if code == i32::from(TRY_AGAIN) && is_elsewhere => {
            counts.elsewhere += 1;
            note(format!(
                "cell {index}: {label} is running in another process"
            ));
        }
        (Some(code), _) if code == i32::from(TRY_AGAIN) => {
            counts.stopped += 1;
            note(format!("cell {index}: {label} stopped after {took}"));
        }
        (code, _) => {
            counts.failed += 1;
            let reason = match code {
                Some(_) => last_error(&log),
                None => {
                    let reason = "its process was killed".to_string();
                    dir.write_failure(cell, &reason)?;
                    reason
                }
            };
            note(format!(
                "cell {index}: {label} failed: {reason}; log: {log:?}"
            ));
        }
    }
    Ok(())
}

/// Returns the last error in a log.
fn last_error(log: &Path) -> String {
    let end = || {
        let mut file = File::open(log).ok()?;
        let length = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(LOG_END)))
            .ok()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let text = end().unwrap_or_default();
    let error = text
        .lines()
        .rev()
        .find_map(|line| line.strip_prefix("error: "));
    error.unwrap_or("see its log").to_string()
}
