//! The learning curves: loss and accuracy over the epochs, of one run or of several.

use std::path::{Path, PathBuf};

use super::axis::{Scale, Ticks};
use super::canvas::{Area, Canvas, Point, Stroke};
use super::colour::{Marker, SeriesLook, series_look};
use super::curve_line::{Curve, LEADER, draw_curve, label_ends};
use super::curve_rows::{Curved, Panel};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::page::Page;
use super::plot::{POINT, Plot};
use super::run_names::numbered;
use super::selection::{generated_note, seeds_note, unique};
use super::sheet::Figure;
use super::svg_text::network_title;
use super::theme::{HEADING, MARGIN, QUIET, SMALL, STRONG};
use super::typeface::{shorten, width};
use crate::run::{
    CURVES_FILE, CurveRun, EPOCHS_FILE, EpochRecord, PairedRow, RunDir, RunTables, TableRow,
    read_curves, read_run, read_runs,
};

/// Width of the page's content in pixels: 8 inches.
const CONTENT: f32 = 1640.0;
/// Height of a plotting area in pixels.
const PLOT_HEIGHT: f32 = 560.0;
/// Space between the two panels, in pixels.
const PANEL_GAP: f32 = 60.0;
/// Most horizontal and vertical axis numbers.
const MOST_TICKS: usize = 11;
/// Longest label at a line's end, in pixels.
const LABEL_ROOM: f32 = 230.0;
/// Draws the runs that a table lists, and the run whose folder it is.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "curves",
    reads: EPOCHS_FILE,
    draw: |folder| {
        let several = read_curves(&folder.from.join(CURVES_FILE))?;
        let one = read_run(folder.from)?;
        let by_depth = !folder.from.join(PairedRow::FILE).is_file();
        for tables in several.into_iter().chain(one) {
            match tables {
                RunTables::Classifiers(runs) => folder.save(&Curves { runs, by_depth })?,
                RunTables::Predictors(runs) => folder.save(&Curves { runs, by_depth })?,
            }
        }
        Ok(())
    },
};

/// Draws the learning curves of `runs`, all of one kind, into `folder`, and returns the files.
///
/// # Errors
/// [`FigureError::Save`] names a run's file that cannot be read, or a run of another kind;
/// [`FigureError::Nothing`] where no run has an epoch.
pub fn draw_curves(runs: &[RunDir], folder: &Path) -> Result<Vec<PathBuf>, FigureError> {
    let none = RunTables::Classifiers(Vec::new());
    let by_depth = true;
    match read_runs(runs)?.unwrap_or(none) {
        RunTables::Classifiers(runs) => Curves { runs, by_depth }.save(folder),
        RunTables::Predictors(runs) => Curves { runs, by_depth }.save(folder),
    }
}

/// The learning curves of one run or of several.
#[derive(Debug, Clone)]
pub(super) struct Curves<R> {
    /// The runs, in the order to draw.
    pub(super) runs: Vec<CurveRun<R>>,
    /// Whether they are ordered by the depth of their networks.
    pub(super) by_depth: bool,
}

impl<R: Curved> Figure for Curves<R> {
    fn name(&self) -> String {
        match &self.runs[..] {
            [one] => format!("curves-{}-seed-{}", one.trial, one.seed),
            _ => "curves".to_string(),
        }
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        self.check()?;
        let mut page = Page::new(CONTENT, &self.title(), &self.subtitle());
        let top = page.y + HEADING.line() + SMALL.line();
        let half = (CONTENT - PANEL_GAP) / 2.0;
        let labels = self.runs.iter().enumerate().map(|(i, _)| self.label(i));
        let labels: Vec<String> = if self.single().is_some() {
            vec!["validation".into(), "training".into()]
        } else {
            labels.collect()
        };
        let room = labels.iter().map(|l| width(l, &STRONG)).fold(0.0, f32::max) + LEADER + 4.0;
        for (index, panel) in R::panels().iter().enumerate() {
            let curves = self.curves(panel);
            let values = || {
                curves
                    .iter()
                    .flat_map(|c| c.points.iter().map(|point| point.1))
            };
            let low = values().fold(f64::INFINITY, f64::min);
            let high = values().fold(f64::NEG_INFINITY, f64::max);
            let ticks = Ticks::around(low, high, MOST_TICKS);
            let numbers = Plot::numbers_width(&ticks);
            let area = Area {
                left: MARGIN + index as f32 * (half + PANEL_GAP) + numbers,
                top,
                width: half - numbers - room,
                height: PLOT_HEIGHT,
            };
            let plot = Plot::new(&mut page.canvas, area, panel.heading, &ticks);
            page.y = self.draw_panel(&mut page.canvas, &plot, panel, &curves);
        }
        page.caption(&self.caption());
        Ok(page.finish())
    }
}

