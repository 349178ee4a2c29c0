//! The explanation grid: pictures down, methods across.

use super::canvas::{Anchor, Area, Canvas, Point, Stroke};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::{FolderFigure, is_explained};
use super::grid_rows::{NetworkKey, Rows, pages};
use super::heat::overlay;
use super::page::{Page, common_panel, empty_panel, pair_labels};
use super::picture::{PanelSize, picture, picture_size};
use super::selection::{head_note, images, provenance, unique};
use super::sheet::Figure;
use super::svg_text::{class_name, method_title};
use super::theme::{BODY, HEADING, INK, MARGIN, RULE, SMALL, STRONG};
use super::typeface::{shorten, width, wrap_at_most};
use super::verdict;
use crate::run::{ExplainedImage, ExplanationRecord, ExplanationSet, MAPS_JSON};

/// Methods up to which the larger panel is used.
const FEW_METHODS: usize = 3;
/// Longer side of a panel in pixels, for few methods and for many.
const PANEL_FEW: usize = 192;
const PANEL_MANY: usize = 128;
/// Width of the text that names a row, in pixels.
const ROW_TEXT: f32 = 250.0;
/// Space between a picture and the text next to it, in pixels.
const TEXT_GAP: f32 = 16.0;
/// Space between the two panels of a method, in pixels.
const PANEL_GAP: f32 = 8.0;
/// Space between methods, in pixels.
const METHOD_GAP: f32 = 28.0;
/// Space between rows, in pixels.
const ROW_GAP: f32 = 20.0;
/// Colour of the border of what a network saw, over a heat map.
const SEEN: &str = "#ffffff";
/// Narrowest page content in pixels, so that the header has room.
const NARROWEST: f32 = 1000.0;

/// Draws all maps of a folder.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "explain",
    reads: MAPS_JSON,
    draw: |folder| {
        let Some(set) = folder.maps("", "explain", is_explained)? else {
            return Ok(());
        };
        let pages = pages(&set);
        for (place, page) in pages.iter().enumerate() {
            folder.save(&ExplainGrid {
                set: page,
                page: [place + 1, pages.len()],
            })?;
        }
        Ok(())
    },
};

/// The explanation grid of everything in a set.
#[derive(Debug, Clone)]
pub(super) struct ExplainGrid<'a> {
    /// What was explained.
    pub set: &'a ExplanationSet,
    /// The number of this page, from 1, and the number of pages.
    pub page: [usize; 2],
}

impl Figure for ExplainGrid<'_> {
    fn name(&self) -> String {
        match self.page {
            [1, _] => "explain".to_string(),
            [page, _] => format!("explain-{page}"),
        }
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let records: Vec<_> = self.set.records.iter().collect();
        if records.is_empty() {
            let (wanted, known) = ("explanations".to_string(), "none".to_string());
            return Err(FigureError::Nothing { wanted, known });
        }
        let images = images(self.set, &records)?;
        let methods = unique(
            records
                .iter()
                .map(|r| (r.method.as_str(), r.title.as_str())),
        );
        let networks = unique(records.iter().map(|record| NetworkKey::of(record).title()));
        let rows = Rows::of(&records);
        let target = if methods.len() <= FEW_METHODS {
            PANEL_FEW
        } else {
            PANEL_MANY
        };
        let panel = common_panel(self.set, &images, target)?;

        let names = methods
            .iter()
            .map(|(name, title)| method_title(title, name));
        let names: Vec<&str> = names.collect();
        let title = format!("{} of {}", names.join(", "), networks.join("; "));
        let mut subtitle = provenance(&images, &records);
        match self.page {
            [_, 1] => {}
            [page, pages] => subtitle.push_str(&format!(" · page {page} of {pages}")),
        }
        let pair = 2.0 * panel.width as f32 + PANEL_GAP;
        let first = MARGIN + panel.width as f32 + TEXT_GAP + ROW_TEXT;
        let wanted = first - MARGIN + methods.len() as f32 * (pair + METHOD_GAP) - METHOD_GAP;
        let mut page = Page::new(wanted.max(NARROWEST), &title, &subtitle);
        page.colour_bar(self.set.drawn_as.overlay, ", over the picture")?;

        let column = |index: usize| first + index as f32 * (pair + METHOD_GAP);
        head(&mut page, panel, &names, column);
        for image in &images {
            let own: Vec<_> = records
                .iter()
                .copied()
                .filter(|r| r.image == image.id)
                .collect();
            for (index, key) in unique(own.iter().map(|r| rows.key(r)))
                .into_iter()
                .enumerate()
            {
                let at = (MARGIN, page.y.round());
                let row: Vec<_> = own.iter().copied().filter(|r| rows.key(r) == key).collect();
                if index == 0 {
                    self.input(&mut page.canvas, at, panel, image)?;
                }
                let bottom = row_text(
                    &mut page.canvas,
                    (at.0 + panel.width as f32 + TEXT_GAP, at.1),
                    (image, &row),
                    networks.len() > 1,
                );
                for (index, (method, _)) in methods.iter().enumerate() {
                    let at = (column(index), at.1);
                    match row.iter().find(|record| record.method == *method) {
                        Some(record) => self.pair(&mut page.canvas, at, panel, (image, record))?,
                        None => {
                            let style = SMALL;
                            page.canvas.text(at, Anchor::Start, &style, "not explained");
                        }
                    }
                }
                let own = self.own_panel(image, panel)?;
                let panels = at.1 + own.height as f32 + 4.0 + SMALL.line();
                page.y = bottom.max(panels) + ROW_GAP;
            }
        }
        page.y -= ROW_GAP;
        let quantity = verdict::quantity_note(&records);
        let quantity = quantity.map_or(String::new(), |note| format!(" {note}"));
        page.caption(&format!(
            "{}{quantity} I: the picture; L: the heat map; E: the explanation map. Under each pair: the \
             explained class and its confidence on I → on E.{}",
            self.set.selection_rule.trim(),
            head_note(&records)
        ));
        Ok(page.finish())
    }
}

