//! The figure of a sweep: every setting with its seeds, best first.

use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::interval_rows::{CONTENT, Row, Section, names_room};
use super::page::Page;
use super::run_names::{Changed, names, shared_sentence};
use super::selection::{generated_note, unique};
use super::sheet::Figure;
use crate::run::{SweepSummaryRow, TableRow};

/// Most settings that are drawn.
const MOST: usize = 40;
const PERCENT: f64 = 100.0;

/// Draws the summary of a sweep.
pub(super) const FIGURE: FolderFigure = FolderFigure {
    name: "sweep",
    reads: SweepSummaryRow::FILE,
    draw: |folder| {
        let rows: Vec<SweepSummaryRow> = folder.rows()?;
        match rows.is_empty() {
            true => Ok(()),
            false => folder.save(&SweepFigure { rows }),
        }
    },
};

/// The figure.
struct SweepFigure {
    rows: Vec<SweepSummaryRow>,
}

impl SweepFigure {
    fn is_loss(&self) -> bool {
        self.rows[0].by_loss()
    }

    /// Returns the settings, best first.
    fn ranked(&self) -> Vec<&SweepSummaryRow> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by(|a, b| a.best_first(b));
        rows.truncate(MOST);
        rows
    }
}

/// Returns the experiment of a row, and its changes.
fn changed(row: &&SweepSummaryRow) -> Changed {
    let changes = row.setting.split("; ").filter(|text| !text.is_empty());
    (
        row.experiment.clone(),
        changes.map(str::to_string).collect(),
    )
}

impl Figure for SweepFigure {
    fn name(&self) -> String {
        "sweep".to_string()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let ranked = self.ranked();
        let first = ranked[0];
        let mut parts = unique(ranked.iter().map(|row| row.dataset.clone()));
        parts.extend(generated_note(usize::from(first.generated), 1).map(str::to_string));
        parts.push(format!("{} settings, best first", self.rows.len()));
        let mut page = Page::new(CONTENT, "Which setting trains best?", &parts.join(" · "));
        let (scale, heading, decimals) = match self.is_loss() {
            true => (1.0, "Validation loss, lower is better", 4),
            false => (PERCENT, "Validation accuracy in %", 1),
        };
        let row = |(row, name): (&&SweepSummaryRow, String)| Row {
            name,
            mean: scale * row.mean,
            ends: row
                .low
                .zip(row.high)
                .map(|(low, high)| (scale * low, scale * high)),
            besides: match row.seeds {
                1 => Vec::new(),
                _ => row.values.0.iter().map(|value| scale * value).collect(),
            },
        };
        let runs: Vec<Changed> = ranked.iter().map(changed).collect();
        let (names, shared) = names(&runs);
        let section = Section {
            heading: heading.to_string(),
            rows: ranked.iter().zip(names).map(row).collect(),
            zero: false,
            by_seeds: true,
            possible: match self.is_loss() {
                true => (0.0, f64::INFINITY),
                false => (0.0, PERCENT),
            },
            decimals,
        };
        let room = names_room(section.rows.iter());
        page.y = section.draw(&mut page.canvas, page.y, room);
        let mut caption = vec![caption(&ranked, self.rows.len())];
        caption.extend(shared_sentence(&shared));
        page.caption(&caption.join(" "));
        Ok(page.finish())
    }
}

fn caption(ranked: &[&SweepSummaryRow], all: usize) -> String {
    let seeds = unique(ranked.iter().map(|row| row.seeds));
    let counts: Vec<String> = seeds.iter().map(ToString::to_string).collect();
    let mut text = match seeds.as_slice() {
        [1] => "One seed per setting: the figure shows no spread.".to_string(),
        _ => format!(
            "Discs: mean over seeds (n = {}); rings: each seed; bars: 95 % t-intervals over seeds, \
             in brackets also where they leave the axis.",
            counts.join(" or ")
        ),
    };
    text.push_str(
        " The best epoch of each run by validation accuracy or loss, which also ranks them.",
    );
    if ranked.len() < all {
        text.push_str(&format!(" The best {} of {all} settings.", ranked.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::SeedValues;

    fn row(experiment: &str, setting: &str, mean: f64) -> SweepSummaryRow {
        SweepSummaryRow {
            experiment: experiment.into(),
            setting: setting.into(),
            run: experiment.into(),
            dataset: "shapes".into(),
            generated: true,
            parameters: 1,
            measure: "validation_accuracy".into(),
            seeds: 1,
            mean,
            low: None,
            high: None,
            values: SeedValues(vec![mean]),
        }
    }

    #[test]
    fn settings_are_ranked_and_split_into_their_changes() {
        let figure = SweepFigure {
            rows: vec![
                row("trial-b", "train.learning_rate=1e-3", 0.4),
                row(
                    "trial-d",
                    "train.learning_rate=3e-3; model.filters=[4, 8]",
                    0.6,
                ),
                row("trial-d", "", 0.5),
            ],
        };
        let ranked: Vec<Changed> = figure.ranked().iter().map(changed).collect();
        let expected = [
            (
                "trial-d",
                &["train.learning_rate=3e-3", "model.filters=[4, 8]"][..],
            ),
            ("trial-d", &[]),
            ("trial-b", &["train.learning_rate=1e-3"]),
        ];
        let expected = expected.map(|(experiment, changes)| {
            let changes = changes.iter().map(|change| change.to_string());
            (experiment.to_string(), changes.collect())
        });
        assert_eq!(ranked, expected);
    }
}
