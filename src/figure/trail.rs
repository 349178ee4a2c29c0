//! The trail: what networks of rising depth look at in one picture, checkpoint after checkpoint, and
//! with random weights.
//!
//! Rows are networks, columns checkpoints. Each cell blends the heat map over the picture.

use super::canvas::{Anchor, Canvas, Point, Stroke};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::{FolderFigure, TRAIL_MAPS};
use super::heat::overlay;
use super::page::{Page, common_panel, empty_panel};
use super::picture::{PanelSize, picture};
use super::selection::{images, provenance, unique};
use super::sheet::Figure;
use super::svg_text::{class_name, method_title, network_title};
use super::theme::{BODY, HEADING, INK, MARGIN, QUIET, SMALL, STRONG};
use super::typeface::{shorten, wrap_at_most};
use super::verdict;
use crate::run::{DepthRow, ExplainedImage, ExplanationRecord, ExplanationSet};

/// Longer side of a panel in pixels.
const PANEL: usize = 160;
/// Space between cells, in pixels.
const CELL_GAP: f32 = 12.0;
/// Space before the column of random weights, in pixels.
const RANDOM_GAP: f32 = 34.0;
/// Width of the text that names a row, in pixels.
const ROW_TEXT: f32 = 240.0;
/// Space between rows, in pixels.
const ROW_GAP: f32 = 14.0;
/// Space between a panel and the text under it, in pixels.
const TEXT_GAP: f32 = 4.0;
/// Narrowest page content in pixels, so that the header has room.
const NARROWEST: f32 = 1000.0;
/// The checkpoint of a network with random weights.
const RANDOMISED: &str = "randomised";

/// Draws the trail of a folder's ablation.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "trail",
    reads: TRAIL_MAPS,
    draw: |folder| {
        let Some(set) = folder.maps(TRAIL_MAPS, "trail", |_| true)? else {
            return Ok(());
        };
        let depth = folder.rows::<DepthRow>()?;
        folder.save(&Trail { set: &set, depth })
    },
};

/// The trail of one ablation.
#[derive(Debug, Clone)]
pub(super) struct Trail<'a> {
    /// What was explained.
    pub set: &'a ExplanationSet,
    /// Size and accuracy of the networks, as far as they are known.
    pub depth: Vec<DepthRow>,
}

/// A column: a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Epoch(u32),
    Last,
    Randomised,
}

impl Column {
    fn of(record: &ExplanationRecord) -> Self {
        match record.checkpoint.as_str() {
            RANDOMISED => Self::Randomised,
            "last" => Self::Last,
            _ => Self::Epoch(record.epoch),
        }
    }
}

impl Figure for Trail<'_> {
    fn name(&self) -> String {
        let method = self.set.records.first().map_or("", |record| &record.method);
        format!("trail-{method}")
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let records: Vec<_> = self.set.records.iter().collect();
        let (Some(first), [image]) = (records.first(), &images(self.set, &records)?[..]) else {
            let wanted = "maps of one picture".to_string();
            let known = format!("{} maps", records.len());
            return Err(FigureError::Nothing { wanted, known });
        };
        let networks = unique(records.iter().map(|record| record.trial.as_str()));
        let mut columns = unique(records.iter().map(|record| Column::of(record)));
        columns.sort_unstable();
        let panel = common_panel(self.set, &[image], PANEL)?;
        let pitch = panel.width as f32 + CELL_GAP;
        let start = MARGIN + ROW_TEXT;
        let left = |place: usize| {
            let apart = match columns[place] {
                Column::Randomised => RANDOM_GAP,
                _ => 0.0,
            };
            start + place as f32 * pitch + apart
        };
        let wanted = left(columns.len() - 1) + panel.width as f32 - MARGIN;
        let title = format!(
            "What networks of rising depth look at, epoch by epoch: {}",
            method_title(&first.title, &first.method)
        );
        // Every column is another checkpoint, so the rules say nothing here.
        let provenance = provenance(&[image], &records);
        let source = provenance
            .split(" · checkpoint:")
            .next()
            .unwrap_or_default();
        let mut page = Page::new(wanted.max(NARROWEST), &title, source);
        page.colour_bar(self.set.drawn_as.overlay, ", over the picture")?;
        self.head(&mut page, (panel, image), (&columns, &records), &left)?;
        for network in networks {
            let own: Vec<_> = records
                .iter()
                .copied()
                .filter(|r| r.trial == network)
                .collect();
            let top = page.y.round();
            let mut bottom = self.row_text(&mut page.canvas, (MARGIN, top), &own);
            for (place, column) in columns.iter().enumerate() {
                if let Some(record) = own.iter().find(|record| Column::of(record) == *column) {
                    let at = (left(place), top);
                    let under = self.cell(&mut page.canvas, at, panel, (image, record))?;
                    bottom = bottom.max(under);
                }
            }
            page.y = bottom + ROW_GAP;
        }
        page.y -= ROW_GAP;
        let class = image
            .true_class
            .as_deref()
            .map_or("its class".into(), class_name);
        let class = class.replace(' ', "\u{a0}");
        page.caption(&format!(
            "{} Every map explains its true class, {class}, at the deepest layer with at least 8 × 8 \
             cells. Under each map: ✓ if the network predicts {class}, otherwise ✗, and the confidence in \
             {class}. Random: the same architecture with weights that were never trained. Hatched: the \
             map is empty.",
            self.set.selection_rule.trim()
        ));
        Ok(page.finish())
    }
}

