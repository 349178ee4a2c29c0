//! What the localisation figures share: how a method looks, and the legend.

use super::canvas::{Anchor, Stroke};
use super::colour::{Marker, series_look};
use super::page::Page;
use super::plot::DATA_LINE;
use super::theme::{BODY, MARGIN};
use super::typeface::width;

/// Grey of a baseline, and the dashes that distinguish baselines.
const BASELINE_GREY: &str = "#7A7A7A";
const BASELINE_DASHES: [(f32, f32); 4] = [(2.0, 5.0), (9.0, 6.0), (18.0, 7.0), (5.0, 3.0)];
/// Looks after which colours repeat, and the dash that marks the second round.
const SERIES_LOOKS: usize = 7;
const SECOND_ROUND: (f32, f32) = (16.0, 5.0);
/// Length of a legend's line and space after an entry, in pixels.
const KEY_LENGTH: f32 = 54.0;
const ENTRY_GAP: f32 = 34.0;
/// Space between a legend's key and its text, in pixels.
const KEY_GAP: f32 = 10.0;
/// Radius of a legend's marker, in pixels.
const KEY_POINT: f32 = 6.0;

/// How one method is drawn in every panel.
#[derive(Debug, Clone)]
pub(super) struct MethodLook {
    /// Name in files.
    pub(super) method: String,
    /// Name in the legend.
    pub(super) title: String,
    /// Whether it is a baseline: grey and dashed.
    pub(super) baseline: bool,
    /// Line.
    pub(super) stroke: Stroke,
    /// Marker of its points.
    pub(super) marker: Marker,
}

impl MethodLook {
    /// Returns the looks of `methods` (name, title and whether it is a baseline), each once.
    pub(super) fn of<'a>(methods: impl Iterator<Item = (&'a str, &'a str, bool)>) -> Vec<Self> {
        let mut looks: Vec<Self> = Vec::new();
        for (method, title, baseline) in methods {
            if looks.iter().any(|look| look.method == method) {
                continue;
            }
            let number = looks.iter().filter(|l| l.baseline == baseline).count();
            let look = series_look(number);
            let stroke = if baseline {
                let (on, off) = BASELINE_DASHES[number % BASELINE_DASHES.len()];
                Stroke::solid(BASELINE_GREY, DATA_LINE - 0.4).dashed(on, off)
            } else if number >= SERIES_LOOKS {
                Stroke::solid(look.colour, DATA_LINE).dashed(SECOND_ROUND.0, SECOND_ROUND.1)
            } else {
                Stroke::solid(look.colour, DATA_LINE)
            };
            looks.push(Self {
                method: method.to_string(),
                title: title.to_string(),
                baseline,
                stroke,
                marker: look.marker,
            });
        }
        looks
    }
}

/// Draws the legend over `room` pixels, in as many lines as it takes; `baseline_point` is the radius of the
/// markers of baselines in the panels, where they have any.
pub(super) fn legend(
    page: &mut Page,
    looks: &[MethodLook],
    room: f32,
    baseline_point: Option<f32>,
) {
    let (mut x, mut y) = (MARGIN, page.y);
    for look in looks {
        let entry = KEY_LENGTH + KEY_GAP + width(&look.title, &BODY);
        if x > MARGIN && x + entry > MARGIN + room {
            (x, y) = (MARGIN, y + BODY.line() + 4.0);
        }
        let middle = y + BODY.line() / 2.0;
        let line = [(x, middle), (x + KEY_LENGTH, middle)];
        page.canvas.polyline(&line, look.stroke);
        let radius = match look.baseline {
            true => baseline_point,
            false => Some(KEY_POINT),
        };
        if let Some(radius) = radius {
            let at = (x + KEY_LENGTH / 2.0, middle);
            let colour = look.stroke.colour;
            page.canvas.marker(look.marker, at, radius, colour);
        }
        let text = (x + KEY_LENGTH + KEY_GAP, y);
        page.canvas.text(text, Anchor::Start, &BODY, &look.title);
        x += entry + ENTRY_GAP;
    }
    page.y = y + BODY.line() + 18.0;
}
