//! The tables of a score: means with intervals, and paired comparisons with Grad-CAM.

use std::cmp::Ordering;

use crate::explain::metrics::ConfidenceChange;
use crate::explain::{MapSource, TargetRule};
use crate::run::{ScorePair, ScoreSummary};

use crate::study::caveat::Caveat;
use crate::study::choice::target_name;
use crate::study::metrics::Metric;
use crate::study::pictures::Pictures;
use crate::study::table::{Column, Intervals, Summary, Values, joined_seeds};
use crate::study::titles::network_title;

use super::sheets::{Scored, Sheet};

/// The method that the others are compared with, if it is measured.
const REFERENCE: &str = "grad-cam";
/// From a share to percent.
const PERCENT: f64 = 100.0;

/// All means and comparisons of one measurement.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ScoreTables {
    /// One row per trial, layer, method and metric, in this order.
    pub means: Vec<ScoreSummary>,
    /// One row per trial, layer and method, except the method that the others are compared with.
    pub pairs: Vec<ScorePair>,
}

/// The measured images, class and metrics.
#[derive(Debug)]
pub struct Scope {
    /// The images.
    pub pictures: Pictures,
    /// The explained class of each image.
    pub target: TargetRule,
    /// The metrics, in the order of [`Sheet::values`].
    pub metrics: Vec<&'static Metric>,
    /// Number of steps of the insertion and deletion curves, if measured.
    pub steps: Option<usize>,
}

/// One method at one layer of one trial: one sheet per seed.
struct Entry<'a> {
    sheets: Vec<&'a Sheet>,
}

impl Entry<'_> {
    fn source(&self) -> MapSource {
        self.sheets[0].source
    }

    /// Returns the values of the metric at `place`, in the unit of the table.
    fn values(&self, place: usize, metric: &Metric) -> Values {
        let scaled = |values: &Vec<f64>| values.iter().map(|value| metric.scale * value).collect();
        let sheets = self.sheets.iter();
        Values::of_seeds(sheets.map(|sheet| scaled(&sheet.values[place])))
    }

    fn drops(&self) -> Values {
        let drop = |change: &ConfidenceChange| PERCENT * change.drop();
        let sheets = self.sheets.iter();
        Values::of_seeds(sheets.map(|sheet| sheet.confidence.iter().map(drop).collect()))
    }

    /// Returns the text after the method's name in a table.
    fn caveat(&self) -> String {
        let mut all = Caveat::default();
        for sheet in &self.sheets {
            all.add(&sheet.caveat);
        }
        all.to_string()
    }

    /// Returns the confidence changes of both, image by image and seed by seed.
    fn pairs<'a>(
        &'a self,
        other: &'a Self,
    ) -> impl Iterator<Item = impl Iterator<Item = (ConfidenceChange, ConfidenceChange)> + 'a> + 'a
    {
        let sheets = self.sheets.iter().zip(&other.sheets);
        sheets.map(|(ours, theirs)| {
            let pairs = ours.confidence.iter().zip(&theirs.confidence);
            pairs.map(|(ours, theirs)| (*ours, *theirs))
        })
    }

    /// Returns whether every image's confidence equals that of `other` up to rounding.
    fn is_near(&self, other: &Self) -> bool {
        self.pairs(other)
            .flatten()
            .all(|(ours, theirs)| ours.is_near(theirs))
    }

    /// Returns, for each seed and image, in percent, whether the comparison with `other` has the
    /// outcome `wanted`.
    fn outcomes(&self, other: &Self, wanted: Ordering) -> Values {
        let outcome = |(ours, theirs): (ConfidenceChange, ConfidenceChange)| {
            PERCENT * f64::from(u8::from(ours.against(theirs) == wanted))
        };
        Values::of_seeds(self.pairs(other).map(|pairs| pairs.map(outcome).collect()))
    }
}

/// Returns the means and comparisons of `networks`, by trial and layer.
pub(super) fn summarise(scope: &Scope, networks: &[Scored]) -> ScoreTables {
    let mut tables = ScoreTables::default();
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
                scope,
                seeds,
                entries: entries.collect(),
            };
            group.add_to(&mut tables);
        }
    }
    tables
}

/// The methods at one layer of one trial.
struct Table<'a> {
    scope: &'a Scope,
    /// The trial's networks, one per seed.
    seeds: &'a [Scored],
    entries: Vec<Entry<'a>>,
}