impl<R: Curved> Curves<R> {
    fn check(&self) -> Result<(), FigureError> {
        if self.runs.iter().all(|series| series.rows.is_empty()) {
            return Err(FigureError::Nothing {
                wanted: "learning curves".to_string(),
                known: "no run with an epoch".to_string(),
            });
        }
        let panels = R::panels();
        for series in &self.runs {
            let finite = |row: &R| {
                panels.iter().all(|panel| {
                    (panel.validation)(row).is_finite()
                        && (panel.train)(row).is_none_or(f64::is_finite)
                })
            };
            if !series.rows.iter().all(finite) {
                return Err(FigureError::NotFinite {
                    name: series.trial.clone(),
                });
            }
        }
        Ok(())
    }

    fn single(&self) -> Option<&CurveRun<R>> {
        match &self.runs[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    fn title(&self) -> String {
        match self.single() {
            Some(one) => format!(
                "Learning curves of {}",
                network_title(&one.network_title, &one.trial)
            ),
            None if self.by_depth => "Learning curves by depth of the network".to_string(),
            None => "Learning curves of the compared runs".to_string(),
        }
    }

    fn subtitle(&self) -> String {
        let last = self.runs.last();
        let mut parts = vec![last.map_or(String::new(), |run| run.dataset.clone())];
        let generated = last.is_some_and(|run| run.generated);
        parts.extend(generated_note(usize::from(generated), 1).map(str::to_string));
        let mut seeds = unique(self.runs.iter().map(|series| series.seed));
        seeds.sort_unstable();
        parts.push(seeds_note(&seeds));
        parts.push("solid: validation, dashed: training".to_string());
        parts.join(" · ")
    }

    fn caption(&self) -> String {
        let best: Vec<String> = self
            .runs
            .iter()
            .enumerate()
            .filter_map(|(index, series)| {
                let row = best_row(&series.rows)?;
                let named = self.label(index);
                // A seed is a number as well.
                let at = if named.contains(" seed ") { "at " } else { "" };
                Some(format!(
                    "{named} {at}{} ({})",
                    row.epoch(),
                    row.best_value()
                ))
            })
            .collect();
        let runs = match self.has_numbers() {
            true => format!(" Runs: {}.", numbered(&self.trials())),
            false => String::new(),
        };
        format!(
            "Training values are means over the epoch's batches, measured while training; epoch 0 \
             is the network before training. Rings: the epoch {}: {}.{runs}",
            R::BEST,
            best.join(", ")
        )
    }

    /// Returns a run's label; the seed is part of it where a trial has several. Compared runs have numbers
    /// where a name is too long.
    fn label(&self, index: usize) -> String {
        let trials = self.trials();
        match self.has_numbers() {
            true => {
                let place = trials.iter().position(|of| *of == self.runs[index].trial);
                self.named(index, (place.unwrap_or(index) + 1).to_string())
            }
            false => shorten(&self.whole(index), LABEL_ROOM, &STRONG),
        }
    }

    fn trials(&self) -> Vec<String> {
        unique(self.runs.iter().map(|run| run.trial.clone()))
    }

    fn has_numbers(&self) -> bool {
        let is_long = |index| width(&self.whole(index), &STRONG) > LABEL_ROOM;
        !self.by_depth && (0..self.runs.len()).any(is_long)
    }

    fn whole(&self, index: usize) -> String {
        let series = &self.runs[index];
        self.named(index, network_title(&series.network_title, &series.trial))
    }

    fn named(&self, index: usize, name: String) -> String {
        let series = &self.runs[index];
        let same = self.runs.iter().filter(|of| of.trial == series.trial);
        match same.count() {
            1 => name,
            _ => format!("{name} seed {}", series.seed),
        }
    }

    /// Returns the look of a run's curves: one for each run or, where runs of several trials are
    /// compared, one for each trial.
    fn look(&self, index: usize) -> SeriesLook {
        let trials = unique(self.runs.iter().map(|run| &run.trial));
        let own = trials
            .iter()
            .position(|trial| **trial == self.runs[index].trial);
        series_look(match (self.by_depth || trials.len() < 2, own) {
            (false, Some(own)) => own,
            _ => index,
        })
    }

    fn curves(&self, panel: &Panel<R>) -> Vec<Curve> {
        let single = self.single().is_some();
        let mut curves = Vec::new();
        for (index, series) in self.runs.iter().enumerate() {
            let epoch = |row: &R| f64::from(row.epoch());
            let look = |train: bool| match single {
                true => series_look(usize::from(train)),
                false => self.look(index),
            };
            let train = series
                .rows
                .iter()
                .filter_map(|r| Some((epoch(r), (panel.train)(r)?)));
            curves.push(Curve {
                points: train.collect(),
                label: single.then(|| "training".to_string()),
                look: look(true),
                train: true,
            });
            let validation = series
                .rows
                .iter()
                .map(|row| (epoch(row), (panel.validation)(row)));
            let label = if single {
                "validation".to_string()
            } else {
                self.label(index)
            };
            curves.push(Curve {
                points: validation.collect(),
                label: Some(label),
                look: look(false),
                train: false,
            });
        }
        curves
    }

    /// Draws everything inside and under one panel, and returns its bottom in pixels.
    fn draw_panel(
        &self,
        canvas: &mut Canvas,
        plot: &Plot,
        panel: &Panel<R>,
        curves: &[Curve],
    ) -> f32 {
        let epochs = self
            .runs
            .iter()
            .flat_map(|series| series.rows.iter().map(|r| r.epoch()));
        let last = epochs.max().unwrap_or(0);
        let ticks = Ticks::whole(last, MOST_TICKS);
        let range = (plot.area.left, plot.area.right());
        let x = Scale {
            domain: (0.0, f64::from(last.max(1))),
            range,
        };
        plot.base(canvas);
        for &value in &ticks.values {
            plot.x_mark(canvas, x.at(value), &ticks.label(value));
        }
        let bottom = plot.x_name(canvas, "epoch");
        let place = |&(epoch, value): &(f64, f64)| (x.at(epoch), plot.y.at(value));
        for curve in curves {
            let points: Vec<Point> = curve.points.iter().map(place).collect();
            draw_curve(canvas, curve, &points);
        }
        for (index, series) in self.runs.iter().enumerate() {
            if let Some(row) = best_row(&series.rows) {
                let at = place(&(f64::from(row.epoch()), (panel.validation)(row)));
                let look = self.look(index);
                if self.single().is_some() {
                    let line = [(at.0, plot.area.top), (at.0, plot.area.bottom())];
                    canvas.polyline(&line, Stroke::solid(QUIET, 1.5).dashed(3.0, 6.0));
                }
                canvas.marker(Marker::Ring, at, POINT + 3.0, look.colour);
            }
        }
        label_ends(canvas, plot, curves, place);
        bottom
    }
}

/// Returns the row of the best epoch, by the rule that picks checkpoints.
fn best_row<R: EpochRecord>(rows: &[R]) -> Option<&R> {
    rows.iter().reduce(|best, row| {
        if row.candidate().beats(&best.candidate()) {
            row
        } else {
            best
        }
    })
}
