//! The page that the figures of temporal capacity share: rows of charts over the frames back.

use super::axis::Ticks;
use super::canvas::{Anchor, Area, Stroke};
use super::colour::Marker;
use super::drawing::Drawing;
use super::error::{FigureError, quoted_list};
use super::lines::{Labels, Line, LinePoint, draw_lines, extent, label_room};
use super::page::Page;
use super::plot::Plot;
use super::selection::{generated_note, seeds_note, unique};
use super::svg_text::{checkpoint_rule, method_title};
use super::theme::{HEADING, MARGIN, RULE, SMALL, STRONG};
use crate::run::CapacityRow;

/// Width of the page's content in pixels: 8.2 inches.
const CONTENT: f32 = 1640.0;
/// Height of a plotting area in pixels.
const PLOT_HEIGHT: f32 = 300.0;
/// Space between the panels of a row, in pixels.
const PANEL_GAP: f32 = 30.0;
/// Space between a row's axis and the next row, in pixels.
const ROW_GAP: f32 = 34.0;
/// Most horizontal grid lines.
const MOST_TICKS: usize = 8;
/// Share of the highest value by which an interval may reach below an axis that begins at 0.
const NEAR_ZERO: f64 = 0.03;
/// Charts side by side.
const COLUMNS: usize = 2;

/// One chart.
#[derive(Debug, Clone)]
pub(super) struct Chart {
    /// What stands over it.
    pub(super) heading: String,
    /// Its lines, the uppermost last.
    pub(super) lines: Vec<Line>,
}

/// One row of charts on one axis.
#[derive(Debug, Clone)]
pub(super) struct ChartRow {
    /// What all of them show.
    pub(super) heading: &'static str,
    /// The charts, at most two.
    pub(super) charts: Vec<Chart>,
}

/// What a line is of: layer and method.
pub(super) type Of<'a> = (Option<usize>, Option<&'a str>);

/// Returns the place of what is measured at a layer, by a method where it needs a map.
pub(super) fn of_layer(layer: usize, method: Option<&str>) -> Of<'_> {
    (Some(layer), method)
}

/// Returns the place of what is measured of the whole network.
pub(super) fn of_network() -> Of<'static> {
    (None, None)
}

/// Returns the line of one measure.
pub(super) fn line<'a>(
    rows: impl IntoIterator<Item = &'a CapacityRow>,
    (compared, measure): (&str, &str),
    (layer, method): Of<'_>,
    (label, marker, stroke): (&str, Marker, Stroke),
) -> Line {
    let own = rows.into_iter().filter(|row| {
        row.compared == compared
            && row.measure == measure
            && (row.layer, row.method.as_deref()) == (layer, method)
    });
    let points = own.filter_map(|row| {
        Some(LinePoint {
            step: row.lag?,
            mean: row.mean,
            ends: (row.low, row.high),
            open: false,
        })
    });
    Line {
        label: label.to_string(),
        marker,
        stroke,
        points: points.collect(),
    }
}

/// Returns the lowest and the top layer of the rows that have maps, one where there is one.
///
/// # Errors
/// [`FigureError::Nothing`] where no row is of `method`.
pub(super) fn layers(
    rows: &[CapacityRow],
    method: Option<&str>,
) -> Result<Vec<usize>, FigureError> {
    let own = rows.iter().filter(|row| {
        row.method.is_some() && (method.is_none() || row.method.as_deref() == method)
    });
    let mut layers = unique(own.filter_map(|row| row.layer));
    layers.sort_unstable();
    if layers.len() > COLUMNS {
        layers = vec![layers[0], layers[layers.len() - 1]];
    }
    match layers.is_empty() {
        true => Err(FigureError::Nothing {
            wanted: format!("method {:?}", method.unwrap_or_default()),
            known: quoted_list(rows.iter().filter_map(|row| row.method.as_deref())),
        }),
        false => Ok(layers),
    }
}

/// Returns "layer 1 (top)" and the like; layers count from 0, as in the table.
pub(super) fn layer_heading(layers: &[usize], layer: usize) -> String {
    match layers.len() > 1 && layers.last() == Some(&layer) {
        true => format!("layer {layer} (top)"),
        false => format!("layer {layer}"),
    }
}

/// Returns the networks that were measured, each with its seed.
pub(super) fn networks(rows: &[CapacityRow]) -> Vec<(&str, u64)> {
    unique(rows.iter().map(|row| (row.experiment.as_str(), row.seed)))
}

