//! Runs the command line.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: camtrail::cli::Allocator = camtrail::cli::Allocator;

fn main() -> ExitCode {
    camtrail::cli::main()
}
