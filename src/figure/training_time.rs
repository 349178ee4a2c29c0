//! The training-time figure: what one network looks at, checkpoint after checkpoint.
//!
//! Each cell blends the heat map over the picture, because without an explanation map next to it the
//! heat has to show where on the object it lies.

use super::canvas::{Anchor, Canvas, Point, Stroke};
use super::drawing::Drawing;
use super::error::{FigureError, quoted_list};
use super::file_name::file_stem;
use super::folder::{ABLATION_MAPS, FolderFigure};
use super::heat::overlay;
use super::page::{Page, common_panel, empty_panel};
use super::picture::{PanelSize, picture, picture_size};
use super::selection::{FINE_CELLS, LayerRule, MapChoice, images, provenance, unique};
use super::sheet::Figure;
use super::svg_text::{class_name, method_title, network_title};
use super::theme::{HEADING, INK, MARGIN, SMALL};
use super::typeface::{shorten, width, wrap_at_most};
use super::verdict;
use crate::run::{ExplainedImage, ExplanationRecord, ExplanationSet};

/// Most epochs side by side; of more, first, last, best and evenly spread ones are shown.
const MOST_COLUMNS: usize = 14;
/// Columns up to which the larger panel is used.
const FEW_COLUMNS: usize = 9;
/// Longer side of a panel in pixels, for few columns and for many.
const PANEL_FEW: usize = 160;
const PANEL_MANY: usize = 128;
/// Space between cells, in pixels.
const CELL_GAP: f32 = 12.0;
/// Space between the picture's column and the first epoch's, in pixels.
const INPUT_GAP: f32 = 30.0;
/// Space between rows, in pixels.
const ROW_GAP: f32 = 18.0;
/// Space between a panel and the text under it, in pixels.
const TEXT_GAP: f32 = 4.0;
/// Lines for a class name under a cell.
const NAME_LINES: usize = 2;
/// Narrowest page content in pixels, so that the header has room.
const NARROWEST: f32 = 1000.0;

/// The folder of the maps, below that of the figures.
const MAPS: &str = ABLATION_MAPS[1];

/// Draws each network's training, method by method.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "training-time",
    reads: MAPS,
    draw: |folder| {
        let Some(set) = folder.maps(MAPS, "training-time", |_| true)? else {
            return Ok(());
        };
        let cells = set.drawn_as.fine_cells.unwrap_or(FINE_CELLS);
        let shown = |record: &ExplanationRecord| {
            let choice = MapChoice {
                method: record.method.clone(),
                layer: LayerRule::DeepestWithCells(cells),
                seed: Some(record.seed),
            };
            (record.trial.clone(), choice)
        };
        let records = set.records.iter();
        let records = records.filter(|record| set.drawn_as.shows(&record.trial, &record.method));
        for (trial, choice) in unique(records.map(shown)) {
            let set = &set;
            folder.save(&TrainingTime { set, trial, choice })?;
        }
        Ok(())
    },
};

/// The training-time figure of one trial.
#[derive(Debug, Clone)]
pub(super) struct TrainingTime<'a> {
    /// What was explained.
    pub set: &'a ExplanationSet,
    /// Trial name, such as "trial-d".
    pub trial: String,
    /// Which maps of it to show.
    pub choice: MapChoice,
}

