//! How to fix an experiment that cannot be loaded.

use std::path::Path;

use crate::experiment::ExperimentError;

use crate::cli::commands::Commands;

/// Ending of experiment files.
const ENDING: &str = "toml";
/// Folder of experiment files, as it begins a path.
const FOLDER: &str = "experiments/";

/// Returns how to fix `error`.
pub(in crate::cli) fn experiment(error: &ExperimentError, commands: &Commands) -> Option<String> {
    match error {
        ExperimentError::Unknown {
            name,
            known,
            place: None,
            ..
        } if is_path(name) => Some(by_name(name, known)),
        ExperimentError::Unknown { near, known, .. } => {
            Some(suggestion(near.as_deref(), "known experiments", known))
        }
        ExperimentError::UnknownBase { near, known, .. } => {
            Some(suggestion(near.as_deref(), "known bases", known))
        }
        ExperimentError::UnknownSweep { name, near, known } => Some(format!(
            "{}; or describe it with --experiment and --grid, or write \"experiments/sweeps/{name}.toml\"",
            suggestion(near.as_deref(), "known sweeps", known)
        )),
        ExperimentError::UnknownKey { near, known, .. } => {
            Some(suggestion(near.as_deref(), "known keys", known))
        }
        ExperimentError::Value { place: None, .. } => {
            Some("the value was given with --set".to_string())
        }
        ExperimentError::BadOverride { .. } => Some("for example --set train.epochs=5".to_string()),
        ExperimentError::RunName { .. } => Some(
            "give up to 100 ASCII letters, digits and . _ + = -, such as --name lr3e-3".to_string(),
        ),
        ExperimentError::SweepName { .. } => Some(
            "give up to 100 ASCII letters, digits and . _ + = -, such as learning-rate; a sweep's file \
             is experiments/sweeps/NAME.toml"
                .to_string(),
        ),
        ExperimentError::NoBase { .. } => Some(
            "leave out --base, or begin the file with extends = \"base/cifar-100\"".to_string(),
        ),
        ExperimentError::OtherKind { section, .. } => Some(match *section {
            "forecast" => "name one that predicts frames, such as convlstm".to_string(),
            _ => "name one that classifies images, such as trial-d".to_string(),
        }),
        ExperimentError::OtherBase { known, name, .. } => Some(format!(
            "bases of {name}: {}; {} shows what the experiment is",
            known.join(", "),
            commands.of(["show", name])
        )),
        ExperimentError::Syntax { message, .. } if message.starts_with("missing field") => Some(
            "give that key, or begin an experiment with extends = \"base/cifar-100\", which has \
             every key"
                .to_string(),
        ),
        ExperimentError::Read { .. }
        | ExperimentError::Syntax { .. }
        | ExperimentError::Circle { .. }
        | ExperimentError::Value { .. } => None,
    }
}

/// Returns whether `name` is the path of a file rather than a name.
fn is_path(name: &str) -> bool {
    let ends = Path::new(name).extension() == Some(ENDING.as_ref());
    ends || name.starts_with(['.', '/', '\\']) || name.starts_with(FOLDER)
}

/// Returns how to name the experiment whose file was given.
fn by_name(path: &str, known: &[String]) -> String {
    let plain = path.strip_suffix(".toml").unwrap_or(path);
    // Below the folder of experiments, folders belong to the name.
    let name = match plain.rsplit_once(FOLDER) {
        Some((_, name)) => name,
        None => plain.rsplit(['/', '\\']).next().unwrap_or(plain),
    };
    let there = plain.contains(FOLDER) && Path::new(path).is_file();
    match there || known.iter().any(|known| known == name) {
        true => format!("an experiment is given by its name, not its file: {name:?}"),
        false => format!(
            "an experiment is given by its name: put the file into \"experiments\" and give the \
             name {name:?}; known experiments: {}",
            known.join(", ")
        ),
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
