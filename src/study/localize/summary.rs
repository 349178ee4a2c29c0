//! From scores of maps to means with intervals, and to the rows on disk.

use crate::data::statistics::Interval;
use crate::explain::localize::{DELTA_STEPS, SCORED_STEPS, delta};
use crate::explain::{MapSource, TargetRule};
use crate::run::{Cell, LocalizationCurveRow, LocalizationRow, LocalizationSummaryRow, SeedValues};
use crate::study::choice::rule_name;
use crate::study::pictures::Pictures;
use crate::study::table::{Column, Summary, Values, joined_seeds};
use crate::study::titles::network_title;

use super::collect::{BEST_BOX, BEST_MASK, MapScores, ScoreName, Sheet, Sheets, score_names};

/// The method that the others are compared with.
pub(super) const REFERENCE: &str = "grad-cam";
/// Marks pictures with any number of objects.
pub(super) const ALL: &str = "all";

/// One row of `localization.csv`, with its scores.
#[derive(Debug, Clone, PartialEq)]
pub struct MapRow {
    /// The first columns of the row.
    pub row: LocalizationRow,
    /// The scores, one per column; `NaN` where not defined.
    pub scores: Vec<f32>,
}

impl MapRow {
    /// Returns the cells of the scores; empty for an undefined score.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let text = |score: &f32| match score.is_nan() {
            true => String::new(),
            false => score.to_string(),
        };
        self.scores.iter().map(text).map(Cell::Text).collect()
    }
}

/// The measurements of one trial or one published network.
pub(in crate::study) struct Measured<'a> {
    /// The pictures, with their truths.
    pub(in crate::study) pictures: &'a Pictures,
    /// The class that the maps explain.
    pub(in crate::study) target: TargetRule,
    /// Name of the trial or network.
    pub(in crate::study) name: &'a str,
    /// Whether it was trained here, and so has a training seed.
    pub(in crate::study) has_seeds: bool,
    /// The scores.
    pub(in crate::study) sheets: &'a Sheets,
}

/// The pictures that a mean is taken over: those with a given number of objects, or all.
struct Among {
    instances: String,
    /// Their places among all pictures.
    places: Vec<usize>,
}

