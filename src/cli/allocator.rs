//! The program's allocator, and what happens when there is no more memory.

use std::alloc::{GlobalAlloc, Layout};
use std::ffi::{c_int, c_long};

use libmimalloc_sys::mi_option_set_default;
use mimalloc::MiMalloc;
use signal_hook::low_level::exit;

use super::output::{FAILED, note};

/// Keeps the large blocks that every training step allocates and frees; the system's allocator
/// releases them and clears them again. Without memory it ends the program with an error, where
/// Rust aborts: every file is written atomically, so a run is intact and can be resumed.
#[derive(Debug)]
pub struct Allocator;

/// Index of mimalloc's option `purge_delay`, which the bindings do not name.
const PURGE_DELAY: c_int = 15;
/// Milliseconds before freed memory goes back to the system, longer than a training step of any
/// network. By default it is a second: then the system clears most of a slow step's memory again, a
/// quarter of the step's time.
const KEPT_FOR: c_long = 60_000;

impl Allocator {
    /// Keeps freed memory for the next step; the variable `MIMALLOC_PURGE_DELAY` takes precedence.
    pub fn keep_memory() {
        // SAFETY: the option exists and takes any number.
        unsafe { mi_option_set_default(PURGE_DELAY, KEPT_FOR) }
    }
}

/// Returns `block`, or ends the program if it was refused.
fn granted(block: *mut u8, bytes: usize) -> *mut u8 {
    if block.is_null() && bytes > 0 {
        note(format_args!(
            "error: out of memory: {bytes} more bytes were refused"
        ));
        note(
            "hint: take smaller batches, for example --set train.batch_size=32, or fewer images at \
             a time; finished checkpoints are intact",
        );
        // Without clean-up, which may need memory.
        exit(i32::from(FAILED));
    }
    block
}

// SAFETY: every call is passed on to `MiMalloc`, whose blocks are returned as they are.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        granted(unsafe { MiMalloc.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        granted(unsafe { MiMalloc.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        granted(unsafe { MiMalloc.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { MiMalloc.dealloc(block, layout) }
    }
}
