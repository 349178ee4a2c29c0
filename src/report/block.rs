//! Parts of the page's sections: one question each, with sentences, tables and figures.

use std::path::Path;

use serde::Serialize;

use super::address::address;
use super::error::ReportError;
use super::table::Table;

/// One question, and what is read to answer it.
pub(super) struct BlockKind {
    /// Its name in addresses.
    pub(super) id: &'static str,
    /// The question.
    pub(super) title: &'static str,
    /// Starts of the names of its figures.
    pub(super) figures: &'static [&'static str],
    /// Adds what the tables of a folder say.
    pub(super) fill: fn(&Place<'_>, &mut Block) -> Result<(), ReportError>,
}

/// A folder with results.
pub(super) struct Place<'a> {
    /// The folder.
    pub(super) folder: &'a Path,
    /// Its address from the page, with a slash at the end unless it is the page's own.
    pub(super) href: &'a str,
}

/// A part of a section.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct Block {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) sentences: Vec<String>,
    /// Places of its maps and clips in the page's data.
    pub(super) maps: Vec<usize>,
    pub(super) clips: Vec<usize>,
    pub(super) tables: Vec<Table>,
    pub(super) figures: Vec<Figure>,
}

/// A figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Figure {
    pub(super) title: String,
    pub(super) stem: String,
    pub(super) alt: String,
    pub(super) file: String,
    pub(super) href: String,
    /// The picture; nothing if it does not fit into the page.
    pub(super) data: Option<String>,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Block {
    /// Returns the empty block of a kind.
    pub(super) fn of(kind: &BlockKind) -> Self {
        Self {
            id: kind.id.to_string(),
            title: kind.title.to_string(),
            ..Self::default()
        }
    }

    /// Returns whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.sentences.is_empty()
            && self.maps.is_empty()
            && self.clips.is_empty()
            && self.tables.is_empty()
            && self.figures.is_empty()
    }
}

impl Place<'_> {
    /// Adds `table`, read from the file `name` in this folder, to `block`.
    pub(super) fn add(&self, block: &mut Block, name: &str, table: Table) {
        block.tables.push(Table {
            file: format!("{}{name}", self.href),
            href: address(&format!("{}{name}", self.href)),
            ..table
        });
    }
}
