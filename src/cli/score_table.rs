//! The tables of `score`: means with intervals and paired comparisons. Called by [`super::score`].

use std::cmp::Ordering;

use crate::explain::metrics::MapScore;
use crate::explain::{Interval, MapSource, bootstrap};
use crate::run::{ScoreMetric, ScorePair, ScoreSummary};

use super::maps::ClassChoice;
use super::measure::Measurement;
use super::score::{Scored, Sheet};

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
    measurement: &Measurement,
    networks: &[Scored<'_>],
    steps: Option<usize>,
) -> ScoreTables {
    let mut tables = ScoreTables {
        means: Vec::new(),
        pairs: Vec::new(),
    };
    let same_trial =
        |a: &Scored<'_>, b: &Scored<'_>| a.trained.run.trial() == b.trained.run.trial();
    for seeds in networks.chunk_by(same_trial) {
        let same_layer = |a: &Sheet, b: &Sheet| a.layer == b.layer;
        for layer in seeds[0].sheets.chunk_by(same_layer) {
            let entries: Vec<Entry<'_>> = layer
                .iter()
                .map(|first| Entry {
                    sheets: seeds
                        .iter()
                        .flat_map(|network| &network.sheets)
                        .filter(|sheet| sheet.layer == first.layer && sheet.source == first.source)
                        .collect(),
                })
                .collect();
            add_group(&mut tables, measurement, seeds, &entries, steps);
        }
    }
    tables
}

/// Adds the rows of one trial's layer. All intervals are of the same resamples of the images.
fn add_group(
    tables: &mut ScoreTables,
    measurement: &Measurement,
    seeds: &[Scored<'_>],
    entries: &[Entry<'_>],
    steps: Option<usize>,
) {
    let metrics: Vec<ScoreMetric> = ScoreMetric::ALL
        .into_iter()
        .filter(|metric| steps.is_some() || !of_curves(*metric))
        .collect();
    let reference = entries
        .iter()
        .find(|entry| entry.source().name() == REFERENCE)
        .unwrap_or(&entries[0]);
    let others: Vec<&Entry<'_>> = entries
        .iter()
        .filter(|entry| entry.source() != reference.source())
        .collect();
    let drop = |entry: &Entry<'_>| entry.column(|score| value(ScoreMetric::AverageDrop, score));
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for entry in entries {
        columns.extend(
            metrics
                .iter()
                .map(|&metric| entry.column(|score| value(metric, score))),
        );
    }
    for other in &others {
        columns.push(other.outcomes(reference, Ordering::Greater));
        columns.push(other.outcomes(reference, Ordering::Equal));
        let pairs = drop(other).into_iter().zip(drop(reference));
        columns.push(pairs.map(|(ours, theirs)| ours - theirs).collect());
    }
    let mut intervals = bootstrap(&columns, BOOTSTRAP_SEED).into_iter();
    let images = &measurement.images;
    let numbers: Vec<String> = seeds
        .iter()
        .map(|network| network.trained.run.seed().to_string())
        .collect();
    let experiment = &seeds[0].trained.experiment.experiment;
    for entry in entries {
        let sheet = entry.sheets[0];
        let [native_height, native_width] = sheet.native_size;
        let empty = |sheet: &&Sheet| sheet.scores.iter().filter(|score| score.empty).count();
        let rows = metrics.iter().zip(intervals.by_ref());
        tables
            .means
            .extend(rows.map(|(&metric, interval)| ScoreSummary {
                dataset: images.dataset_name().to_string(),
                generated: images.is_generated(),
                split: images.split().to_string(),
                images: images.len(),
                trial: seeds[0].trained.run.trial().to_string(),
                blocks: experiment.model.filters.len(),
                seeds: numbers.join(" "),
                checkpoint: seeds[0].checkpoint.clone(),
                layer: sheet.layer.clone(),
                layer_place: sheet.place,
                native_height,
                native_width,
                target: target(measurement),
                method: sheet.source.name().to_string(),
                title: sheet.source.title().to_string(),
                baseline: matches!(sheet.source, MapSource::Baseline(_)),
                maps: images.len() * seeds.len(),
                empty: entry.sheets.iter().map(|sheet| empty(&sheet)).sum(),
                steps,
                metric,
                mean: interval.mean,
                low: interval.low,
                high: interval.high,
            }));
    }
    for other in others {
        let mut next = || intervals.next().expect("three columns were made a pair");
        let [win, ties, difference]: [Interval; 3] = [next(), next(), next()];
        tables.pairs.push(ScorePair {
            dataset: images.dataset_name().to_string(),
            split: images.split().to_string(),
            images: images.len(),
            trial: seeds[0].trained.run.trial().to_string(),
            blocks: experiment.model.filters.len(),
            seeds: numbers.join(" "),
            layer: other.sheets[0].layer.clone(),
            method: other.source().name().to_string(),
            over: reference.source().name().to_string(),
            win: win.mean,
            win_low: win.low,
            win_high: win.high,
            ties: ties.mean,
            drop_difference: difference.mean,
            drop_difference_low: difference.low,
            drop_difference_high: difference.high,
        });
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

fn target(measurement: &Measurement) -> String {
    match measurement.class {
        ClassChoice::Named(class) => measurement.images.class_names()[class].clone(),
        _ => measurement.class.rule().to_string(),
    }
}
