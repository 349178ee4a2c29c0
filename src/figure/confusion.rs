//! The confusion figure: how many images of each class were predicted as each class.
//!
//! The pairs that are confused most are framed in the matrix and named next to it, because in a
//! matrix of 100 classes no name is readable.

use super::canvas::{Anchor, Canvas};
use super::confusion_matrix::Matrix;
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::page::Page;
use super::selection::{generated_note, seeds_note};
use super::sheet::Figure;
use super::svg_text::{checkpoint_rule, class_name, network_title};
use super::theme::{BODY, HEADING, MARGIN, SMALL};
use super::typeface::shorten;
use crate::run::{Confusion, EvaluationRow, PerClassRow};

/// Number of pairs that are framed and named.
const PAIRS: usize = 10;
/// Number of classes that are named for their low accuracy.
const LOWEST: usize = 5;
/// Width of the names next to the matrix, in pixels.
const LIST: f32 = 460.0;
/// Space between the matrix and the names, in pixels.
const GAP: f32 = 50.0;
/// Space between two lists of names, in pixels.
const LIST_GAP: f32 = 30.0;
const PERCENT: f64 = 100.0;

/// Draws the predictions of the folder's network.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "confusion",
    reads: Confusion::FILE,
    draw: |folder| {
        let rows: Vec<EvaluationRow> = folder.rows()?;
        let classes: Vec<PerClassRow> = folder.rows()?;
        match rows.first() {
            Some(row) if !classes.is_empty() => {
                let confusion = Confusion::read(&folder.from.join(Confusion::FILE))?;
                folder.save(&ConfusionFigure {
                    row,
                    classes: &classes,
                    confusion: &confusion,
                })
            }
            _ => Ok(()),
        }
    },
};

/// The confusion figure.
#[derive(Debug, Clone)]
pub(super) struct ConfusionFigure<'a> {
    /// The checkpoint.
    pub(super) row: &'a EvaluationRow,
    /// The classes, by number.
    pub(super) classes: &'a [PerClassRow],
    /// Their confusion.
    pub(super) confusion: &'a Confusion,
}

impl Figure for ConfusionFigure<'_> {
    fn name(&self) -> String {
        "confusion".to_string()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let known = self.confusion.classes();
        let same = |(row, name): (&PerClassRow, &String)| row.class == *name;
        if known.len() != self.classes.len() || !self.classes.iter().zip(known).all(same) {
            return Err(FigureError::Nothing {
                wanted: format!("the {} classes of {}", known.len(), Confusion::FILE),
                known: format!("{} in another table", self.classes.len()),
            });
        }
        let matrix = Matrix::new(self.classes, self.confusion);
        let accuracy = PERCENT * self.row.accuracy;
        let title = format!("Which classes are confused: {accuracy:.1} % are right");
        let width = matrix.width() + GAP + LIST;
        let mut page = Page::new(width, &title, &subtitle(self.row));
        let top = page.y;
        let worst = self.confusion.worst(PAIRS);
        let bottom = matrix.draw(&mut page, &worst)?;
        let left = MARGIN + matrix.width() + GAP;
        page.y = bottom.max(self.lists(&mut page.canvas, (left, top)));
        page.caption(&self.caption());
        Ok(page.finish())
    }
}

