//! The ablation figure: for each picture, what the networks of rising depth look at. Called by
//! `cli` with what `ablate` wrote.
//!
//! One block a picture: the picture stands above the column of heat maps, one row a trial, and each
//! explanation map beside its heat map, so that the eye compares straight up and straight across.
//! Heat maps are in plain colour, so that the colour bar holds for them exactly; where they lie on
//! the picture is what the explanation map shows.

use super::canvas::{Anchor, Canvas, Point};
use super::drawing::Drawing;
use super::error::FigureError;
use super::page::{Page, empty_panel};
use super::picture::{PanelSize, heat, picture, picture_size};
use super::selection::{MapChoice, images, provenance, unique};
use super::svg_text::{class_name, method_name, trial_name};
use super::theme::{BODY, HEADING, MARGIN, SMALL, STRONG};
use super::typeface::{shorten, wrap_at_most};
use super::{Figure, verdict};
use crate::run::{ExplainedImage, ExplanationRecord, ExplanationSet};

/// Widest page content in pixels: 11.5 inches, a landscape sheet.
const WIDEST: f32 = 2300.0;
/// Longer side of a panel in pixels, for up to four pictures and for more.
const PANEL_FEW: usize = 160;
const PANEL_MANY: usize = 128;
/// Pictures from which the smaller panel is used.
const MANY: usize = 5;
/// Longer side of a panel in pixels for a single picture.
const PANEL_ONE: usize = 224;
/// Width of the text beside a row of panels, in pixels.
const TEXT_WIDTH: f32 = 270.0;
/// Space between the two panels of a row, and between rows, in pixels.
const PANEL_GAP: f32 = 10.0;
/// Space between the panels and the text, in pixels.
const TEXT_GAP: f32 = 18.0;
/// Space between blocks, in pixels.
const BLOCK_GAP: f32 = 44.0;
/// Height over width of a page that blocks are arranged towards (A4).
const PAGE_ASPECT: f32 = 1.414;

/// The ablation figure of one method at one layer of each network.
#[derive(Debug, Clone)]
pub struct Ablation<'a> {
    /// What was explained.
    pub set: &'a ExplanationSet,
    /// Which maps of it to show.
    pub choice: MapChoice,
}

/// A block's extents in pixels.
struct BlockSize {
    panel: PanelSize,
    width: f32,
    row: f32,
    height: f32,
}

