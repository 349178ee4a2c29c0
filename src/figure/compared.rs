//! Runs compared: scores, differences and the agreement of maps, each with its interval, as rows under
//! each other.

use super::axis::{Scale, Ticks};
use super::canvas::{Anchor, Canvas, Stroke};
use super::colour::{Marker, series_look};
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::page::Page;
use super::plot::POINT;
use super::selection::{generated_note, unique};
use super::sheet::Figure;
use super::svg_text::checkpoint_rule;
use super::theme::{BODY, HEADING, INK, MARGIN, QUIET, RULE, SMALL, STRONG};
use super::typeface::{shorten, width};
use crate::run::{ComparedRow, ConsistencyRow, PairedRow, TableRow};

/// Width of the page's content in pixels: 7 inches.
const CONTENT: f32 = 1400.0;
/// Widest name of a row, in pixels.
const NAME_ROOM: f32 = 520.0;
/// Space between a name, the plotting area and the numbers after it, in pixels.
const GAP: f32 = 24.0;
/// Height of a row, in pixels.
const ROW: f32 = 44.0;
/// Space between two sections, in pixels.
const SECTION_GAP: f32 = 34.0;
/// Most numbers on an axis.
const MOST_TICKS: usize = 8;
/// Width of an interval's bar, of grid lines and of the line at zero, in pixels.
const BAR: f32 = 4.0;
const THIN: f32 = 1.5;
/// Radius of the mark of a seed, in pixels.
const SEED_POINT: f32 = 5.0;
const PERCENT: f64 = 100.0;

/// Draws the tables of a comparison.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "compared",
    reads: PairedRow::FILE,
    draw: |folder| {
        let scores: Vec<ComparedRow> = folder.rows()?;
        let pairs: Vec<PairedRow> = folder.rows()?;
        let agreement: Vec<ConsistencyRow> = folder.rows()?;
        match scores.is_empty() || pairs.is_empty() {
            true => Ok(()),
            false => folder.save(&Compared {
                scores,
                pairs,
                agreement,
            }),
        }
    },
};

/// The figure.
struct Compared {
    scores: Vec<ComparedRow>,
    pairs: Vec<PairedRow>,
    agreement: Vec<ConsistencyRow>,
}

/// Rows on one axis.
struct Section {
    heading: String,
    rows: Vec<Row>,
    /// Whether zero, no difference, is on the axis.
    zero: bool,
    decimals: usize,
}

/// A mean with its interval.
struct Row {
    name: String,
    mean: f64,
    ends: (f64, f64),
    /// Marks besides: the lowest and the highest seed, or what maps of other pictures agree in.
    besides: Vec<f64>,
}

impl Figure for Compared {
    fn name(&self) -> String {
        "compared".to_string()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let sections = self.sections();
        let finite = |row: &Row| {
            [row.mean, row.ends.0, row.ends.1]
                .iter()
                .all(|v| v.is_finite())
        };
        for row in sections.iter().flat_map(|section| &section.rows) {
            if !finite(row) {
                let name = row.name.clone();
                return Err(FigureError::NotFinite { name });
            }
        }
        let mut page = Page::new(CONTENT, "Runs compared", &self.subtitle());
        let rows = || sections.iter().flat_map(|section| &section.rows);
        let names = rows()
            .map(|row| width(&row.name, &STRONG))
            .fold(0.0, f32::max);
        let names = names.min(NAME_ROOM);
        for section in &sections {
            page.y = section.draw(&mut page.canvas, page.y, names) + SECTION_GAP;
        }
        page.y -= SECTION_GAP;
        page.caption(&self.caption());
        Ok(page.finish())
    }
}

impl Compared {
    fn sections(&self) -> Vec<Section> {
        let mut sections = Vec::new();
        for score in unique(self.scores.iter().map(|row| &row.score)) {
            let is_share = score == "accuracy";
            let scale = if is_share { PERCENT } else { 1.0 };
            let decimals = match score {
                _ if is_share => 1,
                score if score.ends_with("ssim") => 4,
                _ => 2,
            };
            let name = match is_share {
                true => "Test accuracy in %".to_string(),
                false => match score.rsplit_once(' ') {
                    Some((horizon, measure)) => {
                        format!("Test clips, {horizon} {}", measure.to_uppercase())
                    }
                    None => format!("Test clips, {score}"),
                },
            };
            let scores = self.scores.iter().filter(|row| row.score == *score);
            sections.push(Section {
                heading: name,
                rows: scores
                    .map(|row| Row {
                        name: row.run.clone(),
                        mean: scale * row.test,
                        ends: (scale * row.low, scale * row.high),
                        besides: match row.lowest_seed < row.highest_seed {
                            true => vec![scale * row.lowest_seed, scale * row.highest_seed],
                            false => Vec::new(),
                        },
                    })
                    .collect(),
                zero: false,
                decimals,
            });
            let pairs = self.pairs.iter().filter(|row| row.score == *score);
            let unit = if is_share {
                " in percentage points"
            } else {
                ""
            };
            sections.push(Section {
                heading: format!("Difference on the same test data{unit}"),
                rows: pairs
                    .map(|row| Row {
                        name: format!("{} − {}", row.second, row.first),
                        mean: scale * row.difference,
                        ends: (scale * row.low, scale * row.high),
                        besides: Vec::new(),
                    })
                    .collect(),
                zero: true,
                decimals,
            });
        }
        let correlations = self.agreement.iter();
        let correlations = correlations.filter(|row| row.measure == "rank-correlation");
        let rows: Vec<Row> = correlations
            .map(|row| Row {
                name: match row.networks.split_once(' ') {
                    Some((first, second)) if first != "seeds" => format!("{first} and {second}"),
                    _ => row.networks.clone(),
                },
                mean: row.mean,
                ends: (row.low, row.high),
                besides: vec![row.other],
            })
            .collect();
        if let Some(first) = self.agreement.first() {
            sections.push(Section {
                heading: format!("Agreement of {} maps, rank correlation", first.title),
                rows,
                zero: true,
                decimals: 2,
            });
        }
        sections
    }

