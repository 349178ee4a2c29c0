//! Parts of the page's sections: one question each, with sentences, tables and figures.

use std::path::Path;

use serde::Serialize;

use super::error::ReportError;
use super::table::Table;
use super::{accuracy, checked, faithful, frames, located, memory};

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

/// The block of maps.
pub(super) const MAPS: &str = "maps";
/// The block of clips.
pub(super) const MEMORY: &str = "memory";

/// Every block, in the order of the page. The last takes the figures that no other one takes.
pub(super) const BLOCKS: [BlockKind; 8] = [
    BlockKind {
        id: MAPS,
        title: "What do they look at?",
        figures: &[
            "trail-",
            "training-time-",
            "ablation-",
            "maps-",
            "explain",
            "panels",
        ],
        fill: |_, _| Ok(()),
    },
    BlockKind {
        id: "accuracy",
        title: "How accurate are the networks?",
        figures: &[
            "depth",
            "curves",
            "compared",
            "calibration",
            "confusion",
            "sweep",
        ],
        fill: accuracy::fill,
    },
    BlockKind {
        id: "scores",
        title: "How faithful are the maps?",
        figures: &["score-depth"],
        fill: faithful::fill,
    },
    BlockKind {
        id: "localization",
        title: "Are the maps on the object?",
        figures: &["iou-", "objects-covered", "boxes"],
        fill: located::fill,
    },
    BlockKind {
        id: "sanity",
        title: "Do the maps depend on what was learned?",
        figures: &["sanity-trial", "sanity"],
        fill: checked::fill,
    },
    BlockKind {
        id: "frames",
        title: "How good are the predicted frames?",
        figures: &["frame-scores", "predicted-frames"],
        fill: frames::fill,
    },
    BlockKind {
        id: MEMORY,
        title: "What does the predictor remember?",
        figures: &["trajectory", "capacity"],
        fill: memory::fill,
    },
    BlockKind {
        id: "others",
        title: "Other figures",
        figures: &[""],
        fill: |_, _| Ok(()),
    },
];

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
            href: super::address(&format!("{}{name}", self.href)),
            ..table
        });
    }
}
