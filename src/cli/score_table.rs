//! The tables of `score`: means with intervals and paired comparisons. Called by [`super::score`].

use std::cmp::Ordering;

use crate::explain::metrics::MapScore;
use crate::explain::{Interval, MapSource, bootstrap};
use crate::run::{ScoreMetric, ScorePair, ScoreSummary};

use super::caveat::Caveat;
use super::maps::ClassChoice;
use super::score::{Scored, ScoredImages, Sheet};
use super::titles::network_title;

/// The method that the others are compared with, where it is measured.
const REFERENCE: &str = "grad-cam";
/// Seed of the bootstrap.
const BOOTSTRAP_SEED: u64 = 0;
/// From a share to percent.
const PERCENT: f64 = 100.0;

/// All means and comparisons of one measurement.
pub(super) struct ScoreTables {
    /// One row a trial, layer, method and score, in this order.
    pub(super) means: Vec<ScoreSummary>,
    /// One row a trial, layer and method but the one that it is compared with.
    pub(super) pairs: Vec<ScorePair>,
}

/// One method at one layer of one trial: a sheet for each seed.
struct Entry<'a> {
    sheets: Vec<&'a Sheet>,
}

impl Entry<'_> {
    fn source(&self) -> MapSource {
        self.sheets[0].source
    }

    /// Returns each image's mean over the seeds.
    fn column(&self, value: impl Fn(&MapScore) -> f64) -> Vec<f64> {
        let images = 0..self.sheets[0].scores.len();
        let mean = |image: usize| {
            let seeds = self.sheets.iter().map(|sheet| value(&sheet.scores[image]));
            seeds.sum::<f64>() / self.sheets.len() as f64
        };
        images.map(mean).collect()
    }

    /// Returns what a table says behind the method's name.
    fn caveat(&self) -> String {
        let mut all = Caveat::default();
        for sheet in &self.sheets {
            all.add(&sheet.caveat);
        }
        all.to_string()
    }

    fn drops(&self) -> Vec<f64> {
        self.column(|score| value(ScoreMetric::AverageDrop, score))
    }

    /// Whether no image's confidence differs from that of `other` by more than rounding.
    fn is_near(&self, other: &Self) -> bool {
        let sheets = self.sheets.iter().zip(&other.sheets);
        let mut scores = sheets.flat_map(|(ours, theirs)| ours.scores.iter().zip(&theirs.scores));
        scores.all(|(ours, theirs)| ours.confidence.is_near(theirs.confidence))
    }

    /// Returns the lowest and the highest mean of a seed.
    fn seed_range(&self, of: impl Fn(&MapScore) -> f64) -> (f64, f64) {
        let mean =
            |sheet: &&Sheet| sheet.scores.iter().map(&of).sum::<f64>() / sheet.scores.len() as f64;
        let means = || self.sheets.iter().map(mean);
        (
            means().fold(f64::INFINITY, f64::min),
            means().fold(f64::NEG_INFINITY, f64::max),
        )
    }

    /// Returns the share of seeds, in percent, in which each image's comparison with `other` comes
    /// out as `wanted`.
    fn outcomes(&self, other: &Self, wanted: Ordering) -> Vec<f64> {
        let images = 0..self.sheets[0].scores.len();
        let share = |image: usize| {
            let pairs = self.sheets.iter().zip(&other.sheets);
            let met = pairs.filter(|(ours, theirs)| {
                let (ours, theirs) = (&ours.scores[image], &theirs.scores[image]);
                ours.confidence.against(theirs.confidence) == wanted
            });
            met.count() as f64 / self.sheets.len() as f64 * PERCENT
        };
        images.map(share).collect()
    }
}

/// Returns the means and comparisons of `networks`, by trial and layer.
pub(super) fn summarise(
    images: &ScoredImages,
    networks: &[Scored],
    steps: Option<usize>,
) -> ScoreTables {
    let mut tables = ScoreTables {
        means: Vec::new(),
        pairs: Vec::new(),
    };
    let same_trial = |a: &Scored, b: &Scored| a.name == b.name;
    for seeds in networks.chunk_by(same_trial) {
        let same_layer = |a: &Sheet, b: &Sheet| a.layer == b.layer;
        for layer in seeds[0].sheets.chunk_by(same_layer) {
            let entries = layer.iter().map(|first| {
                let ours =
                    |sheet: &&Sheet| sheet.layer == first.layer && sheet.source == first.source;
                let sheets = seeds.iter().flat_map(|network| &network.sheets);
                Entry {
                    sheets: sheets.filter(ours).collect(),
                }
            });
            let group = Table {
                images,
                seeds,
                entries: entries.collect(),
                steps,
            };
            group.add_to(&mut tables);
        }
    }
    tables
}

/// The methods at one layer of one trial.
struct Table<'a> {
    images: &'a ScoredImages,
    /// The trial's networks, one a seed.
    seeds: &'a [Scored],
    entries: Vec<Entry<'a>>,
    steps: Option<usize>,
}

