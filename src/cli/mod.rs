//! The command line: one file per verb, which turns arguments into a typed request, runs a study
//! and shows its results.

mod ablate;
mod agreement_text;
mod allocator;
mod app;
mod benchmark;
mod context;
mod data;
mod draw;
mod evaluate;
mod evaluate_frames;
mod experiments;
mod explain;
mod explain_seq;
mod export;
mod failure;
mod fetch_progress;
mod frame_text;
mod hints;
mod layers;
mod localize;
mod localize_text;
mod memory_text;
mod output;
mod progress;
mod reproduce;
mod sanity;
mod score;
mod score_text;
mod shared;
mod signals;
mod study_hints;
mod train;
mod weights;

use std::panic;
use std::process::ExitCode;

use clap::Parser;

use crate::data::photo::is_guarded;
pub use allocator::Allocator;
use app::{Arguments, Verb};
use context::Context;
use failure::Failure;
use output::{DONE, FAILED};

/// Parses the command line, runs the verb, prints errors, and returns the exit code: 0 done, 1
/// failed, 2 misused, 129, 130 or 143 stopped by a signal.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    panic::set_hook(Box::new(|info| {
        if is_guarded() {
            return;
        }
        output::note(format!(
            "error: internal error: {info}\n\
             hint: please report it with the command that led to it"
        ));
    }));
    let outcome = panic::catch_unwind(|| run(arguments));
    ExitCode::from(match outcome {
        Ok(DONE) if output::lost() => {
            output::note("error: cannot write to standard output");
            FAILED
        }
        Ok(code) => code,
        Err(_) => FAILED,
    })
}

/// Runs the verb and returns the exit code.
fn run(arguments: Arguments) -> u8 {
    let runs_networks = arguments.verb.runs_networks();
    let context = match Context::new(&arguments.shared, runs_networks) {
        Ok(context) => context,
        Err(error) => return Failure::of(&error, None).print(),
    };
    match dispatch(&context, arguments.verb) {
        Ok(code) => code,
        Err(error) => Failure::of(&error, Some(&context)).print(),
    }
}

fn dispatch(context: &Context, verb: Verb) -> anyhow::Result<u8> {
    match verb {
        Verb::Train(arguments) => train::run(context, &arguments),
        Verb::Explain(arguments) => explain::run(context, &arguments),
        Verb::ExplainSeq(arguments) => explain_seq::run(context, &arguments),
        Verb::Ablate(arguments) => ablate::run(context, &arguments),
        Verb::Localize(arguments) => localize::run(context, &arguments),
        Verb::Sanity(arguments) => sanity::run(context, &arguments),
        Verb::Evaluate(arguments) => evaluate::run(context, &arguments),
        Verb::Score(arguments) => score::run(context, &arguments),
        Verb::Reproduce(arguments) => reproduce::run(context, &arguments),
        Verb::Benchmark(arguments) => benchmark::run(context, &arguments),
        Verb::Layers(arguments) => layers::run(context, &arguments),
        Verb::Weights(arguments) => weights::run(context, &arguments),
        Verb::Export(arguments) => export::run(context, &arguments),
        Verb::Draw(arguments) => draw::run(context, &arguments),
        Verb::List => experiments::list(context),
        Verb::Show(arguments) => experiments::show(context, &arguments),
        Verb::Diff(arguments) => experiments::diff(context, &arguments),
        Verb::Data(arguments) => data::run(context, &arguments),
    }
}
