//! The command line: clap types, and one match in which a verb is one call. Called by `main`.

mod ablate;
mod arguments;
mod backbone;
mod benchmark;
mod caveat;
mod context;
mod data;
mod draw;
mod evaluate;
mod evaluate_frames;
mod experiments;
mod explain;
mod explain_seq;
mod explained;
mod export;
mod failure;
mod fetch_progress;
mod figures;
mod frame_tables;
mod heads;
mod localize;
mod maps;
mod measure;
mod network;
mod output;
mod progress;
mod reproduce;
mod sanity;
mod sanity_checks;
mod sanity_pictures;
mod score;
mod score_table;
mod score_text;
mod selection;
mod signals;
mod titles;
mod train;
mod trainable;
mod verdicts;

use std::panic;
use std::process::ExitCode;

use clap::Parser;

use crate::data::photo::is_guarded;
use arguments::{Arguments, Verb};
use context::Context;
use failure::Failure;

/// Exit code of a run that did what it was asked.
const DONE: u8 = 0;

/// Parses the command line, runs the verb, prints what went wrong, and returns the exit code: 0
/// done, 1 failed, 2 misused, 130 or 143 stopped by a signal.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    panic::set_hook(Box::new(|info| {
        if is_guarded() {
            return;
        }
        output::note(format!(
            "error: camtrail ran into a fault of its own: {info}\n\
             hint: please report it with the command that led to it"
        ));
    }));
    let outcome = panic::catch_unwind(|| run(arguments));
    ExitCode::from(match outcome {
        Ok(Ok(DONE)) if output::lost() => {
            output::note("error: cannot write to standard output");
            failure::FAILED
        }
        Ok(Ok(code)) => code,
        Ok(Err(error)) => Failure::of(&error).print(),
        Err(_) => failure::FAILED,
    })
}

fn run(arguments: Arguments) -> anyhow::Result<u8> {
    let context = Context::new(&arguments.shared, arguments.verb.runs_networks())?;
    match arguments.verb {
        Verb::Train(arguments) => train::run(&context, &arguments),
        Verb::Explain(arguments) => explain::run(&context, &arguments),
        Verb::ExplainSeq(arguments) => explain_seq::run(&context, &arguments),
        Verb::Ablate(arguments) => ablate::run(&context, &arguments),
        Verb::Localize(arguments) => localize::run(&context, &arguments),
        Verb::Sanity(arguments) => sanity::run(&context, &arguments),
        Verb::Evaluate(arguments) => evaluate::run(&context, &arguments),
        Verb::Score(arguments) => score::run(&context, &arguments),
        Verb::Reproduce(arguments) => reproduce::run(&context, &arguments),
        Verb::Draw(arguments) => draw::run(&context, &arguments),
        Verb::Benchmark(arguments) => benchmark::run(&context, &arguments),
        Verb::Layers(arguments) => backbone::list_layers(&context, &arguments),
        Verb::Weights(arguments) => backbone::run_weights(&context, &arguments),
        Verb::Export(arguments) => export::run(&context, &arguments),
        Verb::List => experiments::list(&context),
        Verb::Show(arguments) => experiments::show(&context, &arguments),
        Verb::Diff(arguments) => experiments::diff(&context, &arguments),
        Verb::Data(arguments) => data::run(&context, &arguments),
    }
}
