//! The depth figure: accuracy against the number of convolution blocks.
//!
//! A table under the axis lines up with the points, so that what depth costs and what it brings
//! stand in one column.

use super::axis::{Ticks, spread};
use super::canvas::{Anchor, Area, Canvas, Stroke};
use super::colour::{SeriesLook, series_look};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::page::Page;
use super::plot::{DATA_LINE, LEADER_LINE, POINT, Plot};
use super::seed_marks::{SEED_POINT, SeedMarks, seeds_sentence};
use super::selection::{generated_note, seeds_note, unique};
use super::sheet::Figure;
use super::svg_text::{checkpoint_rule, network_title, short_count};
use super::theme::{BODY, HEADING, INK, MARGIN, SMALL, STRONG};
use super::typeface::{shorten, width};
use crate::run::{DepthRow, SeedValues, TableRow};

/// Width of the page's content in pixels: 7 inches.
const CONTENT: f32 = 1400.0;
/// Height of the plotting area in pixels.
const PLOT_HEIGHT: f32 = 620.0;
/// Sideways distance of each series from its column's middle, in pixels.
const DODGE: f32 = 16.0;
/// Most horizontal grid lines.
const MOST_TICKS: usize = 11;
/// Sideways distance of the seeds' points from their bar, in pixels.
const ASIDE: f32 = 10.0;
/// Space between the plotting area and a series' label, in pixels.
const LABEL_GAP: f32 = 10.0;
/// Space between table columns, in pixels.
const CELL_GAP: f32 = 16.0;

/// Draws the networks of the table.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "depth",
    reads: DepthRow::FILE,
    draw: |folder| {
        let rows: Vec<DepthRow> = folder.rows()?;
        match rows.is_empty() {
            true => Ok(()),
            false => folder.save(&Depth { rows: &rows }),
        }
    },
};

/// The depth figure.
#[derive(Debug, Clone)]
pub(super) struct Depth<'a> {
    /// One row per trained network, in any order.
    pub rows: &'a [DepthRow],
}

/// The networks of one trial: one column of the chart.
struct Column<'a> {
    rows: Vec<&'a DepthRow>,
}

/// One split's accuracies.
struct Split {
    label: &'static str,
    accuracy: fn(&DepthRow) -> f64,
    look: SeriesLook,
    dash: Option<(f32, f32)>,
    dodge: f32,
}

const PERCENT: f64 = 100.0;

fn splits() -> [Split; 2] {
    [
        Split {
            label: "validation",
            accuracy: |row| row.validation_accuracy * PERCENT,
            look: series_look(1),
            dash: Some((14.0, 9.0)),
            dodge: -DODGE,
        },
        Split {
            label: "test",
            accuracy: |row| row.test_accuracy * PERCENT,
            look: series_look(0),
            dash: None,
            dodge: DODGE,
        },
    ]
}

impl Column<'_> {
    fn values(&self, split: &Split) -> Vec<f64> {
        self.rows.iter().map(|row| (split.accuracy)(row)).collect()
    }

    /// Returns the mean of one seed or several, with the interval of several.
    fn marks(&self, split: &Split) -> SeedMarks {
        let values = self.values(split);
        let first = values[0];
        SeedMarks::of(&SeedValues(values), (first, first, first), true)
    }
}

impl Figure for Depth<'_> {
    fn name(&self) -> String {
        "depth".to_string()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let columns = self.columns()?;
        let splits = splits();
        let mut page = Page::new(
            CONTENT,
            "Accuracy by depth of the network",
            &self.subtitle(),
        );

        let all = splits.iter();
        let all = all.flat_map(|split| columns.iter().map(|column| column.marks(split)));
        let (low, high) = SeedMarks::extent(all.collect::<Vec<_>>().iter(), (0.0, PERCENT));
        let ticks = Ticks::around(low, high, MOST_TICKS);
        let heads = table_rows(&columns[0])
            .into_iter()
            .map(|(head, _)| width(head, &SMALL));
        let left = heads.fold(Plot::numbers_width(&ticks), f32::max) + CELL_GAP;
        let labels = splits.iter().map(|split| width(split.label, &STRONG));
        let right = labels.fold(0.0, f32::max) + LABEL_GAP;
        let area = Area {
            left: MARGIN + left,
            top: page.y + HEADING.line() + SMALL.line(),
            width: CONTENT - left - right,
            height: PLOT_HEIGHT,
        };
        let plot = Plot::new(&mut page.canvas, area, "Accuracy in %", &ticks);
        plot.base(&mut page.canvas);
        let pitch = area.width / columns.len() as f32;
        let x = |index: usize| area.left + (index as f32 + 0.5) * pitch;
        for split in &splits {
            draw_split(&mut page.canvas, &plot, &columns, split, x);
        }
        label_ends(
            &mut page.canvas,
            &plot,
            &columns,
            &splits,
            x(columns.len() - 1),
        );
        page.y = table(&mut page.canvas, area, &columns, pitch);
        page.caption(&self.caption(&columns));
        Ok(page.finish())
    }
}

