//! How the methods of the score figure look, and their legend.

use super::canvas::{Anchor, Canvas, Stroke};
use super::colour::{Marker, series_look};
use super::plot::{DATA_LINE, POINT};
use super::theme::{BODY, INK, MARGIN};
use super::typeface::width;
use crate::run::ScoreSummary;

/// Length of a line in the legend, in pixels.
const SAMPLE: f32 = 64.0;
/// Space between the parts of the legend, in pixels.
pub(super) const LEGEND_GAP: f32 = 12.0;
/// Line and marker of baselines.
const GREY: &str = "#8A8A8A";
/// Dashes that distinguish the grey lines and repeated colours, in pixels.
const DASHES: [(f32, f32); 3] = [(12.0, 7.0), (4.0, 6.0), (20.0, 6.0)];
/// Markers of the grey lines.
const GREY_MARKERS: [Marker; 3] = [Marker::Ring, Marker::Square, Marker::Triangle];
/// Different colours before they repeat.
const COLOURS: usize = 7;

/// How one method is drawn.
pub(super) struct Look<'a> {
    pub(super) method: &'a str,
    pub(super) title: &'a str,
    pub(super) marker: Marker,
    pub(super) stroke: Stroke,
}

/// Returns the look of every method in `rows`, methods before baselines.
pub(super) fn looks(rows: &[ScoreSummary]) -> Vec<Look<'_>> {
    let mut counts = [0, 0];
    let mut looks: Vec<Look<'_>> = Vec::new();
    for row in rows {
        if looks.iter().any(|look| look.method == row.method) {
            continue;
        }
        let number = counts[usize::from(row.baseline)];
        counts[usize::from(row.baseline)] += 1;
        let dash = |number: usize| DASHES[number % DASHES.len()];
        let (marker, stroke) = if row.baseline {
            let (on, off) = dash(number);
            (
                GREY_MARKERS[number % GREY_MARKERS.len()],
                Stroke::solid(GREY, DATA_LINE).dashed(on, off),
            )
        } else {
            let look = series_look(number);
            let solid = Stroke::solid(look.colour, DATA_LINE);
            match number / COLOURS {
                0 => (look.marker, solid),
                again => {
                    let (on, off) = dash(again - 1);
                    (Marker::Diamond, solid.dashed(on, off))
                }
            }
        };
        looks.push(Look {
            method: &row.method,
            title: &row.title,
            marker,
            stroke,
        });
    }
    // Stable: methods keep their order and stand before baselines.
    looks.sort_by_key(|look| look.stroke.colour == GREY);
    looks
}

/// Draws the methods' lines with their names, as many a line as fit, and returns the bottom.
pub(super) fn legend(canvas: &mut Canvas, top: f32, looks: &[Look<'_>], content: f32) -> f32 {
    let (mut x, mut y) = (MARGIN, top);
    let style = BODY.coloured(INK);
    for look in looks {
        let room = SAMPLE + LEGEND_GAP + width(look.title, &style);
        if x > MARGIN && x + room > MARGIN + content {
            (x, y) = (MARGIN, y + style.line() * 1.2);
        }
        let middle = y + style.line() / 2.0;
        canvas.polyline(&[(x, middle), (x + SAMPLE, middle)], look.stroke);
        let at = (x + SAMPLE / 2.0, middle);
        canvas.marker(look.marker, at, POINT, look.stroke.colour);
        canvas.text(
            (x + SAMPLE + LEGEND_GAP, y),
            Anchor::Start,
            &style,
            look.title,
        );
        x += room + 3.0 * LEGEND_GAP;
    }
    y + style.line()
}
