//! How many of an image's objects a map covers, by their number: at a threshold, next to the area
//! that is marked there, and at equal area.

use super::axis::Ticks;
use super::canvas::{Anchor, Area, Canvas, Stroke};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::loc_panels::{MethodLook, legend};
use super::page::Page;
use super::plot::Plot;
use super::seed_marks::{ASIDE, SeedMarks, seeds_sentence};
use super::selection::{generated_note, row_seeds_note, unique};
use super::sheet::Figure;
use super::svg_text::network_title;
use super::theme::{HEADING, MARGIN, SMALL, STRONG};
use super::typeface::wrap;
use crate::run::{LocalizationSummaryRow, TableRow};

/// Width of the page's content in pixels: 8 inches.
const CONTENT: f32 = 1600.0;
/// Width of the text that names a row of panels, in pixels.
const ROW_TEXT: f32 = 190.0;
/// Height of a plotting area and space between panels, in pixels.
const PLOT_HEIGHT: f32 = 250.0;
const PANEL_GAP: f32 = 44.0;
/// Space between lines of panels, in pixels.
const LINE_GAP: f32 = 44.0;
/// Most horizontal grid lines of a panel.
const MOST_TICKS: usize = 6;
/// Share of the space of one number of objects over which methods stand side by side.
const DODGE_SHARE: f32 = 0.62;
/// Radius of a point, and of a baseline's, in pixels.
const POINT: f32 = 6.0;
const BASELINE_POINT: f32 = 4.0;
/// Width of an interval's bar, in pixels.
const BAR: f32 = 2.0;
/// The threshold of the first two columns.
const DELTA: f32 = 0.15;
/// Fewest images of a number of objects that is shown, where any has as many.
const FEWEST: usize = 10;
/// Stands for any number of objects.
const ALL: &str = "all";

/// Draws the networks of the table.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "objects-covered",
    reads: LocalizationSummaryRow::FILE,
    draw: |folder| {
        let rows: Vec<LocalizationSummaryRow> = folder.rows()?;
        match rows.is_empty() {
            true => Ok(()),
            false => folder.save(&LocalizationCoverage { rows: &rows }),
        }
    },
};

/// The figure of covered objects, a row of panels per trial and layer.
#[derive(Debug, Clone)]
pub(super) struct LocalizationCoverage<'a> {
    /// The means.
    pub rows: &'a [LocalizationSummaryRow],
}

/// A column of panels: its heading, score and threshold.
struct Column {
    heading: &'static str,
    score: &'static str,
    delta: Option<f32>,
}

const COLUMNS: [Column; 3] = [
    Column {
        heading: "Objects covered, delta 0.15",
        score: "covered",
        delta: Some(DELTA),
    },
    Column {
        heading: "Map area, delta 0.15",
        score: "area",
        delta: Some(DELTA),
    },
    Column {
        heading: "Objects covered, equal area",
        score: "equal_area_covered",
        delta: None,
    },
];

impl Column {
    fn holds(&self, row: &LocalizationSummaryRow) -> bool {
        row.score == self.score && (self.delta.is_none() || row.delta == self.delta)
    }
}

impl Figure for LocalizationCoverage<'_> {
    fn name(&self) -> String {
        "objects-covered".to_string()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let rows: Vec<&LocalizationSummaryRow> = (self.rows.iter())
            .filter(|row| row.instances != ALL && COLUMNS.iter().any(|c| c.holds(row)))
            .collect();
        let many = rows.iter().any(|row| row.pictures >= FEWEST);
        let rows: Vec<&LocalizationSummaryRow> = (rows.into_iter())
            .filter(|row| !many || row.pictures >= FEWEST)
            .collect();
        let Some(first) = rows.first() else {
            let (wanted, known) = ("objects covered".to_string(), "none".to_string());
            return Err(FigureError::Nothing { wanted, known });
        };
        if let Some(bad) = rows.iter().find(|row| !row.mean.is_finite()) {
            let name = format!("{} {} {}", bad.trial, bad.layer, bad.method);
            return Err(FigureError::NotFinite { name });
        }
        let methods = rows
            .iter()
            .map(|r| (r.method.as_str(), r.title.as_str(), r.baseline));
        let looks = MethodLook::of(methods);
        let title = "Objects that a map covers, by their number in the image";
        let mut page = Page::new(CONTENT, title, &subtitle(first));
        legend(&mut page, &looks, CONTENT, Some(BASELINE_POINT));

        let ticks = Ticks::inside(0.0, 1.0, MOST_TICKS);
        let numbers = Plot::numbers_width(&ticks);
        let pitch = (CONTENT - ROW_TEXT + PANEL_GAP) / COLUMNS.len() as f32;
        let panels = unique(
            rows.iter()
                .map(|row| (row.trial.as_str(), row.layer.as_str())),
        );
        let last = panels.len() - 1;
        let seeds = rows.iter().map(|row| row.seed_means.defined().count());
        let several = seeds_sentence(seeds);
        let bars = match &several {
            Some(sentence) => format!(
                "Means over images, in brackets: images{}. {sentence}",
                omitted(many)
            ),
            None => format!(
                "Means over images with 95 % bootstrap intervals; in brackets: images{}.",
                omitted(many)
            ),
        };
        let several = several.is_some();
        for (line, (trial, layer)) in panels.into_iter().enumerate() {
            // Columns are named once, over the first line, and the axis once, under the last.
            let head = if line == 0 {
                HEADING.line() + SMALL.line()
            } else {
                0.0
            };
            let own: Vec<&LocalizationSummaryRow> = (rows.iter().copied())
                .filter(|row| row.trial == trial && row.layer == layer)
                .collect();
            row_text(&mut page.canvas, (MARGIN, page.y + head), own[0]);
            for (index, column) in COLUMNS.iter().enumerate() {
                let area = Area {
                    left: MARGIN + ROW_TEXT + index as f32 * pitch + numbers,
                    top: page.y + head,
                    width: pitch - PANEL_GAP - numbers,
                    height: PLOT_HEIGHT,
                };
                let heading = if line == 0 { column.heading } else { "" };
                let plot = Plot::new(&mut page.canvas, area, heading, &ticks);
                panel(&mut page.canvas, &plot, column, (&own, several), &looks);
                if line == last {
                    plot.x_name(&mut page.canvas, "objects in the image (images)");
                }
            }
            page.y += head + PLOT_HEIGHT + SMALL.line() + LINE_GAP;
        }
        page.y += SMALL.line() - LINE_GAP / 2.0;
        page.caption(&format!(
            "Left: share of an image's objects of which at least half lies above delta. Middle: \
             share of the image above delta, because a map of ones covers every object. Right: \
             every map marks as many of its own highest pixels as the image's objects have, so \
             that no map gains by being large. {bars} Grey: baselines, which ignore the network.",
        ));
        Ok(page.finish())
    }
}

