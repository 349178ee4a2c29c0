//! Merges the layers of an experiment, applies overrides, and validates.

use std::path::Path;

use toml_edit::{Document, DocumentMut, Item, TableLike, Value};

use super::chain::{EXTENDS, follow, parse};
use super::error::{ExperimentError, Located};
use super::kind::check_kind;
use super::overrides::Override;
use super::run_name::changed_name;
use super::source::{BASE_PREFIX, Source};
use super::spec::{Experiment, ExperimentKind, OutOfRange};
use super::unread::refuse_unread;
use super::unwritten::admit;
use super::value::{item_at, value_error};
use crate::data::{ImageShape, Splits};
use crate::run::nearest;

/// An experiment after merging and validation.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved<E = Experiment> {
    /// Name of its run: that of the experiment, such as "trial-d", with its changes if there are any,
    /// such as "trial-d+train.epochs=5".
    pub name: String,
    /// The base of its values, such as "cifar-100".
    pub base: String,
    /// Whether that base replaces the trial's own.
    pub base_replaced: bool,
    /// The header comment of the trial's own file, without the comment signs.
    pub header: String,
    /// The values.
    pub experiment: E,
    /// The whole experiment as TOML: every key, with the comments of the defaults.
    pub text: String,
    /// The files of its values, from its own to its base.
    pub sources: Vec<Source>,
}

/// Returns the experiment `name`, found from `folder`, with `base` instead of its own base if
/// given, and with `overrides` on top.
///
/// # Errors
/// [`ExperimentError`]: an unknown name or key (with a similar one), a file that is not TOML, or a
/// value of the wrong type or outside its range, each with its position; an experiment of another
/// kind.
pub fn load<E: ExperimentKind>(
    folder: &Path,
    name: &str,
    base: Option<&str>,
    overrides: &[Override],
) -> Result<Resolved<E>, ExperimentError> {
    let (layers, base_replaced) = follow(folder, name, base)?;
    if let (Some(base), true) = (base, base_replaced) {
        check_kind::<E>(folder, (name, base), &layers)?;
    }
    let parsed = parse_all(&layers)?;
    let root = layers
        .last()
        .expect("following a name gives at least its own file");
    let mut merged: DocumentMut = root
        .text
        .parse()
        .expect("the same text was parsed without an error just before");
    // Before any key is looked up: those of another kind are other ones.
    if !merged.contains_key(E::SECTION) {
        return Err(ExperimentError::OtherKind {
            name: name.to_string(),
            section: E::SECTION,
        });
    }
    let changed = overrides.iter().map(|change| change.key.as_str());
    admit::<E>(&mut merged, parsed.iter().map(|(_, layer)| layer), changed);
    for (source, document) in parsed.iter().rev().skip(1) {
        merge(merged.as_table_mut(), document.as_table(), source, "")?;
    }
    let Changed {
        name,
        experiment,
        text: changed,
    } = apply_all(name, &mut merged, &parsed, overrides)?;
    let base = layers
        .iter()
        .find_map(|source| source.name.strip_prefix(BASE_PREFIX));
    let own = layers
        .first()
        .expect("following a name gives at least its own file");
    let header = header_of(&own.text);
    let chain: Vec<&str> = layers.iter().map(|source| source.name.as_str()).collect();
    let resolved = comment(&format!("Resolved from {}.", chain.join(" < ")));
    Ok(Resolved {
        name,
        base: base.unwrap_or_default().to_string(),
        base_replaced,
        header,
        experiment,
        text: resolved + &changed,
        sources: layers,
    })
}

/// An experiment after its overrides.
pub(super) struct Changed<E> {
    /// The name of its run.
    pub(super) name: String,
    /// The values.
    pub(super) experiment: E,
    /// The overrides as comments, and all values.
    pub(super) text: String,
}

/// Applies the `overrides` to the values `merged` of the experiment `name`, and validates them.
pub(super) fn apply_all<E: ExperimentKind>(
    name: &str,
    merged: &mut DocumentMut,
    layers: &[(&Source, Document<String>)],
    overrides: &[Override],
) -> Result<Changed<E>, ExperimentError> {
    let plain = merged.clone();
    let mut text = String::new();
    for change in overrides {
        apply(merged, change)?;
        let Override { key, value, origin } = change;
        text.push_str(&comment(&format!("{origin} {key}={value}")));
    }
    let experiment: E = deserialise(merged, layers)?;
    refuse_unread(&experiment, merged, layers, overrides)?;
    text.push_str(&merged.to_string());
    Ok(Changed {
        name: changed_name(name, (&plain, merged), overrides),
        experiment,
        text,
    })
}