impl Table<'_> {
    /// Adds the table's rows. All intervals are of the same resamples of the images.
    fn add_to(&self, tables: &mut ScoreTables) {
        let metrics: Vec<ScoreMetric> = ScoreMetric::ALL
            .into_iter()
            .filter(|metric| self.steps.is_some() || !of_curves(*metric))
            .collect();
        let mut columns: Vec<Vec<f64>> = Vec::new();
        for entry in &self.entries {
            let scores = metrics.iter();
            columns.extend(scores.map(|&metric| entry.column(|score| value(metric, score))));
        }
        let reference = self.reference();
        let others = || {
            let entries = self.entries.iter();
            entries.filter(|entry| entry.source() != reference.source())
        };
        for other in others() {
            columns.push(other.outcomes(reference, Ordering::Greater));
            columns.push(other.outcomes(reference, Ordering::Equal));
            let pairs = other.drops().into_iter().zip(reference.drops());
            columns.push(pairs.map(|(ours, theirs)| ours - theirs).collect());
        }
        let mut intervals = bootstrap(&columns, BOOTSTRAP_SEED).into_iter();
        let mut next = || intervals.next().expect("one interval a column, in order");
        for entry in &self.entries {
            for metric in &metrics {
                tables.means.push(self.mean(entry, *metric, next()));
            }
        }
        for other in others() {
            let compared = [next(), next(), next()];
            tables.pairs.push(self.pair(other, reference, compared));
        }
    }

    /// Returns what the others are compared with: the first where Grad-CAM is not measured.
    fn reference(&self) -> &Entry<'_> {
        let named = |entry: &&Entry<'_>| entry.source().name() == REFERENCE;
        let found = self.entries.iter().find(named);
        found.unwrap_or(&self.entries[0])
    }

    fn seed_numbers(&self) -> String {
        let networks = self.seeds.iter();
        let numbers = networks.map(|network| network.seed.to_string());
        numbers.collect::<Vec<_>>().join(" ")
    }

    fn trial(&self) -> (String, usize) {
        let first = &self.seeds[0];
        (first.name.clone(), first.blocks)
    }

    fn mean(&self, entry: &Entry<'_>, metric: ScoreMetric, interval: Interval) -> ScoreSummary {
        let images = self.images;
        let (trial, blocks) = self.trial();
        let sheet = entry.sheets[0];
        let [native_height, native_width] = sheet.native_size;
        let scores = entry.sheets.iter().flat_map(|sheet| &sheet.scores);
        let (lowest_seed, highest_seed) = entry.seed_range(|score| value(metric, score));
        ScoreSummary {
            dataset: images.dataset.clone(),
            generated: images.generated,
            split: images.split.clone(),
            images: images.ids.len(),
            network_title: network_title(&trial),
            trial,
            blocks,
            seeds: self.seed_numbers(),
            checkpoint: self.seeds[0].checkpoint.clone(),
            layer: sheet.layer.clone(),
            layer_place: sheet.place,
            native_height,
            native_width,
            target: target(images),
            method: sheet.source.name().to_string(),
            title: sheet.source.title().to_string(),
            caveat: entry.caveat(),
            baseline: matches!(sheet.source, MapSource::Baseline(_)),
            maps: images.ids.len() * entry.sheets.len(),
            empty: scores.filter(|score| score.empty).count(),
            steps: self.steps,
            metric,
            mean: interval.mean,
            low: interval.low,
            high: interval.high,
            lowest_seed,
            highest_seed,
        }
    }

    fn pair(&self, entry: &Entry<'_>, over: &Entry<'_>, compared: [Interval; 3]) -> ScorePair {
        let images = self.images;
        let (trial, blocks) = self.trial();
        let [win, ties, difference] = compared;
        ScorePair {
            dataset: images.dataset.clone(),
            split: images.split.clone(),
            images: images.ids.len(),
            trial,
            blocks,
            seeds: self.seed_numbers(),
            layer: entry.sheets[0].layer.clone(),
            method: entry.source().name().to_string(),
            over: over.source().name().to_string(),
            win: win.mean,
            win_low: win.low,
            win_high: win.high,
            ties: ties.mean,
            equal: entry.is_near(over),
            drop_difference: difference.mean,
            drop_difference_low: difference.low,
            drop_difference_high: difference.high,
        }
    }
}

fn of_curves(metric: ScoreMetric) -> bool {
    matches!(metric, ScoreMetric::Insertion | ScoreMetric::Deletion)
}

/// Returns one map's part of a score, in the unit of the table.
fn value(metric: ScoreMetric, score: &MapScore) -> f64 {
    match metric {
        ScoreMetric::AverageDrop => PERCENT * score.confidence.drop(),
        ScoreMetric::MeanArea => PERCENT * score.area,
        ScoreMetric::Increase if score.confidence.is_increase() => PERCENT,
        ScoreMetric::Increase => 0.0,
        ScoreMetric::AverageGain => PERCENT * score.confidence.gain(),
        ScoreMetric::Insertion => score.curves.map_or(f64::NAN, |areas| areas.insertion),
        ScoreMetric::Deletion => score.curves.map_or(f64::NAN, |areas| areas.deletion),
    }
}

/// Returns how the explained class was chosen: "predicted", "true" or its name.
pub(super) fn target(images: &ScoredImages) -> String {
    match images.class {
        ClassChoice::Named(class) => images.class_names[class].clone(),
        _ => images.class.rule().to_string(),
    }
}
