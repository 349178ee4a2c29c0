//! How much the maps of several networks agree, photograph by photograph. Filled by `photographs`.

use std::path::{Path, PathBuf};

use crate::cli::measure::Group;
use crate::cli::output::{result, table};
use crate::cli::score::ScoredImages;
use crate::cli::score_table::target;
use crate::data::photo::{Photo, Window};
use crate::explain::consistency::Framed;
use crate::explain::{MapSource, bootstrap};
use crate::run::{ConsistencyRow, TableRow};

use super::networks::{Labelled, Network};

/// Seed of the bootstrap.
const SEED: u64 = 0;
/// The measures: names in the file and in the table.
const MEASURES: [(&str, &str); 2] = [
    ("rank-correlation", "rank correlation"),
    ("iou", "IoU of the cells above 0.5"),
];

/// What two networks' maps have in common, one entry a photograph; `NaN` where a map shows nothing.
#[derive(Debug, Clone, Default)]
struct Pair {
    /// Maps of the same photograph, by each measure.
    same: [Vec<f64>; 2],
    /// The map of one network and that of the other on the photograph before.
    other: [Vec<f64>; 2],
    /// Pairs of the same photograph of which one is constant.
    left_out: usize,
}

/// One method or baseline.
#[derive(Debug, Clone)]
struct Source {
    source: MapSource,
    /// One entry a pair of networks, in the order of [`pairs`]; a pair without the method is empty.
    pairs: Vec<Pair>,
    /// Each network's map of the photograph before, where it has the method.
    before: Vec<Option<Framed>>,
}

/// The agreement of all pairs of networks.
#[derive(Debug, Clone, Default)]
pub(super) struct Agreements {
    sources: Vec<Source>,
    /// Photographs whose target class is one and the same.
    same_class: usize,
    photographs: usize,
}

/// Returns the pairs of `count` networks.
fn pairs(count: usize) -> Vec<(usize, usize)> {
    (0..count)
        .flat_map(|first| (first + 1..count).map(move |second| (first, second)))
        .collect()
}

