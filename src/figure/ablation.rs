//! The ablation figure: for each picture, what the networks of rising depth look at.
//!
//! One block per picture: the picture stands above the column of heat maps, each blended over it, one
//! row per trial and layer, and each explanation map next to its heat map, so that the eye compares
//! straight up and straight across. A trial has two rows if its last block is too coarse.

use super::canvas::{Anchor, Canvas, Point};
use super::drawing::Drawing;
use super::error::FigureError;
use super::file_name::stem_of_layers;
use super::folder::{ABLATION_MAPS, Folder, FolderFigure};
use super::heat::overlay;
use super::page::{Page, common_panel, empty_panel, pair_labels};
use super::picture::{PanelSize, picture, picture_size};
use super::run_names::{Changed, changed, names};
use super::selection::{
    FINE_CELLS, LayerRule, MapChoice, epochs_of, head_note, images, provenance, unique,
};
use super::sheet::Figure;
use super::svg_text::{class_name, method_title, network_title};
use super::theme::{BODY, HEADING, MARGIN, SMALL, STRONG, Style};
use super::typeface::{shorten, width};
use super::verdict;
use crate::run::{CHANGE, ExplainedImage, ExplanationRecord, ExplanationSet};

/// Widest page content in pixels: 11.5 inches, a landscape sheet.
const WIDEST: f32 = 2300.0;
/// Longer side of a panel in pixels, for a few pictures and for many.
const PANEL_FEW: usize = 160;
const PANEL_MANY: usize = 128;
/// Pictures from which the smaller panel is used.
const MANY: usize = 7;
/// Longer side of a panel in pixels for a single picture.
const PANEL_ONE: usize = 224;
/// Widest text next to a row of panels, in pixels; what is longer is shortened.
const TEXT_WIDTH: f32 = 255.0;
/// Narrowest page content in pixels, so that the header has room.
const NARROWEST: f32 = 740.0;
/// Space between the two panels of a row, and between rows, in pixels.
const PANEL_GAP: f32 = 10.0;
/// Space between the panels and the text, in pixels.
const TEXT_GAP: f32 = 18.0;
/// Space between blocks, in pixels.
const BLOCK_GAP: f32 = 44.0;
/// Height over width of a page that blocks are arranged towards (A4).
const PAGE_ASPECT: f32 = 1.414;

/// The folder of the maps, below that of the figures.
const MAPS: &str = ABLATION_MAPS[0];

/// Draws each method at both layers of an ablation, where all networks have a map of it.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "ablation",
    reads: MAPS,
    draw: |folder| {
        let Some(set) = folder.maps(MAPS, "ablation", |_| true)? else {
            return Ok(());
        };
        let seeds = unique(set.records.iter().map(|record| record.seed));
        for seed in seeds {
            save_choices(folder, &set, Some(seed), Compared::Depths)?;
        }
        Ok(())
    },
};

/// Draws the same of runs that are compared, each with maps of one seed.
pub(super) const COMPARED: FolderFigure = FolderFigure {
    name: "compared-maps",
    reads: MAPS,
    draw: |folder| {
        let Some(set) = folder.maps(MAPS, "compared-maps", |_| false)? else {
            return Ok(());
        };
        save_choices(folder, &set, None, Compared::Runs)
    },
};

/// Saves a figure of each method of which every network has a map, of `seed` if given.
fn save_choices(
    folder: &mut Folder<'_>,
    set: &ExplanationSet,
    seed: Option<u64>,
    of: Compared,
) -> Result<(), FigureError> {
    let trials = unique(set.records.iter().map(|record| record.trial.as_str()));
    for method in unique(set.records.iter().map(|record| record.method.as_str())) {
        let shows = |trial: &&str| {
            set.records.iter().any(|record| {
                record.trial == *trial
                    && seed.is_none_or(|seed| record.seed == seed)
                    && record.method == method
            })
        };
        if trials.iter().all(shows) {
            let choice = MapChoice {
                method: method.to_string(),
                layer: LayerRule::Deepest,
                seed,
            };
            folder.save(&Ablation { set, choice, of })?;
        }
    }
    Ok(())
}

/// The networks whose maps are next to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    /// Networks of rising depth.
    Depths,
    /// Any runs.
    Runs,
}

/// The ablation figure of one method at both layers of each network.
#[derive(Debug, Clone)]
pub(super) struct Ablation<'a> {
    /// What was explained.
    pub set: &'a ExplanationSet,
    /// Which maps of it to show, at the deepest layer; those of the finer one are added.
    pub choice: MapChoice,
    /// What the networks are.
    pub of: Compared,
}

/// A block's extents in pixels.
struct BlockSize {
    panel: PanelSize,
    width: f32,
    row: f32,
    height: f32,
}

/// One picture and its maps, one or two per trial.
type Block<'a> = (&'a ExplainedImage, Vec<&'a ExplanationRecord>);

