//! The sanity figure: how alike maps stay while more and more of the network is re-initialised.

use super::axis::{Ticks, spread};
use super::canvas::{Anchor, Area, Canvas, Point, Stroke};
use super::colour::{Marker, SeriesLook, series_look};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::page::Page;
use super::plot::{DATA_LINE, LEADER_LINE, POINT, Plot};
use super::seed_marks::{ASIDE, SeedMarks, seeds_sentence};
use super::selection::{generated_note, head_sentence, head_words, seeds_note, unique};
use super::sheet::Figure;
use super::svg_text::network_title;
use super::theme::{HEADING, INK, MARGIN, QUIET, SMALL, STRONG};
use super::typeface::width;
use crate::run::{CascadeRow, SAME_AFTER_RANDOMISATION, TableRow, comparable_seeds, correlations};

/// Width of the page's content in pixels: 7.5 inches.
const CONTENT: f32 = 1500.0;
/// Height of a plotting area in pixels.
const PLOT_HEIGHT: f32 = 460.0;
/// Space between two panels, in pixels.
const PANEL_GAP: f32 = 40.0;
/// Most horizontal grid lines.
const MOST_TICKS: usize = 11;
/// Sideways distance between two series at one stage, in pixels.
const DODGE: f32 = 7.0;
/// The same where the points of the seeds stand between them.
const DODGE_SEEDS: f32 = 18.0;
/// Half the width of an interval's end bars, in pixels.
const CAP: f32 = 5.0;
/// Space between a line's end and its label, bridged by a thin leader, in pixels.
const LEADER: f32 = 26.0;
/// Dash and gap of a baseline, in pixels.
const BASELINE_DASH: (f32, f32) = (10.0, 7.0);
/// Markers of the baselines, all in grey.
const BASELINE_MARKERS: [Marker; 3] = [Marker::Disc, Marker::Square, Marker::Triangle];

/// Draws each network of the table, and the seeds of each experiment in one figure.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "sanity",
    reads: CascadeRow::FILE,
    draw: |folder| {
        let rows: Vec<CascadeRow> = folder.rows()?;
        for (trial, seed) in unique(rows.iter().map(|row| (&row.trial, row.seed))) {
            let own = || {
                rows.iter()
                    .filter(|row| (&row.trial, row.seed) == (trial, seed))
            };
            // Of several checkpoints, the one that was checked last: new rows follow old ones.
            let last = own().next_back().map(|row| row.epoch);
            let shown = own().filter(|row| Some(row.epoch) == last);
            folder.save(&SanityCascade {
                rows: shown.collect(),
            })?;
        }
        for trial in unique(rows.iter().map(|row| &row.trial)) {
            let rows = comparable_seeds(&rows, trial);
            if !rows.is_empty() {
                folder.save(&SanityCascade { rows })?;
            }
        }
        Ok(())
    },
};

/// Rank correlation against the depth of randomisation, one panel a layer.
#[derive(Debug, Clone)]
pub(super) struct SanityCascade<'a> {
    /// The rows of one network, or of several seeds of one experiment.
    pub rows: Vec<&'a CascadeRow>,
}

/// One method's or baseline's line.
struct Series<'a> {
    rows: Vec<&'a CascadeRow>,
    look: SeriesLook,
}

impl Series<'_> {
    fn is_baseline(&self) -> bool {
        self.rows.iter().any(|row| row.baseline)
    }

    /// Returns the rows of each stage, in their order: one per seed.
    fn stages(&self) -> Vec<Vec<&CascadeRow>> {
        let stages = unique(self.rows.iter().map(|row| row.stage)).into_iter();
        let of = |stage| self.rows.iter().filter(move |row| row.stage == stage);
        stages.map(|stage| of(stage).copied().collect()).collect()
    }

    /// Returns the marks of one stage; none without a correlation.
    fn marks_of(rows: &[&CascadeRow]) -> Option<SeedMarks> {
        let defined = rows
            .iter()
            .find_map(|row| Some((row.mean?, row.low?, row.high?)));
        Some(SeedMarks::of(&correlations(rows), defined?, rows.len() > 1))
    }

    fn marks(&self) -> Vec<SeedMarks> {
        let stages = self.stages();
        stages
            .iter()
            .filter_map(|rows| Self::marks_of(rows))
            .collect()
    }

    fn stroke(&self) -> Stroke {
        let solid = Stroke::solid(self.look.colour, DATA_LINE);
        match self.is_baseline() {
            true => solid.dashed(BASELINE_DASH.0, BASELINE_DASH.1),
            false => solid,
        }
    }
}

