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
use crate::run::{ColourMap, DepthRow, TableRow, write_atomically};
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
/// The program that uses [`NETWORK_PROGRAM`].
const TRY: &str = include_str!("try.js");

/// What to report.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The folder of figures, such as "figures" or "figures/shapes".
    pub folder: &'a Path,
    /// The folders of runs, such as "checkpoints": where the networks are looked up.
    pub runs: &'a [&'a Path],
    /// The command that makes the page.
    pub command: &'a str,
    /// Networks for the reader's own pictures.
    pub networks: &'a [EmbeddedNetwork],
    /// The images that they were trained on, in words.
    pub trained_on: &'a str,
}

/// Everything that the template shows.
#[derive(Serialize)]
struct Page<'a> {
    title: String,
    version: &'static str,
    style: &'static str,
    script: String,
    networks: Option<String>,
    command: &'a str,
    sections: Vec<Section>,
    files: Vec<Listed>,
    runs: Table,
    data: String,
}

/// What the page's program reads.
#[derive(Serialize)]
struct Data<'a> {
    scales: BTreeMap<&'static str, Vec<[u8; 3]>>,
    maps: Vec<maps::Maps>,
    clips: Vec<clips::Clips>,
    networks: &'a [EmbeddedNetwork],
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
        networks: request.networks,
    };
    let page = Page {
        title: titles.join(", "),
        version: env!("CARGO_PKG_VERSION"),
        style: STYLE,
        script: match request.networks {
            [] => SCRIPT.to_string(),
            _ => [SCRIPT, NETWORK_PROGRAM, TRY].concat(),
        },
        networks: request.networks.first().map(|network| {
            let (side, classes) = network.sight();
            format!(
                "These networks were trained on {} and run inside the page: no picture leaves your computer. They \
                 see {side} × {side} pixels and know {classes} classes; anything else is taken for one of them.",
                request.trained_on
            )
        }),
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

/// Returns the networks that the ablations in `folder` show: the section's name, the experiment's and the seed.
///
/// # Errors
/// [`ReportError::Run`] for a table that cannot be read.
pub fn shown_networks(folder: &Path) -> Result<Vec<(String, String, u64)>, ReportError> {
    let mut found = Vec::new();
    for name in section::names(folder)? {
        let own = folder.join(&name);
        let section = section::title_of(&own, &name);
        let mut rows = DepthRow::read_if_present(&own.join(DepthRow::FILE))?;
        let first = rows.iter().map(|row| row.seed).min();
        rows.retain(|row| Some(row.seed) == first);
        found.extend(
            rows.into_iter()
                .map(|row| (section.clone(), row.trial, row.seed)),
        );
    }
    Ok(found)
}

/// Returns the page as HTML; every value is escaped but our own style, script and data.
fn rendered(page: &Page<'_>) -> String {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment
        .render_str(TEMPLATE, page)
        .expect("the template names known fields")
}
