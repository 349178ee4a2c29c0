//! The frame figure: errors of predicted frames, one step ahead and rolled out.
//!
//! The two horizons stand side by side on one axis, so that what rolling out costs is seen at
//! once; baselines are grey.

use super::axis::Ticks;
use super::canvas::{Anchor, Area, Canvas, Stroke};
use super::colour::{Marker, series_look};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::lines::{GREY, Labels, Line, LinePoint, draw_lines, extent, label_room};
use super::page::Page;
use super::plot::{DATA_LINE, Plot};
use super::selection::{generated_note, seeds_note, unique};
use super::sheet::Figure;
use super::svg_text::{checkpoint_rule, network_title};
use super::theme::{HEADING, MARGIN, RULE, SMALL, STRONG};
use super::typeface::shorten;
use crate::run::{FrameScoreRow, TableRow};

/// Width of the page's content in pixels: 8.2 inches.
const CONTENT: f32 = 1640.0;
/// Height of a plotting area in pixels.
const PLOT_HEIGHT: f32 = 440.0;
/// Space between the panels of a row, in pixels.
const PANEL_GAP: f32 = 30.0;
/// Space between a row's axis and the next row, in pixels.
const ROW_GAP: f32 = 30.0;
/// Most horizontal grid lines.
const MOST_TICKS: usize = 8;
/// Longest label at a line's end, in pixels.
const LABEL_ROOM: f32 = 260.0;
/// Dashes that distinguish the grey lines, in pixels.
const DASHES: [(f32, f32); 3] = [(14.0, 7.0), (3.0, 6.0), (20.0, 6.0)];
/// Markers of the grey lines.
const GREY_MARKERS: [Marker; 3] = [Marker::Ring, Marker::Square, Marker::Triangle];

/// The horizons, in the order of the columns, with what stands over them.
const COLUMNS: [(&str, &str); 2] = [
    (
        "one-step",
        "One step ahead: all true frames before are seen",
    ),
    ("roll-out", "Rolled out: frames 1 to 10 are seen"),
];
/// The scores, in the order of the rows, with what stands over them.
const ROWS: [(&str, &str); 2] = [
    ("mse", "Squared error, sum over pixels (lower is better)"),
    ("ssim", "SSIM (higher is better)"),
];

/// Draws the forecasts of the table.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "frame-scores",
    reads: FrameScoreRow::FILE,
    draw: |folder| {
        let rows: Vec<FrameScoreRow> = folder.rows()?;
        match rows.is_empty() {
            true => Ok(()),
            false => folder.save(&FrameScores { rows: &rows }),
        }
    },
};

/// The frame figure.
#[derive(Debug, Clone)]
pub(super) struct FrameScores<'a> {
    /// The rows of `frame-scores.csv`, of networks scored on the same clips, baselines among them.
    pub rows: &'a [FrameScoreRow],
}

/// How one forecast is drawn.
struct Look<'a> {
    forecast: &'a str,
    seed: Option<u64>,
    label: String,
    marker: Marker,
    stroke: Stroke,
}

impl Look<'_> {
    /// Returns the line of those of `rows` that are this forecast's.
    fn line(&self, rows: &[&FrameScoreRow]) -> Line {
        let own = rows
            .iter()
            .filter(|row| row.forecast == self.forecast && row.seed == self.seed);
        let points = own.filter_map(|row| {
            Some(LinePoint {
                step: row.frame?,
                mean: row.mean,
                ends: (row.low, row.high),
                open: false,
            })
        });
        Line {
            label: self.label.clone(),
            marker: self.marker,
            stroke: self.stroke,
            points: points.collect(),
        }
    }
}

/// Returns the lines of one horizon; networks lie over what needs none.
fn lines_of(rows: &[&FrameScoreRow], looks: &[Look<'_>], horizon: &str) -> Vec<Line> {
    let rows: Vec<&FrameScoreRow> = (rows.iter().copied())
        .filter(|row| row.horizon == horizon)
        .collect();
    let (over, under): (Vec<_>, Vec<_>) = looks.iter().partition(|look| look.seed.is_some());
    let looks = under.into_iter().chain(over);
    looks.map(|look| look.line(&rows)).collect()
}

impl Figure for FrameScores<'_> {
    fn name(&self) -> String {
        "frame-scores".to_string()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        self.check()?;
        let looks = self.looks();
        let title = "How well the next frames are predicted";
        let mut page = Page::new(CONTENT, title, &self.subtitle());
        let room = label_room(&looks.iter().map(|look| look.line(&[])).collect::<Vec<_>>());
        page.y += 6.0;
        for (place, (score, heading)) in ROWS.into_iter().enumerate() {
            let rows = self.rows.iter();
            let rows: Vec<&FrameScoreRow> = rows
                .filter(|row| row.score == score && row.frame.is_some())
                .collect();
            let lines = COLUMNS.map(|(horizon, _)| lines_of(&rows, &looks, horizon));
            let (low, high) = extent(lines.iter().flatten());
            let ticks = Ticks::around(low, high, MOST_TICKS);
            let numbers = Plot::numbers_width(&ticks);
            let panel = (CONTENT - numbers - room - PANEL_GAP) / 2.0;
            let left = |column: usize| MARGIN + numbers + column as f32 * (panel + PANEL_GAP);
            if place == 0 {
                page.y = headings(&mut page.canvas, page.y, panel, left);
            }
            let mut bottom = page.y;
            for (column, lines) in lines.iter().enumerate() {
                let area = Area {
                    left: left(column),
                    top: page.y + HEADING.line() + SMALL.line(),
                    width: panel,
                    height: PLOT_HEIGHT,
                };
                let canvas = &mut page.canvas;
                // The numbers of the left panel are those of the right one.
                let plot = match column {
                    0 => Plot::new(canvas, area, heading, &ticks),
                    _ => Plot::unnumbered(canvas, area, &ticks),
                };
                let labels = if column == 1 {
                    Labels::Here(&[])
                } else {
                    Labels::Elsewhere
                };
                bottom = bottom.max(draw_lines(
                    canvas,
                    &plot,
                    lines,
                    ("predicted frame", labels),
                ));
            }
            page.y = bottom + ROW_GAP;
        }
        page.y -= ROW_GAP;
        page.caption(&self.caption());
        Ok(page.finish())
    }
}

