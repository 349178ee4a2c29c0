//! Parse, run, print the error chain, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    camtrail::cli::main()
}