impl Figure for Ablation<'_> {
    fn name(&self) -> String {
        let figure = match self.of {
            Compared::Depths => "ablation",
            Compared::Runs => "maps",
        };
        stem_of_layers(figure, &self.choice)
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let records = self.choice.records(self.set)?;
        let images = images(self.set, &records)?;
        let trials = unique(records.iter().map(|record| record.trial.as_str()));
        let blocks = images
            .iter()
            .map(|&image| {
                let maps = trials.iter().map(|trial| {
                    let here = records.iter().copied();
                    let here = here.filter(|r| r.image == image.id && r.trial == *trial);
                    self.both_layers(here)
                        .ok_or_else(|| self.choice.missing(&image.id, trial))
                });
                let maps = maps.collect::<Result<Vec<_>, FigureError>>()?;
                Ok((image, maps.into_iter().flatten().collect()))
            })
            .collect::<Result<Vec<Block<'_>>, FigureError>>()?;
        let shown: Vec<_> = blocks.iter().flat_map(|(_, maps)| maps).copied().collect();
        let epochs = epochs_of(&trials, &shown)?;

        let size = self.block_size(&images, &blocks)?;
        let columns = columns(&size, images.len());
        let content = columns as f32 * (size.width + BLOCK_GAP) - BLOCK_GAP;
        let method = method_title(&shown[0].title, &self.choice.method);
        let title = match self.of {
            Compared::Depths => format!("{method} by depth of the network"),
            Compared::Runs => format!("{method} of the compared runs"),
        };
        let subtitle = format!("{} · {}", provenance(&images, &shown), self.layers(&shown));
        let mut page = Page::new(content.max(NARROWEST), &title, &subtitle);
        page.colour_bar(self.set.drawn_as.overlay, ", over the picture")?;
        let top = page.y;
        for (index, block) in blocks.iter().enumerate() {
            let (row, column) = (index / columns, index % columns);
            let left = (MARGIN + column as f32 * (size.width + BLOCK_GAP)).round();
            let top = (top + row as f32 * (size.height + BLOCK_GAP)).round();
            self.block(&mut page.canvas, (left, top), &size, block)?;
        }
        let lines = images.len().div_ceil(columns) as f32;
        page.y = top + lines * (size.height + BLOCK_GAP) - BLOCK_GAP;
        page.caption(&format!(
            "{} {} ✓: the prediction is right, ✗: it is wrong; with its confidence. I: the picture; L: the heat \
             map; E: the explanation map. Epochs shown: {epochs}.{}",
            self.set.selection_rule.trim(),
            verdict::target_note(&shown),
            head_note(&shown)
        ));
        Ok(page.finish())
    }
}