impl ExplainGrid<'_> {
    fn own_panel(
        &self,
        image: &ExplainedImage,
        panel: PanelSize,
    ) -> Result<PanelSize, FigureError> {
        let (height, width) = picture_size(self.set, &image.pixels)?;
        Ok(PanelSize::fit(width, height, panel.width.max(panel.height)))
    }

    fn input(
        &self,
        canvas: &mut Canvas,
        at: Point,
        panel: PanelSize,
        image: &ExplainedImage,
    ) -> Result<(), FigureError> {
        let own = self.own_panel(image, panel)?;
        canvas.picture(own.at(at.0, at.1), &picture(self.set, &image.pixels, own)?)?;
        let room = panel.width as f32 + 10.0;
        let id = shorten(last_parts(&image.id, room), room, &SMALL);
        canvas.text(
            (at.0, at.1 + own.height as f32 + 4.0),
            Anchor::Start,
            &SMALL,
            &id,
        );
        Ok(())
    }

    fn pair(
        &self,
        canvas: &mut Canvas,
        at: Point,
        panel: PanelSize,
        (image, record): (&ExplainedImage, &ExplanationRecord),
    ) -> Result<(), FigureError> {
        let own = self.own_panel(image, panel)?;
        let second = at.0 + panel.width as f32 + PANEL_GAP;
        let (left, right) = (own.at(at.0, at.1), own.at(second, at.1));
        if record.empty {
            empty_panel(canvas, left);
            empty_panel(canvas, right);
        } else {
            canvas.picture(left, &overlay(self.set, &record.heat, &image.pixels, own)?)?;
            outline_seen(canvas, left, record);
            canvas.picture(right, &picture(self.set, &record.explanation, own)?)?;
        }
        let room = 2.0 * panel.width as f32 + PANEL_GAP;
        let change = format!(
            "{} → {}",
            verdict::probability(record.confidence),
            verdict::probability(record.explanation_confidence)
        );
        let y = at.1 + own.height as f32 + 4.0;
        let ink = SMALL.coloured(INK);
        let class = class_name(&record.target_class);
        let class = shorten(&class, room - width(&format!(" {change}"), &ink), &ink);
        canvas.text((at.0, y), Anchor::Start, &ink, &format!("{class} {change}"));
        Ok(())
    }
}

/// Draws the border of what the network saw of a picture, where that is not all of it.
fn outline_seen(canvas: &mut Canvas, panel: Area, record: &ExplanationRecord) {
    let Some(seen) = record.seen else {
        return;
    };
    let [left, top, width, height] = seen.map(|share| share as f32);
    let area = Area {
        left: panel.left + left * panel.width,
        top: panel.top + top * panel.height,
        width: width * panel.width,
        height: height * panel.height,
    };
    canvas.outline(area, Stroke::solid(SEEN, 1.5));
}

