//! SIGINT and SIGTERM: once to save and stop, twice to stop at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

/// Added to a signal's number to make an exit code, as in the shell.
const SIGNAL_EXIT_BASE: i32 = 128;

/// Whether a signal came, and which one.
#[derive(Debug, Clone, Default)]
pub(super) struct Signals {
    asked: Arc<AtomicBool>,
    which: Arc<AtomicUsize>,
}

impl Signals {
    /// Returns a watch on both signals.
    pub(super) fn install() -> std::io::Result<Self> {
        let signals = Self::default();
        // Exceeding the file-size limit is then an error of the write, with a path, instead of
        // sudden death.
        flag::register(SIGXFSZ, Arc::default())?;
        for signal in [SIGINT, SIGTERM] {
            let code = SIGNAL_EXIT_BASE + signal;
            // Registered first, so that it acts from the second signal on.
            flag::register_conditional_shutdown(signal, code, signals.asked.clone())?;
            flag::register(signal, signals.asked.clone())?;
            flag::register_usize(signal, signals.which.clone(), signal as usize)?;
        }
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