impl Trail<'_> {
    /// Draws the picture and the names of the columns.
    fn head(
        &self,
        page: &mut Page,
        (panel, image): (PanelSize, &ExplainedImage),
        (columns, records): (&[Column], &[&ExplanationRecord]),
        left: &impl Fn(usize) -> f32,
    ) -> Result<(), FigureError> {
        let top = page.y.round();
        let pixels = picture(self.set, &image.pixels, panel)?;
        page.canvas.picture(panel.at(left(0), top), &pixels)?;
        let name = image
            .true_class
            .as_deref()
            .map_or("class unknown".into(), class_name);
        let beside = left(0) + panel.width as f32 + CELL_GAP;
        page.canvas.text(
            (beside, top),
            Anchor::Start,
            &SMALL,
            "the picture, of class",
        );
        page.canvas
            .text((beside, top + SMALL.line()), Anchor::Start, &STRONG, &name);
        let names = top + panel.height as f32 + ROW_GAP;
        let second = names + SMALL.line();
        for (place, column) in columns.iter().enumerate() {
            let middle = left(place) + panel.width as f32 / 2.0;
            let own = records
                .iter()
                .filter(|record| Column::of(record) == *column);
            let epochs = unique(own.map(|record| record.epoch));
            let (above, name) = match (column, &epochs[..]) {
                (Column::Randomised, _) => ("", "random".to_string()),
                (Column::Epoch(0), _) => ("before", "training".to_string()),
                (_, [epoch]) => ("epoch", epoch.to_string()),
                _ => ("epoch", "last".to_string()),
            };
            page.canvas
                .text((middle, names), Anchor::Middle, &SMALL, above);
            page.canvas
                .text((middle, second), Anchor::Middle, &HEADING, &name);
        }
        page.y = second + HEADING.line() + 8.0;
        Ok(())
    }

    /// Writes which network a row shows, and returns the bottom of the text in pixels.
    fn row_text(&self, canvas: &mut Canvas, at: Point, own: &[&ExplanationRecord]) -> f32 {
        let Some(record) = own.first() else {
            return at.1;
        };
        let room = ROW_TEXT - CELL_GAP;
        let title = network_title(&record.network_title, &record.trial);
        let mut lines: Vec<_> = wrap_at_most(&title, room, &STRONG, 2)
            .into_iter()
            .map(|line| (STRONG, line))
            .collect();
        let is_own = |row: &&DepthRow| row.trial == record.trial && row.seed == record.seed;
        if let Some(row) = self.depth.iter().find(is_own) {
            let blocks = match row.blocks {
                1 => "1 block".to_string(),
                blocks => format!("{blocks} blocks"),
            };
            lines.push((BODY, blocks));
            let test = format!("test accuracy {:.0} %", 100.0 * row.test_accuracy);
            lines.push((SMALL, test));
        }
        let [height, width] = record.native_size;
        lines.push((SMALL.coloured(QUIET), format!("{height} × {width} cells")));
        lines.iter().fold(at.1, |top, (style, line)| {
            canvas.text(
                (at.0, top),
                Anchor::Start,
                style,
                &shorten(line, room, style),
            )
        })
    }

    /// Draws one map with its verdict, and returns the bottom of the text in pixels.
    fn cell(
        &self,
        canvas: &mut Canvas,
        at: Point,
        panel: PanelSize,
        (image, record): (&ExplainedImage, &ExplanationRecord),
    ) -> Result<f32, FigureError> {
        let area = panel.at(at.0, at.1);
        match record.empty {
            true => empty_panel(canvas, area),
            false => {
                canvas.picture(
                    area,
                    &overlay(self.set, &record.heat, &image.pixels, panel)?,
                )?;
            }
        }
        if Column::of(record) == Column::Randomised {
            canvas.outline(area, Stroke::solid(QUIET, 2.0));
        }
        let text = format!(
            "{} {}",
            verdict::mark(record, image),
            verdict::probability(record.confidence)
        );
        let under = (at.0, at.1 + panel.height as f32 + TEXT_GAP);
        Ok(canvas.text(under, Anchor::Start, &SMALL.coloured(INK), &text))
    }
}