/// Returns the methods whose maps were measured.
pub(super) fn methods(rows: &[CapacityRow]) -> Vec<&str> {
    unique(rows.iter().filter_map(|row| row.method.as_deref()))
}

/// Returns the name of `method` in figures.
pub(super) fn title<'a>(rows: &'a [CapacityRow], method: &'a str) -> &'a str {
    let own = rows
        .iter()
        .find(|row| row.method.as_deref() == Some(method));
    let title = own.and_then(|row| row.title.as_deref());
    method_title(title.unwrap_or_default(), method)
}

/// Draws the rows of charts under a title.
///
/// # Errors
/// [`FigureError::NotFinite`] where a row cannot be drawn.
pub(super) fn draw_page(
    title: &str,
    rows: &[CapacityRow],
    charts: &[ChartRow],
    caption: &str,
) -> Result<Drawing, FigureError> {
    let finite = |row: &&CapacityRow| [row.mean, row.low, row.high].iter().all(|v| v.is_finite());
    if let Some(row) = rows.iter().find(|row| !finite(row)) {
        return Err(FigureError::NotFinite {
            name: format!("{} of {}", row.measure, row.experiment),
        });
    }
    let mut page = Page::new(CONTENT, title, &subtitle(rows));
    for row in charts {
        draw_row(&mut page, row);
    }
    page.y -= ROW_GAP;
    page.caption(caption);
    Ok(page.finish())
}

fn draw_row(page: &mut Page, row: &ChartRow) {
    let (low, high) = extent(row.charts.iter().flat_map(|chart| &chart.lines));
    if low > high {
        return;
    }
    // Where hardly anything lies below 0 the axis begins there.
    let low = if low > -NEAR_ZERO * high { 0.0 } else { low };
    let ticks = Ticks::around(low, high, MOST_TICKS);
    let numbers = Plot::numbers_width(&ticks);
    let room = row.charts.iter().map(|chart| label_room(&chart.lines));
    let room = room.fold(0.0, f32::max);
    let panel = (CONTENT - numbers - room - PANEL_GAP) / COLUMNS as f32;
    let canvas = &mut page.canvas;
    let top = canvas.text((MARGIN, page.y), Anchor::Start, &STRONG, row.heading) + 6.0;
    canvas.polyline(
        &[(MARGIN, top), (MARGIN + CONTENT, top)],
        Stroke::solid(RULE, 2.0),
    );
    let last = row.charts.len() - 1;
    // Lines of the charts before the last that the last has not.
    let is_last = |line: &&Line| {
        row.charts[last]
            .lines
            .iter()
            .any(|other| other.label == line.label)
    };
    let before = row.charts[..last].iter().flat_map(|chart| &chart.lines);
    let others: Vec<&Line> = before.filter(|line| !is_last(line)).collect();
    let mut bottom = top;
    for (column, chart) in row.charts.iter().enumerate() {
        let area = Area {
            left: MARGIN + numbers + column as f32 * (panel + PANEL_GAP),
            top: top + HEADING.line() + SMALL.line(),
            width: panel,
            height: PLOT_HEIGHT,
        };
        let plot = match column {
            0 => Plot::new(canvas, area, &chart.heading, &ticks),
            _ => {
                let over = (area.left, area.top - HEADING.line() - SMALL.line() * 0.6);
                canvas.text(over, Anchor::Start, &HEADING, &chart.heading);
                Plot::unnumbered(canvas, area, &ticks)
            }
        };
        let labels = if column == last {
            Labels::Here(&others)
        } else {
            Labels::Elsewhere
        };
        let named = ("k frames back", labels);
        bottom = bottom.max(draw_lines(canvas, &plot, &chart.lines, named));
    }
    page.y = bottom + ROW_GAP;
}

fn subtitle(rows: &[CapacityRow]) -> String {
    let clips = unique(rows.iter().map(|row| row.clips.as_str()));
    let most = rows.iter().map(|row| row.n).max().unwrap_or(0);
    let mut parts = vec![format!("{most} clips of {}", clips.join(", "))];
    let generated = rows.iter().filter(|row| row.generated).count();
    parts.extend(generated_note(generated, rows.len()).map(str::to_string));
    let mut seeds = unique(rows.iter().map(|row| row.seed));
    seeds.sort_unstable();
    parts.push(seeds_note(&seeds));
    let rules = unique(rows.iter().map(|row| checkpoint_rule(&row.checkpoint)));
    parts.push(format!("checkpoint: {}", rules.join(", ")));
    parts.join(" · ")
}
