//! How much the maps of compared runs agree: between two runs, and between two seeds of one run.

use std::path::Path;

use crate::explain::{MapSource, Method, TargetRule};
use crate::run::{ConsistencyRow, RunError, TableRow};
use crate::study::agreement::{About, Comparison, MEASURES, PairGroup};
use crate::study::pictures::Pictures;
use crate::study::{Question, Runs, StudyError, Subject, Watch};

/// The whole picture: left, top, width and height as shares. Every network sees all of it.
const WHOLE: [f64; 4] = [0.0, 0.0, 1.0, 1.0];
/// Pictures explained at once.
const AT_ONCE: usize = 128;

/// A network that is compared.
pub(super) struct Seed {
    /// Place of its run among the compared ones.
    pub(super) side: usize,
    /// The network.
    pub(super) subject: Subject,
    /// The layer whose maps are compared.
    pub(super) layer: String,
}

/// The agreement of the maps of one method, at the deepest layer of at least 8 x 8 cells, for the true
/// class: networks that predict different classes would explain different things.
#[derive(Debug, Clone)]
pub struct Agreements {
    /// Number of test images compared.
    pub pictures: usize,
    /// The method, as in papers.
    pub title: String,
    /// Rows by pair of runs, and of the seeds of one run.
    pub rows: Vec<ConsistencyRow>,
    /// For each of the rows of rank correlations, what is compared.
    pub of: Vec<Compared>,
}

/// Whose maps are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Two runs, each with any of its seeds.
    Runs(usize, usize),
    /// Two seeds of one run.
    Seeds(usize),
}

impl Agreements {
    /// Returns the rank correlations with what they compare.
    pub fn correlations(&self) -> impl Iterator<Item = (Compared, &ConsistencyRow)> {
        let (measure, _) = MEASURES[0];
        let rows = self.rows.iter().filter(move |row| row.measure == measure);
        self.of.iter().copied().zip(rows)
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), RunError> {
        ConsistencyRow::write(&folder.join(ConsistencyRow::FILE), &self.rows)
    }
}

/// Explains the pictures with every network and compares the maps.
pub(super) fn measure(
    runs: &Runs,
    (labels, seeds): (&[String], &[Seed]),
    method: Method,
    pictures: &Pictures,
    watch: &dyn Watch,
) -> Result<Option<Agreements>, StudyError> {
    let names = seeds.iter().map(|seed| seed.subject.label());
    let mut comparison = Comparison::new(names.collect());
    let parts = vec![vec![WHOLE; seeds.len()]; AT_ONCE];
    let progress = watch.begin("maps compared", Some(pictures.len()));
    for start in (0..pictures.len()).step_by(AT_ONCE) {
        let places = start..(start + AT_ONCE).min(pictures.len());
        let mut groups = Vec::new();
        for seed in seeds {
            watch.go_on()?;
            let question = Question {
                sources: &[MapSource::Method(method)],
                layers: std::slice::from_ref(&seed.layer),
                target: TargetRule::True,
                device: &runs.device.device,
            };
            groups.push(question.group(seed.subject.network(), pictures, places.clone())?);
        }
        comparison.add(&parts[..places.len()], &groups);
        progress.advance(places.len());
    }
    drop(progress);
    let (of, groups) = pair_groups(labels, seeds);
    let about = About {
        dataset: &pictures.dataset,
        target: "true",
    };
    let found = comparison.finish_in(&groups, about);
    Ok(found.map(|found| Agreements {
        pictures: found.photographs,
        title: method.title().to_string(),
        rows: found.rows,
        of,
    }))
}

/// Returns the pairs of networks of each pair of runs, then those of the seeds of each run with
/// several.
fn pair_groups(labels: &[String], seeds: &[Seed]) -> (Vec<Compared>, Vec<PairGroup>) {
    let sides: Vec<usize> = seeds.iter().map(|seed| seed.side).collect();
    let pairs = |is_ours: &dyn Fn(usize, usize) -> bool| -> Vec<(usize, usize)> {
        let all = (0..sides.len()).flat_map(|a| (a + 1..sides.len()).map(move |b| (a, b)));
        all.filter(|&(a, b)| is_ours(sides[a], sides[b])).collect()
    };
    let (mut of, mut groups) = (Vec::new(), Vec::new());
    for first in 0..labels.len() {
        for second in first + 1..labels.len() {
            of.push(Compared::Runs(first, second));
            groups.push(PairGroup {
                networks: format!("{} {}", labels[first], labels[second]),
                pairs: pairs(&|a, b| (a, b) == (first, second)),
            });
        }
    }
    for (side, label) in labels.iter().enumerate() {
        let own = pairs(&|a, b| (a, b) == (side, side));
        if !own.is_empty() {
            of.push(Compared::Seeds(side));
            groups.push(PairGroup {
                networks: format!("seeds of {label}"),
                pairs: own,
            });
        }
    }
    (of, groups)
}
