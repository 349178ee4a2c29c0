//! Sections of the page: what each folder of results holds.

use std::fs;
use std::io::Read;
use std::path::Path;

use serde::Serialize;

use super::address::address;
use super::block::{Block, BlockKind, Figure, Place};
use super::clips::Clips;
use super::embed::png_url;
use super::error::ReportError;
use super::maps::Maps;
use super::runs::{Named, name_networks};
use super::{accuracy, checked, faithful, frames, located, memory};
use crate::run::{DepthRow, MAPS_JSON, RunError, SEQUENCE_JSON, TableRow};

/// The block of maps.
const MAPS: BlockKind = BlockKind {
    id: "maps",
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
};
/// The block of the figures that belong to no other.
const OTHERS: BlockKind = BlockKind {
    id: "others",
    title: "Other figures",
    figures: &[""],
    fill: |_, _| Ok(()),
};
/// Every block, in the order of the page.
const BLOCKS: [BlockKind; 8] = [
    MAPS,
    accuracy::BLOCK,
    faithful::BLOCK,
    located::BLOCK,
    checked::BLOCK,
    frames::BLOCK,
    memory::BLOCK,
    OTHERS,
];
/// Most bytes of the figures in the page.
const MOST_FIGURES: u64 = 4_000_000;
/// Files of one folder that are listed; of more, only the folder.
const MOST_LISTED: usize = 100;
/// Bytes of an SVG file that are searched for its title.
const SVG_START: u64 = 2000;
/// The folder of the large pictures of an explanation, which are no figures.
const PANELS: &str = "panels";
/// Titles of the maps of an ablation, by their folder, in the order of the page.
const TITLES: [(&str, &str); 3] = [
    ("maps-along-training", "along training, for the true class"),
    (
        "maps",
        "best checkpoints, every method, for the predicted class",
    ),
    (
        "maps-trail",
        "one picture along training, and with random weights",
    ),
];

/// The results of one folder.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Section {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) generated: bool,
    pub(super) blocks: Vec<Block>,
}

/// A folder and the files in it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Listed {
    name: String,
    files: Vec<Link>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Link {
    name: String,
    href: String,
}

/// What all sections share.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) maps: Vec<Maps>,
    pub(super) clips: Vec<Clips>,
    pub(super) files: Vec<Listed>,
    pub(super) named: Vec<Named>,
    /// The figures' files, by section, block and figure.
    figures: Vec<(usize, usize, usize, std::path::PathBuf)>,
}

/// The names of folders and of files in a folder, by name; hidden ones and links are skipped.
struct Entries {
    folders: Vec<String>,
    files: Vec<String>,
}

fn entries(folder: &Path) -> Result<Entries, RunError> {
    let failed = |source| RunError::io("list", folder, source);
    let mut found = Entries {
        folders: Vec::new(),
        files: Vec::new(),
    };
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        if name.starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            found.folders.push(name);
        } else if kind.is_file() {
            found.files.push(name);
        }
    }
    found.folders.sort();
    found.files.sort();
    Ok(found)
}

/// Returns the names of the folders of `root` that are sections, or an empty name if `root` itself is
/// one because figures are drawn from what it holds.
pub(super) fn names(root: &Path) -> Result<Vec<String>, RunError> {
    let found = entries(root)?;
    let inputs = crate::figure::inputs();
    let is_input = |name: &String| inputs.contains(&name.as_str());
    match found.files.iter().chain(&found.folders).any(is_input) {
        true => Ok(vec![String::new()]),
        false => Ok(found.folders),
    }
}

/// Returns the title of the section in `folder`, whose name may be empty.
pub(super) fn title_of(folder: &Path, name: &str) -> String {
    let own = folder.canonicalize().ok();
    let own = own.as_deref().and_then(Path::file_name);
    own.map_or(name.to_string(), |own| own.to_string_lossy().into_owned())
}

impl Section {
    /// Returns its place on the page: that of its first question.
    pub(super) fn rank(&self) -> usize {
        let is_first =
            |kind: &BlockKind| self.blocks.first().is_some_and(|block| block.id == kind.id);
        BLOCKS.iter().position(is_first).unwrap_or(BLOCKS.len())
    }
}

