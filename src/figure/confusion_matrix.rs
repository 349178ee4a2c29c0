//! The matrix of a confusion figure: its cells, names, group lines and frames.

use super::canvas::{Anchor, Area, Canvas, Stroke};
use super::colour::share_colour;
use super::error::FigureError;
use super::page::Page;
use super::picture::Pixels;
use super::svg_text::class_name;
use super::theme::{BODY, INK, MARGIN, QUIET, SMALL, STRONG};
use super::typeface::{shorten, width};
use crate::run::{ConfusedPair, Confusion, PerClassRow};

/// Up to this many classes, cells hold their number.
const MOST_NUMBERED: usize = 20;
/// Up to this many classes, each has its name at both axes.
const MOST_NAMED: usize = 60;
/// Sides of a cell in pixels: with a number, and with names alone.
const NUMBERED_CELL: f32 = 72.0;
const NAMED_CELL: f32 = 28.0;
/// Side of a larger matrix, in pixels, and the smallest side of a cell.
const MATRIX: f32 = 1200.0;
const LEAST_CELL: f32 = 3.0;
/// Names of the axes: at the top and at the left.
const AXES: [&str; 2] = ["predicted class →", "true class ↓"];
/// Longest name at an axis, in pixels.
const LONGEST: f32 = 420.0;
/// Space between a name and the matrix, in pixels.
const NAME_GAP: f32 = 12.0;
/// Most numbers at the axes of a matrix without names.
const MOST_NUMBERS: usize = 10;
/// From this share on, a cell shows its number.
const LEAST_SHOWN: f64 = 0.005;
/// From this share on, a cell is so dark that its number is white.
const DARK: f64 = 0.4;
/// Frames of the pairs.
const FRAME: Stroke = Stroke::solid("#D55E00", 3.0);
/// Lines between groups, and around the matrix.
const LINE: Stroke = Stroke::solid(QUIET, 1.0);
/// Length and thickness of the bar of colours, in pixels.
const BAR: [f32; 2] = [400.0, 20.0];
/// What follows the bar's numbers, and the space before it in pixels.
const UNIT: &str = "% of the true class's images";
const UNIT_GAP: f32 = 36.0;
/// Shares under the bar.
const BAR_SHARES: [f64; 5] = [0.0, 0.01, 0.04, 0.25, 1.0];

/// A name at the axes, for one class or for several that follow each other.
struct Band {
    /// At the left.
    name: String,
    /// At the top.
    short: String,
    /// Places of its classes in the matrix.
    first: usize,
    classes: usize,
}

/// A confusion matrix as it is drawn.
pub(super) struct Matrix<'a> {
    confusion: &'a Confusion,
    /// The class at each place.
    order: Vec<usize>,
    cell: f32,
    bands: Vec<Band>,
    /// Whether the names at the top are written upwards.
    upright: bool,
}

impl<'a> Matrix<'a> {
    /// Returns the matrix of `classes`, given by number.
    pub(super) fn new(classes: &[PerClassRow], confusion: &'a Confusion) -> Self {
        let mut order: Vec<usize> = (0..classes.len()).collect();
        // Stable: classes without groups stay in the order of their numbers.
        order.sort_by_key(|class| &classes[*class].group);
        let count = classes.len();
        let cell = match () {
            () if count <= MOST_NUMBERED => NUMBERED_CELL,
            () if count <= MOST_NAMED => NAMED_CELL,
            () => (MATRIX / count as f32).floor().max(LEAST_CELL),
        };
        let grouped = classes.iter().all(|row| !row.group.is_empty());
        let bands = match count <= MOST_NAMED {
            true => named(classes, &order),
            false if grouped => groups(classes, &order),
            false => numbers(count),
        };
        Self {
            confusion,
            order,
            cell,
            bands,
            upright: count <= MOST_NAMED,
        }
    }

    fn side(&self) -> f32 {
        self.cell * self.order.len() as f32
    }

    /// Returns the room of the names at the left, in pixels.
    fn room(&self) -> f32 {
        let widths = self.bands.iter().map(|band| width(&band.name, &BODY));
        widths.fold(width(AXES[1], &STRONG), f32::max).min(LONGEST) + NAME_GAP
    }

    /// Returns the width of the matrix with its names, in pixels.
    pub(super) fn width(&self) -> f32 {
        let scale = BAR[0] + UNIT_GAP + width(UNIT, &SMALL);
        self.room() + self.side().max(scale)
    }

    /// Draws the matrix with its names and its scale, and returns the bottom in pixels.
    pub(super) fn draw(&self, page: &mut Page, worst: &[ConfusedPair]) -> Result<f32, FigureError> {
        let left = MARGIN + self.room();
        let canvas = &mut page.canvas;
        canvas.text((left, page.y), Anchor::Start, &STRONG, AXES[0]);
        let upwards = self.bands.iter().map(|band| width(&band.short, &BODY));
        let names = match self.upright {
            true => upwards.fold(0.0, f32::max).min(LONGEST),
            false => SMALL.line(),
        };
        let top = page.y + STRONG.line() + names + NAME_GAP;
        let axis = (left - NAME_GAP, top - NAME_GAP - STRONG.line());
        canvas.text(axis, Anchor::End, &STRONG, AXES[1]);
        let area = Area {
            left,
            top,
            width: self.side(),
            height: self.side(),
        };
        self.cells(canvas, area)?;
        self.names(canvas, area);
        for pair in worst {
            let place = |class: usize| self.order.iter().position(|other| *other == class);
            let (Some(row), Some(column)) = (place(pair.truth), place(pair.predicted)) else {
                continue;
            };
            canvas.outline(framed(self.cell_at(area, row, column)), FRAME);
        }
        scale(canvas, (left, area.bottom() + NAME_GAP * 2.0))
    }