impl Figure for Ablation<'_> {
    fn name(&self) -> String {
        super::file_stem("ablation", &self.choice)
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let records = self.choice.records(self.set)?;
        let images = images(self.set, &records)?;
        let trials = unique(records.iter().map(|record| record.trial.as_str()));
        let rows = images
            .iter()
            .map(|image| {
                trials
                    .iter()
                    .map(|trial| {
                        let here = records.iter().copied();
                        let here = here.filter(|r| r.image == image.id && r.trial == *trial);
                        self.choice.pick(here).ok_or_else(|| self.choice.missing(&image.id, trial))
                    })
                    .collect::<Result<Vec<_>, _>>()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let shown: Vec<_> = rows.iter().flatten().copied().collect();
        let epochs = epochs_of(&trials, &shown)?;

        let size = self.block_size(&images, trials.len())?;
        let columns = columns(&size, images.len());
        let width = columns as f32 * (size.width + BLOCK_GAP) - BLOCK_GAP;
        let title = format!("{} by depth of the network", method_name(&self.choice.method));
        let subtitle = format!("{} · {}", provenance(&images, &shown), self.choice.layer);
        let mut page = Page::new(width, &title, &subtitle);
        page.colour_bar("min-max of each map; E = L · I")?;
        let top = page.y;
        for (index, (image, rows)) in images.iter().zip(&rows).enumerate() {
            let (row, column) = (index / columns, index % columns);
            let left = MARGIN + column as f32 * (size.width + BLOCK_GAP);
            let top = (top + row as f32 * (size.height + BLOCK_GAP)).round();
            self.block(&mut page.canvas, (left, top), &size, (image, rows))?;
        }
        let lines = images.len().div_ceil(columns) as f32;
        page.y = top + lines * (size.height + BLOCK_GAP) - BLOCK_GAP;
        page.caption(&format!("{} Epochs shown: {epochs}.", self.set.selection_rule.trim()));
        Ok(page.finish())
    }
}

impl Ablation<'_> {
    fn block_size(
        &self,
        images: &[&ExplainedImage],
        trials: usize,
    ) -> Result<BlockSize, FigureError> {
        let target = match images.len() {
            1 => PANEL_ONE,
            n if n < MANY => PANEL_FEW,
            _ => PANEL_MANY,
        };
        let panel = super::common_panel(self.set, images, target)?;
        let row = (panel.height as f32).max(HEADING.line() + 4.0 * BODY.line()) + PANEL_GAP;
        let head = (panel.height as f32).max(HEADING.line() + 3.0 * BODY.line());
        Ok(BlockSize {
            panel,
            width: 2.0 * panel.width as f32 + PANEL_GAP + TEXT_GAP + TEXT_WIDTH,
            row,
            height: head + SMALL.line() + PANEL_GAP + trials as f32 * row - PANEL_GAP,
        })
    }

    fn block(
        &self,
        canvas: &mut Canvas,
        at: Point,
        size: &BlockSize,
        (image, rows): (&ExplainedImage, &[&ExplanationRecord]),
    ) -> Result<(), FigureError> {
        let (left, top) = at;
        let (height, width) = picture_size(self.set, &image.pixels)?;
        let panel = PanelSize::fit(width, height, size.panel.width.max(size.panel.height));
        let second = left + size.panel.width as f32 + PANEL_GAP;
        let text = second + size.panel.width as f32 + TEXT_GAP;

        canvas.picture(panel.at(left, top), &picture(self.set, &image.pixels, panel)?)?;
        let room = left + size.width - second;
        let name = image.true_class.as_deref().map_or("unknown".into(), class_name);
        let mut y = canvas.text((second, top), Anchor::Start, &SMALL, "true class");
        y = canvas.text((second, y), Anchor::Start, &HEADING, &shorten(&name, room, &HEADING));
        canvas.text((second, y), Anchor::Start, &SMALL, &shorten(&image.id, room, &SMALL));

        let rows_height = rows.len() as f32 * size.row - PANEL_GAP;
        let mut y = top + size.height - rows_height;
        let labels = y - SMALL.line() - 2.0;
        let middle = |left: f32| left + size.panel.width as f32 / 2.0;
        canvas.text((middle(left), labels), Anchor::Middle, &SMALL, "heat map L");
        canvas.text((middle(second), labels), Anchor::Middle, &SMALL, "E = L · I");
        for record in rows {
            y = y.round();
            let (first, other) = (panel.at(left, y), panel.at(second, y));
            if record.empty {
                empty_panel(canvas, first);
                empty_panel(canvas, other);
            } else {
                canvas.picture(first, &heat(self.set, &record.heat, panel)?)?;
                canvas.picture(other, &picture(self.set, &record.explanation, panel)?)?;
            }
            row_text(canvas, (text, y), record, image);
            y += size.row;
        }
        Ok(())
    }
}

/// Writes what the network said about the picture: trial, verdict with confidence, the explained
/// class where it is another than the predicted, and the map's native size.
fn row_text(canvas: &mut Canvas, at: Point, record: &ExplanationRecord, image: &ExplainedImage) {
    let (x, top) = at;
    let mut y = canvas.text(
        (x, top),
        Anchor::Start,
        &STRONG,
        &shorten(&trial_name(&record.trial), TEXT_WIDTH, &STRONG),
    );
    for line in verdict::lines(record, image, TEXT_WIDTH) {
        y = canvas.text((x, y), Anchor::Start, &BODY, &line);
    }
    let [height, width] = record.native_size;
    let size = format!("{height} × {width} at {}", record.layer);
    let lines = wrap_at_most(&size, TEXT_WIDTH, &SMALL, 1);
    canvas.lines((x, y), Anchor::Start, &SMALL, &lines);
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

/// Returns "Trial A 10, Trial B 15".
fn epochs_of(trials: &[&str], shown: &[&ExplanationRecord]) -> Result<String, FigureError> {
    let mut parts = Vec::new();
    for trial in trials {
        let epochs = unique(shown.iter().filter(|r| r.trial == *trial).map(|r| r.epoch));
        if epochs.len() > 1 {
            return Err(FigureError::SeveralCheckpoints {
                trial: (*trial).to_string(),
                epochs: epochs.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
            });
        }
        parts.extend(epochs.iter().map(|epoch| format!("{} {epoch}", trial_name(trial))));
    }
    Ok(parts.join(", "))
}