impl ConfusionFigure<'_> {
    /// Draws the names next to the matrix, and returns their bottom in pixels.
    fn lists(&self, canvas: &mut Canvas, (left, top): (f32, f32)) -> f32 {
        let name = |class: usize| class_name(&self.classes[class].class);
        let pairs = self.confusion.worst(PAIRS).into_iter().map(|pair| {
            let share = PERCENT * pair.count as f64 / pair.images as f64;
            let (truth, predicted) = (name(pair.truth), name(pair.predicted));
            (format!("{truth} → {predicted}"), share)
        });
        let y = list(canvas, (left, top), "Confused most", pairs);
        let mut lowest: Vec<&PerClassRow> = self.classes.iter().collect();
        lowest.retain(|row| row.accuracy.is_some());
        lowest.sort_by(|a, b| {
            let [a, b] = [a, b].map(|row| row.accuracy.unwrap_or_default());
            a.total_cmp(&b)
        });
        let lowest = lowest.into_iter().take(LOWEST).map(|row| {
            let accuracy = PERCENT * row.accuracy.unwrap_or_default();
            (class_name(&row.class), accuracy)
        });
        let y = list(canvas, (left, y + LIST_GAP), "Lowest accuracy", lowest);
        match self.within_groups() {
            None => y,
            Some([share, chance]) => {
                let lines = [("of all errors", share), ("by chance", chance)];
                let lines = lines.map(|(name, share)| (name.to_string(), PERCENT * share));
                list(canvas, (left, y + LIST_GAP), "Within a superclass", lines)
            }
        }
    }

    /// Returns the share of errors that stay within a group of classes, and what it would be if every
    /// other class were as likely; `None` without groups or errors.
    fn within_groups(&self) -> Option<[f64; 2]> {
        let group = |class: usize| self.classes[class].group.as_str();
        let all = 0..self.classes.len();
        let (mut within, mut errors, mut chance) = (0, 0, 0.0);
        for truth in all.clone() {
            let (mut own, mut others) = (0, 0);
            for predicted in all.clone().filter(|predicted| *predicted != truth) {
                let count = self.confusion.count(truth, predicted);
                let same = group(truth) == group(predicted);
                others += count;
                within += count * u64::from(same);
                own += usize::from(same);
            }
            errors += others;
            chance += (others * own as u64) as f64 / (self.classes.len() - 1) as f64;
        }
        let grouped = self.classes.iter().all(|row| !row.group.is_empty());
        (grouped && errors > 0).then(|| [within as f64, chance].map(|sum| sum / errors as f64))
    }

    fn caption(&self) -> String {
        let order = match self.classes.iter().all(|row| !row.group.is_empty()) {
            true => "Classes are ordered by superclass, within it by number. ",
            false => "",
        };
        format!(
            "A row is a true class, a column a predicted one; a cell is the share of the row's images, \
             darker by the square root. Orange frames: the pairs named on the right, true → predicted. \
             {order}"
        )
    }
}

/// Returns what was evaluated in words, such as "Trial D · seed 0 · 1200 test images of shapes".
pub(super) fn subtitle(row: &EvaluationRow) -> String {
    let mut parts = vec![network_title(&row.network_title, &row.trial)];
    parts.push(seeds_note(&[row.seed]));
    parts.push(format!(
        "{} {} images of {}",
        row.images, row.split, row.dataset
    ));
    parts.extend(generated_note(usize::from(row.generated), 1).map(str::to_string));
    let rule = checkpoint_rule(&row.checkpoint);
    let epoch = format!("epoch {}", row.epoch);
    parts.push(match rule == epoch {
        true => epoch,
        false => format!("{epoch}, {rule}"),
    });
    parts.join(" · ")
}

/// Draws names with their shares in percent under a heading, and returns the bottom in pixels.
fn list(
    canvas: &mut Canvas,
    (left, top): (f32, f32),
    heading: &str,
    lines: impl IntoIterator<Item = (String, f64)>,
) -> f32 {
    /// Width of a share, such as "100 %", in pixels.
    const SHARE: f32 = 80.0;
    let mut y = canvas.text((left, top), Anchor::Start, &HEADING, heading);
    for (name, share) in lines {
        let name = shorten(&name, LIST - SHARE, &BODY);
        canvas.text((left, y), Anchor::Start, &BODY, &name);
        let share = format!("{share:.0} %");
        let right = left + LIST;
        canvas.text((right, y), Anchor::End, &SMALL, &share);
        y += BODY.line();
    }
    y
}

#[cfg(test)]
#[path = "confusion_tests.rs"]
mod tests;
