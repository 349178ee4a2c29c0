//! Whether the process was asked to stop. Signals are of the whole process, so loops far below the
//! study that watches them ask here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// Set by a signal.
static ASKED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// Makes `asked` the flag that interrupts the process; the first call counts.
pub fn interrupt_by(asked: &Arc<AtomicBool>) {
    ASKED.get_or_init(|| Arc::clone(asked));
}

/// Returns whether the process was asked to stop.
pub fn interrupted() -> bool {
    ASKED
        .get()
        .is_some_and(|asked| asked.load(Ordering::Relaxed))
}
