//! The calibration figure: whether a network is right as often as it is confident.

use super::axis::{Scale, Ticks};
use super::canvas::{Anchor, Area, Stroke};
use super::colour::{Marker, series_look};
use super::confusion::subtitle;
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::lines::GREY;
use super::page::Page;
use super::plot::{DATA_LINE, POINT, Plot};
use super::sheet::Figure;
use super::theme::{BODY, HEADING, MARGIN, SMALL};
use crate::run::{CalibrationRow, EvaluationRow, TableRow};

/// Width of the page's content in pixels: 5.6 inches.
const CONTENT: f32 = 1120.0;
/// Heights of the plotting areas, in pixels.
const PLOT_HEIGHT: f32 = 560.0;
const IMAGES_HEIGHT: f32 = 180.0;
/// Space between the plots, in pixels.
const GAP: f32 = 40.0;
/// Most horizontal grid lines.
const MOST_TICKS: [usize; 2] = [6, 4];
/// Colour of the bars.
const BARS: &str = "#9ECAE1";
/// Space on each side of a bar, in pixels.
const BAR_GAP: f32 = 2.0;
const PERCENT: f64 = 100.0;

/// Draws the bins of the table.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "calibration",
    reads: CalibrationRow::FILE,
    draw: |folder| {
        let rows: Vec<EvaluationRow> = folder.rows()?;
        let bins: Vec<CalibrationRow> = folder.rows()?;
        match rows.first() {
            Some(row) if !bins.is_empty() => folder.save(&CalibrationFigure { row, bins: &bins }),
            _ => Ok(()),
        }
    },
};

/// The calibration figure.
#[derive(Debug, Clone)]
pub(super) struct CalibrationFigure<'a> {
    /// The checkpoint.
    pub(super) row: &'a EvaluationRow,
    /// The bins.
    pub(super) bins: &'a [CalibrationRow],
}

impl Figure for CalibrationFigure<'_> {
    fn name(&self) -> String {
        "calibration".to_string()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let title = "Is the network right as often as it is confident?";
        let mut page = Page::new(CONTENT, title, &subtitle(self.row));
        let [error, means] = self.finding();
        let canvas = &mut page.canvas;
        page.y = canvas.text((MARGIN, page.y), Anchor::Start, &HEADING, &error);
        page.y = canvas.text((MARGIN, page.y), Anchor::Start, &BODY, &means) + GAP;
        let ticks = Ticks::inside(0.0, PERCENT, MOST_TICKS[0]);
        let most = self.bins.iter().map(|bin| self.share(bin));
        let images = Ticks::around(0.0, most.fold(0.0, f64::max), MOST_TICKS[1]);
        let room = Plot::numbers_width(&ticks).max(Plot::numbers_width(&images));
        let area = |top: f32, height: f32| Area {
            left: MARGIN + room,
            top,
            width: CONTENT - room,
            height,
        };
        let canvas = &mut page.canvas;
        let top = page.y + HEADING.line() + SMALL.line();
        let upper = area(top, PLOT_HEIGHT);
        let plot = Plot::new(canvas, upper, "Accuracy in %", &ticks);
        let x = Scale {
            domain: (0.0, 1.0),
            range: (upper.left, upper.right()),
        };
        self.bars(&x, |bar, bin| {
            let height = plot.y.at(PERCENT * bin.accuracy?);
            canvas.fill(until(bar, height, upper.bottom()), BARS);
            Some(())
        });
        let diagonal = [(upper.left, upper.bottom()), (upper.right(), upper.top)];
        canvas.polyline(&diagonal, Stroke::solid(GREY, DATA_LINE).dashed(14.0, 7.0));
        let look = series_look(0);
        let points = self.bins.iter().filter_map(|bin| {
            let (confidence, accuracy) = bin.confidence.zip(bin.accuracy)?;
            Some((x.at(confidence), plot.y.at(PERCENT * accuracy)))
        });
        for point in points {
            canvas.marker(Marker::Disc, point, POINT, look.colour);
        }
        plot.base(canvas);
        let top = upper.bottom() + GAP + HEADING.line() + SMALL.line();
        let lower = area(top, IMAGES_HEIGHT);
        let plot = Plot::new(canvas, lower, "Images in %", &images);
        self.bars(&x, |bar, bin| {
            let height = plot.y.at(self.share(bin));
            canvas.fill(until(bar, height, lower.bottom()), GREY);
            Some(())
        });
        plot.base(canvas);
        for percent in ticks.values.iter().copied() {
            plot.x_mark(canvas, x.at(percent / PERCENT), &ticks.label(percent));
        }
        page.y = plot.x_name(canvas, "confidence in the predicted class, %");
        page.caption(
            "Bars: 15 bins of confidence. Points: accuracy of a bin at its mean confidence; on the \
             dashed line the network is right as often as it is confident, below it less often. The \
             error is the mean distance from that line over images (Guo et al. 2017, section 2).",
        );
        Ok(page.finish())
    }
}

/// Returns the part of a bar between two heights.
fn until(bar: Area, top: f32, bottom: f32) -> Area {
    Area {
        top,
        height: bottom - top,
        ..bar
    }
}

impl CalibrationFigure<'_> {
    /// Returns the percentage of all images that lie in `bin`.
    fn share(&self, bin: &CalibrationRow) -> f64 {
        PERCENT * bin.images as f64 / self.row.images.max(1) as f64
    }

    /// Calls `draw` with the bar of each bin, whose height is still to be set.
    fn bars(&self, x: &Scale, mut draw: impl FnMut(Area, &CalibrationRow) -> Option<()>) {
        for bin in self.bins {
            let [left, right] = [bin.above, bin.to].map(|bound| x.at(bound));
            let bar = Area {
                left: left + BAR_GAP,
                top: 0.0,
                width: right - left - 2.0 * BAR_GAP,
                height: 0.0,
            };
            // A bin without images has no bar.
            let _ = draw(bar, bin);
        }
    }

    /// Returns the error and what it is made of, in words.
    fn finding(&self) -> [String; 2] {
        let sums = self.bins.iter().map(|bin| {
            let confidence = bin.confidence.unwrap_or_default();
            confidence * bin.images as f64
        });
        let confidence = PERCENT * sums.sum::<f64>() / self.row.images.max(1) as f64;
        let accuracy = PERCENT * self.row.accuracy;
        let error = PERCENT * self.row.calibration_error;
        [
            format!("Expected calibration error {error:.1} %"),
            format!("{accuracy:.1} % are right, at a mean confidence of {confidence:.1} %"),
        ]
    }
}
