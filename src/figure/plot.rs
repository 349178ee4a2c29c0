//! The frame of a chart: plotting area, grid lines, axis numbers.

use super::axis::{Scale, Ticks};
use super::canvas::{Anchor, Area, Canvas, Stroke};
use super::theme::{HEADING, INK, QUIET, RULE, SMALL};
use super::typeface::width;

/// Space between an axis and its numbers, in pixels.
const NUMBER_GAP: f32 = 12.0;
/// Width of grid lines and axes, in pixels.
const THIN: f32 = 1.5;
/// Width of data lines, in pixels: one point.
pub(super) const DATA_LINE: f32 = 2.8;
/// Joins a line's end to its label; grey and dotted, so that nobody takes it for data.
pub(super) const LEADER_LINE: Stroke = Stroke::solid(QUIET, THIN).dashed(2.0, 5.0);
/// Radius of a data point, in pixels.
pub(super) const POINT: f32 = 7.0;

/// A chart's vertical axis and plotting area.
#[derive(Debug)]
pub(super) struct Plot {
    /// The plotting area.
    pub(super) area: Area,
    /// From values to pixels, downwards.
    pub(super) y: Scale,
}

impl Plot {
    /// Draws a heading above `area`, horizontal grid lines in it and their numbers left of it, and
    /// returns the plot. The axis runs from the first tick to the last.
    pub(super) fn new(canvas: &mut Canvas, area: Area, heading: &str, ticks: &Ticks) -> Self {
        let y = Scale {
            domain: ticks.ends(),
            range: (area.bottom(), area.top),
        };
        let top = area.top - HEADING.line() - SMALL.line() * 0.6;
        canvas.text((area.left, top), Anchor::Start, &HEADING, heading);
        for &value in &ticks.values {
            let at = y.at(value);
            grid_line(canvas, area, at);
            let number = (area.left - NUMBER_GAP, at - SMALL.line() / 2.0);
            canvas.text(number, Anchor::End, &SMALL, &ticks.label(value));
        }
        Self { area, y }
    }

    /// Draws the horizontal grid lines alone and returns the plot: a panel next to one that has the
    /// heading and the numbers.
    pub(super) fn unnumbered(canvas: &mut Canvas, area: Area, ticks: &Ticks) -> Self {
        let y = Scale {
            domain: ticks.ends(),
            range: (area.bottom(), area.top),
        };
        for &value in &ticks.values {
            grid_line(canvas, area, y.at(value));
        }
        Self { area, y }
    }

    /// Returns the width that the numbers of `ticks` need left of a plotting area, in pixels.
    pub(super) fn numbers_width(ticks: &Ticks) -> f32 {
        let widths = ticks
            .values
            .iter()
            .map(|&value| width(&ticks.label(value), &SMALL));
        widths.fold(0.0, f32::max) + NUMBER_GAP
    }

    /// Draws the horizontal axis line.
    pub(super) fn base(&self, canvas: &mut Canvas) {
        let y = self.area.bottom();
        let line = [(self.area.left, y), (self.area.right(), y)];
        canvas.polyline(&line, Stroke::solid(QUIET, THIN));
    }

    /// Draws a mark on the horizontal axis and `text` under it.
    pub(super) fn x_mark(&self, canvas: &mut Canvas, x: f32, text: &str) {
        let bottom = self.area.bottom();
        canvas.polyline(
            &[(x, bottom), (x, bottom + 8.0)],
            Stroke::solid(QUIET, THIN),
        );
        canvas.text((x, bottom + NUMBER_GAP), Anchor::Middle, &SMALL, text);
    }

    /// Draws the horizontal axis' name under its numbers, and returns its bottom in pixels.
    pub(super) fn x_name(&self, canvas: &mut Canvas, text: &str) -> f32 {
        let at = (
            self.area.left + self.area.width / 2.0,
            self.area.bottom() + NUMBER_GAP + SMALL.line(),
        );
        canvas.text(at, Anchor::Middle, &SMALL.coloured(INK), text)
    }
}

fn grid_line(canvas: &mut Canvas, area: Area, at: f32) {
    let line = [(area.left, at), (area.right(), at)];
    canvas.polyline(&line, Stroke::solid(RULE, THIN));
}