impl Figure for TrainingTime<'_> {
    fn name(&self) -> String {
        file_stem(&format!("training-time-{}", self.trial), &self.choice)
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let mut records = self.choice.records(self.set)?;
        let known = quoted_list(records.iter().map(|record| record.trial.as_str()));
        records.retain(|record| record.trial == self.trial);
        if records.is_empty() {
            let wanted = format!("trial {:?}", self.trial);
            return Err(FigureError::Nothing { wanted, known });
        }
        let images = images(self.set, &records)?;
        let mut epochs = unique(records.iter().map(|record| record.epoch));
        epochs.sort_unstable();
        let best = records
            .iter()
            .find(|r| r.checkpoint == "best")
            .map(|r| r.epoch);
        let all = epochs.len();
        let epochs = thinned(&epochs, best, MOST_COLUMNS);
        let rows = images
            .iter()
            .map(|image| {
                epochs
                    .iter()
                    .map(|&epoch| self.cell(&records, image, epoch))
                    .collect()
            })
            .collect::<Result<Vec<Vec<_>>, _>>()?;

        let target = if epochs.len() <= FEW_COLUMNS {
            PANEL_FEW
        } else {
            PANEL_MANY
        };
        let panel = common_panel(self.set, &images, target)?;
        let pitch = panel.width as f32 + CELL_GAP;
        let wanted = pitch + INPUT_GAP + epochs.len() as f32 * pitch;
        let title = format!(
            "{} of {} over training time",
            method_title(&records[0].title, &self.choice.method),
            network_title(&records[0].network_title, &self.trial)
        );
        let shown: Vec<_> = rows.iter().flatten().copied().collect();
        let mut page = Page::new(
            wanted.max(NARROWEST),
            &title,
            &self.subtitle(&images, &shown),
        );
        page.colour_bar(self.set.drawn_as.overlay, ", over the picture")?;

        let first = MARGIN + pitch + INPUT_GAP;
        let column = |index: usize| first + index as f32 * pitch;
        self.head(&mut page, panel, (&epochs, best), column);
        for (image, cells) in images.iter().zip(&rows) {
            let top = page.y.round();
            let room = panel.width as f32;
            let mut bottom = self.input(&mut page.canvas, (MARGIN, top), panel, image)?;
            for (index, record) in cells.iter().enumerate() {
                let left = column(index);
                self.draw_cell(&mut page.canvas, (left, top), panel, (image, record))?;
                let under = (left, top + panel.height as f32 + TEXT_GAP);
                let lines = cell_lines(record, image, room);
                let style = SMALL.coloured(INK);
                bottom = bottom.max(page.canvas.lines(under, Anchor::Start, &style, &lines));
            }
            page.y = bottom + ROW_GAP;
        }
        page.y -= ROW_GAP;
        page.caption(&self.caption(all, (&epochs, best), &shown));
        Ok(page.finish())
    }
}

impl TrainingTime<'_> {
    fn cell<'r>(
        &self,
        records: &[&'r ExplanationRecord],
        image: &ExplainedImage,
        epoch: u32,
    ) -> Result<&'r ExplanationRecord, FigureError> {
        let here = records
            .iter()
            .copied()
            .filter(|r| r.image == image.id && r.epoch == epoch);
        let missing = || {
            self.choice
                .missing(&image.id, &format!("{} epoch {epoch}", self.trial))
        };
        self.choice.pick(here).ok_or_else(missing)
    }

    fn subtitle(&self, images: &[&ExplainedImage], shown: &[&ExplanationRecord]) -> String {
        // Every column is another checkpoint, so the rules say nothing here.
        let provenance = provenance(images, shown);
        let source = provenance
            .split(" · checkpoint:")
            .next()
            .unwrap_or_default();
        let layers = unique(shown.iter().map(|record| {
            let [height, width] = record.native_size;
            format!("{height} × {width} at {}", record.layer)
        }));
        format!(
            "{source} · one column per checkpoint · {} ({})",
            self.choice.layer,
            layers.join(", ")
        )
    }

    fn caption(
        &self,
        all: usize,
        (epochs, best): (&[u32], Option<u32>),
        shown: &[&ExplanationRecord],
    ) -> String {
        let mut text = format!(
            "{} Under each map: the prediction, ✓ right or ✗ wrong, and its confidence. {}",
            self.set.selection_rule.trim(),
            verdict::target_note(shown)
        );
        if best.is_some() {
            text.push_str(" Framed: the best epoch by validation accuracy.");
        }
        if epochs.len() < all {
            text.push_str(&format!(
                " {} of {all} checkpoints are shown: first, last{} and evenly spread ones.",
                epochs.len(),
                if best.is_some() { ", best" } else { "" }
            ));
        }
        text
    }

    fn head(
        &self,
        page: &mut Page,
        panel: PanelSize,
        (epochs, best): (&[u32], Option<u32>),
        column: impl Fn(usize) -> f32,
    ) {
        let half = panel.width as f32 / 2.0;
        let top = page.y;
        let second = top + SMALL.line();
        page.canvas
            .text((MARGIN + half, second), Anchor::Middle, &HEADING, "input");
        for (index, &epoch) in epochs.iter().enumerate() {
            let middle = column(index) + half;
            let is_best = best == Some(epoch);
            let word = if is_best { "best" } else { "epoch" };
            if is_best || index == 0 {
                page.canvas
                    .text((middle, top), Anchor::Middle, &SMALL, word);
            }
            page.canvas.text(
                (middle, second),
                Anchor::Middle,
                &HEADING,
                &epoch.to_string(),
            );
            if is_best {
                let half_width = width(&epoch.to_string(), &HEADING) / 2.0;
                let y = second + HEADING.line() - 1.0;
                let line = [(middle - half_width, y), (middle + half_width, y)];
                page.canvas.polyline(&line, Stroke::solid(INK, 3.0));
            }
        }
        page.y = second + HEADING.line() + 8.0;
    }

    fn input(
        &self,
        canvas: &mut Canvas,
        at: Point,
        panel: PanelSize,
        image: &ExplainedImage,
    ) -> Result<f32, FigureError> {
        let own = own_panel(self.set, image, panel)?;
        let pixels = picture(self.set, &image.pixels, own)?;
        canvas.picture(own.at(at.0, at.1), &pixels)?;
        let room = panel.width as f32 + CELL_GAP + INPUT_GAP * 0.5;
        let name = image
            .true_class
            .as_deref()
            .map_or("class unknown".into(), class_name);
        let style = HEADING;
        let lines = wrap_at_most(&name, room, &style, NAME_LINES);
        let y = at.1 + panel.height as f32 + TEXT_GAP;
        Ok(canvas.lines((at.0, y), Anchor::Start, &style, &lines))
    }

    fn draw_cell(
        &self,
        canvas: &mut Canvas,
        at: Point,
        panel: PanelSize,
        (image, record): (&ExplainedImage, &ExplanationRecord),
    ) -> Result<(), FigureError> {
        let own = own_panel(self.set, image, panel)?;
        let area = own.at(at.0, at.1);
        if record.empty {
            empty_panel(canvas, area);
        } else {
            let pixels = overlay(self.set, &record.heat, &image.pixels, own)?;
            canvas.picture(area, &pixels)?;
        }
        if record.checkpoint == "best" {
            canvas.outline(area, Stroke::solid(INK, 4.0));
        }
        Ok(())
    }
}