impl Ablation<'_> {
    fn fine_cells(&self) -> usize {
        self.set.drawn_as.fine_cells.unwrap_or(FINE_CELLS)
    }

    /// Returns the map of `records` at the finer layer and that at the deepest, which may be one; nothing if
    /// there is none.
    fn both_layers<'a>(
        &self,
        records: impl Iterator<Item = &'a ExplanationRecord> + Clone,
    ) -> Option<Vec<&'a ExplanationRecord>> {
        let finer = MapChoice {
            layer: LayerRule::DeepestWithCells(self.fine_cells()),
            ..self.choice.clone()
        };
        let deepest = self.choice.pick(records.clone())?;
        let finer = finer.pick(records);
        Some(unique(finer.into_iter().chain([deepest])))
    }

    /// Returns which layers are shown.
    fn layers(&self, shown: &[&ExplanationRecord]) -> String {
        let cells = self.fine_cells();
        let is_fine =
            |record: &&ExplanationRecord| record.native_size.iter().all(|side| *side >= cells);
        match shown.iter().all(is_fine) {
            true => LayerRule::Deepest.to_string(),
            false => format!("{}, and the last block", LayerRule::DeepestWithCells(cells)),
        }
    }

    /// Returns what differs in the run of `record` from those of other records, one change per text.
    fn changes_of(&self, record: &ExplanationRecord) -> Vec<String> {
        let trials = unique(self.set.records.iter().map(|record| &record.trial));
        let runs: Vec<Changed> = trials.iter().map(|trial| changed(trial)).collect();
        let named = trials.iter().zip(names(&runs).0);
        let mut own = named.filter(|(trial, _)| ***trial == record.trial);
        let name = own.next().map_or(String::new(), |(_, name)| name);
        name.split("  ").skip(1).map(str::to_string).collect()
    }

    fn block_size(
        &self,
        images: &[&ExplainedImage],
        blocks: &[Block<'_>],
    ) -> Result<BlockSize, FigureError> {
        let target = match images.len() {
            1 => PANEL_ONE,
            n if n < MANY => PANEL_FEW,
            _ => PANEL_MANY,
        };
        let panel = common_panel(self.set, images, target)?;
        let (mut text_width, mut text_height) = (0f32, 0f32);
        let mut rows = 0;
        for (image, maps) in blocks {
            rows = rows.max(maps.len());
            for record in maps {
                let lines = row_lines(record, self.changes_of(record), image);
                let widths = lines.iter().map(|(style, line)| width(line, style));
                text_width = widths.fold(text_width, f32::max);
                text_height = text_height.max(lines.iter().map(|(style, _)| style.line()).sum());
            }
        }
        let row = (panel.height as f32).max(text_height) + PANEL_GAP;
        let head = (panel.height as f32).max(HEADING.line() + 2.0 * SMALL.line());
        Ok(BlockSize {
            panel,
            width: 2.0 * panel.width as f32 + PANEL_GAP + TEXT_GAP + text_width.ceil(),
            row,
            height: head + SMALL.line() + PANEL_GAP + rows as f32 * row - PANEL_GAP,
        })
    }

    fn block(
        &self,
        canvas: &mut Canvas,
        at: Point,
        size: &BlockSize,
        (image, rows): &Block<'_>,
    ) -> Result<(), FigureError> {
        let (left, top) = at;
        let (rows_high, columns_wide) = picture_size(self.set, &image.pixels)?;
        let panel = PanelSize::fit(
            columns_wide,
            rows_high,
            size.panel.width.max(size.panel.height),
        );
        let second = left + size.panel.width as f32 + PANEL_GAP;
        let text = second + size.panel.width as f32 + TEXT_GAP;

        canvas.picture(
            panel.at(left, top),
            &picture(self.set, &image.pixels, panel)?,
        )?;
        let room = left + size.width - second;
        let name = image
            .true_class
            .as_deref()
            .map_or("unknown".into(), class_name);
        let mut y = canvas.text((second, top), Anchor::Start, &SMALL, "true class");
        y = canvas.text(
            (second, y),
            Anchor::Start,
            &HEADING,
            &shorten(&name, room, &HEADING),
        );
        canvas.text(
            (second, y),
            Anchor::Start,
            &SMALL,
            &shorten(&image.id, room, &SMALL),
        );

        let rows_height = rows.len() as f32 * size.row - PANEL_GAP;
        let mut y = top + size.height - rows_height;
        let labels = y - SMALL.line() - 2.0;
        let middle = |left: f32| left + size.panel.width as f32 / 2.0;
        for (left, label) in [left, second]
            .into_iter()
            .zip(pair_labels(size.panel.width as f32))
        {
            canvas.text((middle(left), labels), Anchor::Middle, &SMALL, label);
        }
        for record in rows {
            y = y.round();
            let (first, other) = (panel.at(left, y), panel.at(second, y));
            if record.empty {
                empty_panel(canvas, first);
                empty_panel(canvas, other);
            } else {
                let pixels = overlay(self.set, &record.heat, &image.pixels, panel)?;
                canvas.picture(first, &pixels)?;
                canvas.picture(other, &picture(self.set, &record.explanation, panel)?)?;
            }
            row_lines(record, self.changes_of(record), image)
                .iter()
                .fold(y, |top, (style, line)| {
                    canvas.text((text, top), Anchor::Start, style, line)
                });
            y += size.row;
        }
        Ok(())
    }
}

/// Returns what the network said about the picture: trial, its `changes`, verdict with confidence, the explained
/// class where it is another than the predicted, and the map's native size.
fn row_lines(
    record: &ExplanationRecord,
    changes: Vec<String>,
    image: &ExplainedImage,
) -> Vec<(Style, String)> {
    let [height, width] = record.native_size;
    let title = network_title(&record.network_title, &record.trial);
    let experiment = match record.trial.contains(CHANGE) {
        true => title.split([CHANGE, ',']).next().unwrap_or_default(),
        false => &title,
    };
    let mut lines = vec![(STRONG, experiment.to_string())];
    lines.extend(changes.into_iter().map(|change| (BODY, change)));
    lines.extend(
        verdict::lines(record, image, TEXT_WIDTH)
            .into_iter()
            .map(|line| (BODY, line)),
    );
    lines.push((SMALL, format!("{height} × {width} at {}", record.layer)));
    lines
        .iter()
        .map(|(style, line)| (*style, shorten(line, TEXT_WIDTH, style)))
        .collect()
}

/// Returns how many blocks stand side by side: as close to a page's shape as the widest page
/// allows, upright or lying, with as few holes as possible.
fn columns(size: &BlockSize, blocks: usize) -> usize {
    let badness = |columns: usize| {
        let rows = blocks.div_ceil(columns);
        let width = columns as f32 * (size.width + BLOCK_GAP);
        let aspect = rows as f32 * (size.height + BLOCK_GAP) / width;
        let holes = (rows * columns - blocks) as f32 / (rows * columns) as f32;
        (aspect.ln().abs() - PAGE_ASPECT.ln()).max(0.0) + holes
    };
    (1..=blocks.max(1))
        .filter(|&n| n == 1 || n as f32 * (size.width + BLOCK_GAP) - BLOCK_GAP <= WIDEST)
        .min_by(|&a, &b| badness(a).total_cmp(&badness(b)))
        .unwrap_or(1)
}