impl Figure for SanityCascade<'_> {
    fn name(&self) -> String {
        match (self.rows.first(), self.seeds().len()) {
            (Some(row), 1) => format!("sanity-{}-seed-{}", row.trial, row.seed),
            (Some(row), _) => format!("sanity-{}-seeds", row.trial),
            (None, _) => "sanity".to_string(),
        }
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let first = self.first()?;
        let title = format!(
            "Do maps of {} depend on what it learned?",
            network_title(&first.network_title, &first.trial)
        );
        let mut page = Page::new(CONTENT, &title, &self.subtitle(first));
        let titles = unique(self.rows.iter().map(|row| row.title.as_str()));
        let widths = titles.iter().map(|title| width(title, &STRONG));
        let room = widths.fold(0.0, f32::max) + LEADER + 4.0;
        let layers = unique(self.rows.iter().map(|row| row.layer.as_str()));
        let series = layers.iter().flat_map(|layer| self.series(layer));
        let points: Vec<SeedMarks> = series.flat_map(|series| series.marks()).collect();
        let low = match points.is_empty() {
            true => 0.0,
            false => SeedMarks::extent(points.iter(), (-1.0, 1.0)).0.min(0.0),
        };
        let ticks = Ticks::around(low, 1.0, MOST_TICKS);
        let numbers = Plot::numbers_width(&ticks);
        for layer in layers {
            let series = self.series(layer);
            let area = Area {
                left: MARGIN + numbers,
                top: page.y + HEADING.line() + SMALL.line() * 0.6,
                width: CONTENT - numbers - room,
                height: PLOT_HEIGHT,
            };
            let heading = heading(layer, &series);
            let plot = Plot::new(&mut page.canvas, area, &heading, &ticks);
            page.y = panel(&mut page.canvas, &plot, &series) + PANEL_GAP;
        }
        page.y -= PANEL_GAP;
        let caption = caption(first, self.seeds().len());
        page.caption(&format!("{caption}{}", self.head_note()));
        Ok(page.finish())
    }
}

impl SanityCascade<'_> {
    fn seeds(&self) -> Vec<u64> {
        unique(self.rows.iter().map(|row| row.seed))
    }

    fn first(&self) -> Result<&CascadeRow, FigureError> {
        let (wanted, known) = ("the sanity checks".to_string(), "none".to_string());
        let nothing = FigureError::Nothing { wanted, known };
        let first = *self.rows.first().ok_or(nothing)?;
        let rows = self.rows.iter();
        let epochs = unique(rows.map(|row| (&row.trial, row.seed, row.epoch)));
        if epochs.len() > self.seeds().len() {
            let epochs: Vec<String> = epochs.iter().map(|key| key.2.to_string()).collect();
            return Err(FigureError::SeveralCheckpoints {
                trial: first.trial.clone(),
                epochs: epochs.join(", "),
            });
        }
        Ok(first)
    }

    fn head_note(&self) -> String {
        let heads = self.rows.iter().filter_map(|row| {
            let accuracies = (row.head_accuracy?, row.network_accuracy?);
            let network = network_title(&row.network_title, &row.trial);
            Some(head_words(&network, &row.layer, accuracies))
        });
        head_sentence(&unique(heads))
    }

    fn subtitle(&self, first: &CascadeRow) -> String {
        let mut parts = vec![first.data.clone()];
        let generated = usize::from(first.generated);
        parts.extend(generated_note(generated, 1).map(str::to_string));
        parts.push(format!("{} images", first.images));
        parts.push(seeds_note(&self.seeds()));
        let epochs = unique(self.rows.iter().map(|row| row.epoch));
        let numbers: Vec<String> = epochs.iter().map(u32::to_string).collect();
        let epochs = if epochs.len() > 1 { "epochs" } else { "epoch" };
        parts.push(format!("{epochs} {}", numbers.join(", ")));
        parts.push("solid: methods, dashed: baselines".to_string());
        parts.join(" · ")
    }

    /// Returns the lines of one panel; a method has one look in all of them.
    fn series(&self, layer: &str) -> Vec<Series<'_>> {
        let names = unique(
            self.rows
                .iter()
                .map(|row| (row.method.as_str(), row.baseline)),
        );
        let (mut methods, mut baselines) = (0, 0);
        let mut series = Vec::new();
        for (name, baseline) in names {
            let look = if baseline {
                baselines += 1;
                SeriesLook {
                    colour: QUIET,
                    marker: BASELINE_MARKERS[(baselines - 1) % BASELINE_MARKERS.len()],
                }
            } else {
                methods += 1;
                series_look(methods - 1)
            };
            let here = |row: &&CascadeRow| row.layer == layer && row.method == name;
            let rows: Vec<_> = self.rows.iter().copied().filter(here).collect();
            if !rows.is_empty() {
                series.push(Series { rows, look });
            }
        }
        series
    }
}

