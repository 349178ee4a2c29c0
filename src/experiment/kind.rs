//! The kind of network that an experiment trains, and that its base is for.

use std::path::Path;

use super::chain::{follow, parse};
use super::error::ExperimentError;
use super::source::{BASE_PREFIX, Source, bases};
use super::spec::ExperimentKind;

/// Fails if the experiment is of another kind, or the base that replaces its own, whose files are
/// the last of `layers`.
///
/// # Errors
/// [`ExperimentError::OtherKind`], [`ExperimentError::OtherBase`]; a file that cannot be read.
pub(super) fn check_kind<E: ExperimentKind>(
    folder: &Path,
    (name, base): (&str, &str),
    layers: &[Source],
) -> Result<(), ExperimentError> {
    let (own, _) = follow(folder, name, None)?;
    if !has_section::<E>(&own)? {
        return Err(ExperimentError::OtherKind {
            name: name.to_string(),
            section: E::SECTION,
        });
    }
    if has_section::<E>(layers)? {
        return Ok(());
    }
    let of_kind = |base: &String| {
        let files = follow(folder, &format!("{BASE_PREFIX}{base}"), None);
        files.is_ok_and(|(files, _)| has_section::<E>(&files).is_ok_and(|has| has))
    };
    Err(ExperimentError::OtherBase {
        name: name.to_string(),
        base: base.to_string(),
        known: bases(folder).into_iter().filter(of_kind).collect(),
    })
}

/// Returns whether the file that the others start from has the section of `E`.
fn has_section<E: ExperimentKind>(layers: &[Source]) -> Result<bool, ExperimentError> {
    let root = layers.last().map(parse).transpose()?;
    Ok(root.is_some_and(|root| root.contains_key(E::SECTION)))
}
