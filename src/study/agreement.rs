//! Agreement between the maps of several networks, photograph by photograph.

use std::path::{Path, PathBuf};

use crate::data::photo::{Photo, View, Window};
use crate::explain::MapSource;
use crate::explain::consistency::Framed;
use crate::run::{ConsistencyRow, RunError, TableRow};

use super::groups::Group;
use super::table::Summary;

/// The measures: names in the file and in tables.
pub const MEASURES: [(&str, &str); 2] = [
    ("rank-correlation", "rank correlation"),
    ("iou", "IoU of the cells above 0.5"),
];

/// Agreement between the maps of several networks.
#[derive(Debug, Clone, Default)]
pub struct Agreement {
    /// The networks.
    pub networks: Vec<String>,
    /// Number of photographs compared.
    pub photographs: usize,
    /// Number of photographs for which all networks explain the same class.
    pub same_class: usize,
    /// One row per method, networks and measure.
    pub rows: Vec<ConsistencyRow>,
}

impl Agreement {
    /// Returns the rows of all networks together.
    pub fn of_all(&self) -> impl Iterator<Item = &ConsistencyRow> {
        let all = joined(&self.networks);
        self.rows.iter().filter(move |row| row.networks == all)
    }

    /// Writes the rows into `folder` and returns the file.
    ///
    /// # Errors
    /// A folder that cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, RunError> {
        let path = folder.join(ConsistencyRow::FILE);
        ConsistencyRow::write(&path, &self.rows)?;
        Ok(path)
    }
}

/// A network that sees a part of a photograph.
#[derive(Debug, Clone)]
pub(super) struct Seeing {
    /// The part of a photograph that it sees.
    pub(super) view: View,
}

/// The maps of all pairs of networks, compared group by group.
#[derive(Debug)]
pub(super) struct Comparison {
    networks: Vec<String>,
    sources: Vec<Source>,
    same_class: usize,
    photographs: usize,
}

/// Agreement between the maps of two networks, one entry per photograph; `NaN` if a map is
/// constant.
#[derive(Debug, Clone, Default)]
struct Pair {
    /// Agreement on the same photograph, by each measure.
    same: [Vec<f64>; 2],
    /// Agreement of one network's map with the other's map of the previous photograph.
    other: [Vec<f64>; 2],
    /// Number of pairs on the same photograph with a constant map.
    omitted: usize,
}

/// One method or baseline.
#[derive(Debug, Clone)]
struct Source {
    source: MapSource,
    /// One entry per pair of networks, in the order of [`pairs`]; empty for a pair without the
    /// method.
    pairs: Vec<Pair>,
    /// Each network's map of the previous photograph, if it has the method.
    before: Vec<Option<Framed>>,
}

/// What the rows state about pictures and class.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    /// Name of the pictures' folder.
    pub(super) dataset: &'a str,
    /// The explained class, as in tables.
    pub(super) target: &'a str,
}

/// Returns the pairs of `count` networks.
fn pairs(count: usize) -> Vec<(usize, usize)> {
    (0..count)
        .flat_map(|first| (first + 1..count).map(move |second| (first, second)))
        .collect()
}

impl Comparison {
    /// Returns the comparison of `networks` before any photograph.
    pub(super) fn new(networks: Vec<String>) -> Self {
        Self {
            networks,
            sources: Vec::new(),
            same_class: 0,
            photographs: 0,
        }
    }

    /// Compares the maps of a group of photographs; `groups` has one entry per network. `parts` has, for
    /// each photograph, the part of each network's view that all networks see, as [`frames`] gives it.
    pub(super) fn add(&mut self, parts: &[Vec<[f64; 4]>], groups: &[Group]) {
        let count = self.networks.len();
        if count < 2 {
            return;
        }
        let all = groups.iter().flat_map(|group| &group.survey.maps);
        for source in all.map(|maps| maps.source) {
            if self.sources.iter().all(|known| known.source != source) {
                self.sources.push(Source {
                    source,
                    pairs: vec![Pair::default(); pairs(count).len()],
                    before: vec![None; count],
                });
            }
        }
        for (index, parts) in parts.iter().enumerate() {
            let mut classes = groups.iter().map(|group| group.survey.target_class[index]);
            let first = groups[0].survey.target_class[index];
            self.same_class += usize::from(classes.all(|class| class == first));
            self.photographs += 1;
            for source in &mut self.sources {
                let maps: Vec<Option<Framed>> = (groups.iter().zip(parts))
                    .map(|(group, part)| {
                        let mut maps = group.survey.maps.iter();
                        let maps = maps.find(|maps| maps.source == source.source)?;
                        Some(Framed::new(&maps.saliency[index].normalised, *part))
                    })
                    .collect();
                source.add(maps);
            }
        }
    }

    /// Returns the agreement of the networks, pair by pair and, with more than two networks, of all
    /// pairs; `None` for a single network.
    pub(super) fn finish(self, about: About<'_>) -> Option<Agreement> {
        let names = &self.networks;
        let named = |(a, b): (usize, usize)| PairGroup {
            networks: format!("{} {}", names[a], names[b]),
            pairs: vec![(a, b)],
        };
        let mut groups: Vec<PairGroup> = pairs(names.len()).into_iter().map(named).collect();
        if names.len() > 2 {
            groups.push(PairGroup {
                networks: joined(names),
                pairs: pairs(names.len()),
            });
        }
        self.finish_in(&groups, about)
    }

