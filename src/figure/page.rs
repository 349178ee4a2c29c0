//! What every figure's page has: a header, a colour bar, a caption, panels of one size.

use super::canvas::{Anchor, Area, Canvas, Stroke};
use super::colour::scale;
use super::drawing::Drawing;
use super::error::FigureError;
use super::picture::{PanelSize, Pixels, picture_size};
use super::theme::{INK, MARGIN, QUIET, RULE, SMALL, SUBTITLE, TITLE};
use super::typeface::{width, wrap};
use crate::run::{ExplainedImage, ExplanationSet, Overlay};

/// Length of the colour bar in pixels.
const BAR_LENGTH: usize = 256;
/// Thickness of the colour bar in pixels.
const BAR_THICKNESS: usize = 20;
/// Length and thickness of a scale between two words, in pixels.
const SCALE_BAR: (usize, usize) = (150, 18);
/// Space between a bar and the text next to it, in pixels.
const BAR_GAP: f32 = 12.0;
/// Space between the header, the content and the caption, in pixels.
const SECTION_GAP: f32 = 26.0;
/// Distance between the hatching lines of an empty panel, in pixels.
const HATCH_STEP: f32 = 16.0;
/// Background of an empty panel.
const EMPTY_FILL: &str = "#F2F2F2";

/// A page of fixed width that is filled from the top.
#[derive(Debug)]
pub(super) struct Page {
    /// The sheet.
    pub(super) canvas: Canvas,
    /// How far down the page is filled, in pixels.
    pub(super) y: f32,
    title: String,
    width: f32,
}

impl Page {
    /// Returns a page whose content is `content_width` pixels wide, with its title and the lines
    /// under it drawn.
    pub(super) fn new(content_width: f32, title: &str, subtitle: &str) -> Self {
        let mut page = Self {
            canvas: Canvas::new(),
            y: MARGIN * 0.8,
            title: title.to_string(),
            width: content_width + 2.0 * MARGIN,
        };
        let lines = wrap(title, content_width, &TITLE);
        page.y = page
            .canvas
            .lines((MARGIN, page.y), Anchor::Start, &TITLE, &lines)
            + 4.0;
        let lines = wrap(subtitle, content_width, &SUBTITLE);
        page.y = page
            .canvas
            .lines((MARGIN, page.y), Anchor::Start, &SUBTITLE, &lines);
        page.y += SECTION_GAP * 0.6;
        page
    }

    /// Draws the colour bar of heat maps that are drawn as `how` states, with its ends and how the maps
    /// are scaled, and `note` after that.
    pub(super) fn colour_bar(&mut self, how: Overlay, note: &str) -> Result<(), FigureError> {
        let colour = scale(how.colours);
        let scaled = match how.clip {
            100.0 => String::new(),
            clip => format!("; from the {clip}th percentile on 1"),
        };
        let note = &format!("min-max of each map{scaled}{note}");
        let top = self.y;
        let text_top = top + (BAR_THICKNESS as f32 - SMALL.line()) / 2.0;
        let mut x = MARGIN;
        let label = |canvas: &mut Canvas, x: &mut f32, text: &str| {
            canvas.text((*x, text_top), Anchor::Start, &SMALL, text);
            *x += width(text, &SMALL) + BAR_GAP;
        };
        label(&mut self.canvas, &mut x, "heat map L:");
        label(&mut self.canvas, &mut x, "0");
        let row: Vec<u8> = (0..BAR_LENGTH)
            .flat_map(|i| colour(i as f32 / (BAR_LENGTH - 1) as f32))
            .collect();
        let bar = Pixels {
            width: BAR_LENGTH,
            height: BAR_THICKNESS,
            rgb: row.repeat(BAR_THICKNESS),
            crisp: false,
        };
        let x_bar = x.round();
        let area = Area {
            left: x_bar,
            top: top.round(),
            width: BAR_LENGTH as f32,
            height: BAR_THICKNESS as f32,
        };
        self.canvas.picture(area, &bar)?;
        x = x_bar + BAR_LENGTH as f32 + BAR_GAP;
        label(&mut self.canvas, &mut x, "1");
        let room = self.width - MARGIN - x;
        let lines = wrap(note, room, &SMALL);
        let bottom = self
            .canvas
            .lines((x, text_top), Anchor::Start, &SMALL, &lines);
        self.y = bottom.max(top + BAR_THICKNESS as f32) + SECTION_GAP;
        Ok(())
    }

