//! The score figure: how faithful maps are by depth of the network, one panel per score and layer.
//!
//! Panels of one row share their axis, so that the two layers of a network compare; methods stand
//! side by side at each trial, in colour, and baselines are grey.

use super::axis::Ticks;
use super::canvas::{Anchor, Area, Canvas, Point, Stroke};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::page::Page;
use super::plot::{POINT, Plot};
use super::score_looks::{LEGEND_GAP, Look, legend, looks};
use super::seed_marks::{ASIDE, SeedMarks, seeds_sentence};
use super::selection::{generated_note, seeds_note, unique};
use super::sheet::Figure;
use super::svg_text::{checkpoint_rule, class_name, network_title};
use super::theme::{HEADING, MARGIN, QUIET, RULE, SMALL, STRONG};
use super::typeface::{shorten, width};
use crate::run::{LayerPlace, ScoreSummary, TableRow};

/// Width of the page's content in pixels: 8.2 inches.
const CONTENT: f32 = 1640.0;
/// Height of a plotting area in pixels.
const PLOT_HEIGHT: f32 = 300.0;
/// Space between the panels of a row, in pixels.
const PANEL_GAP: f32 = 50.0;
/// Space between a row's axis labels and the next row, in pixels.
const ROW_GAP: f32 = 34.0;
/// Most horizontal grid lines.
const MOST_TICKS: usize = 8;
/// Largest sideways distance of two methods at one trial, in pixels.
const DODGE: f32 = 16.0;
/// The same where the points of the seeds stand between them.
const DODGE_SEEDS: f32 = 30.0;
/// Share of a trial's room that its methods take.
const SPREAD: f32 = 0.8;
/// Draws the networks of the table that are made of blocks, and so have a depth.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "score-depth",
    reads: ScoreSummary::FILE,
    draw: |folder| {
        let rows: Vec<ScoreSummary> = folder.rows()?;
        match rows.iter().all(|row| row.blocks == 0) {
            true => Ok(()),
            false => folder.save(&ScoreDepth { rows: &rows }),
        }
    },
};

/// The score figure.
#[derive(Debug, Clone)]
pub(super) struct ScoreDepth<'a> {
    /// One row per trial, layer, method and score, in any order.
    pub rows: &'a [ScoreSummary],
}

/// One column of panels.
struct PanelColumn<'a> {
    heading: String,
    rows: Vec<&'a ScoreSummary>,
}

impl Figure for ScoreDepth<'_> {
    fn name(&self) -> String {
        "score-depth".to_string()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        self.check()?;
        let columns = self.columns();
        let looks = looks(self.rows);
        let mut page = Page::new(
            CONTENT,
            "How faithful the maps are, by depth of the network",
            &self.subtitle(),
        );
        page.y = legend(&mut page.canvas, page.y, &looks, CONTENT) + ROW_GAP * 0.7;
        page.y = headings(&mut page.canvas, page.y, &columns) + ROW_GAP * 0.4;
        for metric in self.metrics() {
            self.draw_row(&mut page, metric, &columns, &looks);
        }
        page.y -= ROW_GAP;
        page.caption(&self.caption());
        Ok(page.finish())
    }
}

