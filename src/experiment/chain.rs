//! The chain of files from a trial to its base, along `extends`.

use std::path::Path;

use toml_edit::Document;

use super::error::{ExperimentError, Located};
use super::source::{BASE_PREFIX, Source, find};
use super::value::value_error;

/// The key that names the file to start from.
pub(super) const EXTENDS: &str = "extends";

/// Returns the text of `source` as TOML.
///
/// # Errors
/// [`ExperimentError::Syntax`] with the position.
pub(super) fn parse(source: &Source) -> Result<Document<String>, ExperimentError> {
    Document::parse(source.text.clone()).map_err(|error| ExperimentError::Syntax {
        message: error.message().replace('\n', ", "),
        place: Located::new(
            source.origin(),
            &source.text,
            error.span().unwrap_or(source.text.len()..source.text.len()),
        ),
    })
}

/// Returns the files from `name` to its base, and whether the base was replaced with `base`.
///
/// # Errors
/// An unknown name, a cycle or an `extends` that is not a name, with the position of that
/// `extends`; [`ExperimentError::NoBase`] if there is no base to replace.
pub(super) fn follow(
    folder: &Path,
    name: &str,
    base: Option<&str>,
) -> Result<(Vec<Source>, bool), ExperimentError> {
    let mut layers: Vec<Source> = Vec::new();
    let (mut replaced, mut replaceable) = (false, false);
    let mut next = Some((name.to_string(), None));
    while let Some((name, place)) = next {
        if layers.iter().any(|source| source.name == name) {
            let mut chain: Vec<String> = layers.into_iter().map(|source| source.name).collect();
            chain.push(name);
            return Err(ExperimentError::Circle { chain, place });
        }
        let by_user = place.is_none() && !layers.is_empty();
        let source = find(folder, &name).map_err(|error| explained(error, place, by_user))?;
        let document = parse(&source)?;
        next = parent(&source, &document)?.map(|(name, place)| (name, Some(place)));
        if let (Some((parent, _)), Some(base)) = (&next, base)
            && parent.starts_with(BASE_PREFIX)
            && !source.name.starts_with(BASE_PREFIX)
        {
            replaceable = true;
            let wanted = format!("{BASE_PREFIX}{base}");
            if *parent != wanted {
                replaced = true;
                next = Some((wanted, None));
            }
        }
        layers.push(source);
    }
    if base.is_some() && !replaceable {
        return Err(ExperimentError::NoBase {
            name: name.to_string(),
        });
    }
    Ok((layers, replaced))
}

/// Returns the name that `document` extends and its position, if there is one.
fn parent(
    source: &Source,
    document: &Document<String>,
) -> Result<Option<(String, Box<Located>)>, ExperimentError> {
    let Some(item) = document.get(EXTENDS) else {
        return Ok(None);
    };
    let Some(parent) = item.as_str() else {
        let problem = "must be the name of an experiment in quotes".to_string();
        let layers = [(source, document.clone())];
        return Err(value_error(EXTENDS, item, problem, &layers));
    };
    let span = item.span().unwrap_or(0..0);
    let place = Located::new(source.origin(), &source.text, span);
    Ok(Some((parent.to_string(), Box::new(place))))
}

/// Adds to the error of an unknown name where it is extended, or that it is the user's base.
fn explained(
    error: ExperimentError,
    place: Option<Box<Located>>,
    by_user: bool,
) -> ExperimentError {
    let plain = |name: String| name.trim_start_matches(BASE_PREFIX).to_string();
    match error {
        ExperimentError::Unknown {
            name, near, known, ..
        } if by_user => ExperimentError::UnknownBase {
            name: plain(name),
            near: near.map(plain),
            known: known.into_iter().map(plain).collect(),
        },
        ExperimentError::Unknown {
            name, near, known, ..
        } => ExperimentError::Unknown {
            name,
            near,
            known,
            place,
        },
        other => other,
    }
}
