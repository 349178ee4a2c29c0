//! Runs compared: scores, differences and the agreement of maps, each with its interval, as rows under
//! each other.

use super::compared_names::Names;
use super::drawing::Drawing;
use super::error::FigureError;
use super::folder::FolderFigure;
use super::interval_rows::{CONTENT, Row, Section, names_room};
use super::page::Page;
use super::run_names::{numbered, shared_sentence};
use super::selection::{generated_note, unique};
use super::sheet::Figure;
use super::svg_text::checkpoint_rule;
use crate::run::{ComparedRow, ConsistencyRow, PairedRow, TableRow};

/// Space between two sections, in pixels.
const SECTION_GAP: f32 = 34.0;
const PERCENT: f64 = 100.0;
/// No limits of an axis.
const ANY: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

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
                names: Names::of(&scores),
                scores,
                pairs,
                agreement,
            }),
        }
    },
};

/// The figure.
struct Compared {
    names: Names,
    scores: Vec<ComparedRow>,
    pairs: Vec<PairedRow>,
    agreement: Vec<ConsistencyRow>,
}

impl Figure for Compared {
    fn name(&self) -> String {
        "compared".to_string()
    }

    fn draw(&self) -> Result<Drawing, FigureError> {
        let sections = self.sections();
        let finite = |row: &Row| {
            let (low, high) = row.ends.unwrap_or((row.mean, row.mean));
            [row.mean, low, high].iter().all(|v| v.is_finite())
        };
        for row in sections.iter().flat_map(|section| &section.rows) {
            if !finite(row) {
                let name = row.name.clone();
                return Err(FigureError::NotFinite { name });
            }
        }
        let mut page = Page::new(CONTENT, "Runs compared", &self.subtitle());
        let names = names_room(sections.iter().flat_map(|section| &section.rows));
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
                        name: match row.unfinished.is_empty() {
                            true => self.names.one(&row.run),
                            false => format!("{} *", self.names.one(&row.run)),
                        },
                        mean: scale * row.test,
                        ends: Some((scale * row.low, scale * row.high)),
                        besides: match row.lowest_seed < row.highest_seed {
                            true => vec![scale * row.lowest_seed, scale * row.highest_seed],
                            false => Vec::new(),
                        },
                    })
                    .collect(),
                zero: false,
                by_seeds: false,
                possible: ANY,
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
                        name: self.names.both([&row.second, &row.first], "−"),
                        mean: scale * row.difference,
                        ends: Some((scale * row.low, scale * row.high)),
                        besides: Vec::new(),
                    })
                    .collect(),
                zero: true,
                by_seeds: false,
                possible: ANY,
                decimals,
            });
        }
        let correlations = self.agreement.iter();
        let correlations = correlations.filter(|row| row.measure == "rank-correlation");
        // Empty maps have no rank, so their correlation is undefined.
        let correlations = correlations.filter(|row| row.mean.is_finite());
        let rows: Vec<Row> = correlations
            .map(|row| Row {
                name: match row.networks.split_once(' ') {
                    Some(("seeds", rest)) => {
                        let run = rest.strip_prefix("of ").unwrap_or(rest);
                        format!("seeds of {}", self.names.brief(run))
                    }
                    Some((first, second)) => self.names.both([first, second], "and"),
                    None => row.networks.clone(),
                },
                mean: row.mean,
                ends: Some((row.low, row.high)),
                besides: vec![row.other],
            })
            .collect();
        if let Some(first) = self.agreement.first() {
            sections.push(Section {
                heading: format!("Agreement of {} maps, rank correlation", first.title),
                rows,
                zero: true,
                by_seeds: false,
                possible: ANY,
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
        let first = self.scores.iter();
        let first = first.filter(|row| row.score == self.scores[0].score);
        let seeds = |row: &ComparedRow| row.seeds.replace(' ', ", ");
        let all = unique(first.clone().map(seeds));
        let seeds = match &all[..] {
            [same] => format!("Seeds: {same}."),
            _ => {
                let each =
                    first.map(|row| format!("{}: {}", self.names.brief(&row.run), seeds(row)));
                format!("Seeds of {}.", each.collect::<Vec<_>>().join("; "))
            }
        };
        let open = self.scores.iter();
        let open =
            open.filter(|row| row.score == self.scores[0].score && !row.unfinished.is_empty());
        let open: Vec<String> = open
            .map(|row| {
                let seeds = row.unfinished.replace(' ', ", ");
                format!("{}: {seeds}", self.names.brief(&row.run))
            })
            .collect();
        let mut parts = vec![
            "Bars: 95 % bootstrap intervals over test data, paired for differences.".to_string(),
            seeds,
        ];
        // Numbers stand for names that may be cut.
        parts.extend(match self.names.numbered {
            true => Some(format!("Runs: {}.", numbered(&self.names.runs))),
            false => shared_sentence(&self.names.shared),
        });
        if !open.is_empty() {
            parts.push(format!(
                "* Training has not ended, seeds of {}.",
                open.join("; ")
            ));
        }
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
        let undefined =
            |row: &&ConsistencyRow| row.measure == "rank-correlation" && !row.mean.is_finite();
        let undefined = self.agreement.iter().filter(undefined).count();
        if undefined > 0 {
            parts.push(format!(
                "{undefined} rows without a value are left out: the maps of a network are empty."
            ));
        }
        parts.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_whose_training_has_not_ended_are_marked() {
        let row = |run: &str, unfinished: &str| ComparedRow {
            run: run.to_string(),
            seeds: "0 1".to_string(),
            unfinished: unfinished.to_string(),
            checkpoint: "best".to_string(),
            score: "accuracy".to_string(),
            ..ComparedRow::default()
        };
        let scores = vec![row("trial-b", "1"), row("trial-c", "")];
        let found = Compared {
            names: Names::of(&scores),
            scores,
            pairs: Vec::new(),
            agreement: Vec::new(),
        };
        let sections = found.sections();
        let names: Vec<&str> = sections[0].rows.iter().map(|row| &*row.name).collect();
        assert_eq!(names, ["trial-b *", "trial-c"]);
        let expected = "Bars: 95 % bootstrap intervals over test data, paired for differences. Seeds: 0, \
                        1. * Training has not ended, seeds of trial-b: 1.";
        assert_eq!(found.caption(), expected);
    }
}