/// Returns as many of the last parts of `id` as fit into `room` pixels, at least the last one: the
/// subtitle names the data set.
fn last_parts(id: &str, room: f32) -> &str {
    let mut shown = id;
    while width(shown, &SMALL) > room
        && let Some((_, rest)) = shown.split_once('/')
    {
        shown = rest;
    }
    shown
}

/// Returns the layers of a row with their native sizes: the one of most methods first, and the others
/// with whose they are.
fn layers(row: &[&ExplanationRecord]) -> Vec<String> {
    let methods = |layer: &str| {
        let own = row.iter().filter(|record| record.layer == layer);
        own.map(|record| method_title(&record.title, &record.method))
            .collect::<Vec<_>>()
    };
    let mut layers = unique(row.iter().map(|record| (&record.layer, record.native_size)));
    layers.sort_by_key(|(layer, _)| std::cmp::Reverse(methods(layer).len()));
    let lines = layers.into_iter().enumerate();
    let lines = lines.map(|(index, (layer, [height, width]))| {
        let place = format!("{height} × {width} at {layer}");
        match index {
            0 => place,
            _ => format!("{}: {place}", methods(layer).join(", ")),
        }
    });
    lines.collect()
}

/// Writes what a row shows next to its picture, and returns the bottom of the text in pixels: true
/// class, prediction, network where there are several, layer and native size.
fn row_text(
    canvas: &mut Canvas,
    at: Point,
    (image, row): (&ExplainedImage, &[&ExplanationRecord]),
    several_networks: bool,
) -> f32 {
    let Some(record) = row.first() else {
        return at.1;
    };
    let room = ROW_TEXT - TEXT_GAP;
    let mut lines = Vec::new();
    if let Some(class) = &image.true_class {
        lines.push((SMALL, "true class".to_string()));
        let names = wrap_at_most(&class_name(class), room, &STRONG, 2);
        lines.extend(names.into_iter().map(|line| (STRONG, line)));
        lines.extend(
            verdict::lines(record, image, room)
                .into_iter()
                .take(1)
                .map(|l| (BODY, l)),
        );
    } else {
        let sure = verdict::probability(record.predicted_confidence);
        lines.push((SMALL, "prediction".to_string()));
        let names = wrap_at_most(&class_name(&record.predicted_class), room, &STRONG, 2);
        lines.extend(names.into_iter().map(|line| (STRONG, line)));
        lines.push((BODY, sure));
    }
    if several_networks {
        lines.push((SMALL, NetworkKey::of(record).title()));
    }
    for layer in layers(row) {
        let layer = wrap_at_most(&layer, room, &SMALL, 2);
        lines.extend(layer.into_iter().map(|line| (SMALL, line)));
    }
    lines.iter().fold(at.1, |top, (style, line)| {
        canvas.text(
            (at.0, top),
            Anchor::Start,
            style,
            &shorten(line, room, style),
        )
    })
}

fn head<S: AsRef<str>>(
    page: &mut Page,
    panel: PanelSize,
    names: &[S],
    column: impl Fn(usize) -> f32,
) {
    let panel = panel.width as f32;
    let top = page.y;
    let second = top + HEADING.line() + 6.0;
    page.canvas.text(
        (MARGIN + panel / 2.0, second),
        Anchor::Middle,
        &SMALL,
        "input I",
    );
    for (index, name) in names.iter().enumerate() {
        let left = column(index);
        let pair = 2.0 * panel + PANEL_GAP;
        let name = shorten(name.as_ref(), pair, &HEADING);
        page.canvas
            .text((left + pair / 2.0, top), Anchor::Middle, &HEADING, &name);
        let y = top + HEADING.line() + 1.0;
        page.canvas
            .polyline(&[(left, y), (left + pair, y)], Stroke::solid(RULE, 2.0));
        let lefts = [left, left + panel + PANEL_GAP];
        for (left, label) in lefts.into_iter().zip(pair_labels(panel)) {
            page.canvas
                .text((left + panel / 2.0, second), Anchor::Middle, &SMALL, label);
        }
    }
    page.y = second + SMALL.line() + 4.0;
}