    fn subtitle(&self) -> String {
        let first = &self.scores[0];
        let mut parts = vec![first.dataset.clone()];
        parts.extend(generated_note(usize::from(first.generated), 1).map(str::to_string));
        let items = if first.score == "accuracy" {
            "images"
        } else {
            "clips"
        };
        parts.push(format!("{} test {items}", first.items));
        let rules = unique(
            self.scores
                .iter()
                .map(|row| checkpoint_rule(&row.checkpoint)),
        );
        parts.push(format!("checkpoint: {}", rules.join(", ")));
        parts.join(" · ")
    }

    fn caption(&self) -> String {
        let seeds = self
            .scores
            .iter()
            .filter(|row| row.score == self.scores[0].score);
        let seeds = seeds.map(|row| format!("{} {}", row.run, row.seeds.replace(' ', ", ")));
        let mut parts = vec![
            "Bars: 95 % bootstrap intervals over test data, paired for differences.".to_string(),
            format!("Seeds: {}.", seeds.collect::<Vec<_>>().join("; ")),
        ];
        if self
            .scores
            .iter()
            .any(|row| row.lowest_seed < row.highest_seed)
        {
            parts.push("Rings: the lowest and the highest seed.".to_string());
        }
        if let Some(first) = self.agreement.first() {
            parts.push(format!(
                "Agreement: maps of the {} class of {} pictures; rings: maps of different \
                 pictures.",
                first.target, first.pictures
            ));
        }
        parts.join(" ")
    }
}

impl Section {
    /// Draws the section from `top` with room for `names`, and returns its bottom in pixels.
    fn draw(&self, canvas: &mut Canvas, top: f32, names: f32) -> f32 {
        let numbers = self.rows.iter().map(|row| width(&self.numbers(row), &BODY));
        let numbers = numbers.fold(0.0, f32::max);
        let left = MARGIN + names + GAP;
        let right = MARGIN + CONTENT - numbers - GAP;
        let values = || {
            let of = |row: &Row| [vec![row.ends.0, row.ends.1], row.besides.clone()].concat();
            let zero = self.zero.then_some(0.0);
            self.rows
                .iter()
                .flat_map(of)
                .filter(|value| value.is_finite())
                .chain(zero)
        };
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        let ticks = Ticks::around(low, high, MOST_TICKS);
        let x = Scale {
            domain: ticks.ends(),
            range: (left, right),
        };
        let mut y = canvas.text((MARGIN, top), Anchor::Start, &HEADING, &self.heading);
        let bottom = y + self.rows.len() as f32 * ROW;
        for &value in &ticks.values {
            let at = x.at(value);
            let is_zero = self.zero && value == 0.0;
            let stroke = Stroke::solid(if is_zero { QUIET } else { RULE }, THIN);
            canvas.polyline(&[(at, y), (at, bottom)], stroke);
            let label = ticks.label(value);
            canvas.text((at, bottom + 4.0), Anchor::Middle, &SMALL, &label);
        }
        let look = series_look(0);
        for row in &self.rows {
            let middle = y + ROW / 2.0;
            let text = middle - STRONG.line() / 2.0;
            let name = shorten(&row.name, names, &STRONG);
            canvas.text((MARGIN, text), Anchor::Start, &STRONG, &name);
            let bar = [(x.at(row.ends.0), middle), (x.at(row.ends.1), middle)];
            canvas.polyline(&bar, Stroke::solid(look.colour, BAR));
            for &value in row.besides.iter().filter(|value| value.is_finite()) {
                canvas.marker(Marker::Ring, (x.at(value), middle), SEED_POINT, QUIET);
            }
            canvas.marker(look.marker, (x.at(row.mean), middle), POINT, look.colour);
            let numbers = (MARGIN + CONTENT, middle - BODY.line() / 2.0);
            let style = BODY.coloured(INK);
            canvas.text(numbers, Anchor::End, &style, &self.numbers(row));
            y += ROW;
        }
        bottom + 4.0 + SMALL.line()
    }

    fn numbers(&self, row: &Row) -> String {
        let decimals = self.decimals;
        let number = |value: f64| format!("{value:.decimals$}");
        let (low, high) = row.ends;
        format!("{} [{}, {}]", number(row.mean), number(low), number(high))
    }
}