/// Positions of a comparison's columns: wins, ties and the difference of drops.
struct Compared<'a> {
    entry: &'a Entry<'a>,
    win: Column,
    ties: Column,
    difference: Column,
}

impl Table<'_> {
    /// Adds the table's rows. All intervals use the same resamples of the images.
    fn add_to(&self, tables: &mut ScoreTables) {
        let mut summary = Summary::default();
        let mut means = Vec::new();
        for entry in &self.entries {
            for (place, metric) in self.scope.metrics.iter().enumerate() {
                let values = entry.values(place, metric);
                means.push((entry, *metric, summary.add_seeds(&values), values));
            }
        }
        let reference = self.reference();
        let mut pairs = Vec::new();
        for entry in &self.entries {
            if entry.source() == reference.source() {
                continue;
            }
            let win = summary.add_seeds(&entry.outcomes(reference, Ordering::Greater));
            let ties = summary.add_seeds(&entry.outcomes(reference, Ordering::Equal));
            let differences = entry.drops().minus(&reference.drops());
            pairs.push(Compared {
                entry,
                win,
                ties,
                difference: summary.add_seeds(&differences),
            });
        }
        let found = summary.intervals();
        for (entry, metric, column, values) in means {
            tables
                .means
                .push(self.mean(entry, metric, (&found, column), &values));
        }
        for compared in pairs {
            tables.pairs.push(self.pair(&compared, reference, &found));
        }
    }

    /// Returns the method that the others are compared with; the first if Grad-CAM is not measured.
    fn reference(&self) -> &Entry<'_> {
        let named = |entry: &&Entry<'_>| entry.source().name() == REFERENCE;
        let found = self.entries.iter().find(named);
        found.unwrap_or(&self.entries[0])
    }

    fn seed_numbers(&self) -> String {
        joined_seeds(self.seeds.iter().map(|network| network.seed))
    }

    fn mean(
        &self,
        entry: &Entry<'_>,
        metric: &Metric,
        (found, column): (&Intervals, Column),
        values: &Values,
    ) -> ScoreSummary {
        let pictures = &self.scope.pictures;
        let network = &self.seeds[0];
        let sheet = entry.sheets[0];
        let [native_height, native_width] = sheet.native_size;
        let empty = entry.sheets.iter().flat_map(|sheet| &sheet.empty);
        let seed_means = values.seed_means();
        let spread = seed_means.spread();
        ScoreSummary {
            dataset: pictures.dataset.clone(),
            generated: pictures.generated,
            split: pictures.split.clone(),
            images: pictures.len(),
            trial: network.name.clone(),
            network_title: network_title(&network.name),
            blocks: network.blocks,
            seeds: self.seed_numbers(),
            checkpoint: network.checkpoint.clone(),
            layer: sheet.layer.clone(),
            layer_place: sheet.place,
            native_height,
            native_width,
            target: target_name(self.scope.target, &pictures.class_names),
            method: sheet.source.name().to_string(),
            title: sheet.source.title().to_string(),
            caveat: entry.caveat(),
            baseline: matches!(sheet.source, MapSource::Baseline(_)),
            maps: pictures.len() * entry.sheets.len(),
            empty: empty.filter(|empty| **empty).count(),
            steps: self.scope.steps,
            metric: metric.name.to_string(),
            metric_title: metric.title.to_string(),
            better: metric.better.to_string(),
            decimals: metric.decimals,
            mean: found[column].mean,
            low: found[column].low,
            high: found[column].high,
            seed_means,
            seeds_low: spread.map(|spread| spread.low),
            seeds_high: spread.map(|spread| spread.high),
        }
    }

    fn pair(&self, compared: &Compared<'_>, over: &Entry<'_>, found: &Intervals) -> ScorePair {
        let pictures = &self.scope.pictures;
        let (win, difference) = (found[compared.win], found[compared.difference]);
        ScorePair {
            dataset: pictures.dataset.clone(),
            split: pictures.split.clone(),
            images: pictures.len(),
            trial: self.seeds[0].name.clone(),
            blocks: self.seeds[0].blocks,
            seeds: self.seed_numbers(),
            layer: compared.entry.sheets[0].layer.clone(),
            method: compared.entry.source().name().to_string(),
            over: over.source().name().to_string(),
            win: win.mean,
            win_low: win.low,
            win_high: win.high,
            ties: found[compared.ties].mean,
            equal: compared.entry.is_near(over),
            drop_difference: difference.mean,
            drop_difference_low: difference.low,
            drop_difference_high: difference.high,
        }
    }
}
