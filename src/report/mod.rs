//! One page of everything in a folder of figures: `index.html`, which holds all that it shows and opens
//! from disk, without a network or a server.
//!
//! The page is written from the tables, maps and figures on disk. A part of it is a file with a
//! `BLOCK`, which says what it reads, and its line in `BLOCKS`.

mod accuracy;
mod address;
mod block;
mod checked;
mod clips;
mod embed;
mod error;
mod faithful;
mod frames;
mod located;
mod maps;
mod memory;
mod runs;
mod section;
mod table;
mod weights;

pub use error::ReportError;
pub use weights::{EmbeddedNetwork, NETWORK_PROGRAM, NetworkError, NetworkSource};

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use crate::figure::{colour_table, diverging_table};
use crate::run::{ColourMap, write_atomically};
use section::{Collected, Listed, Section};
use table::Table;

/// Name of the page's file.
pub const PAGE: &str = "index.html";

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// The page's program, in order: every file uses what the first one gives.
const SCRIPT: &str = concat!(
    include_str!("page.js"),
    include_str!("maps.js"),
    include_str!("clips.js"),
);

/// What to report.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The folder of figures, such as "figures" or "figures/shapes".
    pub folder: &'a Path,
    /// The folders of runs, such as "checkpoints": where the networks are looked up.
    pub runs: &'a [&'a Path],
    /// The command that makes the page.
    pub command: &'a str,
}

/// Everything that the template shows.
#[derive(Serialize)]
struct Page<'a> {
    title: String,
    version: &'static str,
    style: &'static str,
    script: &'static str,
    command: &'a str,
    sections: Vec<Section>,
    files: Vec<Listed>,
    runs: Table,
    data: String,
}

/// What the page's program reads.
#[derive(Serialize)]
struct Data {
    scales: BTreeMap<&'static str, Vec<[u8; 3]>>,
    maps: Vec<maps::Maps>,
    clips: Vec<clips::Clips>,
}

/// Writes the page of a folder into it, and returns its path.
///
/// # Errors
/// [`ReportError::Nothing`]; a table, map or figure that cannot be read, or the page that cannot be
/// written; [`ReportError::Stopped`] as soon as `stop` returns true.
pub fn write(request: &Request<'_>, stop: &dyn Fn() -> bool) -> Result<PathBuf, ReportError> {
    let folder = request.folder;
    let mut collected = Collected::default();
    let mut sections = Vec::new();
    for (number, name) in section::names(folder)?.iter().enumerate() {
        sections.extend(collected.section((folder, name), number, stop)?);
    }
    if sections.is_empty() {
        return Err(ReportError::Nothing {
            folder: folder.to_path_buf(),
        });
    }
    collected.embed_figures(&mut sections)?;
    for section in &mut sections {
        section.blocks.retain(|block| !block.is_empty());
    }
    // Images before clips, and single explanations last.
    sections.sort_by_key(Section::rank);
    let titles: Vec<&str> = sections
        .iter()
        .map(|section| section.title.as_str())
        .collect();
    let data = Data {
        scales: BTreeMap::from([
            ("turbo", colour_table(ColourMap::Turbo)),
            ("viridis", colour_table(ColourMap::Viridis)),
            ("inferno", colour_table(ColourMap::Inferno)),
            ("diverging", diverging_table()),
        ]),
        maps: collected.maps,
        clips: collected.clips,
    };
    let page = Page {
        title: titles.join(", "),
        version: env!("CARGO_PKG_VERSION"),
        style: STYLE,
        script: SCRIPT,
        command: request.command,
        files: collected.files,
        runs: runs::table(request.runs, &collected.named)?,
        data: embed::json(&data),
        sections,
    };
    let path = folder.join(PAGE);
    write_atomically(&path, rendered(&page).as_bytes())?;
    Ok(path)
}

/// Returns the page as HTML; every value is escaped but our own style, script and data.
fn rendered(page: &Page<'_>) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
        .render_str(TEMPLATE, page)
        .expect("the template names known fields")
}