fn parse_all(layers: &[Source]) -> Result<Vec<(&Source, Document<String>)>, ExperimentError> {
    let parsed = layers.iter().map(|source| Ok((source, parse(source)?)));
    parsed.collect()
}

/// Merges the values of `layer` into `target`, which has every known key.
fn merge(
    target: &mut dyn TableLike,
    layer: &dyn TableLike,
    source: &Source,
    prefix: &str,
) -> Result<(), ExperimentError> {
    for (key, item) in layer.iter() {
        let path = format!("{prefix}{key}");
        if prefix.is_empty() && key == EXTENDS {
            continue;
        }
        if !target.contains_key(key) {
            let span = layer
                .get_key_value(key)
                .and_then(|(key, _)| key.span())
                .unwrap_or(0..0);
            let place = Located::new(source.origin(), &source.text, span);
            return Err(unknown_key(&path, target, prefix, Some(place)));
        }
        let slot = target.get_mut(key).expect("the key was found just before");
        match (slot.as_table_like_mut(), item.as_table_like()) {
            (Some(slot), Some(item)) => merge(slot, item, source, &format!("{path}."))?,
            _ => replace(slot, item),
        }
    }
    Ok(())
}

/// Replaces a value and keeps the comments around it.
fn replace(slot: &mut Item, item: &Item) {
    let decor = slot.as_value().map(|value| value.decor().clone());
    let mut item = item.clone();
    if let (Some(decor), Some(value)) = (decor, item.as_value_mut()) {
        *value.decor_mut() = decor;
    }
    *slot = item;
}

fn apply(merged: &mut DocumentMut, change: &Override) -> Result<(), ExperimentError> {
    let mut table: &mut dyn TableLike = merged.as_table_mut();
    let mut prefix = String::new();
    let mut parts = change.key.split('.').peekable();
    while let Some(part) = parts.next() {
        if !table.contains_key(part) {
            return Err(unknown_key(
                &format!("{prefix}{part}"),
                table,
                &prefix,
                None,
            ));
        }
        let slot = table.get_mut(part).expect("the key was found just before");
        if parts.peek().is_none() {
            if slot.is_table_like() {
                let problem = "it is a section: name one key in it".to_string();
                return Err(ExperimentError::Value {
                    key: change.key.clone(),
                    value: change.value.clone(),
                    problem,
                    place: None,
                });
            }
            // A value that is not TOML is a string without its quotes.
            let value = change
                .value
                .parse()
                .unwrap_or_else(|_| Value::from(change.value.as_str()));
            replace(slot, &Item::Value(value));
            return Ok(());
        }
        prefix = format!("{prefix}{part}.");
        table = match slot.as_table_like_mut() {
            Some(table) => table,
            None => {
                return Err(ExperimentError::UnknownKey {
                    key: change.key.clone(),
                    near: Some(prefix.trim_end_matches('.').to_string()),
                    known: Vec::new(),
                    place: None,
                });
            }
        };
    }
    Ok(())
}

fn unknown_key(
    path: &str,
    table: &dyn TableLike,
    prefix: &str,
    place: Option<Located>,
) -> ExperimentError {
    let known: Vec<String> = table
        .iter()
        .map(|(key, _)| format!("{prefix}{key}"))
        .collect();
    // The section is the same for all, so only the rest of a key can be near.
    let rest = |key: &str| key.strip_prefix(prefix).unwrap_or(key).to_string();
    let rests: Vec<String> = known.iter().map(|key| rest(key)).collect();
    let near = nearest(&rest(path), rests.iter().map(String::as_str));
    ExperimentError::UnknownKey {
        near: near.map(|near| format!("{prefix}{near}")),
        key: path.to_string(),
        known,
        place: place.map(Box::new),
    }
}