fn omitted(many: bool) -> &'static str {
    match many {
        true => " (numbers of objects with fewer than 10 images are omitted)",
        false => "",
    }
}

fn subtitle(row: &LocalizationSummaryRow) -> String {
    let mut parts = vec![match row.split == "pictures" {
        true => row.dataset.clone(),
        false => format!("{} {}", row.dataset, row.split),
    }];
    parts.extend(generated_note(usize::from(row.generated), 1).map(str::to_string));
    parts.extend(row_seeds_note(&row.seeds));
    parts.push(format!("maps of the {} class", row.target_rule));
    parts.join(" · ")
}

fn row_text(canvas: &mut Canvas, at: (f32, f32), row: &LocalizationSummaryRow) {
    let name = wrap(
        &network_title(&row.network_title, &row.trial),
        ROW_TEXT,
        &STRONG,
    );
    let y = canvas.lines(at, Anchor::Start, &STRONG, &name);
    let size = format!("{} × {} cells", row.native_height, row.native_width);
    for text in [row.layer.clone(), size] {
        let lines = wrap(&text, ROW_TEXT - 16.0, &SMALL);
        let y = y + if text == row.layer { 0.0 } else { SMALL.line() };
        canvas.lines((at.0, y), Anchor::Start, &SMALL, &lines);
    }
}

fn panel(
    canvas: &mut Canvas,
    plot: &Plot,
    column: &Column,
    (rows, several): (&[&LocalizationSummaryRow], bool),
    looks: &[MethodLook],
) {
    let area = plot.area;
    plot.base(canvas);
    let counts = unique(
        rows.iter()
            .map(|row| (row.instances.as_str(), row.pictures)),
    );
    let pitch = area.width / counts.len() as f32;
    for (index, (count, images)) in counts.iter().enumerate() {
        let x = area.left + (index as f32 + 0.5) * pitch;
        plot.x_mark(canvas, x, &format!("{count} ({images})"));
    }
    let step = pitch * DODGE_SHARE / looks.len() as f32;
    for (place, look) in looks.iter().enumerate() {
        let aside = (place as f32 - (looks.len() as f32 - 1.0) / 2.0) * step;
        let mut line = Vec::new();
        for (index, (count, _)) in counts.iter().enumerate() {
            let found = rows.iter().find(|row| {
                row.method == look.method && row.instances == *count && column.holds(row)
            });
            let Some(row) = found else { continue };
            let x = area.left + (index as f32 + 0.5) * pitch + aside;
            let of_images = (row.mean, row.low, row.high);
            let marks = SeedMarks::of(&row.seed_means, of_images, several);
            let stroke = Stroke::solid(look.stroke.colour, BAR);
            marks.draw_bar(canvas, plot, x, stroke);
            marks.draw_seeds(canvas, plot, x + ASIDE.min(step / 2.0), stroke.colour);
            line.push((x, plot.y.at(marks.mean)));
        }
        canvas.polyline(
            &line,
            Stroke {
                width: BAR,
                ..look.stroke
            },
        );
        for at in line {
            let radius = if look.baseline { BASELINE_POINT } else { POINT };
            canvas.marker(look.marker, at, radius, look.stroke.colour);
        }
    }
}