impl FrameScores<'_> {
    fn check(&self) -> Result<(), FigureError> {
        let finite =
            |row: &&FrameScoreRow| [row.mean, row.low, row.high].iter().all(|v| v.is_finite());
        if let Some(row) = self.rows.iter().find(|row| !finite(row)) {
            return Err(FigureError::NotFinite {
                name: format!("{} of {}", row.score, row.forecast),
            });
        }
        let drawn = |row: &FrameScoreRow| {
            row.frame.is_some() && ROWS.iter().any(|(score, _)| row.score == *score)
        };
        if !self.rows.iter().any(drawn) {
            return Err(FigureError::Nothing {
                wanted: "scores of predicted frames".to_string(),
                known: "none".to_string(),
            });
        }
        Ok(())
    }

    /// Returns the forecasts in the order of the rows, each with its look.
    fn looks(&self) -> Vec<Look<'_>> {
        let forecasts = unique(
            self.rows
                .iter()
                .map(|row| (row.forecast.as_str(), row.seed)),
        );
        let seeds = |name: &str| forecasts.iter().filter(|(other, _)| *other == name).count();
        let (mut networks, mut baselines) = (0, 0);
        let looks = forecasts.iter().map(|&(forecast, seed)| match seed {
            Some(number) => {
                let look = series_look(networks);
                networks += 1;
                let own = self.rows.iter().find(|row| row.forecast == forecast);
                let title = own.map_or("", |row| row.network_title.as_str());
                let mut label = network_title(title, forecast);
                if seeds(forecast) > 1 {
                    label = format!("{label} seed {number}");
                }
                Look {
                    forecast,
                    seed,
                    label: shorten(&label, LABEL_ROOM, &STRONG),
                    marker: look.marker,
                    stroke: Stroke::solid(look.colour, DATA_LINE),
                }
            }
            None => {
                let (on, off) = DASHES[baselines % DASHES.len()];
                let marker = GREY_MARKERS[baselines % GREY_MARKERS.len()];
                baselines += 1;
                Look {
                    forecast,
                    seed,
                    label: forecast.replace('-', " "),
                    marker,
                    stroke: Stroke::solid(GREY, DATA_LINE - 0.6).dashed(on, off),
                }
            }
        });
        looks.collect()
    }

    fn subtitle(&self) -> String {
        let first = &self.rows[0];
        let mut parts = vec![format!("{} clips of {}", first.n, first.clips)];
        parts.extend(generated_note(usize::from(first.generated), 1).map(str::to_string));
        let mut seeds = unique(self.rows.iter().filter_map(|row| row.seed));
        seeds.sort_unstable();
        parts.extend((!seeds.is_empty()).then(|| seeds_note(&seeds)));
        let rules = self.rows.iter().filter_map(|row| row.checkpoint.as_deref());
        let rules = unique(rules.map(checkpoint_rule));
        parts.extend((!rules.is_empty()).then(|| format!("checkpoint: {}", rules.join(", "))));
        parts.join(" · ")
    }

    fn caption(&self) -> String {
        let clips = self.rows.iter().find_map(|row| row.training_clips);
        let clips = clips.map_or(String::new(), |clips| format!("{clips} "));
        format!(
            "Mean over clips; bars: 95 % bootstrap intervals over clips. Squared error is summed over \
             the 64 x 64 pixels of a frame, grey values 0 to 1; SSIM: windows of 7 x 7 pixels. Grey: \
             baselines: black frames, the mean frame of {clips}training clips, and \
             the last true frame that was seen."
        )
    }
}

/// Draws the name of each column over a rule, and returns the bottom in pixels.
fn headings(canvas: &mut Canvas, top: f32, panel: f32, left: impl Fn(usize) -> f32) -> f32 {
    let bottom = top + STRONG.line() + 6.0;
    for (column, (_, heading)) in COLUMNS.into_iter().enumerate() {
        let left = left(column);
        let heading = shorten(heading, panel, &STRONG);
        canvas.text((left, top), Anchor::Start, &STRONG, &heading);
        let rule = [(left, bottom), (left + panel, bottom)];
        canvas.polyline(&rule, Stroke::solid(RULE, 2.0));
    }
    bottom + ROW_GAP * 0.4
}

#[cfg(test)]
#[path = "frame_scores_tests.rs"]
mod tests;