    /// Draws `text` over the width of the page.
    pub(super) fn caption(&mut self, text: &str) {
        let right = self.width - MARGIN;
        self.y += SECTION_GAP * 0.7;
        self.canvas.polyline(
            &[(MARGIN, self.y), (right, self.y)],
            Stroke::solid(RULE, 2.0),
        );
        let lines = wrap(text, right - MARGIN, &SMALL);
        self.y = self
            .canvas
            .lines((MARGIN, self.y + 12.0), Anchor::Start, &SMALL, &lines);
    }

    /// Returns the page, cut below what was drawn.
    pub(super) fn finish(self) -> Drawing {
        self.canvas
            .finish(&self.title, self.width, self.y + MARGIN * 0.8)
    }
}

/// Draws one colour scale between the words for its ends, and returns its right side in pixels.
pub(super) fn scale_bar(
    page: &mut Page,
    left: f32,
    low: &str,
    colour: impl Fn(f32) -> [u8; 3],
    high: &str,
) -> Result<f32, FigureError> {
    let (length, thickness) = SCALE_BAR;
    let row = (0..length).flat_map(|i| colour(i as f32 / (length - 1) as f32));
    let pixels = Pixels {
        width: length,
        height: thickness,
        rgb: row.collect::<Vec<u8>>().repeat(thickness),
        crisp: false,
    };
    let canvas = &mut page.canvas;
    canvas.text((left, page.y), Anchor::Start, &SMALL, low);
    let area = Area {
        left: (left + width(low, &SMALL) + 12.0).round(),
        top: (page.y + (SMALL.line() - thickness as f32) / 2.0).round(),
        width: length as f32,
        height: thickness as f32,
    };
    canvas.picture(area, &pixels)?;
    canvas.outline(area, Stroke::solid(RULE, 1.5));
    let right = area.right() + 12.0;
    canvas.text((right, page.y), Anchor::Start, &SMALL, high);
    Ok(right + width(high, &SMALL))
}

/// Returns the panel that holds every one of `images` with its longer side at most `target` pixels.
pub(super) fn common_panel(
    set: &ExplanationSet,
    images: &[&ExplainedImage],
    target: usize,
) -> Result<PanelSize, FigureError> {
    let mut common = PanelSize {
        width: 1,
        height: 1,
    };
    for image in images {
        let (height, width) = picture_size(set, &image.pixels)?;
        let panel = PanelSize::fit(width, height, target);
        common.width = common.width.max(panel.width);
        common.height = common.height.max(panel.height);
    }
    Ok(common)
}

/// Returns the labels over a heat map and its explanation map; over panels narrower than the words,
/// measured in pixels, the letters alone.
pub(super) fn pair_labels(panel_width: f32) -> [&'static str; 2] {
    let words = ["L over I", "E = L · I"];
    if words
        .iter()
        .all(|label| width(label, &SMALL) <= panel_width)
    {
        words
    } else {
        ["L", "E"]
    }
}

/// Draws a hatched panel in place of an empty map.
pub(super) fn empty_panel(canvas: &mut Canvas, area: Area) {
    canvas.fill(area, EMPTY_FILL);
    let reach = area.width + area.height;
    let mut offset = HATCH_STEP;
    while offset < reach {
        // A line of slope one, cut at the panel's sides.
        let start = (
            area.left + (offset - area.height).max(0.0),
            area.top + offset.min(area.height),
        );
        let end = (
            area.left + offset.min(area.width),
            area.top + (offset - area.width).max(0.0),
        );
        canvas.polyline(&[start, end], Stroke::solid(RULE, 1.5));
        offset += HATCH_STEP;
    }
    canvas.outline(area, Stroke::solid(QUIET, 1.5).dashed(6.0, 5.0));
    let style = SMALL.coloured(INK);
    let lines = wrap("empty map", area.width - 8.0, &style);
    let block = lines.len() as f32 * style.line();
    let widest = lines
        .iter()
        .map(|line| width(line, &style))
        .fold(0.0, f32::max)
        + 8.0;
    let middle = area.left + area.width / 2.0;
    let top = area.top + (area.height - block) / 2.0;
    let ground = Area {
        left: middle - widest / 2.0,
        top,
        width: widest,
        height: block,
    };
    canvas.fill(ground, EMPTY_FILL);
    canvas.lines((middle, top), Anchor::Middle, &style, &lines);
}
