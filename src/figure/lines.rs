//! Lines with intervals over whole-numbered steps, named at their ends.

use super::axis::{Scale, spread};
use super::canvas::{Anchor, Canvas, Point, Stroke};
use super::colour::Marker;
use super::plot::{LEADER_LINE, POINT, Plot};
use super::theme::{INK, STRONG};
use super::typeface::width;

/// Space between a line's end and its label, bridged by a thin leader, in pixels.
const LEADER: f32 = 26.0;
/// Room before a label for the marker of its line, in pixels: where lines meet, leaders do not tell
/// them apart.
const KEY: f32 = 22.0;
/// Width of an interval's bar, in pixels.
const BAR: f32 = 2.0;
/// Line and marker of baselines and untrained networks; contrast 5 to 1 on white.
pub(super) const GREY: &str = "#707070";

/// A mean with its interval at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LinePoint {
    /// The step.
    pub(super) step: usize,
    /// The mean.
    pub(super) mean: f64,
    /// The interval's ends.
    pub(super) ends: (f64, f64),
    /// Whether the marker is open.
    pub(super) open: bool,
}

/// One line of a chart.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// What stands at its end.
    pub(super) label: String,
    /// Shape of its points.
    pub(super) marker: Marker,
    /// How it is stroked.
    pub(super) stroke: Stroke,
    /// Its points, by step.
    pub(super) points: Vec<LinePoint>,
}

/// Returns the width that the labels of `lines` need right of a plot, in pixels.
pub(super) fn label_room(lines: &[Line]) -> f32 {
    let labels = lines.iter().map(|line| width(&line.label, &STRONG));
    labels.fold(0.0, f32::max) + LEADER + KEY + 4.0
}

/// Returns the lowest and the highest end of all intervals.
pub(super) fn extent<'a>(lines: impl IntoIterator<Item = &'a Line>) -> (f64, f64) {
    let points = lines.into_iter().flat_map(|line| &line.points);
    points.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| {
        (low.min(point.ends.0), high.max(point.ends.1))
    })
}

/// Which labels stand right of a plot.
#[derive(Debug, Clone, Copy)]
pub(super) enum Labels<'a> {
    /// None: the neighbouring plot has them.
    Elsewhere,
    /// Those of its lines, and those that only the neighbouring plots have.
    Here(&'a [&'a Line]),
}

/// Draws the lines, a later one over an earlier one, with labels at their ends where asked for, and
/// returns the bottom of the axis' name in pixels.
pub(super) fn draw_lines(
    canvas: &mut Canvas,
    plot: &Plot,
    lines: &[Line],
    (x_name, labels): (&str, Labels<'_>),
) -> f32 {
    plot.base(canvas);
    let steps = lines
        .iter()
        .flat_map(|line| &line.points)
        .map(|point| point.step);
    let (first, last) = steps.fold((usize::MAX, 0), |(low, high), step| {
        (low.min(step), high.max(step))
    });
    let first = first.min(last);
    // Half a step of room at both ends.
    let x = Scale {
        domain: (first as f64 - 0.5, last as f64 + 0.5),
        range: (plot.area.left, plot.area.right()),
    };
    for step in first..=last {
        plot.x_mark(canvas, x.at(step as f64), &step.to_string());
    }
    let bottom = plot.x_name(canvas, x_name);
    let mut ends: Vec<(Point, &Line)> = Vec::new();
    for line in lines {
        let at = |point: &LinePoint| (x.at(point.step as f64), plot.y.at(point.mean));
        for point in &line.points {
            let across = x.at(point.step as f64);
            let bar = [
                (across, plot.y.at(point.ends.0)),
                (across, plot.y.at(point.ends.1)),
            ];
            canvas.polyline(&bar, Stroke::solid(line.stroke.colour, BAR));
        }
        let points: Vec<Point> = line.points.iter().map(at).collect();
        canvas.polyline(&points, line.stroke);
        for point in &line.points {
            let marker = if point.open {
                Marker::Ring
            } else {
                line.marker
            };
            canvas.marker(marker, at(point), POINT * 0.8, line.stroke.colour);
        }
        ends.extend(points.last().map(|end| (*end, line)));
    }
    if let Labels::Here(others) = labels {
        label_ends(canvas, plot, &ends, others);
    }
    bottom
}

fn label_ends(canvas: &mut Canvas, plot: &Plot, ends: &[(Point, &Line)], others: &[&Line]) {
    let half = STRONG.line() / 2.0;
    let (low, high) = (plot.area.top + half, plot.area.bottom() - half);
    // What has no line here stands at the top.
    let wanted = (ends.iter().map(|(end, _)| end.1)).chain(others.iter().map(|_| low));
    let places = spread(&wanted.collect::<Vec<_>>(), STRONG.line(), low, high);
    let x = plot.area.right() + LEADER + KEY;
    for ((end, _), &y) in ends.iter().zip(&places) {
        let leader = [(end.0 + POINT + 2.0, end.1), (x - KEY - 2.0, y)];
        canvas.polyline(&leader, LEADER_LINE);
    }
    let lines = ends
        .iter()
        .map(|(_, line)| *line)
        .chain(others.iter().copied());
    for (line, y) in lines.zip(places) {
        let key = (x - KEY * 0.6, y);
        canvas.marker(line.marker, key, POINT * 0.8, line.stroke.colour);
        let style = STRONG.coloured(INK);
        canvas.text((x, y - half), Anchor::Start, &style, &line.label);
    }
}