impl Collected {
    /// Returns the section `name` of `root`; nothing if there is nothing to show.
    pub(super) fn section(
        &mut self,
        (root, name): (&Path, &str),
        number: usize,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Section>, ReportError> {
        let folder = root.join(name);
        let title = title_of(&folder, name);
        let mut section = Section {
            id: format!("section-{number}"),
            generated: false,
            blocks: BLOCKS.iter().map(Block::of).collect(),
            title,
        };
        let href = match name.is_empty() {
            true => String::new(),
            false => format!("{name}/"),
        };
        self.visit((&folder, &href), (&mut section, number), stop)?;
        let order = |index: &usize| {
            let title = self.maps[*index].title();
            let place = TITLES.iter().position(|(_, known)| title == *known);
            place.unwrap_or(TITLES.len())
        };
        for block in &mut section.blocks {
            block.maps.sort_by_key(order);
        }
        match section.blocks.iter().all(Block::is_empty) {
            true => Ok(None),
            false => Ok(Some(section)),
        }
    }

    fn visit(
        &mut self,
        (folder, href): (&Path, &str),
        (section, number): (&mut Section, usize),
        stop: &dyn Fn() -> bool,
    ) -> Result<(), ReportError> {
        if stop() {
            return Err(ReportError::Stopped);
        }
        let found = entries(folder)?;
        let has = |file: &str| found.files.iter().any(|name| name == file);
        let place = Place { folder, href };
        let of = |id: &str| {
            BLOCKS
                .iter()
                .position(|kind| kind.id == id)
                .expect("it is a block")
        };
        if has(MAPS_JSON)
            && let Some(maps) = Maps::read(folder, &title(folder, href))?
        {
            section.blocks[of(MAPS.id)].maps.push(self.maps.len());
            self.maps.push(maps);
        }
        if has(SEQUENCE_JSON) {
            section.blocks[of(memory::BLOCK.id)]
                .clips
                .push(self.clips.len());
            self.clips.push(Clips::read(folder)?);
        }
        for (kind, block) in BLOCKS.iter().zip(&mut section.blocks) {
            (kind.fill)(&place, block)?;
        }
        let depth = DepthRow::read_if_present(&folder.join(DepthRow::FILE))?;
        section.generated |= depth.iter().any(|row| row.generated);
        name_networks(folder, &section.title, &mut self.named)?;
        let is_panels = href.split('/').any(|part| part == PANELS);
        let is_figure = |name: &&String| name.ends_with(".png") && !is_panels;
        let mut figures: Vec<_> = found.files.iter().filter(is_figure).collect();
        figures.sort_by_key(|name| place_of(name));
        for file in figures {
            self.add_figure((&place, file), (section, number));
        }
        self.list(&found, href);
        for name in &found.folders {
            let below = (&*folder.join(name), &*format!("{href}{name}/"));
            self.visit(below, (&mut *section, number), stop)?;
        }
        Ok(())
    }

    /// Adds the figure in `file` to the block that it belongs to.
    fn add_figure(
        &mut self,
        (place, file): (&Place<'_>, &str),
        (section, number): (&mut Section, usize),
    ) {
        let stem = file.trim_end_matches(".png").to_string();
        let title = svg_title(&place.folder.join(format!("{stem}.svg")))
            .unwrap_or_else(|| stem.replace('-', " "));
        let name = format!("{}{file}", place.href);
        let (block, _) = place_of(file);
        let figures = &mut section.blocks[block].figures;
        self.figures
            .push((number, block, figures.len(), place.folder.join(file)));
        figures.push(Figure {
            alt: format!("Figure: {title}, {}", section.title),
            title,
            stem,
            href: address(&name),
            file: name,
            data: None,
            width: 0,
            height: 0,
        });
    }

    fn list(&mut self, found: &Entries, href: &str) {
        let link = |name: &String| Link {
            name: name.clone(),
            href: address(&format!("{href}{name}")),
        };
        let mut files: Vec<Link> = found.files.iter().map(link).collect();
        if files.len() > MOST_LISTED {
            let name = format!("the folder, with {} files", files.len());
            files = vec![Link {
                name,
                href: address(href),
            }];
        }
        if !files.is_empty() {
            self.files.push(Listed {
                name: match href.is_empty() {
                    true => "this folder".to_string(),
                    false => href.to_string(),
                },
                files,
            });
        }
    }

    /// Puts the figures into the page as far as there is room, first one of every block.
    pub(super) fn embed_figures(&self, sections: &mut [Section]) -> Result<(), ReportError> {
        let mut left = MOST_FIGURES;
        let mut order: Vec<_> = self.figures.iter().collect();
        order.sort_by_key(|(section, block, figure, _)| (*figure, *section, *block));
        for (section, block, figure, path) in order {
            let id = format!("section-{section}");
            let Some(section) = sections.iter_mut().find(|section| section.id == id) else {
                continue;
            };
            let failed = |source| RunError::io("read", path, source);
            let size = fs::metadata(path).map_err(failed)?.len();
            if size > left {
                continue;
            }
            let bytes = fs::read(path).map_err(failed)?;
            let Some((width, height)) = png_size(&bytes) else {
                continue;
            };
            left -= size;
            let Some(block) = section.blocks.get_mut(*block) else {
                continue;
            };
            let figure = &mut block.figures[*figure];
            (figure.width, figure.height) = (width, height);
            figure.data = Some(png_url(&bytes));
        }
        Ok(())
    }
}

/// Returns the places of the block that a figure belongs to, and of the start of its name in that block.
fn place_of(file: &str) -> (usize, usize) {
    let start_in = |kind: &BlockKind| {
        kind.figures
            .iter()
            .position(|start| file.starts_with(start))
    };
    let mut fitting = BLOCKS.iter().map(start_in).enumerate();
    let found = fitting.find_map(|(block, start)| Some((block, start?)));
    found.expect("the last block takes every figure")
}

/// Returns the title of the maps in `folder`.
fn title(folder: &Path, href: &str) -> String {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    match TITLES.iter().find(|(known, _)| *known == name) {
        Some((_, title)) => title.to_string(),
        None if href.is_empty() => name.into_owned(),
        None => href.trim_end_matches('/').to_string(),
    }
}

/// Returns the title of a figure, as its SVG file states it; nothing if there is no such file.
fn svg_title(file: &Path) -> Option<String> {
    let mut start = Vec::new();
    let file = fs::File::open(file).ok()?;
    file.take(SVG_START).read_to_end(&mut start).ok()?;
    let start = String::from_utf8_lossy(&start);
    let (_, title) = start.split_once("<title>")?;
    let (title, _) = title.split_once("</title>")?;
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    Some(
        entities
            .iter()
            .fold(title.to_string(), |text, (entity, letter)| {
                text.replace(entity, letter)
            }),
    )
}

/// Returns the width and height in the header of a PNG file; nothing if it is none.
///
/// # Source
/// Portable Network Graphics (PNG) Specification, W3C: the signature, then the chunk IHDR.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(4..16)?;
    let sides = header.strip_prefix(b"IHDR")?;
    let side = |at: usize| {
        let four: [u8; 4] = sides.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(four))
    };
    Some((side(0)?, side(4)?))
}