impl Depth<'_> {
    fn columns(&self) -> Result<Vec<Column<'_>>, FigureError> {
        let bad = |row: &&DepthRow| {
            !row.validation_accuracy.is_finite() || !row.test_accuracy.is_finite()
        };
        if let Some(row) = self.rows.iter().find(bad) {
            return Err(FigureError::NotFinite {
                name: row.trial.clone(),
            });
        }
        let trials = unique(self.rows.iter().map(|row| row.trial.as_str()));
        let rows_of = |trial: &&str| self.rows.iter().filter(|r| r.trial == *trial).collect();
        let mut columns: Vec<_> = trials
            .iter()
            .map(|trial| Column {
                rows: rows_of(trial),
            })
            .collect();
        columns.sort_by_key(|column| (column.rows[0].blocks, column.rows[0].parameters));
        if columns.is_empty() {
            let (wanted, known) = ("accuracy by depth".to_string(), "none".to_string());
            return Err(FigureError::Nothing { wanted, known });
        }
        Ok(columns)
    }

    fn subtitle(&self) -> String {
        let mut parts = vec![unique(self.rows.iter().map(|r| r.dataset.as_str())).join(", ")];
        let generated = self.rows.iter().filter(|row| row.generated).count();
        parts.extend(generated_note(generated, self.rows.len()).map(str::to_string));
        let mut seeds = unique(self.rows.iter().map(|row| row.seed));
        seeds.sort_unstable();
        parts.push(seeds_note(&seeds));
        let rules = unique(self.rows.iter().map(|row| checkpoint_rule(&row.checkpoint)));
        parts.push(format!("checkpoint: {}", rules.join(", ")));
        parts.join(" · ")
    }

    fn caption(&self, columns: &[Column<'_>]) -> String {
        let counts = |count: fn(&DepthRow) -> usize| {
            let counts = unique(self.rows.iter().map(count));
            counts
                .iter()
                .map(usize::to_string)
                .collect::<Vec<_>>()
                .join(" or ")
        };
        let spread = seeds_sentence(columns.iter().map(|column| column.rows.len()));
        let spread = match spread {
            Some(sentence) => format!("{sentence} In brackets: the intervals."),
            None => "One seed per network: the figure shows no spread.".to_string(),
        };
        format!(
            "{spread} Validation: {} images, test: {} images. MACs: multiply-adds of one image's \
             forward pass.",
            counts(|row| row.validation_images),
            counts(|row| row.test_images)
        )
    }
}

fn draw_split(
    canvas: &mut Canvas,
    plot: &Plot,
    columns: &[Column<'_>],
    split: &Split,
    x: impl Fn(usize) -> f32,
) {
    let colour = split.look.colour;
    let stroke = Stroke {
        colour,
        width: DATA_LINE,
        dash: split.dash,
    };
    let x = |index: usize| x(index) + split.dodge;
    let means: Vec<_> = columns
        .iter()
        .enumerate()
        .map(|(index, column)| (x(index), plot.y.at(column.marks(split).mean)))
        .collect();
    canvas.polyline(&means, stroke);
    for (index, column) in columns.iter().enumerate() {
        let x = x(index);
        let marks = column.marks(split);
        marks.draw_bar(canvas, plot, x, Stroke::solid(colour, 2.0));
        // Seeds stand outside of their bar, away from the other split.
        let aside = x + split.dodge.signum() * (ASIDE + SEED_POINT);
        marks.draw_seeds(canvas, plot, aside, colour);
        canvas.marker(split.look.marker, means[index], POINT + 1.0, colour);
    }
}

fn label_ends(
    canvas: &mut Canvas,
    plot: &Plot,
    columns: &[Column<'_>],
    splits: &[Split],
    last: f32,
) {
    let Some(column) = columns.last() else { return };
    let ends: Vec<f32> = splits
        .iter()
        .map(|split| plot.y.at(column.marks(split).mean))
        .collect();
    let half = STRONG.line() / 2.0;
    let places = spread(
        &ends,
        STRONG.line(),
        plot.area.top + half,
        plot.area.bottom() - half,
    );
    let x = plot.area.right() + LABEL_GAP;
    for ((split, place), end) in splits.iter().zip(places).zip(ends) {
        // Past the seeds' points of both splits.
        let start = last + DODGE + ASIDE + 4.0 * SEED_POINT;
        let leader = [(start, end), (plot.area.right(), place)];
        canvas.polyline(&leader, LEADER_LINE);
        let style = STRONG.coloured(split.look.colour);
        canvas.text((x, place - half), Anchor::Start, &style, split.label);
    }
}

/// Returns the rows under the axis: heading and text for one column.
fn table_rows(column: &Column<'_>) -> Vec<(&'static str, String)> {
    let row = column.rows[0];
    let mut rows = vec![
        ("", network_title(&row.network_title, &row.trial)),
        ("conv blocks", row.blocks.to_string()),
        (
            "parameters",
            format!("{} params", short_count(row.parameters)),
        ),
        (
            "multiply-adds",
            format!("{} MACs", short_count(row.multiply_adds)),
        ),
    ];
    for split in &splits() {
        let marks = column.marks(split);
        let mean = format!("{:.1} %", marks.mean);
        rows.push(match marks.bar {
            Some((low, high)) => (split.label, format!("{mean} ({low:.1} to {high:.1})")),
            None => (split.label, mean),
        });
    }
    rows
}

fn table(canvas: &mut Canvas, area: Area, columns: &[Column<'_>], pitch: f32) -> f32 {
    let top = area.bottom() + 14.0;
    let mut bottom = top;
    for (index, column) in columns.iter().enumerate() {
        let x = area.left + (index as f32 + 0.5) * pitch;
        let mut y = top;
        for (head, text) in table_rows(column) {
            let style = if head.is_empty() {
                STRONG
            } else {
                SMALL.coloured(INK)
            };
            if index == 0 {
                canvas.text((MARGIN, y), Anchor::Start, &SMALL, head);
            }
            let text = shorten(&text, pitch - CELL_GAP, &style);
            canvas.text((x, y), Anchor::Middle, &style, &text);
            y += BODY.line() + 2.0;
        }
        bottom = y;
    }
    bottom
}
