//! How to fix an experiment that cannot be loaded.

use crate::experiment::ExperimentError;

/// Returns how to fix `error`.
pub(in crate::cli) fn experiment(error: &ExperimentError) -> Option<String> {
    match error {
        ExperimentError::Unknown { near, known, .. } => {
            Some(suggestion(near.as_deref(), "known experiments", known))
        }
        ExperimentError::UnknownBase { near, known, .. } => {
            Some(suggestion(near.as_deref(), "known bases", known))
        }
        ExperimentError::UnknownKey { near, known, .. } => {
            Some(suggestion(near.as_deref(), "known keys", known))
        }
        ExperimentError::Value { place: None, .. } => {
            Some("the value was given with --set".to_string())
        }
        ExperimentError::BadOverride { .. } => Some("for example --set train.epochs=5".to_string()),
        ExperimentError::NoBase { .. } => Some(
            "leave out --base, or begin the file with extends = \"base/cifar-100\"".to_string(),
        ),
        ExperimentError::OtherKind { section, .. } => Some(match *section {
            "forecast" => "name one that predicts frames, such as convlstm".to_string(),
            _ => "name one that classifies images, such as trial-d".to_string(),
        }),
        ExperimentError::Read { .. }
        | ExperimentError::Syntax { .. }
        | ExperimentError::Circle { .. }
        | ExperimentError::Value { .. } => None,
    }
}

fn suggestion(near: Option<&str>, what: &str, known: &[String]) -> String {
    let list = known.join(", ");
    match near {
        Some(near) if known.is_empty() => format!("did you mean \"{near}\"?"),
        Some(near) => format!("did you mean \"{near}\"? {what}: {list}"),
        None => format!("{what}: {list}"),
    }
}
