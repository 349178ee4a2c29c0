//! One learning curve, and the labels at the ends of several.

use super::axis::spread;
use super::canvas::{Anchor, Canvas, Point, Stroke};
use super::colour::SeriesLook;
use super::plot::{DATA_LINE, LEADER_LINE, POINT, Plot};
use super::theme::STRONG;

/// Dash and gap of a training curve, in pixels.
const TRAIN_DASH: (f32, f32) = (12.0, 8.0);
/// Space between a line's end and its label, bridged by a thin leader, in pixels.
pub(super) const LEADER: f32 = 26.0;
/// Markers on a curve: about this many, evenly spread.
const MARKERS: usize = 6;

/// A curve to draw, with what stands at its end.
pub(super) struct Curve {
    pub(super) points: Vec<(f64, f64)>,
    pub(super) label: Option<String>,
    pub(super) look: SeriesLook,
    pub(super) train: bool,
}

/// Draws a curve through `points`.
pub(super) fn draw_curve(canvas: &mut Canvas, curve: &Curve, points: &[Point]) {
    let solid = Stroke::solid(curve.look.colour, DATA_LINE);
    if curve.train {
        canvas.polyline(
            points,
            Stroke {
                width: 2.2,
                dash: Some(TRAIN_DASH),
                ..solid
            },
        );
        // A dashed line through one point is nothing: the point itself shows it.
        if let [only] = points {
            canvas.marker(curve.look.marker, *only, POINT * 0.6, curve.look.colour);
        }
        return;
    }
    canvas.polyline(points, solid);
    let step = points.len().div_ceil(MARKERS).max(1);
    for (index, &at) in points.iter().enumerate() {
        if index % step == 0 || index + 1 == points.len() {
            canvas.marker(curve.look.marker, at, POINT, curve.look.colour);
        }
    }
}

/// Writes the labels of `curves` next to their ends.
pub(super) fn label_ends(
    canvas: &mut Canvas,
    plot: &Plot,
    curves: &[Curve],
    place: impl Fn(&(f64, f64)) -> Point,
) {
    let ends: Vec<(Point, &str)> = curves
        .iter()
        .filter_map(|curve| {
            let end = place(curve.points.last()?);
            Some((end, curve.label.as_deref()?))
        })
        .collect();
    let half = STRONG.line() / 2.0;
    let (low, high) = (plot.area.top + half, plot.area.bottom() - half);
    let wanted: Vec<f32> = ends.iter().map(|(end, _)| end.1).collect();
    for ((end, label), y) in ends.iter().zip(spread(&wanted, STRONG.line(), low, high)) {
        let x = plot.area.right() + LEADER;
        let leader = [(end.0 + POINT + 2.0, end.1), (x - 5.0, y)];
        canvas.polyline(&leader, LEADER_LINE);
        canvas.text((x, y - half), Anchor::Start, &STRONG, label);
    }
}
