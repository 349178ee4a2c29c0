//! Parse, run, print the error chain, exit code.

use std::process::ExitCode;

/// Every step of a training asks for large blocks of memory and gives them back; this allocator keeps
/// them at hand, where the system's takes them back and clears them anew.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    camtrail::cli::main()
}