fn heading(layer: &str, series: &[Series<'_>]) -> String {
    let row = series.first().and_then(|series| series.rows.first());
    let (height, width) = row.map_or((0, 0), |row| (row.native_height, row.native_width));
    format!("Rank correlation with the trained network's maps, {layer} ({height} × {width} cells)")
}

/// Dashes of the line that decides, in pixels.
const BAR_DASH: (f32, f32) = (3.0, 4.0);

/// Draws everything inside and under one panel, and returns its bottom in pixels.
fn panel(canvas: &mut Canvas, plot: &Plot, series: &[Series<'_>]) -> f32 {
    let stages = series.iter().flat_map(|series| &series.rows);
    let stages: Vec<&CascadeRow> = {
        let mut seen: Vec<&CascadeRow> = Vec::new();
        for &row in stages {
            if seen.iter().all(|other| other.stage != row.stage) {
                seen.push(row);
            }
        }
        seen.sort_by_key(|row| row.stage);
        seen
    };
    let pitch = plot.area.width / stages.len().max(1) as f32;
    let x = |stage: usize| plot.area.left + (stage as f32 + 0.5) * pitch;
    let zero = plot.y.at(0.0);
    let line = [(plot.area.left, zero), (plot.area.right(), zero)];
    canvas.polyline(&line, Stroke::solid(QUIET, 1.5));
    let bar = plot.y.at(SAME_AFTER_RANDOMISATION);
    let line = [(plot.area.left, bar), (plot.area.right(), bar)];
    canvas.polyline(
        &line,
        Stroke::solid(INK, 2.0).dashed(BAR_DASH.0, BAR_DASH.1),
    );
    let text = "a method fails if the whole interval of its end is above";
    let at = (plot.area.right() - 6.0, bar - SMALL.line());
    canvas.text(at, Anchor::End, &SMALL.coloured(INK), text);
    plot.base(canvas);
    for row in &stages {
        let text = match row.stage {
            0 | 1 => row.down_to.clone(),
            _ => format!("+ {}", row.down_to),
        };
        plot.x_mark(canvas, x(row.stage), &text);
    }
    let mut ends: Vec<(Point, &Series<'_>)> = Vec::new();
    let methods = series.iter().filter(|series| !series.is_baseline()).count();
    let several = series.iter().any(|series| series.rows.len() > stages.len());
    let dodge = if several { DODGE_SEEDS } else { DODGE };
    for (index, series) in series.iter().enumerate() {
        // Baselines lie on each other where they are, at 1: apart, their dashes would fill up.
        let aside = match series.is_baseline() {
            true => 0.0,
            false => (index as f32 - (methods as f32 - 1.0) / 2.0) * dodge,
        };
        let points = draw_series(canvas, plot, series, |stage| x(stage) + aside);
        ends.extend(points.last().map(|end| (*end, series)));
    }
    label_ends(canvas, plot, &ends);
    plot.x_name(canvas, "layers re-initialised, from the logits downwards")
}

/// Draws one line with its intervals, and returns its points.
fn draw_series(
    canvas: &mut Canvas,
    plot: &Plot,
    series: &Series<'_>,
    x: impl Fn(usize) -> f32,
) -> Vec<Point> {
    let mut points = Vec::new();
    let thin = Stroke::solid(series.look.colour, 2.0);
    for rows in series.stages() {
        let Some(marks) = Series::marks_of(&rows) else {
            continue;
        };
        let at = (x(rows[0].stage), plot.y.at(marks.mean));
        if let Some(ends) = marks.draw_bar(canvas, plot, at.0, thin)
            && marks.seeds.is_empty()
        {
            for end in ends {
                canvas.polyline(&[(at.0 - CAP, end), (at.0 + CAP, end)], thin);
            }
        }
        marks.draw_seeds(canvas, plot, at.0 + ASIDE, series.look.colour);
        points.push(at);
    }
    canvas.polyline(&points, series.stroke());
    for &at in &points {
        canvas.marker(series.look.marker, at, POINT - 1.0, series.look.colour);
    }
    points
}

fn label_ends(canvas: &mut Canvas, plot: &Plot, ends: &[(Point, &Series<'_>)]) {
    let half = STRONG.line() / 2.0;
    let (low, high) = (plot.area.top + half, plot.area.bottom() - half);
    let wanted: Vec<f32> = ends.iter().map(|(end, _)| end.1).collect();
    for ((end, series), y) in ends.iter().zip(spread(&wanted, STRONG.line(), low, high)) {
        let x = plot.area.right() + LEADER;
        canvas.polyline(&[(end.0 + POINT + 2.0, end.1), (x - 5.0, y)], LEADER_LINE);
        let title = series.rows.first().map_or("", |row| row.title.as_str());
        let style = STRONG.coloured(series.look.colour);
        canvas.text((x, y - half), Anchor::Start, &style, title);
    }
}

fn caption(first: &CascadeRow, seeds: usize) -> String {
    let draws = match first.draws {
        1 => "each of one random re-initialisation".to_string(),
        draws => format!("each the mean of {draws} random re-initialisations"),
    };
    let bars = match seeds_sentence(std::iter::once(seeds)) {
        Some(sentence) => format!(". {sentence}"),
        None => "; bars: 95 % bootstrap intervals over images.".to_string(),
    };
    format!(
        "Spearman's rank correlation over the pixels of maps as shown, its sign kept; 1: the map did \
         not change. Points: means over {} images, {draws}{bars} \
         Every map explains the class that the trained network was explained for. Empty maps have no \
         correlation and are omitted; cascade.csv counts them.",
        first.images
    )
}

#[cfg(test)]
#[path = "sanity_cascade_tests.rs"]
mod tests;
