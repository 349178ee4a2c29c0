//! Means with their intervals as rows under each other, on one axis.

use super::axis::{Scale, Ticks};
use super::canvas::{Anchor, Canvas, Stroke};
use super::colour::{Marker, series_look};
use super::plot::POINT;
use super::theme::{BODY, HEADING, INK, MARGIN, QUIET, RULE, SMALL, STRONG};
use super::typeface::{shorten, width};

/// Width of the page's content in pixels: 7 inches.
pub(super) const CONTENT: f32 = 1400.0;
/// Widest name of a row, in pixels.
const NAME_ROOM: f32 = 620.0;
/// Space between a name, the plotting area and the numbers after it, in pixels.
const GAP: f32 = 24.0;
/// Height of a row, in pixels.
const ROW: f32 = 44.0;
/// Most numbers on an axis.
const MOST_TICKS: usize = 8;
/// Width of an interval's bar, of grid lines and of the line at zero, in pixels.
const BAR: f32 = 4.0;
const THIN: f32 = 1.5;
/// Radius of the mark of a seed, in pixels.
const SEED_POINT: f32 = 5.0;
/// Most that intervals over seeds widen the axis on each side, as a share of the span of the marks.
const REACH: f64 = 0.5;

/// Rows on one axis.
pub(super) struct Section {
    /// What the axis shows, with its unit.
    pub(super) heading: String,
    /// The rows, from above.
    pub(super) rows: Vec<Row>,
    /// Whether zero, no difference, is on the axis.
    pub(super) zero: bool,
    /// Whether intervals are over seeds: those of few seeds are wide, and do not widen the axis beyond
    /// half the span of the seeds on each side.
    pub(super) by_seeds: bool,
    /// The values that can be; the axis shows no others.
    pub(super) possible: (f64, f64),
    /// Decimals of the numbers after the rows.
    pub(super) decimals: usize,
}

/// A mean with its interval.
pub(super) struct Row {
    /// Its name.
    pub(super) name: String,
    /// The mean.
    pub(super) mean: f64,
    /// The ends of its interval, if it has one.
    pub(super) ends: Option<(f64, f64)>,
    /// Further marks: seeds, or what maps of other pictures agree in.
    pub(super) besides: Vec<f64>,
}

/// Returns the room for the names of `rows`, in pixels.
pub(super) fn names_room<'a>(rows: impl Iterator<Item = &'a Row>) -> f32 {
    let widths = rows.map(|row| width(&row.name, &STRONG));
    widths.fold(0.0, f32::max).min(NAME_ROOM)
}

/// Returns whether the name of a row is drawn as it is, and not cut.
pub(super) fn fits(name: &str) -> bool {
    width(name, &STRONG) <= NAME_ROOM
}

impl Section {
    /// Draws the section from `top` with room for `names`, and returns its bottom in pixels.
    pub(super) fn draw(&self, canvas: &mut Canvas, top: f32, names: f32) -> f32 {
        let numbers = self.rows.iter().map(|row| width(&self.numbers(row), &BODY));
        let numbers = numbers.fold(0.0, f32::max);
        let left = MARGIN + names + GAP;
        let right = MARGIN + CONTENT - numbers - GAP;
        let (low, high) = self.extent();
        let ticks = Ticks::around(low, high, MOST_TICKS);
        let x = Scale {
            domain: ticks.ends(),
            range: (left, right),
        };
        let mut y = canvas.text((MARGIN, top), Anchor::Start, &HEADING, &self.heading);
        let bottom = y + self.rows.len() as f32 * ROW;
        for &value in &ticks.values {
            let at = x.at(value);
            let is_zero = self.zero && value == 0.0;
            let stroke = Stroke::solid(if is_zero { QUIET } else { RULE }, THIN);
            canvas.polyline(&[(at, y), (at, bottom)], stroke);
            let label = ticks.label(value);
            canvas.text((at, bottom + 4.0), Anchor::Middle, &SMALL, &label);
        }
        let look = series_look(0);
        for row in &self.rows {
            let middle = y + ROW / 2.0;
            let text = middle - STRONG.line() / 2.0;
            let name = shorten(&row.name, names, &STRONG);
            canvas.text((MARGIN, text), Anchor::Start, &STRONG, &name);
            if let Some((low, high)) = row.ends {
                let end = |value: f64| (x.at(value.clamp(x.domain.0, x.domain.1)), middle);
                canvas.polyline(&[end(low), end(high)], Stroke::solid(look.colour, BAR));
            }
            for &value in row.besides.iter().filter(|value| value.is_finite()) {
                canvas.marker(Marker::Ring, (x.at(value), middle), SEED_POINT, QUIET);
            }
            canvas.marker(look.marker, (x.at(row.mean), middle), POINT, look.colour);
            let numbers = (MARGIN + CONTENT, middle - BODY.line() / 2.0);
            let style = BODY.coloured(INK);
            canvas.text(numbers, Anchor::End, &style, &self.numbers(row));
            y += ROW;
        }
        bottom + 4.0 + SMALL.line()
    }

    /// Returns the lowest and the highest value that the axis has to show.
    fn extent(&self) -> (f64, f64) {
        let span = |values: &mut dyn Iterator<Item = f64>| {
            let finite = values.filter(|value| value.is_finite());
            finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(value), high.max(value))
            })
        };
        let rows = || self.rows.iter();
        let zero = self.zero.then_some(0.0);
        let marks = rows().flat_map(|row| row.besides.iter().copied().chain([row.mean]));
        let (low, high) = span(&mut marks.chain(zero));
        let ends = rows().filter_map(|row| row.ends);
        let (lowest, highest) = span(&mut ends.flat_map(|(low, high)| [low, high]));
        let (low, high) = match self.by_seeds {
            true => {
                let reach = REACH * (high - low);
                (
                    low.min(lowest.max(low - reach)),
                    high.max(highest.min(high + reach)),
                )
            }
            false => (low.min(lowest), high.max(highest)),
        };
        (low.max(self.possible.0), high.min(self.possible.1))
    }

    fn numbers(&self, row: &Row) -> String {
        let decimals = self.decimals;
        let number = |value: f64| format!("{value:.decimals$}");
        match row.ends {
            Some((low, high)) => {
                format!("{} [{}, {}]", number(row.mean), number(low), number(high))
            }
            None => number(row.mean),
        }
    }
}