impl Agreements {
    /// Compares the maps of a group of photographs; `groups` has one entry a network.
    pub(super) fn add(&mut self, networks: &[Network], photos: &[Labelled], groups: &[Group]) {
        if networks.len() < 2 {
            return;
        }
        let all = groups.iter().flat_map(|group| &group.survey.maps);
        for source in all.map(|maps| maps.source) {
            if self.sources.iter().all(|known| known.source != source) {
                self.sources.push(Source {
                    source,
                    pairs: vec![Pair::default(); pairs(networks.len()).len()],
                    before: vec![None; networks.len()],
                });
            }
        }
        for (index, labelled) in photos.iter().enumerate() {
            let classes = groups.iter().map(|group| group.survey.target_class[index]);
            let first = groups[0].survey.target_class[index];
            self.same_class += usize::from(classes.into_iter().all(|class| class == first));
            self.photographs += 1;
            let parts = frames(networks, &labelled.photo);
            for source in &mut self.sources {
                let maps: Vec<Option<Framed>> = (groups.iter().zip(&parts))
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

    /// Prints the table, writes it into `out`, and returns the file; nothing of a single network.
    pub(super) fn tell(
        &self,
        networks: &[Network],
        images: &ScoredImages,
        out: &Path,
    ) -> anyhow::Result<Option<PathBuf>> {
        if self.photographs == 0 {
            return Ok(None);
        }
        let names: Vec<&str> = networks.iter().map(Network::name).collect();
        let mut rows = Vec::new();
        for source in &self.sources {
            rows.extend(source.rows(&names, images));
        }
        let all = names.join(" ");
        let shown: Vec<&ConsistencyRow> = rows.iter().filter(|row| row.networks == all).collect();
        result(format!(
            "How much the maps of {} agree, over {} pictures",
            names.join(" and "),
            self.photographs
        ));
        result(table(&cells(&shown)));
        let percent = 100.0 * self.same_class as f64 / self.photographs as f64;
        result(format!(
            "in brackets 95 % bootstrap intervals over pictures; other pictures: one network's map of \
             a picture against the other's of the picture before, so what agreement no picture brings; \
             *: knows nothing of the networks, and shows that agreement alone is no merit; the networks \
             explain the same class on {percent:.1} % of the pictures"
        ));
        result("");
        let path = out.join(ConsistencyRow::FILE);
        ConsistencyRow::write(&path, &rows)?;
        Ok(Some(path))
    }
}

impl Source {
    /// Compares the maps of one photograph, one a network.
    fn add(&mut self, maps: Vec<Option<Framed>>) {
        for ((first, second), pair) in pairs(maps.len()).into_iter().zip(&mut self.pairs) {
            let (Some(ours), Some(theirs)) = (&maps[first], &maps[second]) else {
                continue;
            };
            let same = ours.agreement(theirs);
            pair.left_out += usize::from(same.is_none());
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

    /// Returns the rows of each pair of networks and, with more than two networks, of all pairs.
    fn rows(&self, names: &[&str], images: &ScoredImages) -> Vec<ConsistencyRow> {
        let mut rows = Vec::new();
        let own: Vec<(String, Vec<&Pair>)> = (pairs(names.len()).into_iter())
            .zip(&self.pairs)
            .filter(|(_, pair)| !pair.same[0].is_empty())
            .map(|((a, b), pair)| (format!("{} {}", names[a], names[b]), vec![pair]))
            .collect();
        let mut groups = own.clone();
        if names.len() > 2 && !own.is_empty() {
            let all = own.iter().flat_map(|(_, pairs)| pairs.clone());
            groups.push((names.join(" "), all.collect()));
        }
        for (networks, pairs) in &groups {
            for (measure, (name, _)) in MEASURES.into_iter().enumerate() {
                let same = mean_of(pairs.iter().map(|pair| &pair.same[measure]));
                let other = mean_of(pairs.iter().map(|pair| &pair.other[measure]));
                let differences = same.iter().zip(&other).map(|(a, b)| a - b).collect();
                let found = bootstrap(&[same, other, differences], SEED);
                let [same, other, difference] = [found[0], found[1], found[2]];
                rows.push(ConsistencyRow {
                    dataset: images.dataset.clone(),
                    networks: networks.clone(),
                    target: target(images),
                    method: self.source.name().to_string(),
                    title: self.source.title().to_string(),
                    baseline: matches!(self.source, MapSource::Baseline(_)),
                    measure: name.to_string(),
                    pictures: same.n,
                    left_out: pairs.iter().map(|pair| pair.left_out).sum(),
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

/// Returns each photograph's mean over the columns, of the values that are there.
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

/// Returns what all networks see of a photograph, as the part of each one's view: left, top, width
/// and height as shares.
fn frames(networks: &[Network], photo: &Photo) -> Vec<[f64; 4]> {
    let windows: Vec<Window> = (networks.iter())
        .map(|network| network.opened.view().window(photo.width(), photo.height()))
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

/// Returns the cells of the table, its header first.
fn cells(rows: &[&ConsistencyRow]) -> Vec<Vec<String>> {
    let mut header = vec!["method".to_string()];
    for (_, title) in MEASURES {
        header.extend([title.to_string(), "other pictures".to_string()]);
    }
    header.push("pairs left out".to_string());
    let mut lines = vec![header];
    for method in rows.chunk_by(|a, b| a.method == b.method) {
        let first = method[0];
        let mark = if first.baseline { " *" } else { "" };
        let mut line = vec![format!("{}{mark}", first.title)];
        for row in method {
            line.push(interval(row.mean, row.low, row.high));
            line.push(interval(row.other, row.other_low, row.other_high));
        }
        line.push(first.left_out.to_string());
        lines.push(line);
    }
    lines
}

fn interval(mean: f64, low: f64, high: f64) -> String {
    if mean.is_nan() {
        return "none".to_string();
    }
    format!("{mean:.3} [{low:.3}, {high:.3}]")
}
