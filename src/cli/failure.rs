//! From an error to a printed message and the exit code.

use crate::data::DataError;
use crate::device::DeviceError;
use crate::experiment::{ExperimentError, Located};
use crate::explain::ExplainError;
use crate::model::CheckpointError;
use crate::model::weights::WeightsError;
use crate::run::RunError;
use crate::study::StudyError;
use crate::study::sweep::SweepError;
use crate::train::TrainError;

use super::commands::Commands;
use super::context::Context;
use super::hints;
use super::output::{self, FAILED, MISUSED};
use super::study_hints::study_hint;

/// An error of the command line itself, with how to fix it.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Complaint {
    message: String,
    hint: Option<String>,
    code: u8,
}

impl Complaint {
    /// Returns a failure with a hint.
    pub(super) fn failed(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: Some(hint.into()),
            code: FAILED,
        }
    }

    /// Returns a misuse with a hint.
    pub(super) fn misused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: Some(hint.into()),
            code: MISUSED,
        }
    }
}

/// The printed parts of an error.
pub(super) struct Failure {
    message: String,
    /// Where in a file of an experiment the error is, line by line.
    place: Vec<String>,
    hint: Option<String>,
    code: u8,
}

impl Failure {
    /// Returns the printed parts of `error` and its causes.
    pub(super) fn of(error: &anyhow::Error, context: Option<&Context>) -> Self {
        let mut message = String::new();
        let located = error.chain().find_map(place);
        for cause in error.chain() {
            let text = cause.to_string();
            let text = without_place(text.trim(), located).to_string();
            // A cause already contained in its parent's text is not printed twice.
            if !message.contains(&text) {
                if !message.is_empty() {
                    message.push_str(": ");
                }
                message.push_str(&text);
            }
        }
        let known = |cause| known(cause, context);
        let (hint, code) = error.chain().find_map(known).unwrap_or((None, FAILED));
        Self {
            message,
            place: located.map_or(Vec::new(), |place| place.lines().to_vec()),
            hint,
            code,
        }
    }

    /// Prints the error and its hint, and returns the exit code.
    pub(super) fn print(&self) -> u8 {
        output::note(format!("error: {}", self.message));
        self.place.iter().for_each(output::note);
        if let Some(hint) = &self.hint {
            output::note(format!("hint: {hint}"));
        }
        self.code
    }
}

/// Returns the position in a file of an experiment that `cause` names.
fn place<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a Located> {
    match cause.downcast_ref::<StudyError>() {
        Some(StudyError::Experiment(error)) => error.place(),
        Some(StudyError::Sweep(SweepError::Setting { place, source, .. })) => {
            place.as_deref().or_else(|| source.place())
        }
        _ => cause.downcast_ref::<ExperimentError>()?.place(),
    }
}

/// Returns `text` without the position at its end, whose lines are printed one by one.
fn without_place<'a>(text: &'a str, place: Option<&Located>) -> &'a str {
    let shown = place.map_or(String::new(), Located::to_string);
    text.strip_suffix(&shown).unwrap_or(text).trim_end()
}

fn known(
    cause: &(dyn std::error::Error + 'static),
    context: Option<&Context>,
) -> Option<(Option<String>, u8)> {
    if let (Some(error), Some(context)) = (cause.downcast_ref::<StudyError>(), context) {
        return match error {
            StudyError::Run(error) => known(error, Some(context)),
            StudyError::Data(error) => known(error, Some(context)),
            StudyError::Experiment(error) => known(error, Some(context)),
            StudyError::Checkpoint(error) => known(error, Some(context)),
            StudyError::Weights(error) => known(error, Some(context)),
            StudyError::Explain(error) => known(error, Some(context)),
            StudyError::Train(error) => known(error, Some(context)),
            StudyError::Sweep(SweepError::Setting {
                source, in_file, ..
            }) => {
                let hint = hints::setting(source, *in_file, &context.commands);
                Some((hint, MISUSED))
            }
            StudyError::Sweep(error) => {
                let (hint, misused) = hints::sweep(error, &context.commands);
                Some((Some(hint), code(misused)))
            }
            own => Some(study_hint(own, context)),
        };
    }
    if let (Some(DataError::Interrupted), Some(context)) = (cause.downcast_ref(), context) {
        return Some((None, context.signals.exit_code()));
    }
    let commands = context.map_or_else(Commands::default, |context| context.commands.clone());
    let reads = |option: &str| context.is_some_and(|context| context.reads(option));
    if let Some(error) = cause.downcast_ref::<Complaint>() {
        return Some((error.hint.clone(), error.code));
    }
    if let Some(error) = cause.downcast_ref::<ExperimentError>() {
        return Some((hints::experiment(error, &commands), MISUSED));
    }
    if let Some(error) = cause.downcast_ref::<DataError>() {
        let misused = matches!(
            error,
            DataError::Unknown { .. } | DataError::AmbiguousClass { .. } | DataError::Option { .. }
        );
        return Some((hints::data(error, &commands), code(misused)));
    }
    if let Some(error) = cause.downcast_ref::<WeightsError>() {
        return Some((hints::weights(error, &commands), FAILED));
    }
    if let Some(error) = cause.downcast_ref::<TrainError>() {
        return Some((hints::train(error).map(str::to_string), FAILED));
    }
    if let Some(error) = cause.downcast_ref::<ExplainError>() {
        let misused = matches!(
            error,
            ExplainError::UnknownLayer { .. }
                | ExplainError::UnknownMethod { .. }
                | ExplainError::UnknownTarget { .. }
                | ExplainError::UnknownFrameTarget { .. }
                | ExplainError::BadBox { .. }
                | ExplainError::NotGradient { .. }
                | ExplainError::UnknownQuantity { .. }
                | ExplainError::NoDifference { .. }
                | ExplainError::NotLinear { .. }
                | ExplainError::NotPooledLinear { .. }
        );
        return Some((hints::explain(error, &reads), code(misused)));
    }
    if let Some(error) = cause.downcast_ref::<DeviceError>() {
        let misused = matches!(error, DeviceError::Instructions(_));
        return Some((Some(hints::device(error)), code(misused)));
    }
    let run = match cause.downcast_ref::<CheckpointError>() {
        Some(CheckpointError::Run(error)) => Some(error),
        Some(_) => None,
        None => cause.downcast_ref::<RunError>(),
    };
    let hint = run.and_then(hints::run)?;
    Some((Some(hint.to_string()), FAILED))
}

fn code(misused: bool) -> u8 {
    if misused { MISUSED } else { FAILED }
}
