//! IoU against delta: how much of the marked pixels and the object is common, at every threshold.

use super::axis::{Scale, Ticks};
use super::canvas::{Anchor, Area, Canvas, Stroke};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::loc_panels::{MethodLook, legend};
use super::page::Page;
use super::plot::Plot;
use super::seed_marks::{SeedMarks, seeds_sentence};
use super::selection::{generated_note, row_seeds_note, unique};
use super::sheet::Figure;
use super::svg_text::network_title;
use super::theme::{HEADING, MARGIN, SMALL};
use super::typeface::wrap;
use crate::run::{LocalizationCurveRow, TableRow};

/// Width of the page's content in pixels: 8 inches.
const CONTENT: f32 = 1600.0;
/// Most panels side by side.
const COLUMNS: usize = 3;
/// Height of a plotting area and space between panels, in pixels.
const PLOT_HEIGHT: f32 = 330.0;
const PANEL_GAP: f32 = 40.0;
/// Most horizontal grid lines of a panel, and most numbers on its horizontal axis.
const MOST_TICKS: usize = 7;
const MOST_NUMBERS: usize = 6;
/// Points between two bars of the interval.
const BAR_EVERY: usize = 10;
/// Width of a bar in pixels.
const BAR: f32 = 2.0;
/// Radius of the mark at a curve's highest point, in pixels.
const PEAK: f32 = 7.0;
/// Largest difference, in pixels, of two curves that look the same.
const SAME: f64 = 2.0;

/// Draws the curves of both regions, where the table has them.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "iou-by-delta",
    reads: LocalizationCurveRow::FILE,
    draw: |folder| {
        let rows: &[LocalizationCurveRow] = &folder.rows()?;
        for region in [LocalizationRegion::Box, LocalizationRegion::Mask] {
            if rows.iter().any(|row| row.region == region.name()) {
                folder.save(&LocalizationCurves { rows, region })?;
            }
        }
        Ok(())
    },
};

/// Which region the marked pixels are compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LocalizationRegion {
    /// The union of the boxes.
    Box,
    /// The union of the masks.
    Mask,
}

impl LocalizationRegion {
    /// Returns its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Box => "box",
            Self::Mask => "mask",
        }
    }
}

/// The figure of IoU against delta, a panel per trial and layer.
#[derive(Debug, Clone)]
pub(super) struct LocalizationCurves<'a> {
    /// The points, in the order of delta within each method.
    pub rows: &'a [LocalizationCurveRow],
    /// Which region to show.
    pub region: LocalizationRegion,
}

impl Figure for LocalizationCurves<'_> {
    fn name(&self) -> String {
        format!("iou-{}-by-delta", self.region.name())
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let rows: Vec<&LocalizationCurveRow> = (self.rows.iter())
            .filter(|row| row.region == self.region.name())
            .collect();
        let Some(first) = rows.first() else {
            let (wanted, known) = (
                format!("IoU with the {}", self.region.name()),
                "none".into(),
            );
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
        let (title, against) = match self.region {
            LocalizationRegion::Box => ("IoU with the object's box by threshold", "boxes"),
            LocalizationRegion::Mask => ("IoU with the object's pixels by threshold", "masks"),
        };
        let mut page = Page::new(CONTENT, title, &subtitle(first));
        legend(&mut page, &looks, CONTENT, None);

        let several = seeds_sentence(rows.iter().map(|row| row.seed_means.defined().count()));
        let marks: Vec<SeedMarks> = rows.iter().map(|row| of(row, several.is_some())).collect();
        let high = SeedMarks::extent(marks.iter(), (0.0, 1.0)).1.max(0.0);
        let ticks = Ticks::around(0.0, high, MOST_TICKS);
        let panels = unique(
            rows.iter()
                .map(|row| (row.trial.as_str(), row.layer.as_str())),
        );
        let columns = panels.len().min(COLUMNS);
        let numbers = Plot::numbers_width(&ticks);
        let pitch = (CONTENT + PANEL_GAP) / columns as f32;
        let head = HEADING.line() + SMALL.line();
        let (lowest, highest) = ticks.ends();
        let near = SAME * (highest - lowest) / f64::from(PLOT_HEIGHT);
        for line in panels.chunks(columns) {
            let mut under = 0;
            for (index, &(trial, layer)) in line.iter().enumerate() {
                let area = Area {
                    left: MARGIN + index as f32 * pitch + numbers,
                    top: page.y + head,
                    width: pitch - PANEL_GAP - numbers,
                    height: PLOT_HEIGHT,
                };
                let own: Vec<&LocalizationCurveRow> = (rows.iter().copied())
                    .filter(|row| row.trial == trial && row.layer == layer)
                    .collect();
                let alike = alike(&own, &looks, (near, area.width));
                under = under.max(alike.len());
                let own = (&own[..], several.is_some());
                panel(&mut page.canvas, area, &ticks, own, (&looks, &alike));
            }
            let foot = (2 + under) as f32 * SMALL.line() + 24.0;
            page.y += head + PLOT_HEIGHT + foot + PANEL_GAP * 0.4;
        }
        page.y -= PANEL_GAP * 0.4;
        let bars = match several {
            Some(sentence) => {
                let curves = sentence.replace("Large marks: means", "Curves: means");
                format!("A mark stands at each method's highest point. {curves}")
            }
            None => "A mark stands at each method's highest point; bars: 95 % bootstrap intervals \
                     over images, of methods."
                .to_string(),
        };
        page.caption(&format!(
            "IoU of the pixels above delta (strictly; maps are 0 to 1 by min-max) and the union of \
             the {against}, mean over images. {bars} Dashed grey: baselines, which \
             ignore the network. Above each panel: the layer and its map's native size in cells; below \
             it: methods whose curves look the same."
        ));
        Ok(page.finish())
    }
}