impl Measured<'_> {
    /// Returns the rows of `localization.csv`.
    pub(in crate::study) fn map_rows(&self) -> Vec<MapRow> {
        let mut rows = Vec::new();
        for sheet in &self.sheets.0 {
            for own in &sheet.seeds {
                let maps = own.maps.iter().enumerate();
                rows.extend(maps.map(|(picture, map)| self.map_row(sheet, own.seed, picture, map)));
            }
        }
        rows
    }

    fn map_row(&self, sheet: &Sheet, seed: u64, picture: usize, map: &MapScores) -> MapRow {
        let names = &self.pictures.class_names;
        MapRow {
            row: LocalizationRow {
                image: self.pictures.ids[picture].clone(),
                instances: self.pictures.truths[picture].boxes().len(),
                trial: self.name.to_string(),
                seed,
                layer: sheet.layer.clone(),
                method: sheet.source.name().to_string(),
                target_class: names[map.target_class].clone(),
                predicted_class: names[map.predicted_class].clone(),
                empty: map.empty,
                tied: map.tied,
            },
            scores: map.scores.clone(),
        }
    }

    /// Returns the means: layer by layer, over all pictures and by number of objects.
    pub(in crate::study) fn summarise(&self) -> Vec<LocalizationSummaryRow> {
        let truths = &self.pictures.truths;
        let mut counts: Vec<usize> = truths.iter().map(|truth| truth.boxes().len()).collect();
        counts.sort_unstable();
        counts.dedup();
        let mut groups = vec![Among {
            instances: ALL.to_string(),
            places: (0..truths.len()).collect(),
        }];
        groups.extend(counts.into_iter().map(|count| {
            Among {
                instances: count.to_string(),
                places: (0..truths.len())
                    .filter(|place| truths[*place].boxes().len() == count)
                    .collect(),
            }
        }));
        let mut rows = Vec::new();
        for layer in self.layers() {
            for among in &groups {
                rows.extend(self.means(&layer, among));
            }
        }
        rows
    }

    /// Returns the sheets of each layer, in their order.
    fn layers(&self) -> Vec<Vec<&Sheet>> {
        let mut layers: Vec<Vec<&Sheet>> = Vec::new();
        for sheet in &self.sheets.0 {
            match layers.iter_mut().find(|l| l[0].layer == sheet.layer) {
                Some(layer) => layer.push(sheet),
                None => layers.push(vec![sheet]),
            }
        }
        layers
    }

    /// Returns the means of one layer, all over the same resamples of the pictures.
    fn means(&self, layer: &[&Sheet], among: &Among) -> Vec<LocalizationSummaryRow> {
        let names = score_names();
        let mut summary = Summary::default();
        let columns: Vec<Vec<(Column, Values)>> = (layer.iter())
            .map(|sheet| {
                let values = (0..names.len()).map(|score| values(sheet, among, score));
                values
                    .map(|values| (summary.add_seeds(&values), values))
                    .collect()
            })
            .collect();
        let is_reference = |sheet: &&&Sheet| sheet.source.name() == REFERENCE;
        let reference = layer.iter().position(|sheet| is_reference(&sheet));
        let differences: Vec<Option<Vec<Column>>> = (layer.iter().zip(&columns))
            .map(|(sheet, own)| {
                let others = &columns[reference.filter(|_| !is_reference(&sheet))?];
                let pairs = own.iter().zip(others);
                let minus =
                    pairs.map(|((own, _), (other, _))| summary.add_difference(*own, *other));
                Some(minus.collect())
            })
            .collect();
        let found = summary.intervals();
        let mut rows = Vec::new();
        for ((sheet, columns), differences) in layer.iter().zip(&columns).zip(&differences) {
            for (place, (column, values)) in columns.iter().enumerate() {
                let difference = differences.as_ref().map(|columns| found[columns[place]]);
                if found[*column].n > 0 {
                    let measured = Mean {
                        name: names[place],
                        own: found[*column],
                        difference,
                        seed_means: values.seed_means(),
                    };
                    rows.push(self.summary_row(sheet, among, measured));
                }
            }
        }
        rows
    }

    fn summary_row(&self, sheet: &Sheet, among: &Among, mean: Mean) -> LocalizationSummaryRow {
        let counted = |which: fn(&MapScores) -> bool| {
            let seeds = sheet.seeds.iter();
            let maps = seeds.flat_map(|seed| among.places.iter().map(|place| &seed.maps[*place]));
            maps.filter(|map| which(map)).count()
        };
        let at = match mean.name.name {
            BEST_BOX => Some(sheet.best_steps[0]),
            BEST_MASK => Some(sheet.best_steps[1]),
            _ => mean.name.at.map(|at| SCORED_STEPS[at]),
        };
        let pictures = self.pictures;
        let spread = mean.seed_means.spread();
        LocalizationSummaryRow {
            dataset: pictures.dataset.clone(),
            generated: pictures.generated,
            split: pictures.split.clone(),
            trial: self.name.to_string(),
            network_title: network_title(self.name),
            seeds: self.seeds(sheet),
            layer: sheet.layer.clone(),
            layer_rule: sheet.layer_rule.clone(),
            native_height: sheet.native_size[0],
            native_width: sheet.native_size[1],
            target_rule: rule_name(self.target).to_string(),
            method: sheet.source.name().to_string(),
            title: sheet.source.title().to_string(),
            caveat: sheet.caveat.to_string(),
            baseline: is_baseline(sheet),
            instances: among.instances.clone(),
            pictures: mean.own.n,
            maps: counted(|_| true),
            empty: counted(|map| map.empty),
            ties: counted(|map| map.tied),
            score: mean.name.name.to_string(),
            delta: at.map(delta),
            mean: mean.own.mean,
            low: mean.own.low,
            high: mean.own.high,
            seeds_low: spread.map(|spread| spread.low),
            seeds_high: spread.map(|spread| spread.high),
            seed_means: mean.seed_means,
            difference: mean.difference.map(|d| d.mean),
            difference_low: mean.difference.map(|d| d.low),
            difference_high: mean.difference.map(|d| d.high),
        }
    }

    /// Returns the curves of mean IoU against delta, with an interval at every point.
    pub(in crate::study) fn curves(&self) -> Vec<LocalizationCurveRow> {
        let mut rows = Vec::new();
        for sheet in &self.sheets.0 {
            for (kind, region) in ["box", "mask"].into_iter().enumerate() {
                if sheet.maps().any(|map| map.curves[kind].is_none()) {
                    continue;
                }
                let mut summary = Summary::default();
                let steps: Vec<(Column, SeedValues)> = (0..DELTA_STEPS)
                    .map(|step| ious(sheet, kind, step))
                    .map(|values| (summary.add_seeds(&values), values.seed_means()))
                    .collect();
                let found = summary.intervals();
                let points = steps.into_iter().enumerate();
                rows.extend(points.map(|(step, (column, seed_means))| {
                    let point = (found[column], seed_means);
                    self.curve_row(sheet, (region, delta(step)), point)
                }));
            }
        }
        rows
    }

    fn curve_row(
        &self,
        sheet: &Sheet,
        (region, delta): (&str, f32),
        (point, seed_means): (Interval, SeedValues),
    ) -> LocalizationCurveRow {
        let pictures = self.pictures;
        let spread = seed_means.spread();
        LocalizationCurveRow {
            dataset: pictures.dataset.clone(),
            generated: pictures.generated,
            split: pictures.split.clone(),
            trial: self.name.to_string(),
            network_title: network_title(self.name),
            seeds: self.seeds(sheet),
            layer: sheet.layer.clone(),
            native_height: sheet.native_size[0],
            native_width: sheet.native_size[1],
            method: sheet.source.name().to_string(),
            title: sheet.source.title().to_string(),
            baseline: is_baseline(sheet),
            region: region.to_string(),
            delta,
            mean: point.mean,
            low: point.low,
            high: point.high,
            pictures: point.n,
            seeds_low: spread.map(|spread| spread.low),
            seeds_high: spread.map(|spread| spread.high),
            seed_means,
        }
    }

    fn seeds(&self, sheet: &Sheet) -> String {
        match self.has_seeds {
            true => joined_seeds(sheet.seeds.iter().map(|own| own.seed)),
            false => String::new(),
        }
    }
}

/// One mean of a sheet.
struct Mean {
    name: ScoreName,
    own: Interval,
    difference: Option<Interval>,
    seed_means: SeedValues,
}

fn is_baseline(sheet: &Sheet) -> bool {
    matches!(sheet.source, MapSource::Baseline(_))
}

/// Returns one score of the maps of the pictures `among`.
fn values(sheet: &Sheet, among: &Among, score: usize) -> Values {
    let of_seed = |maps: &[MapScores]| {
        let scores = among.places.iter().map(|place| maps[*place].scores[score]);
        scores.map(f64::from).collect()
    };
    Values::of_seeds(sheet.seeds.iter().map(|own| of_seed(&own.maps)))
}

/// Returns the IoU of all maps at a step of delta, with the boxes or the masks.
fn ious(sheet: &Sheet, kind: usize, step: usize) -> Values {
    let of_seed = |maps: &[MapScores]| {
        let curves = maps.iter().filter_map(|map| map.curves[kind].as_ref());
        curves.map(|curve| f64::from(curve[step])).collect()
    };
    Values::of_seeds(sheet.seeds.iter().map(|own| of_seed(&own.maps)))
}
