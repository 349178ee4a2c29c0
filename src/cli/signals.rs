//! SIGINT, SIGTERM, SIGHUP and SIGUSR1: once to save and stop; the first two twice to stop at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};
use signal_hook::flag;

use crate::run::interrupt_by;

/// Added to a signal's number to make an exit code, as in the shell.
const SIGNAL_EXIT_BASE: i32 = 128;

/// Precedes the mask of ignored signals in Linux's record of a process.
const IGNORED: &str = "SigIgn:";

/// Whether a signal came, and which one.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals {
    asked: Arc<AtomicBool>,
    which: Arc<AtomicUsize>,
}

impl Signals {
    /// Returns a watch on the signals. A hang-up that is ignored, as under `nohup`, stays so.
    pub(super) fn install() -> std::io::Result<Self> {
        let signals = Self::default();
        // Exceeding the file-size limit is then an error of the write, with a path, instead of
        // sudden death.
        flag::register(SIGXFSZ, Arc::default())?;
        // A terminal that closes may send several hang-ups, and then a SIGTERM: they do not count.
        let twice = Arc::<AtomicBool>::default();
        for signal in [SIGINT, SIGTERM] {
            let code = SIGNAL_EXIT_BASE + signal;
            // Registered first, so that it acts from the second signal on.
            flag::register_conditional_shutdown(signal, code, twice.clone())?;
            flag::register(signal, twice.clone())?;
        }
        let hang_up = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        // Slurm's warning before a job's time is up is SIGUSR1.
        for signal in [SIGINT, SIGTERM, SIGUSR1].into_iter().chain(hang_up) {
            flag::register(signal, signals.asked.clone())?;
            flag::register_usize(signal, signals.which.clone(), signal as usize)?;
        }
        interrupt_by(&signals.asked);
        Ok(signals)
    }

    /// Returns whether to stop.
    pub(super) fn stop(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Returns the exit code of a run that was stopped.
    pub(super) fn exit_code(&self) -> u8 {
        let signal = self.which.load(Ordering::Relaxed) as i32;
        let signal = if signal == 0 { SIGINT } else { signal };
        u8::try_from(SIGNAL_EXIT_BASE + signal).unwrap_or(1)
    }
}

/// Returns whether the process was started with `signal` ignored. Without Linux's record of it, a
/// signal counts as ignored: it then does what the system does.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix(IGNORED));
    let mask = mask.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok());
    mask.is_none_or(|mask| mask >> (signal - 1) & 1 == 1)
}
