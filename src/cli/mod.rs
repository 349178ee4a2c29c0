//! The command line: one file per verb, which turns arguments into a typed request, runs a study
//! and shows its results.

mod ablate;
mod agreement_text;
mod allocator;
mod among;
mod app;
mod benchmark;
mod commands;
mod compare;
mod compare_text;

mod completions;
mod context;
mod data;
mod draw;
mod evaluate;
mod evaluate_classes;
mod evaluate_frames;
mod experiments;
mod explain;
mod explain_seq;
mod export;
mod export_runs;
mod failure;
mod fetch_progress;
mod frame_text;
mod hints;
mod json;
mod layers;
mod list;
mod localize;
mod localize_text;
mod logged_maps;
mod memory_text;
mod mode;
mod modes;
mod output;
mod picture_progress;
mod progress;
mod published;
mod report;
mod reproduce;
mod sanity;
mod score;
mod score_text;
mod shared;
mod signals;
mod stability;
mod study_hints;
mod sweep;
mod sweep_described;
mod sweep_submit;
mod sweep_text;
mod sweep_workers;
mod train;
mod train_line;
mod weights;

use std::ffi::OsString;
use std::panic;
use std::process::ExitCode;

use clap::CommandFactory;

use crate::data::DataError;
use crate::data::photo::is_guarded;
pub use allocator::Allocator;
use app::{Arguments, Verb};
use context::Context;
use failure::{Complaint, Failure};
use modes::Given;
use output::{DONE, FAILED};

/// Parses the command line, runs the verb, prints errors, and returns the exit code: 0 done, 1
/// failed, 2 misused, 129, 130 or 143 stopped by a signal.
pub fn main() -> ExitCode {
    Allocator::keep_memory();
    let words: Vec<OsString> = std::env::args_os().collect();
    let (arguments, given) = match Arguments::read(&words) {
        Ok(read) => read,
        Err(error) => refuse(error, &words),
    };
    panic::set_hook(Box::new(|info| {
        // What a decoder or a disk did is reported as an error.
        if is_guarded() || info.payload().is::<DataError>() {
            return;
        }
        let what = info.to_string().replace('\n', " ");
        output::note(format!("error: internal error: {what}"));
        output::note("hint: please report it with the command that led to it");
    }));
    let outcome = panic::catch_unwind(|| run(arguments, given));
    ExitCode::from(match outcome {
        Ok(DONE) if output::lost() => {
            output::note("error: cannot write to standard output");
            FAILED
        }
        Ok(code) => code,
        Err(panic) => match panic.downcast::<DataError>() {
            Ok(error) => Failure::of(&(*error).into(), None).print(),
            Err(_) => FAILED,
        },
    })
}

/// Prints what is wrong with the command line, or the help that was asked for, and ends.
///
/// The message repeats words of the command line, so they are read again in the form in which they
/// can be shown.
fn refuse(error: clap::Error, words: &[OsString]) -> ! {
    let shown = |word: &OsString| output::shown(&word.to_string_lossy()).into_owned().into();
    let words: Vec<OsString> = words.iter().map(shown).collect();
    Arguments::read(&words).err().unwrap_or(error).exit()
}

/// Runs the verb and returns the exit code.
fn run(arguments: Arguments, given: Given) -> u8 {
    let runs_networks = arguments.verb.runs_networks();
    let context = match Context::new(&arguments.shared, given, runs_networks) {
        Ok(context) => context,
        Err(error) => return Failure::of(&error, None).print(),
    };
    match admit(&context, &arguments.verb).and_then(|()| perform(&context, arguments.verb)) {
        Ok(code) => code,
        Err(error) => Failure::of(&error, Some(&context)).print(),
    }
}

/// Refuses options that the verb does not read in its mode.
fn admit(context: &Context, verb: &Verb) -> anyhow::Result<()> {
    let chosen = verb.modes(&context.runs, &context.given)?;
    let admitted = chosen.admit(&context.given);
    admitted.map_err(|refusal| Complaint::misused(refusal.message, refusal.hint))?;
    // Nothing else sets it.
    let _ = context.chosen.set(chosen);
    Ok(())
}

/// Runs the verb, and prints its results as text or as one object.
fn perform(context: &Context, verb: Verb) -> anyhow::Result<u8> {
    if !verb.as_json() {
        return dispatch(context, verb);
    }
    output::hold_back();
    let code = dispatch(context, verb);
    let listed = output::release();
    if matches!(code, Ok(DONE)) {
        output::result_json(&json::of_files(&listed)?)?;
    }
    code
}

fn dispatch(context: &Context, verb: Verb) -> anyhow::Result<u8> {
    match verb {
        Verb::Train(arguments) => train::run(context, &arguments),
        Verb::Explain(arguments) => explain::run(context, &arguments),
        Verb::ExplainSeq(arguments) => explain_seq::run(context, &arguments),
        Verb::Ablate(arguments) => ablate::run(context, &arguments),
        Verb::Localize(arguments) => localize::run(context, &arguments),
        Verb::Sanity(arguments) => sanity::run(context, &arguments),
        Verb::Stability(arguments) => stability::run(context, &arguments),
        Verb::Evaluate(arguments) => evaluate::run(context, &arguments),
        Verb::Score(arguments) => score::run(context, &arguments),
        Verb::Reproduce(arguments) => reproduce::run(context, &arguments),
        Verb::Benchmark(arguments) => benchmark::run(context, &arguments),
        Verb::Layers(arguments) => layers::run(context, &arguments),
        Verb::Weights(arguments) => weights::run(context, &arguments),
        Verb::Export(arguments) => export::run(context, &arguments),
        Verb::ExportRuns(arguments) => export_runs::run(context, &arguments),
        Verb::Draw(arguments) => draw::run(context, &arguments),
        Verb::Report(arguments) => report::run(context, &arguments),
        Verb::Sweep(arguments) => sweep::run(context, &arguments),
        Verb::List(arguments) => list::run(context, &arguments),
        Verb::Show(arguments) => experiments::show(context, &arguments),
        Verb::Diff(arguments) => experiments::diff(context, &arguments),
        Verb::Compare(arguments) => compare::run(context, &arguments),
        Verb::Completions(arguments) => Ok(completions::run(&arguments, Arguments::command())),
        Verb::Data(arguments) => data::run(context, &arguments),
    }
}
