//! What can go wrong between a folder of tables and maps and a figure.

use std::path::PathBuf;

use crate::run::{RunError, interrupted};

/// A figure that cannot be drawn or saved.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// Nothing in the input belongs to this figure.
    #[error("nothing to draw for {wanted}; known: {known}")]
    Nothing {
        /// What was asked for, such as "method \"grad-cam\" with seed 0".
        wanted: String,
        /// What the input has instead, as a list of quoted names.
        known: String,
    },
    /// One map of an otherwise complete figure is not in the set.
    #[error("no {method:?} map of {image:?} for {network:?} at the {layer}")]
    MissingMap {
        /// Method name.
        method: String,
        /// Picture name.
        image: String,
        /// Trial name, with the epoch where a figure has several.
        network: String,
        /// Layer rule, in words.
        layer: String,
    },
    /// Several checkpoints of one trial answer the same question.
    #[error(
        "{trial:?} has maps at the epochs {epochs}: this figure takes one checkpoint per trial"
    )]
    SeveralCheckpoints {
        /// Trial name.
        trial: String,
        /// The epochs, joined by commas.
        epochs: String,
    },
    /// A record names a picture that the set does not list.
    #[error("a record names the picture {image:?}, which the set does not list")]
    UnknownImage {
        /// Picture name.
        image: String,
    },
    /// An array is not in the set.
    #[error("the array {name:?} is not in the set")]
    MissingArray {
        /// Array name.
        name: String,
    },
    /// An array has another shape than its use asks for.
    #[error("the array {name:?} has shape {shape:?}, expected {expected}")]
    WrongShape {
        /// Array name.
        name: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The axes that were expected.
        expected: &'static str,
    },
    /// An array or a row has a value that cannot be drawn.
    #[error("{name:?} holds a value that is not finite")]
    NotFinite {
        /// Array name or series label.
        name: String,
    },
    /// A picture could not be encoded.
    #[error("cannot encode a picture of {width} x {height} pixels as {format}: {source}")]
    Encode {
        /// The format: "png" or "gif".
        format: &'static str,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The encoder's answer.
        source: image::ImageError,
    },
    /// The composed SVG was refused by the renderer.
    #[error("cannot render the figure {title:?}: {reason}")]
    Render {
        /// The figure's title.
        title: String,
        /// What the renderer said.
        reason: String,
    },
    /// A figure of a folder cannot be drawn.
    #[error("cannot draw the figure {figure:?} of {folder:?}: {reason}")]
    InFolder {
        /// The figure's name.
        figure: &'static str,
        /// The folder with its tables and maps.
        folder: PathBuf,
        /// Why not.
        reason: Box<FigureError>,
    },
    /// Drawing was stopped by request.
    #[error("stopped before all figures were drawn")]
    Stopped,
    /// A file could not be read or written.
    #[error(transparent)]
    Save(#[from] RunError),
}

impl FigureError {
    /// Fails if the process was asked to stop.
    pub(super) fn unless_interrupted() -> Result<(), Self> {
        match interrupted() {
            true => Err(Self::Stopped),
            false => Ok(()),
        }
    }
}

/// Returns the names quoted and joined by commas, each once and in order of first appearance, or
/// "none".
pub(super) fn quoted_list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    if seen.is_empty() {
        return "none".to_string();
    }
    seen.iter()
        .map(|name| format!("{name:?}"))
        .collect::<Vec<_>>()
        .join(", ")
}
