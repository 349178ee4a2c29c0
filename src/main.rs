//! Runs the command line.

use std::process::ExitCode;

/// Every training step allocates and frees large blocks of memory. This allocator keeps them for
/// reuse; the system's releases them and clears them again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    camtrail::cli::main()
}