/// Returns where the numbers come from.
fn subtitle(row: &LocalizationCurveRow) -> String {
    let mut parts = vec![match row.split == "pictures" {
        true => row.dataset.clone(),
        false => format!("{} {}", row.dataset, row.split),
    }];
    parts.extend(generated_note(usize::from(row.generated), 1).map(str::to_string));
    parts.extend(row_seeds_note(&row.seeds));
    parts.push(format!("{} images", row.pictures));
    parts.join(" · ")
}

/// Returns the marks of a point of a curve.
fn of(row: &LocalizationCurveRow, several: bool) -> SeedMarks {
    SeedMarks::of(&row.seed_means, (row.mean, row.low, row.high), several)
}

fn panel(
    canvas: &mut Canvas,
    area: Area,
    ticks: &Ticks,
    (rows, several): (&[&LocalizationCurveRow], bool),
    (looks, alike): (&[MethodLook], &[String]),
) {
    let Some(first) = rows.first() else { return };
    let heading = format!(
        "{} · {}, {} × {}",
        network_title(&first.network_title, &first.trial),
        first.layer,
        first.native_height,
        first.native_width
    );
    let plot = Plot::new(canvas, area, &heading, ticks);
    plot.base(canvas);
    let x = Scale {
        domain: (0.0, 1.0),
        range: (area.left, area.right()),
    };
    let numbers = Ticks::inside(0.0, 1.0, MOST_NUMBERS);
    for &value in &numbers.values {
        plot.x_mark(canvas, x.at(value), &numbers.label(value));
    }
    let below = plot.x_name(canvas, "delta");
    canvas.lines((area.left, below), Anchor::Start, &SMALL, alike);
    // Baselines lie under the methods.
    let (baselines, methods): (Vec<_>, Vec<_>) = looks.iter().partition(|look| look.baseline);
    for look in baselines.into_iter().chain(methods) {
        let own: Vec<&&LocalizationCurveRow> = rows
            .iter()
            .filter(|row| row.method == look.method)
            .collect();
        let at = |row: &LocalizationCurveRow| (x.at(f64::from(row.delta)), plot.y.at(row.mean));
        let line: Vec<_> = own.iter().map(|row| at(row)).collect();
        canvas.polyline(&line, look.stroke);
        if look.baseline {
            continue;
        }
        for row in own.iter().skip(BAR_EVERY / 2).step_by(BAR_EVERY) {
            let across = x.at(f64::from(row.delta));
            let (marks, colour) = (of(row, several), look.stroke.colour);
            marks.draw_bar(canvas, &plot, across, Stroke::solid(colour, BAR));
            marks.draw_seeds(canvas, &plot, across, colour);
        }
        let peak = own.iter().max_by(|a, b| a.mean.total_cmp(&b.mean));
        if let Some(peak) = peak {
            canvas.marker(look.marker, at(peak), PEAK, look.stroke.colour);
        }
    }
}

/// Returns lines of at most `width` pixels that name the methods which share a curve, whose means nowhere differ
/// by more than `near`; none where no two do.
fn alike(
    rows: &[&LocalizationCurveRow],
    looks: &[MethodLook],
    (near, width): (f64, f32),
) -> Vec<String> {
    let mut curves: Vec<(Vec<f64>, Vec<&str>)> = Vec::new();
    for look in looks.iter().filter(|look| !look.baseline) {
        let own = rows.iter().filter(|row| row.method == look.method);
        let own: Vec<f64> = own.map(|row| row.mean).collect();
        if own.is_empty() {
            continue;
        }
        let is_near = |known: &[f64]| {
            let mut pairs = known.iter().zip(&own);
            known.len() == own.len() && pairs.all(|(a, b)| (a - b).abs() <= near)
        };
        match curves.iter_mut().find(|(known, _)| is_near(known)) {
            Some((_, titles)) => titles.push(&look.title),
            None => curves.push((own, vec![&look.title])),
        }
    }
    let several = curves.into_iter().filter(|(_, titles)| titles.len() > 1);
    let named: Vec<String> = several.map(|(_, titles)| titles.join(", ")).collect();
    match named.is_empty() {
        true => Vec::new(),
        false => wrap(&format!("one line: {}", named.join("; ")), width, &SMALL),
    }
}

#[cfg(test)]
#[path = "loc_tests.rs"]
mod tests;
