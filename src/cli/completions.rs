//! `completions`: what a shell needs to complete commands and options.

use clap::{Args, Command};
use clap_complete::{Shell, generate};

use super::output::{DONE, result_file};

/// Name of the program.
const PROGRAM: &str = "camtrail";

/// Arguments of `completions`.
#[derive(Debug, Clone, Args)]
pub(super) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the completions of `command`.
pub(super) fn run(arguments: &CompletionsArguments, mut command: Command) -> u8 {
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, PROGRAM, &mut script);
    result_file(&String::from_utf8_lossy(&script));
    DONE
}