    /// Returns the agreement in each group of pairs of networks; `None` without a picture.
    pub(super) fn finish_in(self, groups: &[PairGroup], about: About<'_>) -> Option<Agreement> {
        let sources = self.sources.iter();
        (self.photographs > 0).then(|| Agreement {
            photographs: self.photographs,
            same_class: self.same_class,
            rows: sources
                .flat_map(|source| source.rows(self.networks.len(), groups, about))
                .collect(),
            networks: self.networks,
        })
    }
}

/// Pairs of networks whose agreement is averaged.
#[derive(Debug, Clone)]
pub(super) struct PairGroup {
    /// The networks in tables.
    pub(super) networks: String,
    /// The pairs, by the networks' places, the lower one first.
    pub(super) pairs: Vec<(usize, usize)>,
}

impl Source {
    /// Compares the maps of one photograph, one per network.
    fn add(&mut self, maps: Vec<Option<Framed>>) {
        for ((first, second), pair) in pairs(maps.len()).into_iter().zip(&mut self.pairs) {
            let (Some(ours), Some(theirs)) = (&maps[first], &maps[second]) else {
                continue;
            };
            let same = ours.agreement(theirs);
            pair.omitted += usize::from(same.is_none());
            let before = (self.before[first].as_ref()).zip(self.before[second].as_ref());
            let crossed: Vec<_> = before.map_or(Vec::new(), |(ours_before, theirs_before)| {
                let crossed = [ours.agreement(theirs_before), ours_before.agreement(theirs)];
                crossed.into_iter().flatten().collect()
            });
            let mean = |values: Vec<f64>| match values.len() {
                0 => f64::NAN,
                count => values.iter().sum::<f64>() / count as f64,
            };
            pair.same[0].push(same.map_or(f64::NAN, |found| found.correlation));
            pair.same[1].push(same.map_or(f64::NAN, |found| found.iou));
            pair.other[0].push(mean(
                crossed.iter().map(|found| found.correlation).collect(),
            ));
            pair.other[1].push(mean(crossed.iter().map(|found| found.iou).collect()));
        }
        self.before = maps;
    }

    /// Returns the rows of each group of pairs of the `count` networks.
    fn rows(&self, count: usize, groups: &[PairGroup], about: About<'_>) -> Vec<ConsistencyRow> {
        let all = pairs(count);
        let mut rows = Vec::new();
        for PairGroup {
            networks,
            pairs: wanted,
        } in groups
        {
            let own = all.iter().zip(&self.pairs);
            let own = own.filter(|(pair, own)| wanted.contains(pair) && !own.same[0].is_empty());
            let pairs: Vec<&Pair> = own.map(|(_, pair)| pair).collect();
            if pairs.is_empty() {
                continue;
            }
            for (measure, (name, _)) in MEASURES.into_iter().enumerate() {
                let mut summary = Summary::default();
                let same = summary.add(mean_of(pairs.iter().map(|pair| &pair.same[measure])));
                let other = summary.add(mean_of(pairs.iter().map(|pair| &pair.other[measure])));
                let difference = summary.add_difference(same, other);
                let found = summary.intervals();
                let [same, other, difference] =
                    [same, other, difference].map(|column| found[column]);
                rows.push(ConsistencyRow {
                    dataset: about.dataset.to_string(),
                    networks: networks.clone(),
                    target: about.target.to_string(),
                    method: self.source.name().to_string(),
                    title: self.source.title().to_string(),
                    baseline: matches!(self.source, MapSource::Baseline(_)),
                    measure: name.to_string(),
                    pictures: same.n,
                    left_out: pairs.iter().map(|pair| pair.omitted).sum(),
                    mean: same.mean,
                    low: same.low,
                    high: same.high,
                    other: other.mean,
                    other_low: other.low,
                    other_high: other.high,
                    difference: difference.mean,
                    difference_low: difference.low,
                    difference_high: difference.high,
                });
            }
        }
        rows
    }
}

/// Returns the names of networks as in tables.
fn joined(names: &[String]) -> String {
    names.join(" ")
}

/// Returns each photograph's mean over the defined values of the columns.
fn mean_of<'a>(columns: impl Iterator<Item = &'a Vec<f64>>) -> Vec<f64> {
    let columns: Vec<&Vec<f64>> = columns.collect();
    let rows = columns.first().map_or(0, |column| column.len());
    (0..rows)
        .map(|row| {
            let values = columns.iter().map(|column| column[row]);
            let there: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
            there.iter().sum::<f64>() / there.len() as f64
        })
        .collect()
}

/// Returns the part of a photograph that all networks see, as a share of each one's view: left,
/// top, width and height.
pub(super) fn frames(networks: &[Seeing], photo: &Photo) -> Vec<[f64; 4]> {
    let windows: Vec<Window> = (networks.iter())
        .map(|network| network.view.window(photo.width(), photo.height()))
        .collect();
    let inner = |start: fn(&Window) -> f64, share: fn(&Window) -> f64| {
        let from = windows.iter().map(start).fold(f64::NEG_INFINITY, f64::max);
        let ends = windows.iter().map(|window| start(window) + share(window));
        (from, ends.fold(f64::INFINITY, f64::min) - from)
    };
    let (left, width) = inner(|window| window.left, |window| window.width);
    let (top, height) = inner(|window| window.top, |window| window.height);
    let part = |window: &Window| {
        [
            (left - window.left) / window.width,
            (top - window.top) / window.height,
            width / window.width,
            height / window.height,
        ]
    };
    windows.iter().map(part).collect()
}