/// Returns what stands under a cell: the predicted class, mark and confidence, and, where the map
/// explains another class, that class and its confidence; lines of at most `room` pixels.
fn cell_lines(record: &ExplanationRecord, image: &ExplainedImage, room: f32) -> Vec<String> {
    let name = class_name(&record.predicted_class);
    let mut lines = wrap_at_most(&name, room, &SMALL, NAME_LINES);
    let mark = verdict::mark(record, image);
    lines.push(format!(
        "{mark} {}",
        verdict::probability(record.predicted_confidence)
    ));
    if record.target_class != record.predicted_class {
        let confidence = verdict::probability(record.confidence);
        if image.true_class.as_ref() == Some(&record.target_class) {
            lines.push(shorten(&format!("true {confidence}"), room, &SMALL));
        } else {
            let target = format!("for {}", class_name(&record.target_class));
            lines.push(shorten(&target, room, &SMALL));
            lines.push(confidence);
        }
    }
    lines
}

fn own_panel(
    set: &ExplanationSet,
    image: &ExplainedImage,
    panel: PanelSize,
) -> Result<PanelSize, FigureError> {
    let (height, width) = picture_size(set, &image.pixels)?;
    Ok(PanelSize::fit(width, height, panel.width.max(panel.height)))
}

/// Returns at most `most` of `epochs`: all, or first, last, best and evenly spread ones.
fn thinned(epochs: &[u32], best: Option<u32>, most: usize) -> Vec<u32> {
    if epochs.len() <= most {
        return epochs.to_vec();
    }
    let last = epochs.len() - 1;
    let mut kept: Vec<usize> = (0..most)
        .map(|i| (i * last + (most - 1) / 2) / (most - 1))
        .collect();
    if let Some(place) = epochs.iter().position(|&epoch| Some(epoch) == best)
        && !kept.contains(&place)
    {
        // The best one takes the place of its nearest inner neighbour.
        let inner = kept[1..most - 1].iter_mut();
        if let Some(nearest) = inner.min_by_key(|kept| kept.abs_diff(place)) {
            *nearest = place;
        }
    }
    kept.into_iter().map(|index| epochs[index]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_first_last_and_best() {
        let epochs: Vec<u32> = (0..=30).collect();
        let kept = thinned(&epochs, Some(17), 14);
        assert_eq!(kept.len(), 14);
        assert_eq!((kept[0], kept[13]), (0, 30));
        assert!(kept.contains(&17), "{kept:?}");
        assert!(kept.windows(2).all(|pair| pair[0] < pair[1]), "{kept:?}");
        assert_eq!(thinned(&[0, 1, 5], Some(1), 14), [0, 1, 5]);
    }
}