impl ScoreDepth<'_> {
    fn check(&self) -> Result<(), FigureError> {
        let finite =
            |row: &&ScoreSummary| [row.mean, row.low, row.high].iter().all(|v| v.is_finite());
        if let Some(row) = self.rows.iter().find(|row| !finite(row)) {
            return Err(FigureError::NotFinite {
                name: format!("{} of {} in {}", row.heading(), row.method, row.trial),
            });
        }
        if self.rows.is_empty() {
            let (wanted, known) = ("scores by depth".to_string(), "none".to_string());
            return Err(FigureError::Nothing { wanted, known });
        }
        Ok(())
    }

    /// Returns a row of each metric that was measured, in the order of the table.
    fn metrics(&self) -> impl Iterator<Item = &ScoreSummary> {
        let names = unique(self.rows.iter().map(|row| row.metric.as_str()));
        let first = |name| self.rows.iter().find(|row| row.metric == name);
        names.into_iter().filter_map(first)
    }

    /// Returns the two layers of an ablation, or one column where they are the same in every
    /// network; layers that the user named have a column each.
    fn columns(&self) -> Vec<PanelColumn<'_>> {
        let of = |heading: &str, keep: &dyn Fn(&ScoreSummary) -> bool| PanelColumn {
            heading: heading.to_string(),
            rows: self.rows.iter().filter(|row| keep(row)).collect(),
        };
        let fine = of(
            "Maps of the deepest layer with at least 8 x 8 cells",
            &|row| matches!(row.layer_place, LayerPlace::FineCells | LayerPlace::Both),
        );
        let last = of("Maps of the last block before its pool", &|row| {
            matches!(row.layer_place, LayerPlace::LastBlock | LayerPlace::Both)
        });
        let mut columns = if fine.rows == last.rows {
            vec![last]
        } else {
            vec![fine, last]
        };
        let named = self
            .rows
            .iter()
            .filter(|row| row.layer_place == LayerPlace::Named);
        for layer in unique(named.map(|row| row.layer.as_str())) {
            columns.push(of(&format!("Maps of {layer}"), &|row| {
                row.layer_place == LayerPlace::Named && row.layer == layer
            }));
        }
        columns.retain(|column| !column.rows.is_empty());
        columns
    }

    fn draw_row(
        &self,
        page: &mut Page,
        metric: &ScoreSummary,
        columns: &[PanelColumn<'_>],
        looks: &[Look<'_>],
    ) {
        let of_metric = self.rows.iter().filter(|row| row.metric == metric.metric);
        let marks: Vec<SeedMarks> = of_metric.map(|row| self.marks(row)).collect();
        let most = if metric.heading().contains('%') {
            100.0
        } else {
            1.0
        };
        let (low, high) = SeedMarks::extent(marks.iter(), (0.0, most));
        let ticks = Ticks::around(low, high, MOST_TICKS);
        let numbers = Plot::numbers_width(&ticks);
        let panel = panel_width(columns.len());
        let top = page.y + HEADING.line() + SMALL.line();
        let mut bottom = page.y;
        for (index, column) in columns.iter().enumerate() {
            let area = Area {
                left: MARGIN + index as f32 * (panel + PANEL_GAP) + numbers,
                top,
                width: panel - numbers,
                height: PLOT_HEIGHT,
            };
            let plot = Plot::new(&mut page.canvas, area, metric.heading(), &ticks);
            let after = area.left + width(metric.heading(), &HEADING) + LEGEND_GAP;
            // On the heading's baseline, which the plot sets a little below the row's top.
            let beside = page.y + SMALL.line() * 0.4 + HEADING.ascent() - SMALL.ascent();
            page.canvas
                .text((after, beside), Anchor::Start, &SMALL, &metric.better);
            plot.base(&mut page.canvas);
            let own = column.rows.iter().copied();
            let rows: Vec<(&ScoreSummary, SeedMarks)> = own
                .filter(|row| row.metric == metric.metric)
                .map(|row| (row, self.marks(row)))
                .collect();
            bottom = bottom.max(draw_panel(&mut page.canvas, &plot, &rows, looks));
        }
        page.y = bottom + ROW_GAP;
    }

    /// Returns the numbers of seeds that have a mean.
    fn seeds(&self) -> impl Iterator<Item = usize> {
        self.rows.iter().map(|row| row.seed_means.defined().count())
    }

    fn marks(&self, row: &ScoreSummary) -> SeedMarks {
        let several = self.seeds().any(|seeds| seeds > 1);
        SeedMarks::of(&row.seed_means, (row.mean, row.low, row.high), several)
    }

    fn subtitle(&self) -> String {
        let first = &self.rows[0];
        let mut parts = vec![format!(
            "{} {}, {} images",
            first.dataset, first.split, first.images
        )];
        let generated = self.rows.iter().filter(|row| row.generated).count();
        parts.extend(generated_note(generated, self.rows.len()).map(str::to_string));
        let lists = unique(self.rows.iter().map(|row| row.seeds.as_str()));
        let numbers = lists.iter().flat_map(|list| list.split(' '));
        let mut seeds = unique(numbers.filter_map(|number| number.parse().ok()));
        seeds.sort_unstable();
        let not_all = if lists.len() > 1 {
            ", not all of every trial"
        } else {
            ""
        };
        parts.push(format!("{}{not_all}", seeds_note(&seeds)));
        let rules = unique(self.rows.iter().map(|row| checkpoint_rule(&row.checkpoint)));
        parts.push(format!("checkpoint: {}", rules.join(", ")));
        let class = match first.target.as_str() {
            rule @ ("predicted" | "true") => format!("maps of the {rule} class"),
            name => format!("maps of the class {}", class_name(name)),
        };
        parts.push(class);
        parts.join(" · ")
    }

    fn caption(&self) -> String {
        let several = seeds_sentence(self.seeds());
        let mut text = several.unwrap_or_else(|| {
            let mut text = "Bars: 95 % bootstrap intervals over images".to_string();
            // Tables of earlier versions do not have the means of each seed.
            if self.rows.iter().any(|row| row.seeds.contains(' ')) {
                text.push_str(" and seeds");
            }
            text + "."
        });
        text.push_str(
            " Y and O: the class's confidence on the image and on L times the image. Average \
             Drop: mean of max(0, Y - O) / Y; % Increase: O above Y; average gain: mean of \
             max(0, O - Y) / (1 - Y). Empty maps count as black.",
        );
        if let Some(steps) = self.rows.iter().find_map(|row| row.steps) {
            text.push_str(&format!(
                " Insertion, deletion: areas under {steps} steps, filled with the mean colour."
            ));
        }
        text.push_str(" Grey: baselines, which ignore the network.");
        let both = self
            .rows
            .iter()
            .any(|row| row.layer_place == LayerPlace::Both);
        if both && self.columns().len() > 1 {
            text.push_str(" A trial whose last block has 8 x 8 cells is the same in both columns.");
        }
        text
    }
}

fn panel_width(columns: usize) -> f32 {
    (CONTENT - PANEL_GAP * (columns - 1) as f32) / columns as f32
}

/// Draws the name of each column of panels over a rule, and returns the bottom in pixels.
fn headings(canvas: &mut Canvas, top: f32, columns: &[PanelColumn<'_>]) -> f32 {
    let width = panel_width(columns.len());
    let bottom = top + STRONG.line() + 6.0;
    for (index, column) in columns.iter().enumerate() {
        let left = MARGIN + index as f32 * (width + PANEL_GAP);
        let heading = shorten(&column.heading, width, &STRONG);
        canvas.text((left, top), Anchor::Start, &STRONG, &heading);
        canvas.polyline(
            &[(left, bottom), (left + width, bottom)],
            Stroke::solid(RULE, 2.0),
        );
    }
    bottom
}

/// Draws one panel's lines and the marks under them, and returns its bottom in pixels.
fn draw_panel(
    canvas: &mut Canvas,
    plot: &Plot,
    rows: &[(&ScoreSummary, SeedMarks)],
    looks: &[Look<'_>],
) -> f32 {
    let mut trials: Vec<&ScoreSummary> = Vec::new();
    for (row, _) in rows {
        if !trials.iter().any(|known| known.trial == row.trial) {
            trials.push(row);
        }
    }
    trials.sort_by_key(|row| row.blocks);
    let pitch = plot.area.width / trials.len().max(1) as f32;
    let middle = |index: usize| plot.area.left + (index as f32 + 0.5) * pitch;
    let mut bottom = plot.area.bottom();
    for (index, row) in trials.iter().enumerate() {
        let x = middle(index);
        let foot = plot.area.bottom();
        canvas.polyline(&[(x, foot), (x, foot + 8.0)], Stroke::solid(QUIET, 1.5));
        let at = (x, foot + 12.0);
        let under = canvas.text(
            at,
            Anchor::Middle,
            &STRONG,
            &network_title(&row.network_title, &row.trial),
        );
        let size = format!("{} x {} cells", row.native_height, row.native_width);
        bottom = canvas.text((x, under), Anchor::Middle, &SMALL, &size);
    }
    let dodge = match rows.iter().any(|(_, marks)| !marks.seeds.is_empty()) {
        true => DODGE_SEEDS,
        false => DODGE,
    };
    let step = (pitch * SPREAD / looks.len().max(1) as f32).min(dodge);
    for (place, look) in looks.iter().enumerate().rev() {
        let aside = (place as f32 - (looks.len() - 1) as f32 / 2.0) * step;
        let mut points: Vec<Point> = Vec::new();
        for (index, trial) in trials.iter().enumerate() {
            let here = |(row, _): &&(&ScoreSummary, SeedMarks)| {
                row.trial == trial.trial && row.method == look.method
            };
            let Some((_, marks)) = rows.iter().find(here) else {
                continue;
            };
            let x = middle(index) + aside;
            let stroke = Stroke::solid(look.stroke.colour, 2.0);
            marks.draw_bar(canvas, plot, x, stroke);
            marks.draw_seeds(canvas, plot, x + ASIDE.min(step / 2.0), stroke.colour);
            points.push((x, plot.y.at(marks.mean)));
        }
        let thin = Stroke {
            width: 1.8,
            ..look.stroke
        };
        canvas.polyline(&points, thin);
        for point in points {
            canvas.marker(look.marker, point, POINT * 0.8, look.stroke.colour);
        }
    }
    bottom
}

#[cfg(test)]
#[path = "score_depth_tests.rs"]
mod tests;
