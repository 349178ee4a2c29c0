//! From an error to a printed message and the exit code.

use crate::data::DataError;
use crate::device::DeviceError;
use crate::experiment::ExperimentError;
use crate::explain::ExplainError;
use crate::model::CheckpointError;
use crate::model::weights::WeightsError;
use crate::run::RunError;
use crate::study::StudyError;
use crate::train::TrainError;

use super::context::Context;
use super::hints;
use super::output::{self, FAILED, MISUSED, program};
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
    hint: Option<String>,
    code: u8,
}

impl Failure {
    /// Returns the printed parts of `error` and its causes.
    pub(super) fn of(error: &anyhow::Error, context: Option<&Context>) -> Self {
        let mut message = String::new();
        for cause in error.chain() {
            let text = cause.to_string().trim().to_string();
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
            hint,
            code,
        }
    }

    /// Prints the error and its hint, and returns the exit code.
    pub(super) fn print(&self) -> u8 {
        output::note(format!("error: {}", self.message));
        if let Some(hint) = &self.hint {
            output::note(format!("hint: {hint}"));
        }
        self.code
    }
}

fn known(
    cause: &(dyn std::error::Error + 'static),
    context: Option<&Context>,
) -> Option<(Option<String>, u8)> {
    if let (Some(error), Some(context)) = (cause.downcast_ref::<StudyError>(), context) {
        return match error {
            StudyError::Run(error) => known(error, None),
            StudyError::Data(error) => known(error, None),
            StudyError::Experiment(error) => known(error, None),
            StudyError::Checkpoint(error) => known(error, None),
            StudyError::Weights(error) => known(error, None),
            StudyError::Explain(error) => known(error, None),
            StudyError::Train(error) => known(error, None),
            own => Some(study_hint(own, context)),
        };
    }
    if let (Some(DataError::Interrupted), Some(context)) = (cause.downcast_ref(), context) {
        return Some((None, context.signals.exit_code()));
    }
    if let Some(error) = cause.downcast_ref::<Complaint>() {
        return Some((error.hint.clone(), error.code));
    }
    if let Some(error) = cause.downcast_ref::<ExperimentError>() {
        return Some((hints::experiment(error), MISUSED));
    }
    if let Some(error) = cause.downcast_ref::<DataError>() {
        let misused = matches!(
            error,
            DataError::Unknown { .. } | DataError::AmbiguousClass { .. } | DataError::Option { .. }
        );
        return Some((hints::data(error, program()), code(misused)));
    }
    if let Some(error) = cause.downcast_ref::<WeightsError>() {
        return Some((hints::weights(error, program()), FAILED));
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
        return Some((hints::explain(error), code(misused)));
    }
    if let Some(error) = cause.downcast_ref::<DeviceError>() {
        return Some((Some(hints::device(error)), FAILED));
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