    fn cell_at(&self, area: Area, row: usize, column: usize) -> Area {
        Area {
            left: area.left + column as f32 * self.cell,
            top: area.top + row as f32 * self.cell,
            width: self.cell,
            height: self.cell,
        }
    }

    fn cells(&self, canvas: &mut Canvas, area: Area) -> Result<(), FigureError> {
        let places = self.order.iter().enumerate();
        let shares = places.flat_map(|(row, truth)| {
            let columns = self.order.iter().enumerate();
            columns.map(move |(column, predicted)| {
                ([row, column], self.confusion.share(*truth, *predicted))
            })
        });
        if self.order.len() > MOST_NUMBERED {
            let rgb = shares.flat_map(|(_, share)| share_colour(share)).collect();
            let pixels = Pixels {
                width: self.order.len(),
                height: self.order.len(),
                rgb,
                crisp: true,
            };
            canvas.picture(area, &pixels)?;
            canvas.outline(area, LINE);
            return Ok(());
        }
        for ([row, column], share) in shares {
            let cell = self.cell_at(area, row, column);
            let [red, green, blue] = share_colour(share);
            canvas.fill(cell, &format!("#{red:02x}{green:02x}{blue:02x}"));
            if share >= LEAST_SHOWN {
                let ink = if share >= DARK { "white" } else { INK };
                let middle = (
                    cell.left + cell.width / 2.0,
                    cell.top + (cell.height - BODY.line()) / 2.0,
                );
                let number = format!("{:.0}", 100.0 * share);
                canvas.text(middle, Anchor::Middle, &BODY.coloured(ink), &number);
            }
        }
        canvas.outline(area, LINE);
        Ok(())
    }

    fn names(&self, canvas: &mut Canvas, area: Area) {
        let several = self.bands.iter().any(|band| band.classes > 1);
        for band in &self.bands {
            let start = self.cell * band.first as f32;
            let middle = start + self.cell * band.classes as f32 / 2.0;
            let name = shorten(&band.name, LONGEST, &BODY);
            let place = (area.left - NAME_GAP, area.top + middle - BODY.line() / 2.0);
            canvas.text(place, Anchor::End, &BODY, &name);
            if self.upright {
                let short = shorten(&band.short, LONGEST, &BODY);
                canvas.upwards((area.left + middle, area.top - NAME_GAP), &BODY, &short);
            } else {
                let place = (area.left + middle, area.top - NAME_GAP - SMALL.line() / 2.0);
                canvas.text(place, Anchor::Middle, &SMALL, &band.short);
            }
            if several && band.first > 0 {
                let (x, y) = (area.left + start, area.top + start);
                canvas.polyline(&[(x, area.top), (x, area.bottom())], LINE);
                canvas.polyline(&[(area.left, y), (area.right(), y)], LINE);
            }
        }
    }
}

/// Returns the frame around a cell: at its edge, or around it where the cell is small.
fn framed(cell: Area) -> Area {
    let by = if cell.width < NUMBERED_CELL {
        FRAME.width
    } else {
        -FRAME.width / 2.0
    };
    Area {
        left: cell.left - by,
        top: cell.top - by,
        width: cell.width + 2.0 * by,
        height: cell.height + 2.0 * by,
    }
}

/// Returns a name per class.
fn named(classes: &[PerClassRow], order: &[usize]) -> Vec<Band> {
    let places = order.iter().enumerate();
    let bands = places.map(|(first, class)| {
        let name = class_name(&classes[*class].class);
        Band {
            short: name.clone(),
            name,
            first,
            classes: 1,
        }
    });
    bands.collect()
}

/// Returns a numbered name per group.
fn groups(classes: &[PerClassRow], order: &[usize]) -> Vec<Band> {
    let mut bands: Vec<Band> = Vec::new();
    let mut last = None;
    for (first, class) in order.iter().enumerate() {
        let group = classes[*class].group.as_str();
        match bands.last_mut() {
            Some(band) if last == Some(group) => band.classes += 1,
            _ => {
                let short = (bands.len() + 1).to_string();
                bands.push(Band {
                    name: format!("{} {short}", class_name(group)),
                    short,
                    first,
                    classes: 1,
                });
            }
        }
        last = Some(group);
    }
    bands
}

/// Returns the numbers of some classes of a matrix without names.
fn numbers(count: usize) -> Vec<Band> {
    let step = count.div_ceil(MOST_NUMBERS).next_multiple_of(10);
    let bands = (0..count).step_by(step).map(|first| Band {
        name: first.to_string(),
        short: first.to_string(),
        first,
        classes: 1,
    });
    bands.collect()
}

/// Draws the colours of the shares, and returns the bottom in pixels.
fn scale(canvas: &mut Canvas, (left, top): (f32, f32)) -> Result<f32, FigureError> {
    let [length, thickness] = BAR;
    let steps = length as usize;
    let row: Vec<u8> = (0..steps)
        // The bar is even in the colours, so its shares are squares.
        .flat_map(|step| share_colour((step as f64 / (steps - 1) as f64).powi(2)))
        .collect();
    let pixels = Pixels {
        width: steps,
        height: 1,
        rgb: row,
        crisp: false,
    };
    let area = Area {
        left,
        top,
        width: length,
        height: thickness,
    };
    canvas.picture(area, &pixels)?;
    canvas.outline(area, LINE);
    for share in BAR_SHARES {
        let at = left + share.sqrt() as f32 * length;
        let text = format!("{:.0}", 100.0 * share);
        canvas.text((at, area.bottom() + 4.0), Anchor::Middle, &SMALL, &text);
    }
    let unit = (area.right() + UNIT_GAP, area.bottom() + 4.0);
    Ok(canvas.text(unit, Anchor::Start, &SMALL, UNIT))
}
