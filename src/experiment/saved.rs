//! Experiments from the records of their runs.

use std::path::Path;

use toml_edit::DocumentMut;

use super::chain::parse;
use super::error::ExperimentError;
use super::forecast::ForecastExperiment;
use super::overrides::Override;
use super::resolve::{Changed, Resolved, apply_all, header_of};
use super::source::Source;
use super::spec::{Experiment, ExperimentKind};
use super::unwritten::admit;

/// Returns the experiment in the resolved `text` from a run folder, read from `path`.
///
/// # Errors
/// As [`load`](super::load), with positions in that file.
pub fn load_saved<E: ExperimentKind>(
    path: &Path,
    name: &str,
    text: &str,
) -> Result<Resolved<E>, ExperimentError> {
    load_record(path, name, text, &[])
}

/// As [`load_saved`], with `overrides` on top.
///
/// # Errors
/// As [`load`](super::load); an experiment of another kind.
pub fn load_record<E: ExperimentKind>(
    path: &Path,
    name: &str,
    text: &str,
    overrides: &[Override],
) -> Result<Resolved<E>, ExperimentError> {
    let source = Source {
        name: name.to_string(),
        path: Some(path.to_path_buf()),
        text: text.to_string(),
    };
    let layers = [(&source, parse(&source)?)];
    let mut merged: DocumentMut = text.parse().expect("the same text was parsed just before");
    // A record with neither section is damaged, and described as such below.
    let mut sections = [Experiment::SECTION, ForecastExperiment::SECTION].iter();
    if !merged.contains_key(E::SECTION) && sections.any(|section| merged.contains_key(section)) {
        return Err(ExperimentError::OtherKind {
            name: name.to_string(),
            section: E::SECTION,
        });
    }
    let keys = overrides.iter().map(|change| change.key.as_str());
    admit::<E>(&mut merged, [].iter(), keys);
    let Changed {
        name,
        experiment,
        text,
    } = apply_all(name, &mut merged, &layers, overrides)?;
    Ok(Resolved {
        name,
        base: String::new(),
        base_replaced: false,
        header: header_of(&text),
        experiment,
        text,
        sources: vec![source],
    })
}