fn deserialise<E: ExperimentKind>(
    merged: &DocumentMut,
    layers: &[(&Source, Document<String>)],
) -> Result<E, ExperimentError> {
    let mut values = merged.clone();
    values.remove(EXTENDS);
    // From the text, so that an error has a position, which leads back to the key.
    let text = values.to_string();
    let experiment: E = toml_edit::de::from_str(&text).map_err(|error| {
        let problem = in_words(error.message());
        let document = Document::parse(text.clone()).expect("a written document can be parsed");
        let key = error
            .span()
            .and_then(|span| key_at(document.as_table(), &span, ""));
        match key {
            Some(key) => {
                let item = item_at(document.as_table(), &key).unwrap_or(&Item::None);
                value_error(&key, item, problem, layers)
            }
            None => ExperimentError::Syntax {
                message: problem,
                place: Located::new(origin(layers), &text, error.span().unwrap_or(0..0)),
            },
        }
    })?;
    let checked = experiment.check();
    checked.map_err(|out| placed::<E>(out, &values, layers))?;
    Ok(experiment)
}

/// Returns the file of a text that was merged from `layers`.
fn origin(layers: &[(&Source, Document<String>)]) -> String {
    let own = layers
        .first()
        .map_or(String::new(), |(source, _)| source.origin());
    match layers.len() {
        1 => own,
        _ => format!("{own} with its defaults"),
    }
}

/// Returns the error for a value outside its range, with its position.
fn placed<E: ExperimentKind>(
    out: OutOfRange,
    values: &DocumentMut,
    layers: &[(&Source, Document<String>)],
) -> ExperimentError {
    let item = item_at(values.as_table(), out.key).unwrap_or(&Item::None);
    let mut error = value_error(out.key, item, format!("must be {}", out.allowed), layers);
    if let ExperimentError::Value { value, problem, .. } = &mut error {
        *value = out.value;
        if E::NETWORK_KEYS.contains(&out.key) {
            *problem = out.allowed;
        }
    }
    error
}

impl Resolved {
    /// Checks the ranges that are known only after the images are loaded: those that depend on the
    /// size and classes of a data set read from files.
    ///
    /// # Errors
    /// [`ExperimentError::Value`] with the position in its file.
    pub fn check_images(&self, images: &Splits) -> Result<(), ExperimentError> {
        let experiment = &self.experiment;
        if experiment.data.dataset.known_shape().is_some() {
            return Ok(());
        }
        let shape = ImageShape {
            side: images.train.height(),
            classes: images.train.classes(),
        };
        let checked = experiment.check_images(Some(shape), Some(images.train.len()));
        checked.map_err(|out| {
            // Both were parsed when the experiment was resolved.
            match (parse_all(&self.sources), self.text.parse::<DocumentMut>()) {
                (Ok(layers), Ok(values)) => placed::<Experiment>(out, &values, &layers),
                (Err(error), _) => error,
                (_, Err(error)) => ExperimentError::Syntax {
                    message: in_words(error.message()),
                    place: Located::new(self.name.clone(), &self.text, 0..0),
                },
            }
        })
    }
}

/// Returns the parser's message with TOML terms instead of Rust type names.
fn in_words(message: &str) -> String {
    let Some((before, expected)) = message.rsplit_once("expected ") else {
        return message.to_string();
    };
    let expected = match expected {
        "u32" | "u64" | "usize" => "a whole number of at least 0",
        "f64" => "a number",
        other => other,
    };
    format!("{before}expected {expected}")
}

fn key_at(table: &dyn TableLike, span: &std::ops::Range<usize>, prefix: &str) -> Option<String> {
    for (key, item) in table.iter() {
        let path = format!("{prefix}{key}");
        if let Some(inner) = item.as_table_like()
            && let Some(found) = key_at(inner, span, &format!("{path}."))
        {
            return Some(found);
        }
        let covers = |own: std::ops::Range<usize>| own.start <= span.start && span.end <= own.end;
        if item.is_value() && item.span().is_some_and(covers) {
            return Some(path);
        }
    }
    None
}

/// Returns `text` as one line of comment: TOML ends a comment at a line break, and forbids other
/// control characters in it.
fn comment(text: &str) -> String {
    format!("# {}\n", text.replace(char::is_control, " "))
}

pub(super) fn header_of(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with('#'));
    lines
        .map(|line| line.trim_start_matches('#').trim())
        .collect::<Vec<_>>()
        .join("\n")
}
